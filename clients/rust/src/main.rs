//! Asks for the newest root of a channel, then follows its roots through lost connections.
//! Usage: follow-roots GATEWAY_URL CHANNEL COUNT

use std::{error::Error, future::IntoFuture, time::Duration};

use futures_util::StreamExt;
use graphql_client::{GraphQLQuery, Response};
use graphql_ws_client::{Client, graphql::StreamingOperation};
use serde_json::json;
use tokio_tungstenite::tungstenite::{client::IntoClientRequest, http::HeaderValue};

/// Scalars of the schema: decimal text and hexadecimal digits.
type U64 = String;
type Hash = String;

#[derive(GraphQLQuery)]
#[graphql(schema_path = "schema.graphql", query_path = "operations.graphql")]
struct NewestRoots;

#[derive(GraphQLQuery)]
#[graphql(schema_path = "schema.graphql", query_path = "operations.graphql")]
struct FollowRoots;

type Failure = Box<dyn Error>;

const PAUSE: Duration = Duration::from_millis(200);

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [gateway, channel, count] = args.as_slice() else {
        return Err("usage: follow-roots GATEWAY_URL CHANNEL COUNT".into());
    };
    let mut left: usize = count.parse()?;

    let query = NewestRoots::build_query(newest_roots::Variables { channel: channel.clone(), first: 1 });
    let answer: Response<newest_roots::ResponseData> =
        ureq::post(format!("{gateway}/graphql")).send_json(&query)?.body_mut().read_json()?;
    let Some(data) = answer.data else {
        return Err(format!("the query failed: {:?}", answer.errors).into());
    };
    for edge in data.roots.edges {
        println!("{}", json!({ "newest": { "epoch": edge.node.epoch, "root": edge.node.root } }));
    }

    // Everything behind the cursor comes, whatever happened to the connection meanwhile.
    let mut cursor = String::from("beginning");
    while left > 0 {
        if let Err(failure) = follow(gateway, channel, &mut cursor, &mut left).await {
            eprintln!("again after {cursor} because {failure}");
            tokio::time::sleep(PAUSE).await;
        }
    }
    Ok(())
}

/// Reads until nothing is left to read, or the connection ends.
async fn follow(gateway: &str, channel: &str, cursor: &mut String, left: &mut usize) -> Result<(), Failure> {
    let mut request = format!("{}/graphql", gateway.replacen("http", "ws", 1)).into_client_request()?;
    request.headers_mut().insert("Sec-WebSocket-Protocol", HeaderValue::from_static("graphql-transport-ws"));
    let (socket, _) = tokio_tungstenite::connect_async(request).await?;
    let (client, actor) = Client::build(socket).await?;
    tokio::spawn(actor.into_future());
    let variables = follow_roots::Variables { channel: channel.to_owned(), after: cursor.clone() };
    let mut items = client.subscribe(StreamingOperation::<FollowRoots>::new(variables)).await?;
    while *left > 0 {
        let answer = items.next().await.ok_or("the connection ended")??;
        let root = answer.data.ok_or_else(|| format!("the subscription failed: {:?}", answer.errors))?.root_finalized;
        println!("{}", json!({ "item": { "epoch": root.epoch, "root": root.root } }));
        *cursor = root.cursor.ok_or("an item without a cursor")?;
        *left -= 1;
    }
    client.close(1000, "enough").await;
    Ok(())
}
