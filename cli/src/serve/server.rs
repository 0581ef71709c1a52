//! The server: the files of the page, and a socket for each page. It works on a thread of its own, so that
//! it does not disturb measuring.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;

use axum::Router;
use axum::body::Bytes;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::extract::{Request, State};
use axum::http::header::{COOKIE, HOST, HeaderName, HeaderValue, ORIGIN, SET_COOKIE};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use mayfly_engine::protocol::{Command, Peer, decode};
use tokio::net::TcpListener;
use tokio::runtime::Builder;
use tokio::sync::mpsc;

use super::guard::{Caller, Guard, Refusal};
use super::page;

/// What the engine's thread hears of the pages.
pub(super) enum Event {
    /// A page has come. What it is to hear, encoded, goes to this.
    Came(Peer, mpsc::Sender<Bytes>),
    /// A page wants something.
    Told(Peer, Command),
    /// A page is gone.
    Gone(Peer),
}

/// The most that waits for a page that does not take it. A page that is so far behind is cut off, and comes
/// again for what is new.
const MAX_WAITING: usize = 256;

/// The largest message: a plan of 10 MiB, or a report of a long run.
const MAX_MESSAGE: usize = 64 << 20;

#[derive(Clone)]
struct Server {
    guard: Guard,
    events: mpsc::Sender<Event>,
    next: Arc<AtomicU32>,
}

/// Serves on `listener`, on a new thread, until the process ends.
///
/// # Errors
///
/// Fails if the system has no room for another thread.
pub(super) fn start(
    listener: std::net::TcpListener,
    guard: Guard,
) -> io::Result<mpsc::Receiver<Event>> {
    let (events, receiver) = mpsc::channel(MAX_WAITING);
    let server = Server {
        guard,
        events,
        next: Arc::default(),
    };
    let runtime = Builder::new_current_thread().enable_all().build()?;
    listener.set_nonblocking(true)?;
    let serve = move || {
        runtime.block_on(async {
            let listener = TcpListener::from_std(listener)?;
            axum::serve(listener, router(server)).await
        })
    };
    thread::Builder::new()
        .name("page".to_owned())
        .spawn(serve)?;
    Ok(receiver)
}

fn router(server: Server) -> Router {
    Router::new()
        .route("/engine", get(socket))
        .fallback(file)
        .with_state(server)
}

/// What is known of who sent `request`.
fn caller(request: &Request) -> Caller<'_> {
    let header = |name: HeaderName| request.headers().get(name)?.to_str().ok();
    Caller {
        host: header(HOST),
        origin: header(ORIGIN),
        cookie: header(COOKIE),
        query: request.uri().query(),
    }
}

async fn file(State(server): State<Server>, request: Request) -> Response {
    let caller = caller(&request);
    if let Err(refusal) = server.guard.check(caller) {
        return refused(refusal);
    }
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return StatusCode::METHOD_NOT_ALLOWED.into_response();
    }
    // It goes into the policy of the page.
    let host = caller.host.filter(|it| it.bytes().all(is_of_host));
    let mut response = page::answer(request.uri().path(), host.unwrap_or_default());
    let cookie = server.guard.cookie(caller);
    if let Some(cookie) = cookie.and_then(|it| HeaderValue::try_from(it).ok()) {
        response.headers_mut().insert(SET_COOKIE, cookie);
    }
    response
}

fn is_of_host(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._:[]".contains(&byte)
}

async fn socket(
    State(server): State<Server>,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
    request: Request,
) -> Response {
    if let Err(refusal) = server.guard.check_socket(caller(&request)) {
        return refused(refusal);
    }
    let upgrade = match upgrade {
        Ok(upgrade) => upgrade,
        Err(rejection) => return rejection.into_response(),
    };
    upgrade
        .max_message_size(MAX_MESSAGE)
        .max_frame_size(MAX_MESSAGE)
        .on_upgrade(move |socket| talk(server, socket))
}

fn refused(refusal: Refusal) -> Response {
    let text = match refusal {
        Refusal::Host => {
            "Mayfly answers only to this machine's own names, 127.0.0.1 and localhost, with its port. \
             --web-host lets other machines in."
        }
        Refusal::Origin => "The socket is for the page of this server alone.",
        Refusal::Token => {
            "This needs the token of the URL that mayfly has printed. Open that URL, as it is."
        }
    };
    (StatusCode::FORBIDDEN, text).into_response()
}

/// Passes on what the page and the engine say to each other, until one of them is gone.
async fn talk(server: Server, mut socket: WebSocket) {
    let peer = server.next.fetch_add(1, Ordering::Relaxed);
    let (sender, mut notices) = mpsc::channel(MAX_WAITING);
    if server.events.send(Event::Came(peer, sender)).await.is_err() {
        return;
    }
    loop {
        tokio::select! {
            notice = notices.recv() => {
                // The engine has cut it off, or has ended.
                let Some(notice) = notice else { break };
                if socket.send(Message::Binary(notice)).await.is_err() {
                    break;
                }
            }
            message = socket.recv() => {
                let command = match message {
                    Some(Ok(Message::Binary(bytes))) => decode::<Command>(&bytes),
                    Some(Ok(Message::Ping(_) | Message::Pong(_))) => continue,
                    Some(Ok(Message::Close(_) | Message::Text(_)) | Err(_)) | None => break,
                };
                // Another version's, whose page is told to reload.
                let Some(command) = command else { continue };
                if server.events.send(Event::Told(peer, command)).await.is_err() {
                    break;
                }
            }
        }
    }
    // Nobody listens where the process ends.
    let _ = server.events.send(Event::Gone(peer)).await;
}
