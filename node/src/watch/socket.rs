//! The live feed's socket, as a client: JSON both ways. Not what the messages mean (`follow`).

use anyhow::Context;
use futures_util::{SinkExt, StreamExt};
use serde_json::Value;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;

use crate::client::{Address, Failure, Stream};

/// An open socket.
pub(super) struct Socket(WebSocketStream<Stream>);

impl Socket {
    /// Connects to a node's feed.
    pub(super) async fn open(node: &Address) -> anyhow::Result<Self> {
        let stream = Stream::connect(node).await.map_err(Failure::from)?;
        let scheme = if node.tls { "wss" } else { "ws" };
        let host = node.to_string().split_once("://").map_or_else(String::new, |(_, host)| host.to_owned());
        let opened = tokio_tungstenite::client_async(format!("{scheme}://{host}/api/v1/live"), stream);
        let (socket, _) = opened.await.context("live feed")?;
        Ok(Self(socket))
    }

    /// Sends a message.
    pub(super) async fn say(&mut self, message: &Value) -> anyhow::Result<()> {
        Ok(self.0.send(Message::text(message.to_string())).await?)
    }

    /// The next message.
    pub(super) async fn hear(&mut self) -> anyhow::Result<Value> {
        loop {
            match self.0.next().await.context("the node closed the feed")?? {
                Message::Text(text) => return Ok(serde_json::from_str(&text)?),
                Message::Close(why) => {
                    let why = why.map_or_else(String::new, |w| format!(": {} {}", w.code, w.reason));
                    anyhow::bail!("the node closed the feed{why}");
                }
                Message::Binary(_) | Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => {}
            }
        }
    }
}
