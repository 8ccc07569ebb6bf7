package attentionoracle;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;

/** One subscription over a WebSocket of its own, in the protocol graphql-transport-ws. */
final class Subscription implements AutoCloseable, WebSocket.Listener {
  private static final String ID = "1";

  /** Every message, then null's stand-in: the reason why no more come. */
  private final BlockingQueue<Object> messages = new LinkedBlockingQueue<>();
  private final StringBuilder parts = new StringBuilder();
  private final ObjectMapper json;
  private WebSocket socket;

  private Subscription(ObjectMapper json) {
    this.json = json;
  }

  static Subscription open(HttpClient http, URI address, ObjectMapper json, String query)
      throws IOException, InterruptedException {
    Subscription opened = new Subscription(json);
    try {
      opened.socket =
          http.newWebSocketBuilder().subprotocols("graphql-transport-ws").buildAsync(address, opened).join();
      opened.send(Map.of("type", "connection_init"));
      if (!opened.read().path("type").asText().equals("connection_ack")) throw new IOException("no acknowledgement");
      opened.send(Map.of("id", ID, "type", "subscribe", "payload", Map.of("query", query)));
    } catch (CompletionException failure) {
      throw new IOException("no connection: " + failure.getCause(), failure);
    }
    return opened;
  }

  /** The next answer, however long it takes. */
  JsonNode next() throws IOException, InterruptedException {
    for (; ; ) {
      JsonNode message = read();
      switch (message.path("type").asText()) {
        case "next":
          if (message.at("/payload/errors").isArray())
            throw new IOException("the subscription failed: " + message.get("payload"));
          return message.get("payload");
        case "ping":
          send(Map.of("type", "pong"));
          break;
        case "error", "complete":
          throw new IOException("the subscription ended: " + message);
        default:
      }
    }
  }

  @Override
  public void close() {
    if (socket != null) socket.abort();
  }

  private JsonNode read() throws IOException, InterruptedException {
    Object message = messages.take();
    if (message instanceof String text) return json.readTree(text);
    throw new IOException(String.valueOf(message));
  }

  private void send(Map<String, Object> message) throws IOException {
    socket.sendText(json.writeValueAsString(message), true).join();
  }

  @Override
  public CompletionStage<?> onText(WebSocket from, CharSequence data, boolean last) {
    parts.append(data);
    if (last) {
      messages.add(parts.toString());
      parts.setLength(0);
    }
    from.request(1);
    return null;
  }

  @Override
  public CompletionStage<?> onClose(WebSocket from, int code, String reason) {
    messages.add(new IOException("the connection was closed: " + code + " " + reason));
    return null;
  }

  @Override
  public void onError(WebSocket from, Throwable failure) {
    messages.add(failure);
  }
}
