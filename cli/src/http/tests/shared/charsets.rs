//! Text in other charsets, from a server to a check.

use mayfly_core::judging::answer::Answer;

use super::*;

/// What a check reads in an answer with this content type and body.
async fn read(content_type: &'static str, body: &'static [u8]) -> Result<String, String> {
    let headers = [("content-type", content_type)];
    let router = Router::new().route("/", get(move || async move { (headers, body) }));
    let server = Server::start(router).await;
    let request = Request {
        keep: Keep::Body,
        ..server.get("/")
    };
    let response = transport().send(&request).await.unwrap();
    let answer = Answer::new(&response);
    let text = answer.text().map(str::to_owned);
    text.map_err(|error| error.to_string())
}

#[tokio::test]
async fn bodies_are_read_by_their_charset() {
    let latin1 = read("text/html; charset=ISO-8859-1", b"Gr\xfc\xdfe").await;
    assert_eq!(latin1.as_deref(), Ok("Grüße"));
    let marked = read(
        "text/html; charset=ISO-8859-1",
        b"\xef\xbb\xbfGr\xc3\xbc\xc3\x9fe",
    )
    .await;
    assert_eq!(marked.as_deref(), Ok("Grüße"));
    let said = read("text/plain; charset=gbk", b"a\xff").await;
    assert_eq!(said.unwrap_err(), "the body is not gbk, as the answer says");
    let unsaid = read("text/plain", b"a\xff").await.unwrap_err();
    assert!(unsaid.ends_with("names no charset"), "{unsaid}");
}
