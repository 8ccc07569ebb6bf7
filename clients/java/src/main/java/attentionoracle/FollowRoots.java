package attentionoracle;

import attentionoracle.generated.Root;
import attentionoracle.generated.RootConnectionResponseProjection;
import attentionoracle.generated.RootEdge;
import attentionoracle.generated.RootEdgeResponseProjection;
import attentionoracle.generated.RootFinalizedSubscriptionRequest;
import attentionoracle.generated.RootFinalizedSubscriptionResponse;
import attentionoracle.generated.RootResponseProjection;
import attentionoracle.generated.RootsQueryRequest;
import attentionoracle.generated.RootsQueryResponse;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.kobylynskyi.graphql.codegen.model.graphql.GraphQLRequest;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.Map;

/** Asks for the newest root of a channel, then follows its roots through lost connections. */
public final class FollowRoots {
  private static final ObjectMapper JSON =
      new ObjectMapper().disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES);
  private static final long PAUSE_MS = 200;

  /** HTTP/1.1 from the start: the gateway knows no upgrade to HTTP/2 over plain text. */
  private final HttpClient http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final String gateway;
  private final String channel;

  private FollowRoots(String gateway, String channel) {
    this.gateway = gateway;
    this.channel = channel;
  }

  public static void main(String[] args) throws Exception {
    if (args.length != 3) {
      System.err.println("usage: FollowRoots GATEWAY_URL CHANNEL COUNT");
      System.exit(2);
    }
    FollowRoots follower = new FollowRoots(args[0], args[1]);
    follower.newest();
    follower.follow(Integer.parseInt(args[2]));
  }

  private void newest() throws IOException, InterruptedException {
    var wanted = new RootResponseProjection().epoch().root().count();
    var query =
        new GraphQLRequest(
            RootsQueryRequest.builder().setChannel(channel).setFirst(1).build(),
            new RootConnectionResponseProjection().edges(new RootEdgeResponseProjection().node(wanted)));
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(gateway + "/graphql"))
            .header("content-type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(query.toHttpJsonBody()))
            .build();
    String body = http.send(request, BodyHandlers.ofString()).body();
    var answer = JSON.readValue(body, RootsQueryResponse.class);
    if (answer.roots() == null) throw new IOException("the query failed: " + body);
    for (RootEdge edge : answer.roots().getEdges()) say("newest", edge.getNode());
  }

  /** Everything behind the cursor comes, whatever happened to the connection meanwhile. */
  private void follow(int count) throws InterruptedException {
    String cursor = "beginning";
    for (int left = count; left > 0; ) {
      var subscription =
          new GraphQLRequest(
              RootFinalizedSubscriptionRequest.builder().setChannel(channel).setAfter(cursor).build(),
              new RootResponseProjection().epoch().root().count().cursor());
      URI address = URI.create(gateway.replaceFirst("^http", "ws") + "/graphql");
      try (Subscription items = Subscription.open(http, address, JSON, subscription.toQueryString())) {
        for (; left > 0; left--) {
          Root root = JSON.treeToValue(items.next(), RootFinalizedSubscriptionResponse.class).rootFinalized();
          say("item", root);
          cursor = root.getCursor();
        }
      } catch (IOException failure) {
        System.err.println("again after " + cursor + " because " + failure.getMessage());
        Thread.sleep(PAUSE_MS);
      }
    }
  }

  private static void say(String kind, Root root) {
    var place = JSON.createObjectNode().put("epoch", root.getEpoch()).put("root", root.getRoot());
    System.out.println(JSON.createObjectNode().set(kind, place));
  }
}
