//! Bodies that are packed for their way.

use super::*;
use crate::http::coding::tests::encode;

fn gzip(bytes: &[u8]) -> Vec<u8> {
    encode("gzip", bytes)
}

fn brotli(bytes: &[u8]) -> Vec<u8> {
    encode("br", bytes)
}

/// A server that answers each request of its only connection with this.
async fn always(head: &str, body: &[u8]) -> String {
    let (url, listener) = listen().await;
    let answer = [head.as_bytes(), b"\r\n\r\n", body].concat();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        loop {
            read_request(&mut stream).await;
            stream.write_all(&answer).await.unwrap();
        }
    });
    url
}

fn head(coding: &str, length: usize) -> String {
    format!("HTTP/1.1 200 OK\r\ncontent-encoding: {coding}\r\ncontent-length: {length}")
}

fn whole(method: Method, url: &str) -> Request {
    Request {
        keep: Keep::Body,
        ..Request::new(method, url)
    }
}

#[tokio::test]
async fn a_packed_body_is_seen_and_counted_as_it_is() {
    let json = r#"{"id": 7}"#.repeat(20_000);
    let length = json.len() as u64;
    for (coding, body) in [
        ("gzip", gzip(json.as_bytes())),
        ("br", brotli(json.as_bytes())),
        ("gzip, br", brotli(&gzip(json.as_bytes()))),
    ] {
        let url = always(&head(coding, body.len()), &body).await;
        let transport = transport();
        for _ in 0..2 {
            let (status, text) = text(transport.send(&whole(Method::Get, &url)).await);
            assert!((status, text.as_str()) == (200, &json), "{coding}");
            let unseen = transport.send(&Request::new(Method::Get, &url)).await;
            assert_eq!(unseen, answer(200, length), "{coding}");
        }
        assert_eq!(transport.tally().wire_bytes, 4 * body.len() as u64);
    }
}

#[tokio::test]
async fn a_packed_body_may_come_in_chunks() {
    let body = gzip(b"in two chunks");
    let (one, two) = body.split_at(11);
    let chunk = |it: &[u8]| [format!("{:x}\r\n", it.len()).as_bytes(), it, b"\r\n"].concat();
    let chunks = [chunk(one), chunk(two), b"0\r\n\r\n".to_vec()].concat();
    let head = "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ntransfer-encoding: chunked";
    let url = always(head, &chunks).await;
    let transport = transport();
    for _ in 0..2 {
        let (_, text) = text(transport.send(&whole(Method::Get, &url)).await);
        assert_eq!(text, "in two chunks");
    }
}

/// Its connection is good all the same: there is no other one.
#[tokio::test]
async fn a_body_that_cannot_be_decoded_is_a_failure() {
    let mut broken = gzip(b"text");
    broken.truncate(broken.len() - 1);
    let many = ["gzip"; 6].join(", ");
    for (coding, body) in [
        ("gzip", broken.as_slice()),
        ("br, gzip", &gzip(b"no brotli")),
        ("zstd", b"<html>"),
        (&many, b"text"),
    ] {
        let url = always(&head(coding, body.len()), body).await;
        let transport = transport();
        for _ in 0..2 {
            let result = transport.send(&Request::new(Method::Get, &url)).await;
            check_error(result, TransportError::Undecodable);
        }
    }
}

#[tokio::test]
async fn an_answer_without_a_body_has_none_to_decode() {
    for (method, head) in [
        (Method::Head, head("gzip", 100)),
        (Method::Get, head("br", 0)),
        (
            Method::Get,
            "HTTP/1.1 204 No Content\r\ncontent-encoding: zstd".to_owned(),
        ),
        (
            Method::Get,
            "HTTP/1.1 304 Not Modified\r\ncontent-encoding: gzip\r\ncontent-length: 9".to_owned(),
        ),
    ] {
        let url = always(&head, b"").await;
        let transport = transport();
        for _ in 0..2 {
            let response = transport.send(&Request::new(method, &url)).await;
            assert_eq!(response.unwrap().body_bytes, 0, "{head}");
        }
    }
}
