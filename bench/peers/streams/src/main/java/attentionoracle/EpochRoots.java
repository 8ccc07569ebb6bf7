package attentionoracle;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.BinaryDecoder;
import org.apache.avro.io.DecoderFactory;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.Stores;
import org.bouncycastle.crypto.digests.KeccakDigest;

/**
 * Roots of claims by Kafka Streams, as its documentation would have it built: exactly_once_v2, a RocksDB store with a changelog. It
 * does less than the processor: it believes one source, knows no rollback and no gap, and tells time by slots.
 *
 * Arguments: brokers, registry, events topic, roots topic, application id, state folder, slots of an epoch, slots to wait after its end.
 */
public final class EpochRoots {
  private static final String STORE = "claims";
  private static final String ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

  public static void main(String[] args) throws Exception {
    Properties settings = new Properties();
    settings.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, args[0]);
    settings.put(StreamsConfig.APPLICATION_ID_CONFIG, args[4]);
    settings.put(StreamsConfig.STATE_DIR_CONFIG, args[5]);
    settings.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
    settings.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, 2);
    settings.put(StreamsConfig.REPLICATION_FACTOR_CONFIG, 1);
    settings.put("auto.offset.reset", "earliest");
    // A partition's share of a million claims is finalised in one transaction.
    settings.put("producer.transaction.timeout.ms", 120_000);

    Topology topology = topology(args[1], args[2], args[3], Long.parseLong(args[6]), Long.parseLong(args[7]));
    KafkaStreams streams = new KafkaStreams(topology, settings);
    CountDownLatch ended = new CountDownLatch(1);
    Runtime.getRuntime().addShutdownHook(new Thread(() -> {
      streams.close();
      ended.countDown();
    }));
    streams.setUncaughtExceptionHandler(error -> {
      error.printStackTrace();
      Runtime.getRuntime().halt(1);
      return null;
    });
    streams.start();
    ended.await();
  }

  private static Topology topology(String registry, String events, String roots, long duration, long grace) {
    Topology topology = new Topology();
    topology.addSource("events", Serdes.ByteArray().deserializer(), Serdes.ByteArray().deserializer(), events);
    topology.addProcessor("roots", () -> new Roots(registry, duration, grace), "events");
    topology.addStateStore(
        Stores.keyValueStoreBuilder(
            Stores.persistentKeyValueStore(STORE), Serdes.ByteArray(), Serdes.ByteArray()),
        "roots");
    topology.addSink("out", roots, Serdes.ByteArray().serializer(), Serdes.ByteArray().serializer(), "roots");
    return topology;
  }

  /** Claims lie in the store in the order of their leaves: epoch, channel, slot, signature, place. */
  private static final class Roots implements Processor<byte[], byte[], byte[], byte[]> {
    private final Map<Integer, GenericDatumReader<GenericRecord>> readers = new HashMap<>();
    private final String registry;
    private final long duration;
    private final long grace;
    private ProcessorContext<byte[], byte[]> context;
    private KeyValueStore<byte[], byte[]> claims;
    private BinaryDecoder decoder;
    private long open = 0;

    Roots(String registry, long duration, long grace) {
      this.registry = registry;
      this.duration = duration;
      this.grace = grace;
    }

    @Override
    public void init(ProcessorContext<byte[], byte[]> given) {
      context = given;
      claims = given.getStateStore(STORE);
    }

    @Override
    public void process(Record<byte[], byte[]> record) {
      try {
        byte[] value = record.value();
        decoder = DecoderFactory.get().binaryDecoder(value, 5, value.length - 5, decoder);
        GenericRecord read = reader(ByteBuffer.wrap(value).getInt(1)).read(null, decoder);
        if (read.getSchema().getName().equals("StreamEvent")) keep(read);
        else finish((Long) read.get("slot") - grace, record.timestamp());
      } catch (Exception error) {
        throw new IllegalStateException(error);
      }
    }

    private GenericDatumReader<GenericRecord> reader(int id) throws Exception {
      GenericDatumReader<GenericRecord> known = readers.get(id);
      if (known != null) return known;
      HttpRequest request = HttpRequest.newBuilder(URI.create(registry + "/schemas/ids/" + id)).build();
      String body = HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString()).body();
      String text = new ObjectMapper().readTree(body).get("schema").asText();
      readers.put(id, new GenericDatumReader<>(new Schema.Parser().parse(text)));
      return readers.get(id);
    }

    private void keep(GenericRecord event) {
      GenericRecord instruction = (GenericRecord) event.get("instruction");
      GenericRecord data = (GenericRecord) instruction.get("data");
      boolean isClaim = instruction.get("action").toString().equals("claim") && (Boolean) event.get("succeeded");
      long slot = (Long) event.get("slot");
      if (!isClaim || data.get("claimer") == null || slot / duration < open) return;
      byte[] channel = bytes(event.get("channel"));
      String[] place = event.get("eventId").toString().split("[/.]");
      ByteBuffer key = ByteBuffer.allocate(8 + 2 + channel.length + 8 + 64 + 6);
      key.putLong(slot / duration).putShort((short) channel.length).put(channel).putLong(slot);
      key.put(base58(place[0], 64)).putShort(Short.parseShort(place[1]));
      key.putInt(place.length > 2 ? Integer.parseInt(place[2]) : -1);
      byte[] id = bytes(data.get("id"));
      ByteBuffer claim = ByteBuffer.allocate(32 + 8 + id.length);
      claim.put(base58(data.get("claimer").toString(), 32)).putLong(Long.parseUnsignedLong(data.get("amount").toString()));
      claims.put(key.array(), claim.put(id).array());
    }

    /** Roots of the epochs that end before the slot; what they were made of goes. */
    private void finish(long slot, long timestamp) {
      for (; open < slot / duration; open++) {
        List<byte[]> done = new ArrayList<>();
        List<byte[]> leaves = new ArrayList<>();
        byte[] channel = null;
        try (KeyValueIterator<byte[], byte[]> all = claims.range(number(open), number(open + 1))) {
          while (all.hasNext()) {
            var next = all.next();
            byte[] its = Arrays.copyOfRange(next.key, 10, 10 + ByteBuffer.wrap(next.key).getShort(8));
            if (channel != null && !Arrays.equals(channel, its)) emit(channel, leaves, timestamp);
            channel = its;
            leaves.add(leaf(leaves.size(), ByteBuffer.wrap(next.value)));
            done.add(next.key);
          }
        }
        if (channel != null) emit(channel, leaves, timestamp);
        for (byte[] key : done) claims.delete(key);
      }
    }

    private void emit(byte[] channel, List<byte[]> leaves, long timestamp) {
      String root = String.format("{\"channel\":\"%s\",\"epoch\":%d,\"count\":%d,\"root\":\"%s\"}",
          new String(channel, StandardCharsets.UTF_8), open, leaves.size(), java.util.HexFormat.of().formatHex(top(leaves)));
      context.forward(new Record<>(channel, root.getBytes(StandardCharsets.UTF_8), timestamp));
      leaves.clear();
    }
  }

  private static byte[] leaf(int index, ByteBuffer claim) {
    ByteBuffer leaf = ByteBuffer.allocate(claim.capacity() + 4).order(java.nio.ByteOrder.LITTLE_ENDIAN);
    leaf.put(claim.array(), 0, 32).putInt(index).putLong(claim.getLong(32)).put(claim.array(), 40, claim.capacity() - 40);
    return keccak(leaf.array());
  }

  private static byte[] top(List<byte[]> leaves) {
    List<byte[]> level = leaves;
    while (level.size() > 1) {
      List<byte[]> next = new ArrayList<>((level.size() + 1) / 2);
      for (int i = 0; i < level.size(); i += 2) {
        byte[] a = level.get(i);
        byte[] b = level.get(Math.min(i + 1, level.size() - 1));
        boolean inOrder = Arrays.compareUnsigned(a, b) <= 0;
        next.add(keccak(ByteBuffer.allocate(64).put(inOrder ? a : b).put(inOrder ? b : a).array()));
      }
      level = next;
    }
    return level.get(0);
  }

  private static byte[] keccak(byte[] input) {
    KeccakDigest digest = new KeccakDigest(256);
    digest.update(input, 0, input.length);
    byte[] hash = new byte[32];
    digest.doFinal(hash, 0);
    return hash;
  }

  private static byte[] number(long n) {
    return ByteBuffer.allocate(8).putLong(n).array();
  }

  private static byte[] bytes(Object text) {
    return text.toString().getBytes(StandardCharsets.UTF_8);
  }

  /** As a number of so many bytes, big endian. */
  private static byte[] base58(String text, int length) {
    byte[] number = new byte[length];
    for (int i = 0; i < text.length(); i++) {
      int carry = ALPHABET.indexOf(text.charAt(i));
      for (int at = length - 1; at >= 0; at--) {
        carry += 58 * (number[at] & 0xff);
        number[at] = (byte) carry;
        carry >>>= 8;
      }
    }
    return number;
  }
}
