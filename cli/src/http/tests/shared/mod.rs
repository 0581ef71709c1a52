mod charsets;
mod codings;
mod cookies;
mod failures;
mod tls;
pub(super) mod versions;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::extract::Request as Incoming;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Redirect;
use axum::routing::{any, get, post};
use axum::serve::ListenerExt;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use mayfly_core::http::request::{Keep, Method};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{RootCertStore, ServerConfig};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Barrier, mpsc, oneshot};
use tokio::task::yield_now;
use tokio_rustls::TlsAcceptor;

use super::*;
use crate::demo_api::DemoApi;

/// A server on this machine that knows how many connections were opened to it.
pub(super) struct Server {
    pub(super) url: String,
    n_accepted: Arc<AtomicUsize>,
}

impl Server {
    pub(super) async fn start(router: Router) -> Self {
        let n_accepted = Arc::<AtomicUsize>::default();
        let counter = Arc::clone(&n_accepted);
        let (url, listener) = listen().await;
        let listener = listener.tap_io(move |_| {
            counter.fetch_add(1, Ordering::SeqCst);
        });
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, n_accepted }
    }

    pub(super) fn get(&self, path: &str) -> Request {
        Request::new(Method::Get, &format!("{}{path}", self.url))
    }

    pub(super) fn n_accepted(&self) -> usize {
        self.n_accepted.load(Ordering::SeqCst)
    }
}

/// A server that says to the requests of its connections, word by word, what it is told to. It
/// closes a connection after the last answer, and then sends all that it has received on it.
pub(super) async fn scripted(
    connections: Vec<Vec<&'static str>>,
) -> (String, mpsc::UnboundedReceiver<String>) {
    let (url, listener) = listen().await;
    let (sender, receiver) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        for answers in connections {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut received = String::new();
            for answer in answers {
                received += &read_request(&mut stream).await;
                stream.write_all(answer.as_bytes()).await.unwrap();
            }
            drop(stream);
            sender.send(received).unwrap();
        }
    });
    (url, receiver)
}

pub(super) async fn listen() -> (String, TcpListener) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    (url, listener)
}

/// A request up to its blank line, and a body as long as it says.
pub(super) async fn read_request(stream: &mut TcpStream) -> String {
    let mut received = Vec::new();
    while !received.ends_with(b"\r\n\r\n") {
        received.push(stream.read_u8().await.unwrap());
    }
    let head = String::from_utf8(received).unwrap();
    let length = head.split("content-length: ").nth(1);
    let length = length.map_or(0, |it| it.lines().next().unwrap().parse().unwrap());
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.unwrap();
    head + str::from_utf8(&body).unwrap()
}

impl HttpTransport {
    /// Sends for a user who has no cookies.
    pub(super) async fn send(&self, request: &Request) -> Result<Response, TransportError> {
        Transport::send(self, &Cookies::default(), request).await
    }
}

/// What a plan with these lines says, and files that have what they are called.
pub(super) fn settings(lines: &str, files: &[(&str, &str)]) -> Result<Settings, TlsError> {
    let toml = format!(
        "version = 1\nload = {{ users = 1, spawn_rate = 1 }}\n{lines}\n\
         [[user_class]]\nname = 'User'\ntask = [{{ get = '/' }}]\n"
    );
    let settings = Settings::of(&Plan::from_toml(&toml).unwrap(), |name| {
        let file = files.iter().find(|it| it.0 == name);
        file.map(|it| it.1.into())
            .ok_or_else(|| "not there".to_owned())
    });
    // Servers here end connections at once.
    settings.map(|mut it| {
        it.look_after = Duration::ZERO;
        it
    })
}

pub(super) fn transport() -> HttpTransport {
    transport_for(HttpTransport::MAX_IN_FLIGHT)
}

fn transport_for(max_in_flight: usize) -> HttpTransport {
    HttpTransport::new(max_in_flight, settings("", &[]).unwrap())
}

/// A certificate in PEM.
pub(super) fn pem(certificate: &CertificateDer<'_>) -> String {
    let text = STANDARD.encode(certificate);
    format!("-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n")
}

/// A transport that trusts a certificate, besides those that all do.
fn trusting(certificate: &CertificateDer<'_>) -> HttpTransport {
    let settings = settings("tls = { ca = 'a.pem' }", &[("a.pem", &pem(certificate))]);
    HttpTransport::new(1, settings.unwrap())
}

pub(super) fn answer(status: u16, body_bytes: u64) -> Result<Response, TransportError> {
    let kept = None;
    Ok(Response {
        status,
        body_bytes,
        phases: None,
        kept,
    })
}

/// Status and body, as text.
pub(super) fn text(result: Result<Response, TransportError>) -> (u16, String) {
    let response = result.unwrap();
    let body = response.kept.expect("the request said so").body;
    (response.status, String::from_utf8(body).unwrap())
}

pub(super) const OK: &str = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

#[tokio::test]
async fn any_status_is_an_answer() {
    let server = Server::start(DemoApi::default().router()).await;
    let transport = transport();
    for status in [200, 204, 301, 304, 399] {
        let request = server.get(&format!("/status/{status}"));
        assert_eq!(transport.send(&request).await, answer(status, 0));
    }
    for status in [404, 503] {
        let request = server.get(&format!("/status/{status}"));
        assert_eq!(transport.send(&request).await.unwrap().status, status);
    }
    assert_eq!(server.n_accepted(), 1);
}

#[tokio::test]
async fn as_much_is_kept_as_the_request_says() {
    let body = "x".repeat(5_000);
    let router = Router::new()
        .route("/good", get(body.clone()))
        .route("/bad", get((StatusCode::BAD_REQUEST, body)));
    let server = Server::start(router).await;
    let transport = transport();
    for (path, keep, expected) in [
        ("/good", Keep::OnFailure, None),
        ("/good", Keep::Start, Some(Keep::SAMPLE_BYTES)),
        ("/good", Keep::Body, Some(5_000)),
        ("/bad", Keep::OnFailure, Some(Keep::SAMPLE_BYTES)),
    ] {
        let mut request = server.get(path);
        request.keep = keep;
        let response = transport.send(&request).await.unwrap();
        assert_eq!(response.body_bytes, 5_000);
        let kept = response.kept.map(|it| it.body.len());
        assert_eq!(kept, expected, "{path} {keep:?}");
    }
}

#[tokio::test]
async fn headers_of_one_name_are_one_list_but_for_cookies() {
    let answer = "HTTP/1.1 404 Not Found\r\nVary: Origin\r\nSet-Cookie: a=1, 2\r\nX-One: Yes\r\n\
                  VARY: Accept,Range\r\nSet-Cookie: b\r\nvary:\r\nContent-Length: 0\r\n\r\n";
    let (url, _received) = scripted(vec![vec![answer]]).await;
    let response = transport().send(&Request::new(Method::Get, &url)).await;
    let headers = response.unwrap().kept.unwrap().headers;
    let headers = headers.iter();
    let headers: Vec<_> = headers.map(|it| (it.0.as_str(), it.1.as_str())).collect();
    assert_eq!(
        headers,
        [
            ("vary", "Origin, Accept,Range, "),
            ("set-cookie", "a=1, 2"),
            ("set-cookie", "b"),
            ("x-one", "Yes"),
            ("content-length", "0"),
        ]
    );
}

#[tokio::test]
async fn a_request_arrives_as_it_was_sent() {
    let (url, mut received) = scripted(vec![vec![OK]]).await;
    let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let request = Request {
        headers: [header("x-one", "1"), header("x-two", "ü")].into(),
        body: Some(b"body".as_slice().into()),
        ..Request::new(Method::Put, &format!("{url}/a%20b?c=%C3%BC"))
    };
    assert_eq!(transport().send(&request).await, answer(200, 2));
    let host = url.strip_prefix("http://").unwrap();
    let version = env!("CARGO_PKG_VERSION");
    let expected = format!(
        "PUT /a%20b?c=%C3%BC HTTP/1.1\r\nx-one: 1\r\nx-two: ü\r\nhost: {host}\r\n\
         accept-encoding: gzip, deflate, br, zstd\r\nuser-agent: mayfly/{version}\r\ncontent-length: 4\r\n\r\nbody"
    );
    assert_eq!(received.recv().await, Some(expected));
}

/// Answers `/` at once, and `/both` when two requests are there.
fn pairing() -> Router {
    let barrier = Arc::new(Barrier::new(2));
    let both = move || async move {
        barrier.wait().await;
        "both"
    };
    DemoApi::default().router().route("/both", get(both))
}

#[tokio::test]
async fn a_connection_carries_one_request_after_another() {
    let server = Server::start(pairing()).await;
    let transport = transport();
    let (hello, both) = (server.get("/"), server.get("/both"));
    for _ in 0..5 {
        assert_eq!(transport.send(&hello).await, answer(200, 11));
    }
    assert_eq!(server.n_accepted(), 1);
    for _ in 0..5 {
        let both = [transport.send(&both), transport.send(&both)];
        futures::future::join_all(both).await;
    }
    assert_eq!(server.n_accepted(), 2);
}

/// More than is read from one connection in a turn.
#[tokio::test]
async fn a_connection_is_kept_after_a_long_answer() {
    let long = "x".repeat(3 << 20);
    let server = Server::start(Router::new().route("/", get(long))).await;
    let transport = transport();
    for _ in 0..20 {
        assert_eq!(transport.send(&server.get("/")).await, answer(200, 3 << 20));
    }
    assert_eq!(server.n_accepted(), 1);
}

#[tokio::test]
async fn no_more_idle_connections_are_kept_than_allowed() {
    let server = Server::start(pairing()).await;
    let transport = transport_for(1);
    let request = server.get("/both");
    for n_accepted in [2, 3] {
        let both = [transport.send(&request), transport.send(&request)];
        futures::future::join_all(both).await;
        assert_eq!(server.n_accepted(), n_accepted);
    }
}

/// Sends a request, drops it once the server has read it and said `start`, and waits until the
/// server sees the end of the connection.
async fn check_abort(start: &'static str) {
    let (url, listener) = listen().await;
    let (ready, is_ready) = oneshot::channel();
    let server = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        read_request(&mut stream).await;
        stream.write_all(start.as_bytes()).await.unwrap();
        ready.send(()).unwrap();
        // An end or a reset: both are the close.
        let _ = stream.read_u8().await.unwrap_err();
    });
    let (transport, request) = (transport(), Request::new(Method::Get, &url));
    tokio::select! {
        _ = transport.send(&request) => panic!("it was answered"),
        _ = is_ready => {}
    }
    server.await.unwrap();
}

#[tokio::test]
async fn dropping_a_request_closes_its_connection() {
    check_abort("").await;
    check_abort("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nstart").await;
}

#[tokio::test]
async fn a_connection_that_the_server_closed_while_idle_is_replaced() {
    let (url, mut received) = scripted(vec![vec![OK], vec![OK]]).await;
    let (transport, request) = (transport(), Request::new(Method::Post, &url));
    for _ in 0..2 {
        assert_eq!(transport.send(&request).await, answer(200, 2));
        received.recv().await.unwrap();
        // Now it is closed; the runtime takes a turn to hear of it.
        yield_now().await;
    }
}

#[track_caller]
pub(super) fn check_error(result: Result<Response, TransportError>, expected: TransportError) {
    assert_eq!(result, Err(expected));
}

/// What comes of a server that says this and closes the connection.
pub(super) async fn told(answer: &'static str) -> Result<Response, TransportError> {
    let (url, _received) = scripted(vec![vec![answer]]).await;
    transport().send(&Request::new(Method::Get, &url)).await
}

#[tokio::test]
async fn answers_end_as_http_has_it() {
    let chunked = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n\
                   3\r\nabc\r\n4\r\ndefg\r\n0\r\nx-trailer: 1\r\n\r\n";
    assert_eq!(told(chunked).await, answer(200, 7));
    assert_eq!(told("HTTP/1.0 200 OK\r\n\r\nabc").await, answer(200, 3));
    assert_eq!(told("HTTP/1.1 200 OK\r\n\r\nabc").await, answer(200, 3));
    let later = "HTTP/1.2 200 OK\r\ncontent-length: 3\r\n\r\nabc";
    assert_eq!(told(later).await, answer(200, 3));
    let no_content = "HTTP/1.1 204 No Content\r\n\r\n";
    assert_eq!(told(no_content).await, answer(204, 0));
    let interim = "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n";
    assert_eq!(told(interim).await, answer(204, 0));
}

#[tokio::test]
async fn an_older_server_may_keep_its_connection() {
    let kept = "HTTP/1.0 200 OK\r\nconnection: keep-alive\r\ncontent-length: 2\r\n\r\nok";
    let (url, mut received) = scripted(vec![vec![kept, kept]]).await;
    let (transport, request) = (transport(), Request::new(Method::Get, &url));
    for _ in 0..2 {
        assert_eq!(transport.send(&request).await, answer(200, 2));
    }
    assert_eq!(received.recv().await.unwrap().matches("GET").count(), 2);
}

#[tokio::test]
async fn odd_header_lines_are_read_as_browsers_do() {
    let odd = "HTTP/1.1 200 OK\r\nx-long: one\r\n two\r\nno colon\r\nX-Empty:\r\n\
               bad name: 1\r\nx-letter: \u{fc}\r\ncontent-length: 0\r\n\r\n";
    let (url, _received) = scripted(vec![vec![odd]]).await;
    let request = Request {
        keep: Keep::Start,
        ..Request::new(Method::Get, &url)
    };
    let kept = transport().send(&request).await.unwrap().kept.unwrap();
    let long: Vec<_> = kept.header("x-long").unwrap().split_whitespace().collect();
    assert_eq!(long, ["one", "two"]);
    assert_eq!(kept.header("x-empty"), Some(""));
    assert_eq!(kept.header("x-letter"), Some("\u{fc}"));
    assert_eq!(kept.header("content-length"), Some("0"));
    assert_eq!(kept.headers.len(), 4);
}

#[tokio::test]
async fn head_gets_no_body() {
    let long = "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n";
    let (url, mut received) = scripted(vec![vec![long, OK]]).await;
    let transport = transport();
    let head = transport.send(&Request::new(Method::Head, &url)).await;
    assert_eq!(head, answer(200, 0));
    let get = transport.send(&Request::new(Method::Get, &url)).await;
    assert_eq!(get, answer(200, 2));
    assert!(
        received
            .recv()
            .await
            .unwrap()
            .starts_with("HEAD / HTTP/1.1")
    );
}

/// Says with which method, header and body it was reached.
async fn mirror(request: Incoming) -> String {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 100).await.unwrap();
    let authorization = parts.headers.get("authorization");
    let authorization = authorization.map_or("-", |it| it.to_str().unwrap());
    let body = str::from_utf8(&body).unwrap();
    format!("{} {authorization} {body}", parts.method)
}

async fn redirecting() -> Server {
    let count_down = async |path: axum::extract::Path<u32>| match path.0 {
        0 => Ok("there"),
        n => Err(Redirect::to(&format!("{}", n - 1))),
    };
    // Names the same server otherwise, which makes it another origin.
    let elsewhere = async |headers: HeaderMap| {
        let host = headers["host"].to_str().unwrap();
        let host = host.replace("127.0.0.1", "localhost");
        Redirect::temporary(&format!("http://{host}/mirror"))
    };
    let router = Router::new()
        .route("/mirror", any(mirror))
        .route("/303", post(async || Redirect::to("/mirror")))
        .route("/307", post(async || Redirect::temporary("mirror")))
        .route("/elsewhere", post(elsewhere))
        .route("/count/{n}", get(count_down));
    Server::start(router).await
}

#[tokio::test]
async fn redirects_are_followed_as_in_browsers() {
    let server = redirecting().await;
    let transport = transport();
    let authorization = ("authorization".to_owned(), "me".to_owned());
    for (path, expected) in [
        ("/mirror", "POST me body"),
        ("/303", "GET me "),
        ("/307", "POST me body"),
        ("/elsewhere", "POST - body"),
    ] {
        let request = Request {
            method: Method::Post,
            headers: [authorization.clone()].into(),
            body: Some(b"body".as_slice().into()),
            keep: Keep::Body,
            ..server.get(path)
        };
        let (status, body) = text(transport.send(&request).await);
        assert_eq!((status, body.as_str()), (200, expected), "{path}");
    }
}

#[tokio::test]
async fn a_chain_of_redirects_is_one_request_unless_it_is_too_long() {
    let server = redirecting().await;
    let transport = transport();
    let longest = transport.send(&server.get("/count/20")).await;
    assert_eq!(longest, answer(200, 5));
    assert_eq!(server.n_accepted(), 1);
    let too_long = transport.send(&server.get("/count/21")).await;
    check_error(too_long, TransportError::TooManyRedirects);

    let mut request = server.get("/count/21");
    request.follow_redirects = false;
    assert_eq!(transport.send(&request).await, answer(303, 0));
}

#[tokio::test]
async fn a_redirect_to_itself_ends() {
    let router = Router::new().route("/", get(async || Redirect::permanent("/")));
    let server = Server::start(router).await;
    let result = transport().send(&server.get("/")).await;
    check_error(result, TransportError::TooManyRedirects);
}

#[tokio::test]
async fn hosts_may_be_names_and_ipv6_addresses() {
    let server = Server::start(DemoApi::default().router()).await;
    let by_name = server.url.replace("127.0.0.1", "localhost");
    let request = Request::new(Method::Get, &by_name);
    assert_eq!(transport().send(&request).await, answer(200, 11));

    // Not every machine has it.
    let Ok(listener) = TcpListener::bind("[::1]:0").await else {
        return;
    };
    let url = format!("http://{}", listener.local_addr().unwrap());
    let router = DemoApi::default().router();
    tokio::spawn(async move { axum::serve(listener, router).await });
    let request = Request::new(Method::Get, &url);
    assert_eq!(transport().send(&request).await, answer(200, 11));
}

#[cfg(unix)]
#[tokio::test]
async fn a_unix_socket_takes_the_place_of_all_hosts() {
    let name = format!("mayfly-{}.sock", std::process::id());
    let path = std::env::temp_dir().join(name);
    let mut settings = settings("", &[]).unwrap();
    settings.unix_socket = Some(path.clone());
    let transport = HttpTransport::new(1, settings);
    let request = Request::new(Method::Get, "http://a.test/");
    let nobody = transport.send(&request).await;
    check_error(nobody, TransportError::Refused);

    let listener = tokio::net::UnixListener::bind(&path).unwrap();
    let router = DemoApi::default().router();
    tokio::spawn(async move { axum::serve(listener, router).await });
    for _ in 0..2 {
        assert_eq!(transport.send(&request).await, answer(200, 11));
    }
    std::fs::remove_file(&path).unwrap();
}

/// A certificate of its own making for this name, and its key.
pub(super) fn own_certificate(name: &str) -> (CertificateDer<'static>, PrivateKeyDer<'static>) {
    let own = rcgen::generate_simple_self_signed([name.to_owned()]).unwrap();
    let key = PrivateKeyDer::Pkcs8(own.signing_key.serialize_der().into());
    (own.cert.der().clone(), key)
}

/// What a server shows that speaks these protocols.
pub(super) fn server_config(
    certificate: CertificateDer<'static>,
    key: PrivateKeyDer<'static>,
    protocols: &[&str],
) -> ServerConfig {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    config.alpn_protocols = protocols.iter().map(|it| it.as_bytes().to_vec()).collect();
    config
}

/// A server with a certificate of its own making: its URL, and the certificate.
pub(super) async fn encrypted() -> (String, CertificateDer<'static>) {
    encrypted_for("localhost").await
}

/// The same with a certificate for this name.
pub(super) async fn encrypted_for(name: &str) -> (String, CertificateDer<'static>) {
    let (certificate, key) = own_certificate(name);
    let url = encrypted_with(certificate.clone(), key, "http/1.1").await;
    (url, certificate)
}

/// A server with this certificate that speaks only this protocol: its URL.
pub(super) async fn encrypted_with(
    certificate: CertificateDer<'static>,
    key: PrivateKeyDer<'static>,
    protocol: &str,
) -> String {
    serve_encrypted(server_config(certificate, key, &[protocol])).await
}

/// A server that is encrypted like this, and says hello: its URL.
async fn serve_encrypted(config: ServerConfig) -> String {
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let (url, listener) = listen().await;
    tokio::spawn(async move {
        loop {
            let (tcp, _) = listener.accept().await.unwrap();
            let accepted = acceptor.accept(tcp);
            tokio::spawn(async move {
                // Clients that do not trust it go away.
                if let Ok(mut stream) = accepted.await {
                    while let Ok(1..) = stream.read(&mut [0; 4096]).await {
                        stream.write_all(OK.as_bytes()).await.unwrap();
                    }
                }
            });
        }
    });
    url.replace("http://127.0.0.1", "https://localhost")
}

#[tokio::test]
async fn https_needs_a_certificate_that_is_trusted() {
    let (url, certificate) = encrypted().await;
    let request = Request::new(Method::Get, &url);
    check_error(
        transport().send(&request).await,
        TransportError::TlsUntrusted,
    );

    let trusting = trusting(&certificate);
    for _ in 0..2 {
        assert_eq!(trusting.send(&request).await, answer(200, 2));
    }
}
