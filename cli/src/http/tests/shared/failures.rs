//! Why requests fail, told apart.

use std::io::{Read as _, Write as _};
use std::net::TcpListener as BlockingListener;
use std::sync::mpsc as blocking;
use std::thread;

use TransportError::{
    Body, BodyReset, Closed, ClosedIdle, Dns, HeadTooLong, Http2Only, Invalid, Malformed, NotHttp,
    NotTls, Refused, Reset, TlsExpired, TlsName, TlsPort, TlsProtocol, TlsUntrusted,
    TooManyHeaders,
};
use rcgen::{CertificateParams, KeyPair};
use rustls::pki_types::CertificateDer;

use super::*;

#[track_caller]
fn check(result: Result<Response, TransportError>, expected: TransportError) {
    assert_eq!(result, Err(expected));
}

/// How a server ends a connection.
#[derive(Clone, Copy, Debug)]
enum By {
    Close,
    Reset,
}

/// What comes of a server that reads a request, says this, and ends the connection.
async fn told(answer: impl Into<Vec<u8>>, by: By) -> Result<Response, TransportError> {
    let (url, listener) = listen().await;
    let answer = answer.into();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        // Nobody waits for an answer in TLS.
        drop(listener);
        read_request(&mut stream).await;
        stream.write_all(&answer).await.unwrap();
        if let By::Reset = by {
            stream.set_zero_linger().unwrap();
        }
    });
    transport().send(&Request::new(Method::Get, &url)).await
}

#[tokio::test]
async fn the_end_of_a_connection_says_how_far_the_answer_came() {
    check(told("", By::Close).await, Closed);
    check(told("", By::Reset).await, Reset);
    check(told("HTTP/1.1 200 O", By::Close).await, Body);
    let short = "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nabc";
    check(told(short, By::Close).await, Body);
    check(told(short, By::Reset).await, BodyReset);
    let half = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n4\r\nde";
    check(told(half, By::Close).await, Body);
}

#[tokio::test]
async fn an_answer_that_breaks_the_rules_is_no_lost_connection() {
    let chunked = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nxyz\r\n";
    check(told(chunked, By::Close).await, Malformed);
    check(told("HTTP/1.1 OK\r\n\r\n", By::Close).await, Malformed);
    let lengths = "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab";
    check(told(lengths, By::Close).await, Malformed);
}

#[tokio::test]
async fn what_is_no_http_is_called_that() {
    check(told("SSH-2.0-OpenSSH_9.6\r\n", By::Close).await, NotHttp);
    check(told("<html>0.9</html>", By::Close).await, NotHttp);
    let settings = [0, 0, 0, 4, 0, 0, 0, 0, 0];
    check(told(settings, By::Close).await, Http2Only);
    let alert = [0x15, 3, 3, 0, 2, 2, 80];
    check(told(alert, By::Close).await, TlsPort);
}

/// An answer with so many header lines, of so many bytes each.
fn head(n_lines: usize, n_bytes: usize) -> String {
    let line = |nth: usize| format!("x-{nth}: {}\r\n", "x".repeat(n_bytes));
    let lines: String = (1..n_lines).map(line).collect();
    format!("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n{lines}\r\nok")
}

#[tokio::test]
async fn an_answer_may_have_a_thousand_header_lines() {
    let most = TransportError::MAX_HEADERS;
    assert_eq!(told(head(150, 9), By::Close).await, answer(200, 2));
    assert_eq!(told(head(most, 9), By::Close).await, answer(200, 2));
    check(told(head(most + 1, 9), By::Close).await, TooManyHeaders);
    assert_eq!(told(head(40, 10_000), By::Close).await, answer(200, 2));
    check(told(head(50, 10_000), By::Close).await, HeadTooLong);
}

#[tokio::test]
async fn failures_before_the_request_say_why() {
    let (closed, listener) = listen().await;
    drop(listener);
    // Too long for a label, so that nobody is asked.
    let no_name = format!("http://{}.test/", "x".repeat(64));
    let plain = Server::start(DemoApi::default().router()).await.url;
    for (url, expected) in [
        (closed.as_str(), Refused),
        (&no_name, Dns),
        (&plain.replace("http:", "https:"), NotTls),
        ("http://127.0.0.1:99999/", Invalid),
    ] {
        let result = transport().send(&Request::new(Method::Get, url)).await;
        check(result, expected);
    }
}

/// A certificate for `localhost` between these years.
fn certificate(years: std::ops::Range<i32>) -> (CertificateDer<'static>, KeyPair) {
    let mut params = CertificateParams::new(["localhost".to_owned()]).unwrap();
    params.not_before = rcgen::date_time_ymd(years.start, 1, 1);
    params.not_after = rcgen::date_time_ymd(years.end, 1, 1);
    let key = KeyPair::generate().unwrap();
    (params.self_signed(&key).unwrap().der().clone(), key)
}

/// What comes of a server with this certificate that speaks only this, if its client asks for
/// `host` and trusts the certificate.
async fn trusted(
    years: std::ops::Range<i32>,
    protocol: &str,
    host: &str,
) -> Result<Response, TransportError> {
    let (certificate, key) = certificate(years);
    let key = PrivateKeyDer::Pkcs8(key.serialize_der().into());
    let url = encrypted_with(certificate.clone(), key, protocol).await;
    let url = url.replace("localhost", host);
    let request = Request::new(Method::Get, &url);
    let settings = settings(
        "tls = { ca = 'a.pem' }\nrequest = { http_version = '1.1' }",
        &[("a.pem", &pem(&certificate))],
    );
    let transport = HttpTransport::new(1, settings.unwrap());
    transport.send(&request).await
}

#[tokio::test]
async fn causes_of_tls_are_told_apart() {
    let http1 = "http/1.1";
    let good = trusted(2020..2100, http1, "localhost").await;
    assert_eq!(good, answer(200, 2));
    check(trusted(2020..2021, http1, "localhost").await, TlsExpired);
    check(trusted(2099..2100, http1, "localhost").await, TlsExpired);
    check(trusted(2020..2100, http1, "127.0.0.1").await, TlsName);
    check(trusted(2020..2100, "h2", "localhost").await, Http2Only);

    let (url, _) = encrypted().await;
    let request = Request::new(Method::Get, &url);
    check(transport().send(&request).await, TlsUntrusted);

    // As openssl makes them.
    let mut authority = CertificateParams::new(["localhost".to_owned()]).unwrap();
    authority.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let key = KeyPair::generate().unwrap();
    let certificate = authority.self_signed(&key).unwrap().der().clone();
    let key = PrivateKeyDer::Pkcs8(key.serialize_der().into());
    let url = encrypted_with(certificate, key, http1).await;
    let request = Request::new(Method::Get, &url);
    check(transport().send(&request).await, TlsUntrusted);
}

/// What comes of `https://` to a server that says this and closes.
async fn told_to_tls(answer: &'static [u8]) -> Result<Response, TransportError> {
    let (url, listener) = listen().await;
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        stream.read_u8().await.unwrap();
        stream.write_all(answer).await.unwrap();
    });
    let url = url.replace("http:", "https:");
    transport().send(&Request::new(Method::Get, &url)).await
}

#[tokio::test]
async fn what_comes_instead_of_a_handshake_is_looked_at() {
    check(told_to_tls(b"SSH-2.0-OpenSSH_9.6\r\n").await, NotTls);
    let no_such_version = &[0x15, 3, 3, 0, 2, 2, 70];
    check(told_to_tls(no_such_version).await, TlsProtocol);
    check(told_to_tls(b"").await, TransportError::Tls);
}

/// It closes without a word, so that another connection must find out.
#[tokio::test]
async fn plain_text_to_a_port_of_tls_is_called_that() {
    let (url, _) = encrypted().await;
    let url = url.replace("https:", "http:");
    check(
        transport().send(&Request::new(Method::Get, &url)).await,
        TlsPort,
    );
}

#[tokio::test]
async fn a_port_that_has_answered_is_not_asked_for_tls() {
    let (url, mut received) = scripted(vec![vec![OK, OK], vec![""]]).await;
    let (transport, request) = (transport(), Request::new(Method::Get, &url));
    for _ in 0..2 {
        assert_eq!(transport.send(&request).await, answer(200, 2));
    }
    received.recv().await.unwrap();
    check(transport.send(&request).await, Closed);
    // The third connection would be refused now, and that of TLS too.
    check(transport.send(&request).await, Refused);
}

#[tokio::test]
async fn a_request_that_may_have_been_seen_is_not_sent_again() {
    let (url, mut received) = scripted(vec![vec![OK, ""], vec![OK]]).await;
    let (transport, request) = (transport(), Request::new(Method::Post, &url));
    assert_eq!(transport.send(&request).await, answer(200, 2));
    check(transport.send(&request).await, ClosedIdle);
    assert_eq!(received.recv().await.unwrap().matches("POST").count(), 2);
    assert_eq!(transport.tally().n_resent, 0);
}

#[tokio::test]
async fn an_idempotent_request_is_sent_again_once_and_counted() {
    for method in [Method::Get, Method::Put, Method::Delete, Method::Options] {
        let connections = vec![vec![OK, ""], vec![OK, ""], vec![""], vec![OK]];
        let (url, mut received) = scripted(connections).await;
        let (transport, request) = (transport(), Request::new(method, &url));
        for n_resent in [0, 1] {
            assert_eq!(transport.send(&request).await, answer(200, 2));
            assert_eq!(transport.tally().n_resent, n_resent);
        }
        // The new connection has carried nothing before, so that this is another matter.
        check(transport.send(&request).await, Closed);
        assert_eq!(transport.tally().n_resent, 2);
        for n_requests in [2, 2, 1] {
            let received = received.recv().await.unwrap();
            assert_eq!(received.matches(method.as_str()).count(), n_requests);
        }
    }
}

#[tokio::test]
async fn an_answer_that_has_begun_is_not_asked_for_again() {
    let (url, _received) = scripted(vec![vec![OK, "HTTP/1.1 2"], vec![OK]]).await;
    let (transport, request) = (transport(), Request::new(Method::Get, &url));
    assert_eq!(transport.send(&request).await, answer(200, 2));
    check(transport.send(&request).await, Body);
    assert_eq!(transport.tally().n_resent, 0);
}

/// A server on a thread of its own: it answers a request, says `farewell`, closes, and does the same
/// for the next. The receiver hears when a connection is closed.
fn closing(farewell: &'static str) -> (String, blocking::Receiver<()>) {
    let listener = BlockingListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (sender, is_closed) = blocking::channel();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut received = Vec::new();
            while !received.ends_with(b"\r\n\r\n") {
                let mut byte = [0];
                stream.read_exact(&mut byte).unwrap();
                received.extend(byte);
            }
            stream.write_all(OK.as_bytes()).unwrap();
            stream.write_all(farewell.as_bytes()).unwrap();
            drop(stream);
            if sender.send(()).is_err() {
                return;
            }
        }
    });
    (url, is_closed)
}

/// The runtime takes no turn between the requests, so that only the system knows of the end.
#[tokio::test]
async fn a_connection_that_has_just_ended_carries_no_request() {
    let timeout = "HTTP/1.1 408 Request Timeout\r\ncontent-length: 0\r\n\r\n";
    for farewell in ["", timeout] {
        let (url, is_closed) = closing(farewell);
        let (transport, request) = (transport(), Request::new(Method::Get, &url));
        for _ in 0..20 {
            assert_eq!(transport.send(&request).await, answer(200, 2));
            is_closed.recv().unwrap();
        }
    }
}

#[tokio::test]
async fn an_answer_that_comes_before_the_request_was_read_is_kept() {
    let (url, listener) = listen().await;
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            stream.read_u8().await.unwrap();
            let refusal = "HTTP/1.1 413 Too Large\r\ncontent-length: 2\r\n\r\nno";
            stream.write_all(refusal.as_bytes()).await.unwrap();
            // Closing it with the rest unread resets the connection.
        }
    });
    let request = Request {
        method: Method::Post,
        body: Some(vec![b'x'; 4 << 20].into()),
        keep: Keep::Body,
        ..Request::new(Method::Post, &url)
    };
    let transport = transport();
    for _ in 0..50 {
        let result = text(transport.send(&request).await);
        assert_eq!(result, (413, "no".to_owned()));
    }
}

/// A server that answers one request: its URL, and what says how its connection ended.
async fn answering_once() -> (String, tokio::task::JoinHandle<usize>) {
    let (url, listener) = listen().await;
    let closed = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        read_request(&mut stream).await;
        stream.write_all(OK.as_bytes()).await.unwrap();
        stream.read(&mut [0]).await.unwrap()
    });
    (url, closed)
}

/// Whichever way each goes: what asks for another protocol is unusual.
#[tokio::test]
async fn idle_connections_make_room_for_others() {
    let usual = |url: &str| Request::new(Method::Get, url);
    let unusual = |url: &str| Request {
        headers: [("upgrade".to_owned(), "other".to_owned())].into(),
        ..usual(url)
    };
    for is_unusual in [[false, false], [false, true], [true, false], [true, true]] {
        let (url, closed) = answering_once().await;
        let second = Server::start(DemoApi::default().router()).await;
        let requests = [(url.as_str(), 2), (&second.url, 11)];
        let transport = transport_for(1);
        for ((url, n_bytes), is_unusual) in requests.into_iter().zip(is_unusual) {
            let request = if is_unusual { unusual(url) } else { usual(url) };
            assert_eq!(transport.send(&request).await, answer(200, n_bytes));
        }
        assert_eq!(closed.await.unwrap(), 0);
    }
}
