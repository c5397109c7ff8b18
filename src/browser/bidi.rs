//! `WebDriver` `BiDi` on the session that fantoccini opened: one socket, many commands at a time,
//! events by tab.
//!
//! A typed client of the dozen commands that are used here. A kept crate (thirtyfour's) would bring
//! a second `WebDriver` client with its own sessions; this one speaks on the session that is there.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::sync::{mpsc, oneshot};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;

use super::BrowserError;
use super::error::first_line;

/// A socket that does not open by then is one that cannot be reached (a grid's inner address, for
/// instance).
const CONNECT_MAX: Duration = Duration::from_secs(3);

/// The open socket. Clones share it.
#[derive(Debug, Clone)]
pub(super) struct Bidi {
    outbox: mpsc::UnboundedSender<Outgoing>,
    routes: Arc<Routes>,
    next: Arc<AtomicU64>,
}

/// A command on its way, with the place where its answer is waited for (nowhere: nobody waits).
#[derive(Debug)]
struct Outgoing {
    id: u64,
    text: String,
    answer: Option<oneshot::Sender<Result<Value, Refused>>>,
}

/// The driver's "no".
#[derive(Debug)]
struct Refused {
    kind: String,
    message: String,
}

/// Where the events of each tab go.
#[derive(Debug, Default)]
struct Routes(Mutex<HashMap<String, mpsc::UnboundedSender<BidiEvent>>>);

/// What a tab tells by itself.
#[derive(Debug, Clone)]
pub(super) enum BidiEvent {
    /// A request is about to be sent.
    Request(Request),
    /// A request was answered.
    Answered {
        /// The request's id.
        request: String,
        /// HTTP status.
        status: u16,
    },
    /// The page's own word through its channel.
    Said(String),
}

/// A request as the browser announces it.
#[derive(Debug, Clone)]
pub(super) struct Request {
    /// The browser's id of it.
    pub id: String,
    /// `GET`, `POST`…
    pub method: String,
    /// Where to.
    pub url: String,
    /// Is it held until somebody lets it go?
    pub is_held: bool,
    /// Does it load a document? Its body then cannot be asked for while it is held.
    pub is_navigation: bool,
}

impl Routes {
    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, mpsc::UnboundedSender<BidiEvent>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn deliver(&self, message: &Value) {
        let Some((context, event)) = event_of(message) else {
            return;
        };
        if let Some(route) = self.lock().get(context) {
            let _ = route.send(event);
        }
    }
}

/// The event and its tab, or nothing for the many that nobody here waits for.
fn event_of(message: &Value) -> Option<(&str, BidiEvent)> {
    let params = message.get("params")?;
    let request = params.get("request");
    let id = || request?.get("request")?.as_str().map(str::to_owned);
    let text = |key: &str| Some(request?.get(key)?.as_str()?.to_owned());
    let event = match message.get("method")?.as_str()? {
        "network.beforeRequestSent" => BidiEvent::Request(Request {
            id: id()?,
            method: text("method")?,
            url: text("url")?,
            is_held: params
                .get("isBlocked")
                .and_then(Value::as_bool)
                .unwrap_or(false),
            is_navigation: params.get("navigation").is_some_and(|n| !n.is_null()),
        }),
        "network.responseCompleted" => BidiEvent::Answered {
            request: id()?,
            status: params
                .pointer("/response/status")
                .and_then(Value::as_u64)
                .and_then(|s| u16::try_from(s).ok())
                .unwrap_or_default(),
        },
        "script.message" => {
            let context = params.pointer("/source/context")?.as_str()?;
            return Some((
                context,
                BidiEvent::Said(params.pointer("/data/value")?.as_str()?.to_owned()),
            ));
        }
        _ => return None,
    };
    Some((params.get("context")?.as_str()?, event))
}

impl Bidi {
    /// Opens the socket that the new session named.
    pub async fn connect(url: &str) -> Result<Self, BrowserError> {
        let unreachable = |why: &dyn std::fmt::Display| BrowserError::Unreachable {
            url: url.to_owned(),
            why: why.to_string(),
        };
        // A screenshot is one message: no limit but memory.
        let config = WebSocketConfig::default()
            .max_message_size(None)
            .max_frame_size(None);
        let opening = tokio_tungstenite::connect_async_with_config(url, Some(config), true);
        let (socket, _) = tokio::time::timeout(CONNECT_MAX, opening)
            .await
            .map_err(|late| unreachable(&late))?
            .map_err(|e| unreachable(&e))?;
        let (mut write, mut read) = socket.split();
        let (outbox, mut outgoing) = mpsc::unbounded_channel::<Outgoing>();
        let routes = Arc::new(Routes::default());
        let delivered = routes.clone();
        tokio::spawn(async move {
            let mut waiting: HashMap<u64, oneshot::Sender<Result<Value, Refused>>> = HashMap::new();
            loop {
                tokio::select! {
                    next = outgoing.recv() => {
                        let Some(command) = next else { break };
                        if let Some(answer) = command.answer {
                            waiting.insert(command.id, answer);
                        }
                        if write.send(Message::text(command.text)).await.is_err() {
                            break;
                        }
                    }
                    message = read.next() => {
                        let Some(Ok(message)) = message else { break };
                        let Ok(text) = message.to_text() else { continue };
                        let Ok(mut value) = serde_json::from_str::<Value>(text) else { continue };
                        match value.get("id").and_then(Value::as_u64).and_then(|id| waiting.remove(&id)) {
                            Some(answer) => {
                                let _ = answer.send(outcome(&mut value));
                            }
                            None => delivered.deliver(&value),
                        }
                    }
                }
            }
            // Whoever still waits learns of the end by its dropped sender; listeners by their
            // closed channel.
            delivered.lock().clear();
        });
        Ok(Self {
            outbox,
            routes,
            next: Arc::new(AtomicU64::new(1)),
        })
    }

    /// Sends a command and waits for its answer. Nothing is ever sent again.
    pub async fn command(
        &self,
        method: &str,
        params: Value,
        limit: Duration,
    ) -> Result<Value, BrowserError> {
        let (answer, answered) = oneshot::channel();
        self.send(method, &params, Some(answer))?;
        match tokio::time::timeout(limit, answered).await {
            Ok(Ok(Ok(result))) => Ok(result),
            Ok(Ok(Err(refused))) => Err(sorted(refused)),
            Ok(Err(_)) => Err(closed()),
            Err(_) => Err(BrowserError::Lost {
                why: format!("{method}: không trả lời trong {} giây", limit.as_secs()),
            }),
        }
    }

    /// Sends a command whose answer nobody waits for.
    pub fn tell(&self, method: &str, params: &Value) {
        let _ = self.send(method, params, None);
    }

    fn send(
        &self,
        method: &str,
        params: &Value,
        answer: Option<oneshot::Sender<Result<Value, Refused>>>,
    ) -> Result<(), BrowserError> {
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        let text = json!({ "id": id, "method": method, "params": params }).to_string();
        self.outbox
            .send(Outgoing { id, text, answer })
            .map_err(|_| closed())
    }

    /// Has the socket closed? Nothing said into it is heard any more.
    pub fn is_closed(&self) -> bool {
        self.outbox.is_closed()
    }

    /// The events of a tab from now on.
    pub fn events_of(&self, context: &str) -> mpsc::UnboundedReceiver<BidiEvent> {
        let (sender, receiver) = mpsc::unbounded_channel();
        self.routes.lock().insert(context.to_owned(), sender);
        receiver
    }
}

fn closed() -> BrowserError {
    BrowserError::Lost {
        why: "kênh BiDi đã đóng".to_owned(),
    }
}

fn outcome(value: &mut Value) -> Result<Value, Refused> {
    if value.get("type").and_then(Value::as_str) == Some("error") {
        let text = |key: &str| {
            value
                .get(key)
                .and_then(Value::as_str)
                .unwrap_or("")
                .to_owned()
        };
        return Err(Refused {
            kind: text("error"),
            message: first_line(&text("message")),
        });
    }
    Ok(value.get_mut("result").map(Value::take).unwrap_or_default())
}

/// Sorts the driver's "no" once, where it enters.
fn sorted(refused: Refused) -> BrowserError {
    let Refused { kind, message } = refused;
    let is_lost = matches!(
        kind.as_str(),
        "no such frame" | "invalid session id" | "session not created" | "no such user context"
    ) || ["disconnected", "not reachable", "crashed", "Target closed"]
        .iter()
        .any(|sign| message.contains(sign));
    let why = format!("{kind}: {message}");
    if is_lost {
        BrowserError::Lost { why }
    } else {
        BrowserError::Script { why }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_held_request_is_told_with_its_tab() {
        let message = json!({
            "type": "event", "method": "network.beforeRequestSent",
            "params": { "context": "C1", "isBlocked": true, "navigation": null,
                        "request": { "request": "7.1", "method": "POST", "url": "http://p/x.jsf" } }
        });
        let Some(("C1", BidiEvent::Request(request))) = event_of(&message) else {
            panic!("{message}")
        };
        assert!(request.is_held && !request.is_navigation);
        assert_eq!(
            (request.id.as_str(), request.method.as_str()),
            ("7.1", "POST")
        );
    }

    #[test]
    fn a_drivers_no_is_sorted_by_what_it_means() {
        let refused = |kind: &str, message: &str| {
            sorted(Refused {
                kind: kind.into(),
                message: message.into(),
            })
        };
        assert!(refused("no such frame", "gone").is_lost());
        assert!(refused("unknown error", "disconnected: not connected to DevTools").is_lost());
        assert!(!refused("unknown error", "net::ERR_CONNECTION_REFUSED").is_lost());
    }
}
