//! Ways through a proxy.

use std::sync::Mutex;

use TransportError::{ProxyAnswer, ProxyConnect, ProxyStatus, Refused, Reset};
use mayfly_core::http::request::Method;
use tokio::io::{AsyncWriteExt, copy_bidirectional};
use tokio::net::TcpStream;

use super::shared::*;
use super::*;
use crate::demo_api::DemoApi;

/// A proxy that connects with `target`, whatever it is asked for, and remembers the heads that it was
/// told.
struct TestProxy {
    url: String,
    heads: Arc<Mutex<Vec<String>>>,
}

impl TestProxy {
    /// Says `answer` to those that want to be connected, and closes unless it is a success.
    async fn start(target: &str, answer: &'static str) -> Self {
        let (url, listener) = listen().await;
        let heads = Arc::<Mutex<Vec<String>>>::default();
        let told = Arc::clone(&heads);
        let target = target
            .split("://")
            .nth(1)
            .unwrap()
            .replace("localhost", "127.0.0.1");
        tokio::spawn(async move {
            loop {
                let (mut client, _) = listener.accept().await.unwrap();
                let (told, target) = (Arc::clone(&told), target.clone());
                tokio::spawn(async move {
                    let head = read_request(&mut client).await;
                    told.lock().unwrap().push(head.clone());
                    if head.starts_with("CONNECT") {
                        client.write_all(answer.as_bytes()).await.unwrap();
                        if !answer.contains(" 200 ") {
                            return;
                        }
                    }
                    let mut server = TcpStream::connect(target).await.unwrap();
                    if !head.starts_with("CONNECT") {
                        // The server of this test takes whole URLs as well.
                        server.write_all(head.as_bytes()).await.unwrap();
                    }
                    let _ = copy_bidirectional(&mut client, &mut server).await;
                });
            }
        });
        Self { url, heads }
    }

    fn heads(&self) -> Vec<String> {
        self.heads.lock().unwrap().clone()
    }

    /// What names this proxy, with a name and a password.
    fn named(&self) -> String {
        self.url.replace("http://", "http://me:secret@")
    }
}

const CONNECTED: &str = "HTTP/1.1 200 Connection established\r\nx-one: 1\r\n\r\n";

/// A transport that is told of a proxy as by `ALL_PROXY`.
fn through(proxy: &str, lines: &str, files: &[(&str, &str)]) -> HttpTransport {
    let mut settings = settings(lines, files).unwrap();
    settings.proxies = Proxies::of(|name| (name == "ALL_PROXY").then(|| proxy.to_owned()));
    HttpTransport::new(HttpTransport::MAX_IN_FLIGHT, settings)
}

#[tokio::test]
async fn plain_requests_are_passed_on_by_a_proxy() {
    let server = Server::start(DemoApi::default().router()).await;
    let proxy = TestProxy::start(&server.url, CONNECTED).await;
    let transport = through(&proxy.named(), "", &[]);
    let request = Request::new(Method::Get, "http://a.test:81/status/404?b");
    for _ in 0..2 {
        assert_eq!(transport.send(&request).await.unwrap().status, 404);
    }
    let heads = proxy.heads();
    assert_eq!(heads.len(), 1);
    assert!(heads[0].starts_with("GET http://a.test:81/status/404?b HTTP/1.1\r\n"));
    assert!(heads[0].contains("\r\nhost: a.test:81\r\n"));
    // me:secret
    assert!(heads[0].contains("\r\nproxy-authorization: Basic bWU6c2VjcmV0\r\n"));
    assert_eq!(server.n_accepted(), 1);
}

#[tokio::test]
async fn encrypted_requests_pass_through_a_tunnel() {
    let (url, certificate) = encrypted_for("a.test").await;
    let proxy = TestProxy::start(&url, CONNECTED).await;
    let lines = "tls = { ca = 'a.pem' }";
    let transport = through(&proxy.named(), lines, &[("a.pem", &pem(&certificate))]);
    let request = Request::new(Method::Get, "https://a.test:444/");
    for _ in 0..2 {
        assert_eq!(transport.send(&request).await, answer(200, 2));
    }
    let expected = "CONNECT a.test:444 HTTP/1.1\r\nHost: a.test:444\r\n\
                    Proxy-Authorization: Basic bWU6c2VjcmV0\r\n\r\n";
    assert_eq!(proxy.heads(), [expected]);
}

#[tokio::test]
async fn failures_of_a_proxy_are_not_those_of_the_target() {
    let (closed, listener) = listen().await;
    drop(listener);
    let request = Request::new(Method::Get, "https://a.test/");
    for plain in [request.clone(), Request::new(Method::Get, "http://a.test/")] {
        check_error(through(&closed, "", &[]).send(&plain).await, ProxyConnect);
    }
    for (said, expected) in [
        (
            "HTTP/1.1 407 Proxy Authentication Required\r\n\r\n",
            ProxyStatus(407),
        ),
        ("HTTP/1.0 403 Forbidden\r\n\r\n", ProxyStatus(403)),
        (
            "HTTP/1.1 502 Bad Gateway\r\ncontent-length: 2\r\n\r\nno",
            ProxyStatus(502),
        ),
        ("SSH-2.0-OpenSSH_9.6\r\n\r\n", ProxyAnswer),
        ("HTTP/1.1 2", ProxyAnswer),
        ("", ProxyAnswer),
    ] {
        let proxy = TestProxy::start(&closed, said).await;
        let result = through(&proxy.url, "", &[]).send(&request).await;
        check_error(result, expected);
    }
    // One that cannot be used.
    let socks = closed.replace("http:", "socks5:");
    check_error(through(&socks, "", &[]).send(&request).await, ProxyConnect);
}

#[tokio::test]
async fn this_machine_is_reached_without_a_proxy() {
    let server = Server::start(DemoApi::default().router()).await;
    let proxy = TestProxy::start(&server.url, CONNECTED).await;
    let transport = through(&proxy.url, "", &[]);
    assert_eq!(transport.send(&server.get("/")).await, answer(200, 11));
    assert!(proxy.heads().is_empty());
}

#[tokio::test]
async fn what_a_proxy_answers_itself_is_an_answer() {
    let (url, _received) = scripted(vec![vec![
        "HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n",
    ]])
    .await;
    let transport = through(&url, "", &[]);
    let request = Request::new(Method::Get, "http://a.test/");
    assert_eq!(transport.send(&request).await.unwrap().status, 407);
}

#[tokio::test]
async fn a_target_that_closes_behind_a_proxy_is_not_asked_for_tls() {
    let (url, mut received) = scripted(vec![vec![""]]).await;
    let transport = through(&url, "", &[]);
    let request = Request::new(Method::Get, "http://a.test/");
    let result = transport.send(&request).await;
    assert!(
        matches!(result, Err(TransportError::Closed | Reset)),
        "{result:?}"
    );
    received.recv().await.unwrap();
    let again = transport.send(&request).await;
    assert!(!matches!(again, Err(Refused)), "{again:?}");
}

#[test]
fn a_run_can_say_which_proxy_it_uses() {
    let mut settings = settings("", &[]).unwrap();
    let named = "http://me:secret@proxy.test:3128";
    settings.proxies = Proxies::of(|name| (name == "HTTPS_PROXY").then(|| named.to_owned()));
    let shown = settings.proxy_of("https://a.test/b").unwrap();
    assert_eq!(shown.as_deref(), Some("http://proxy.test:3128"));
    assert_eq!(settings.proxy_of("http://a.test/"), Ok(None));
    assert_eq!(settings.proxy_of("https://localhost/"), Ok(None));
    settings.proxies = Proxies::of(|name| (name == "ALL_PROXY").then(|| "socks5://a".to_owned()));
    let error = settings.proxy_of("http://a.test/").unwrap_err();
    assert!(error.to_string().contains("ALL_PROXY"), "{error}");
    settings.unix_socket = Some("/tmp/socket".into());
    assert_eq!(settings.proxy_of("http://a.test/"), Ok(None));
}
