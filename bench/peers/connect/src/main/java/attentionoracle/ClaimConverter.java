package attentionoracle;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.math.BigDecimal;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.BinaryDecoder;
import org.apache.avro.io.DecoderFactory;
import org.apache.kafka.connect.data.Decimal;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.SchemaAndValue;
import org.apache.kafka.connect.data.SchemaBuilder;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.storage.Converter;

/** Flat rows of claims, the columns that the sink writes without its judgement of who vouches; null for every other record. */
public final class ClaimConverter implements Converter {
  private static final Schema ROW =
      SchemaBuilder.struct().name("claim")
          .field("event_id", Schema.STRING_SCHEMA)
          .field("channel", Schema.STRING_SCHEMA)
          .field("user_pubkey", Schema.STRING_SCHEMA)
          .field("slot", Schema.INT64_SCHEMA)
          .field("block_time", Schema.OPTIONAL_INT64_SCHEMA)
          .field("signature", Schema.STRING_SCHEMA)
          .field("epoch", Schema.INT64_SCHEMA)
          .field("claim_epoch", Decimal.builder(0).parameter("connect.decimal.precision", "20").optional().build())
          .field("claim_index", Schema.OPTIONAL_INT64_SCHEMA)
          .field("amount", Decimal.builder(0).parameter("connect.decimal.precision", "20").build())
          .field("claim_id", Schema.STRING_SCHEMA)
          .field("protocol_state", Schema.OPTIONAL_STRING_SCHEMA)
          .field("commitment", Schema.STRING_SCHEMA)
          .field("source", Schema.STRING_SCHEMA)
          .build();

  private final Map<Integer, GenericDatumReader<GenericRecord>> readers = new HashMap<>();
  private String registry;
  private long duration;
  private BinaryDecoder decoder;

  @Override
  public void configure(Map<String, ?> settings, boolean isKey) {
    registry = (String) settings.get("registry.url");
    duration = Long.parseLong((String) settings.get("epoch.duration.slots"));
  }

  @Override
  public byte[] fromConnectData(String topic, Schema schema, Object value) {
    throw new UnsupportedOperationException("rows only come in");
  }

  @Override
  public SchemaAndValue toConnectData(String topic, byte[] value) {
    if (value == null || value.length < 5) return SchemaAndValue.NULL;
    try {
      decoder = DecoderFactory.get().binaryDecoder(value, 5, value.length - 5, decoder);
      GenericRecord read = reader(ByteBuffer.wrap(value).getInt(1)).read(null, decoder);
      return read.getSchema().getName().equals("StreamEvent") ? new SchemaAndValue(ROW, row(read)) : SchemaAndValue.NULL;
    } catch (Exception error) {
      throw new IllegalStateException(error);
    }
  }

  private Struct row(GenericRecord event) {
    GenericRecord data = (GenericRecord) ((GenericRecord) event.get("instruction")).get("data");
    return new Struct(ROW)
        .put("event_id", text(event.get("eventId")))
        .put("channel", text(event.get("channel")))
        .put("user_pubkey", text(data.get("claimer")))
        .put("slot", event.get("slot"))
        .put("block_time", ((GenericRecord) event.get("tx")).get("blockTime"))
        .put("signature", text(event.get("signature")))
        .put("epoch", (Long) event.get("slot") / duration)
        .put("claim_epoch", decimal(data.get("epoch")))
        .put("claim_index", data.get("index"))
        .put("amount", decimal(data.get("amount")))
        .put("claim_id", text(data.get("id")))
        .put("protocol_state", text(event.get("protocolState")))
        .put("commitment", text(event.get("commitment")))
        .put("source", text(event.get("source")));
  }

  private GenericDatumReader<GenericRecord> reader(int id) throws Exception {
    GenericDatumReader<GenericRecord> known = readers.get(id);
    if (known != null) return known;
    HttpRequest request = HttpRequest.newBuilder(URI.create(registry + "/schemas/ids/" + id)).build();
    String body = HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString()).body();
    String schema = new ObjectMapper().readTree(body).get("schema").asText();
    readers.put(id, new GenericDatumReader<>(new org.apache.avro.Schema.Parser().parse(schema)));
    return readers.get(id);
  }

  private static String text(Object value) {
    return value == null ? null : value.toString();
  }

  private static BigDecimal decimal(Object digits) {
    return digits == null ? null : new BigDecimal(digits.toString());
  }
}
