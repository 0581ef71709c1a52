//! Which version of HTTP is spoken over TLS.

use std::cell::Cell;
use std::future::{Ready, ready};
use std::rc::Rc;

use TransportError::{Http2Only, NotHttp2, Refused};
use futures::future::join_all;
use h2::RecvStream;
use h2::server::{Builder, SendResponse};
use hyper::body::Bytes;
use mayfly_core::http::origin::Origin;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::task::spawn_local;

use super::*;

pub(in super::super) type Asked = hyper::Request<RecvStream>;

/// A server of HTTP/2, and how many connections it has.
pub(in super::super) struct Http2Server {
    pub(in super::super) url: String,
    pub(in super::super) n_accepted: Rc<Cell<usize>>,
}

impl Http2Server {
    pub(in super::super) fn get(&self, path: &str) -> Request {
        Request::new(Method::Get, &format!("{}{path}", self.url))
    }
}

pub(in super::super) async fn serve<F: Future<Output = ()> + 'static>(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    builder: Builder,
    answer: impl Fn(Asked, SendResponse<Bytes>) -> F,
) {
    let Ok(mut connection) = builder.handshake(stream).await else {
        return;
    };
    while let Some(Ok((request, sender))) = connection.accept().await {
        spawn_local(answer(request, sender));
    }
}

/// Answers at once.
pub(in super::super) fn say(
    mut sender: SendResponse<Bytes>,
    head: hyper::http::response::Builder,
    body: &[u8],
) -> Ready<()> {
    let head = head.body(()).unwrap();
    let mut stream = sender.send_response(head, false).unwrap();
    stream
        .send_data(Bytes::copy_from_slice(body), true)
        .unwrap();
    ready(())
}

pub(in super::super) fn head() -> hyper::http::response::Builder {
    hyper::Response::builder()
}

/// A server with a certificate that speaks these protocols, answers with the version that it was asked
/// in, and counts its connections.
async fn encrypted_with(protocols: &[&str], builder: Builder) -> (Http2Server, HttpTransportOf) {
    let (certificate, key) = own_certificate("localhost");
    let config = server_config(certificate.clone(), key, protocols);
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let (url, listener) = listen().await;
    let n_accepted = Rc::<Cell<usize>>::default();
    let counter = Rc::clone(&n_accepted);
    spawn_local(async move {
        loop {
            let (tcp, _) = listener.accept().await.unwrap();
            counter.set(counter.get() + 1);
            let accepted = acceptor.accept(tcp);
            let builder = builder.clone();
            spawn_local(async move {
                let Ok(mut stream) = accepted.await else {
                    return;
                };
                if stream.get_ref().1.alpn_protocol() == Some(b"h2") {
                    let answer = |_, sender| async { say(sender, head(), b"HTTP/2").await };
                    return serve(stream, builder, answer).await;
                }
                while let Ok(1..) = stream.read(&mut [0; 4096]).await {
                    let answer = "HTTP/1.1 200 OK\r\ncontent-length: 8\r\n\r\nHTTP/1.1";
                    stream.write_all(answer.as_bytes()).await.unwrap();
                }
            });
        }
    });
    let url = url.replace("http://127.0.0.1", "https://localhost");
    (
        Http2Server { url, n_accepted },
        HttpTransportOf(certificate),
    )
}

/// Makes transports that trust a certificate.
struct HttpTransportOf(CertificateDer<'static>);

impl HttpTransportOf {
    fn version(&self, version: &str) -> HttpTransport {
        let request = match version {
            "" => String::new(),
            version => format!("\nrequest = {{ http_version = '{version}' }}"),
        };
        let lines = format!("tls = {{ ca = 'a.pem' }}{request}");
        let settings = settings(&lines, &[("a.pem", &pem(&self.0))]);
        HttpTransport::new(HttpTransport::MAX_IN_FLIGHT, settings.unwrap())
    }
}

#[tokio::test(flavor = "local")]
async fn over_tls_the_server_chooses_unless_the_plan_does() {
    for (protocols, version, expected) in [
        (&["h2", "http/1.1"][..], "", Ok("HTTP/2")),
        (&["http/1.1", "h2"], "", Ok("HTTP/1.1")),
        (&["h2"], "", Ok("HTTP/2")),
        (&["http/1.1"], "", Ok("HTTP/1.1")),
        (&[], "", Ok("HTTP/1.1")),
        (&["h2", "http/1.1"], "1.1", Ok("HTTP/1.1")),
        (&["h2"], "1.1", Err(Http2Only)),
        (&["http/1.1", "h2"], "2", Ok("HTTP/2")),
        (&["http/1.1"], "2", Err(NotHttp2)),
        (&[], "2", Err(NotHttp2)),
    ] {
        let (server, transports) = encrypted_with(protocols, Builder::new()).await;
        let request = Request {
            keep: Keep::Body,
            ..server.get("/")
        };
        let result = transports.version(version).send(&request).await;
        let result = result.map(|it| it.kept.unwrap().body);
        let expected = expected.map(|it| it.as_bytes().to_vec());
        assert_eq!(result, expected, "{protocols:?} {version}");
    }
}

#[tokio::test(flavor = "local")]
async fn requests_to_a_server_that_is_not_known_yet_wait_for_one_connection() {
    let mut builder = Builder::new();
    builder.max_concurrent_streams(4);
    let (server, transports) = encrypted_with(&["h2", "http/1.1"], builder).await;
    let transport = transports.version("");
    let origin = Origin::of(&server.url).unwrap();
    assert_eq!(transport.capacity(&origin), 100);
    let request = server.get("/");
    for result in join_all((0..50).map(|_| transport.send(&request))).await {
        assert_eq!(result, answer(200, 6));
    }
    assert_eq!(transport.capacity(&origin), 4);
    assert_eq!(server.n_accepted.get(), 1 + HttpTransport::N_ASKING);

    // Of HTTP/1.1, each has one of its own, and the first is not wasted.
    let (server, transports) = encrypted_with(&["http/1.1"], Builder::new()).await;
    let transport = transports.version("");
    let origin = Origin::of(&server.url).unwrap();
    assert_eq!(transport.capacity(&origin), 100);
    let request = server.get("/");
    for result in join_all((0..5).map(|_| transport.send(&request))).await {
        assert_eq!(result, answer(200, 8));
    }
    assert_eq!(server.n_accepted.get(), 5);
    assert_eq!(transport.capacity(&origin), HttpTransport::MAX_IN_FLIGHT);
}

#[tokio::test(flavor = "local")]
async fn a_redirect_leads_from_http_2_to_http_1() {
    let plain = Server::start(DemoApi::default().router()).await;
    let (certificate, url) = redirecting_to(format!("{}/status/404", plain.url)).await;
    let transport = HttpTransportOf(certificate).version("");
    let response = transport.send(&Request::new(Method::Get, &url)).await;
    assert_eq!(response.unwrap().status, 404);
    assert_eq!(plain.n_accepted(), 1);
}

/// A server of HTTP/2 that sends its clients there: its certificate and URL.
async fn redirecting_to(location: String) -> (CertificateDer<'static>, String) {
    let (certificate, key) = own_certificate("localhost");
    let config = server_config(certificate.clone(), key, &["h2"]);
    let (url, listener) = listen().await;
    spawn_local(async move {
        let acceptor = TlsAcceptor::from(Arc::new(config));
        loop {
            let (tcp, _) = listener.accept().await.unwrap();
            let stream = acceptor.accept(tcp).await.unwrap();
            let answer = |_, sender| {
                let head = head().status(302).header("location", &location);
                say(sender, head, b"")
            };
            serve(stream, Builder::new(), answer).await;
        }
    });
    (
        certificate,
        url.replace("http://127.0.0.1", "https://localhost"),
    )
}

#[tokio::test(flavor = "local")]
async fn requests_that_wait_for_the_first_connection_fail_with_it() {
    let (url, listener) = listen().await;
    drop(listener);
    let transport = transport();
    let request = Request::new(Method::Get, &url.replace("http:", "https:"));
    for result in join_all((0..5).map(|_| transport.send(&request))).await {
        check_error(result, Refused);
    }
}

#[tokio::test]
async fn requests_that_wait_for_a_connection_that_is_given_up_have_another() {
    let (certificate, key) = own_certificate("localhost");
    let acceptor = TlsAcceptor::from(Arc::new(server_config(certificate.clone(), key, &[])));
    let (url, listener) = listen().await;
    let (ready, is_ready) = oneshot::channel();
    let server = tokio::spawn(async move {
        let (mut mute, _) = listener.accept().await.unwrap();
        mute.read_u8().await.unwrap();
        ready.send(()).unwrap();
        let (tcp, _) = listener.accept().await.unwrap();
        let mut stream = acceptor.accept(tcp).await.unwrap();
        let _ = stream.read(&mut [0; 4096]).await.unwrap();
        stream.write_all(OK.as_bytes()).await.unwrap();
        // The handshake that was given up has ended: what it said, and then its close.
        let mut rest = Vec::new();
        mute.read_to_end(&mut rest).await.unwrap();
        assert_eq!(rest.first(), Some(&3), "the second byte of a handshake");
    });
    let url = url.replace("http://127.0.0.1", "https://localhost");
    let (transport, request) = (trusting(&certificate), Request::new(Method::Get, &url));
    let first = async {
        tokio::select! {
            _ = transport.send(&request) => panic!("it was answered"),
            _ = is_ready => {}
        }
    };
    let second = async {
        // So that it waits for the first.
        yield_now().await;
        transport.send(&request).await
    };
    let ((), result) = futures::future::join(first, second).await;
    assert_eq!(result, answer(200, 2));
    server.await.unwrap();
}
