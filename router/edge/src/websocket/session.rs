//! One socket from its upgrade to its close.

use std::collections::HashMap;
use std::future::pending;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message, WebSocket};
use futures::stream::{SplitSink, SplitStream};
use futures::{SinkExt as _, StreamExt as _};
use http::StatusCode;
use platform_identity::Identity;
use platform_types::ErrorCode;
use router_engine::{GraphqlError, OperationKind};
use serde_json::{Map, Value};
use tokio::sync::mpsc;
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::{Instant, MissedTickBehavior, interval_at, sleep_until, timeout};

use super::message::{self, Close, Incoming};
use crate::admission::{Admitted, NotAdmitted};
use crate::authentication::{AuthenticationError, Credential};
use crate::connection::Connection;
use crate::edge::Shared;
use crate::parameters;
use crate::quota::{Holder, Place};
use crate::stream::{self, End, Item, ended};

/// How long operations that are no subscriptions may go on after the process began to end.
const LAST_WORDS: Duration = Duration::from_secs(10);

/// Serves a socket until one side closes it.
pub(super) async fn run(shared: Arc<Shared>, socket: WebSocket, connection: Connection) {
    let (sink, mut source) = socket.split();
    let (outbox, inbox) = mpsc::channel(shared.config().websocket.outbox.max(1));
    let patience = Duration::from_millis(shared.config().websocket.write_timeout_ms);
    let mut writer = tokio::spawn(write(sink, inbox, patience));
    let mut session = Session {
        shared,
        connection,
        outbox,
        caller: None,
        operations: HashMap::new(),
        tasks: JoinSet::new(),
    };

    let close = tokio::select! {
        close = session.serve(&mut source) => close,
        // a client that does not read is gone
        _ = &mut writer => None,
    };
    if close == Some(Close::GoingAway) {
        session.finish().await;
    }
    // Ends the operations, and with them everybody who writes.
    let Session { outbox, .. } = session;
    if let Some(close) = close {
        let frame = CloseFrame {
            code: close.code(),
            reason: close.reason().into(),
        };
        if timeout(patience, outbox.send(Message::Close(Some(frame))))
            .await
            .is_ok_and(|sent| sent.is_ok())
        {
            drop(outbox);
            // The close frame is answered by a decent client; others are not waited for.
            let goodbye = async { while let Some(Ok(_)) = source.next().await {} };
            let _ = timeout(Duration::from_secs(1), async {
                tokio::join!(&mut writer, goodbye)
            })
            .await;
        }
    }
    writer.abort();
}

/// Writes what the operations have to say; ends with the socket, or when a write takes too long.
async fn write(
    mut sink: SplitSink<WebSocket, Message>,
    mut inbox: mpsc::Receiver<Message>,
    patience: Duration,
) {
    while let Some(message) = inbox.recv().await {
        let last = matches!(message, Message::Close(_));
        match timeout(patience, sink.send(message)).await {
            Ok(Ok(())) if !last => {}
            _ => return,
        }
    }
}

/// Who speaks on the socket, once that is known.
struct Caller {
    identity: Identity,
    _place: Place,
}

struct Operation {
    task: AbortHandle,
    kind: OperationKind,
    /// Set before the last message of the operation is queued: from then on its id is free again.
    over: Arc<AtomicBool>,
}

struct Session {
    shared: Arc<Shared>,
    connection: Connection,
    outbox: mpsc::Sender<Message>,
    caller: Option<Caller>,
    operations: HashMap<String, Operation>,
    /// Aborted when dropped.
    tasks: JoinSet<()>,
}

impl Session {
    /// Reads messages until there is a reason to close; `None` if the client has closed.
    async fn serve(&mut self, source: &mut SplitStream<WebSocket>) -> Option<Close> {
        let config = self.shared.config().websocket.clone();
        let init_until = Instant::now() + Duration::from_millis(config.init_timeout_ms);
        let period = Duration::from_millis(config.ping_interval_ms.max(100));
        let mut ping = interval_at(Instant::now() + period, period);
        ping.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut silent = 0_u8;
        let shared = Arc::clone(&self.shared);
        loop {
            let identity = self.caller.as_ref().map(|caller| caller.identity.clone());
            let known = identity.is_some();
            let mut watch = pin!(async {
                match identity {
                    Some(identity) => ended(&shared, &identity).await,
                    None => {
                        shared.draining.cancelled().await;
                        End::Draining
                    }
                }
            });
            // The watch over the identity outlives the messages: it is replaced only when the identity is.
            while self.caller.is_some() == known {
                tokio::select! {
                    end = &mut watch => return Some(match end {
                        End::Identity(error) => Close::Forbidden(error.to_string()),
                        End::Complete | End::Rights | End::Draining => Close::GoingAway,
                    }),
                    () = async { if known { pending::<()>().await } else { sleep_until(init_until).await } } => {
                        return Some(Close::InitTimeout);
                    }
                    _ = ping.tick() => {
                        silent += 1;
                        if silent > 2 {
                            return None;
                        }
                        self.say(message::PING.to_owned()).await?;
                    }
                    _ = self.tasks.join_next(), if !self.tasks.is_empty() => {
                        self.operations.retain(|_, operation| !operation.task.is_finished());
                    }
                    message = source.next() => {
                        silent = 0;
                        if let Err(close) = self.take(message).await {
                            return close;
                        }
                    }
                }
            }
        }
    }

    /// Takes one frame; an error closes the socket, with a reason or without.
    async fn take(
        &mut self,
        message: Option<Result<Message, axum::Error>>,
    ) -> Result<(), Option<Close>> {
        let text = match message {
            Some(Ok(Message::Text(text))) => text,
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => return Ok(()),
            Some(Ok(Message::Binary(_))) => return Err(Some(Close::BadMessage)),
            None | Some(Err(_) | Ok(Message::Close(_))) => return Err(None),
        };
        match message::read(&text, self.shared.config().json_depth)
            .ok_or(Some(Close::BadMessage))?
        {
            Incoming::ConnectionInit { payload } => {
                self.init(payload.unwrap_or_default()).await.map_err(Some)?
            }
            Incoming::Ping { payload } => self.say(message::pong(payload)).await.ok_or(None)?,
            Incoming::Pong {} => {}
            Incoming::Subscribe { id, payload } => self.subscribe(id, payload).await?,
            Incoming::Complete { id } => {
                if let Some(operation) = self.operations.remove(&id) {
                    operation.task.abort();
                }
            }
        }
        Ok(())
    }

    async fn say(&self, text: String) -> Option<()> {
        self.outbox.send(Message::Text(text.into())).await.ok()
    }

    async fn init(&mut self, payload: Map<String, Value>) -> Result<(), Close> {
        if self.caller.is_some() {
            return Err(Close::SecondInit);
        }
        let invalid = |error: AuthenticationError| Close::Forbidden(error.to_string());
        let credential = credential(&payload).map_err(invalid)?;
        let identity = self
            .shared
            .authenticate(&credential, &self.connection)
            .await
            .map_err(|refused| match refused.status {
                StatusCode::TOO_MANY_REQUESTS => Close::TooMuch("too many refused keys"),
                _ => Close::Forbidden(refused.error.message),
            })?;
        let place = self
            .shared
            .quotas
            .take(Holder::of(&identity, self.connection.address))
            .map_err(|_| Close::TooMuch("too many open streams"))?;
        self.caller = Some(Caller {
            identity,
            _place: place,
        });
        self.say(message::ACK.to_owned())
            .await
            .ok_or(Close::GoingAway)
    }

    async fn subscribe(&mut self, id: String, payload: Value) -> Result<(), Option<Close>> {
        let Some(caller) = &self.caller else {
            return Err(Some(Close::Unauthorized));
        };
        if self
            .operations
            .get(&id)
            .is_some_and(|operation| !operation.over.load(Ordering::Acquire))
        {
            return Err(Some(Close::Duplicate(id)));
        }
        let most = self.shared.config().websocket.operations;
        if self
            .operations
            .values()
            .filter(|operation| !operation.over.load(Ordering::Acquire))
            .count()
            >= most
        {
            let message = format!("limit of {most} operations on a connection exceeded");
            let error = GraphqlError::new(message, ErrorCode::RateLimited.as_str());
            return self
                .say(message::error(&id, &serde_json::json!([error])))
                .await
                .ok_or(None);
        }
        let identity = caller.identity.clone();
        let admitted = match self.admit(payload, &identity).await {
            Ok(admitted) => admitted,
            Err(not) => {
                let errors = self.errors(not);
                return self.say(message::error(&id, &errors)).await.ok_or(None);
            }
        };
        let over = Arc::new(AtomicBool::new(false));
        let kind = admitted.kind;
        let voice = Voice {
            id: id.clone(),
            outbox: self.outbox.clone(),
            over: Arc::clone(&over),
        };
        let shared = Arc::clone(&self.shared);
        let connection = self.connection.clone();
        let task = self.tasks.spawn(async move {
            // an unheard end: the client is gone
            let _ = match kind {
                OperationKind::Subscription => {
                    events(&shared, admitted, identity, &connection, voice).await
                }
                OperationKind::Query | OperationKind::Mutation => {
                    let response = shared.run(admitted).await;
                    voice.say(message::next(&voice.id, &response.body)).await;
                    voice.end(message::complete(&voice.id)).await
                }
            };
        });
        self.operations.insert(id, Operation { task, kind, over });
        Ok(())
    }

    async fn admit(&self, payload: Value, identity: &Identity) -> Result<Admitted, NotAdmitted> {
        let request = parameters::from_value(payload)?;
        self.shared.count(identity, &self.connection, 1).await?;
        self.shared.admit(request, identity, &self.connection).await
    }

    fn errors(&self, not: NotAdmitted) -> Value {
        errors_of(&self.shared, not)
    }

    /// Ends the subscriptions and lets everything else come to its end.
    async fn finish(&mut self) {
        for operation in self
            .operations
            .values()
            .filter(|operation| operation.kind == OperationKind::Subscription)
        {
            operation.task.abort();
        }
        let rest = async { while self.tasks.join_next().await.is_some() {} };
        if timeout(LAST_WORDS, rest).await.is_err() {
            tracing::warn!("operations of a socket did not end in time");
        }
    }
}

/// What an operation says through the socket.
struct Voice {
    id: String,
    outbox: mpsc::Sender<Message>,
    over: Arc<AtomicBool>,
}

impl Voice {
    async fn say(&self, text: String) -> bool {
        self.outbox.send(Message::Text(text.into())).await.is_ok()
    }

    async fn end(&self, text: String) -> bool {
        self.over.store(true, Ordering::Release);
        self.say(text).await
    }
}

/// Runs a subscription; gives whether the client has heard its end.
async fn events(
    shared: &Arc<Shared>,
    admitted: Admitted,
    identity: Identity,
    connection: &Connection,
    voice: Voice,
) -> bool {
    let mut watched = match stream::open(shared, admitted, &identity, connection).await {
        Ok(watched) => watched,
        Err(not) => {
            let errors = errors_of(shared, not);
            return voice.end(message::error(&voice.id, &errors)).await;
        }
    };
    loop {
        match watched.next().await {
            Item::Event(body) => {
                if !voice.say(message::next(&voice.id, &body)).await {
                    return false;
                }
            }
            Item::End(End::Complete) => return voice.end(message::complete(&voice.id)).await,
            // the close frame says it
            Item::End(End::Draining) => return true,
            Item::End(end) => {
                let errors = serde_json::json!(end.error().into_iter().collect::<Vec<_>>());
                return voice.end(message::error(&voice.id, &errors)).await;
            }
        }
    }
}

fn errors_of(shared: &Shared, not: NotAdmitted) -> Value {
    match not {
        NotAdmitted::ByEdge(refused) => serde_json::json!([*refused.error]),
        NotAdmitted::ByEngine(response) => {
            serde_json::json!(crate::mask::response(response, shared.config().mask_errors).errors)
        }
    }
}

/// The credential of a connection's payload: `authorization` as in the header, or `x-api-key`, in any case of letters.
fn credential(payload: &Map<String, Value>) -> Result<Credential, AuthenticationError> {
    let mut found = Credential::None;
    for (name, value) in payload {
        let key = name.eq_ignore_ascii_case("x-api-key");
        if !key && !name.eq_ignore_ascii_case("authorization") {
            continue;
        }
        let text = match value {
            Value::String(text) => text,
            // clients that are not signed in send an empty one
            Value::Null => continue,
            _ => return Err(AuthenticationError::Invalid),
        };
        if found != Credential::None {
            return Err(AuthenticationError::Invalid);
        }
        found = if key {
            Credential::ApiKey(text.clone())
        } else {
            Credential::from_authorization(text)?
        };
    }
    Ok(found)
}
