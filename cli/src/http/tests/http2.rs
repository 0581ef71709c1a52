//! HTTP/2: one connection for many requests, and what becomes of them where it ends.

use std::cell::Cell;
use std::rc::Rc;

use TransportError::{
    Closed, ClosedIdle, GoAway, HeadTooLong, Http2Only, NotHttp2, StreamRefused, StreamReset,
    TooManyHeaders,
};
use futures::future::{join, join_all};
use h2::server::{Builder, SendResponse};
use hyper::body::Bytes;
use mayfly_core::http::origin::Origin;
use mayfly_core::http::request::{Keep, Method};
use mayfly_core::http::transport::Http2Code;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Barrier, oneshot};
use tokio::task::spawn_local;

use super::shared::versions::{Asked, Http2Server, head, say, serve};
use super::shared::*;
use super::*;
use crate::demo_api::DemoApi;

impl Http2Server {
    /// Asked in plain text; each request is given to `answer`.
    async fn start<F: Future<Output = ()> + 'static>(
        builder: Builder,
        answer: impl Fn(Asked, SendResponse<Bytes>) -> F + Clone + 'static,
    ) -> Self {
        let (url, listener) = listen().await;
        let n_accepted = Rc::<Cell<usize>>::default();
        let counter = Rc::clone(&n_accepted);
        spawn_local(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                counter.set(counter.get() + 1);
                spawn_local(serve(stream, builder.clone(), answer.clone()));
            }
        });
        Self { url, n_accepted }
    }
}

/// A transport that speaks HTTP/2 without asking first.
fn knowing() -> HttpTransport {
    let settings = settings("request = { http_version = '2' }", &[]);
    HttpTransport::new(HttpTransport::MAX_IN_FLIGHT, settings.unwrap())
}

#[tokio::test(flavor = "local")]
async fn as_many_streams_share_one_connection_as_the_server_takes() {
    let mut builder = Builder::new();
    builder.max_concurrent_streams(4);
    let (n_now, n_most) = (Rc::<Cell<usize>>::default(), Rc::<Cell<usize>>::default());
    let (now, most) = (Rc::clone(&n_now), Rc::clone(&n_most));
    // All of them are there before the first is answered.
    let four = Rc::new(Barrier::new(4));
    let server = Http2Server::start(builder, move |_, sender| {
        let (now, most, four) = (Rc::clone(&now), Rc::clone(&most), Rc::clone(&four));
        async move {
            now.set(now.get() + 1);
            most.set(most.get().max(now.get()));
            four.wait().await;
            now.set(now.get() - 1);
            say(sender, head(), b"ok").await;
        }
    })
    .await;
    let transport = knowing();
    let request = server.get("/");
    let origin = Origin::of(&server.url).unwrap();
    assert_eq!(transport.capacity(&origin), 100);
    for result in join_all((0..20).map(|_| transport.send(&request))).await {
        assert_eq!(result, answer(200, 2));
    }
    assert_eq!(transport.capacity(&origin), 4);
    assert_eq!((n_most.get(), n_now.get()), (4, 0));
    assert_eq!(server.n_accepted.get(), 1);
    assert_eq!(transport.tally().n_resent, 0);
}

#[tokio::test(flavor = "local")]
async fn a_request_arrives_as_http_2_has_it() {
    let server = Http2Server::start(Builder::new(), |request, sender| async move {
        let (asked, mut body) = request.into_parts();
        let mut text = format!("{} {}", asked.method, asked.uri.path_and_query().unwrap());
        text += &format!(" {}", asked.uri.authority().unwrap());
        for (name, value) in &asked.headers {
            text += &format!("\n{name}: {}", value.to_str().unwrap());
        }
        while let Some(data) = body.data().await {
            text += &format!("\n{}", str::from_utf8(&data.unwrap()).unwrap());
        }
        say(sender, head(), text.as_bytes()).await;
    })
    .await;
    let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let request = Request {
        headers: [
            header("x-one", "1"),
            header("connection", "close"),
            header("host", "b.test"),
        ]
        .into(),
        body: Some(b"body".as_slice().into()),
        keep: Keep::Body,
        ..Request::new(Method::Put, &format!("{}/a%20b?c", server.url))
    };
    let version = env!("CARGO_PKG_VERSION");
    let expected = format!(
        "PUT /a%20b?c b.test\nx-one: 1\naccept-encoding: gzip, deflate, br, zstd\n\
         user-agent: mayfly/{version}\ncontent-length: 4\nbody"
    );
    let transport = knowing();
    assert_eq!(text(transport.send(&request).await), (200, expected));

    let request = Request {
        keep: Keep::Body,
        ..server.get("/")
    };
    let (_, body) = text(transport.send(&request).await);
    let host = server.url.strip_prefix("http://").unwrap();
    assert!(body.starts_with(&format!("GET / {host}\n")), "{body}");
    assert!(!body.contains("content-length"), "{body}");
}

#[tokio::test(flavor = "local")]
async fn long_bodies_pass_in_both_directions_and_packed_ones_are_unpacked() {
    const LONG: usize = 20 << 20;
    let server = Http2Server::start(Builder::new(), |request, sender| async move {
        if request.uri().path() == "/packed" {
            let packed = coding::tests::encode("gzip", &vec![b'x'; 70_000]);
            return say(sender, head().header("content-encoding", "gzip"), &packed).await;
        }
        let mut body = request.into_body();
        let mut n_bytes = 0;
        while let Some(data) = body.data().await {
            let data = data.unwrap();
            n_bytes += data.len();
            body.flow_control().release_capacity(data.len()).unwrap();
        }
        say(sender, head(), &vec![b'x'; n_bytes]).await;
    })
    .await;
    let transport = knowing();
    let request = Request {
        body: Some(vec![b'x'; LONG].into()),
        ..Request::new(Method::Post, &server.url)
    };
    let both = join(transport.send(&request), transport.send(&request)).await;
    assert_eq!(both, (answer(200, LONG as u64), answer(200, LONG as u64)));
    let before = transport.tally().wire_bytes;
    assert_eq!(
        transport.send(&server.get("/packed")).await,
        answer(200, 70_000)
    );
    assert!(transport.tally().wire_bytes - before < 1_000);
    assert_eq!(server.n_accepted.get(), 1);
}

#[tokio::test(flavor = "local")]
async fn heads_have_the_same_limits_as_those_of_http_1() {
    let server = Http2Server::start(Builder::new(), |request, sender| async move {
        let path = request.uri().path()[1..].split('/');
        let numbers: Vec<usize> = path.map(|it| it.parse().unwrap()).collect();
        let mut head = head();
        for nth in 0..numbers[0] {
            head = head.header(format!("x-{nth}"), "x".repeat(numbers[1]));
        }
        say(sender, head, b"ok").await;
    })
    .await;
    let transport = knowing();
    for (path, expected) in [
        ("/1000/9", answer(200, 2)),
        ("/1001/9", Err(TooManyHeaders)),
        ("/40/10000", answer(200, 2)),
        ("/50/10000", Err(HeadTooLong)),
        ("/1/9", answer(200, 2)),
    ] {
        assert_eq!(transport.send(&server.get(path)).await, expected, "{path}");
    }
    assert_eq!(server.n_accepted.get(), 1);
}

#[tokio::test(flavor = "local")]
async fn requests_that_wait_for_a_connection_fail_with_it() {
    let (closed, listener) = listen().await;
    drop(listener);
    let transport = knowing();
    let request = Request::new(Method::Get, &closed);
    for result in join_all((0..5).map(|_| transport.send(&request))).await {
        check_error(result, TransportError::Refused);
    }
}

#[tokio::test(flavor = "local")]
async fn plain_text_of_the_other_version_is_called_that() {
    let http1 = Server::start(DemoApi::default().router()).await;
    check_error(knowing().send(&http1.get("/")).await, NotHttp2);
    let http2 = Http2Server::start(Builder::new(), |_, sender| say(sender, head(), b"ok")).await;
    check_error(transport().send(&http2.get("/")).await, Http2Only);
    let (encrypted, _) = encrypted().await;
    let url = encrypted.replace("https:", "http:");
    let result = knowing().send(&Request::new(Method::Get, &url)).await;
    assert!(matches!(result, Err(TransportError::TlsPort)), "{result:?}");
}

#[tokio::test(flavor = "local")]
async fn an_idle_connection_makes_room_for_others() {
    let answer_ok = |_, sender| say(sender, head(), b"ok");
    let first = Http2Server::start(Builder::new(), answer_ok).await;
    let second = Http2Server::start(Builder::new(), answer_ok).await;
    let settings = settings("request = { http_version = '2' }", &[]);
    let transport = HttpTransport::new(1, settings.unwrap());
    for n_accepted in [1, 2] {
        assert_eq!(transport.send(&first.get("/")).await, answer(200, 2));
        assert_eq!(transport.send(&second.get("/")).await, answer(200, 2));
        assert_eq!(first.n_accepted.get(), n_accepted);
    }
}

/// The kinds of frames that are told apart here (RFC 9113, 6).
const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const GOAWAY: u8 = 7;
const ACK_OR_END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;
/// `:status: 200`
const STATUS_200: &[u8] = &[0x88];

const REFUSED: u32 = 7;
const CANCEL: u32 = 8;
const CALM: u32 = 11;

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    let mut frame = length[1..].to_vec();
    frame.extend([kind, flags]);
    frame.extend(stream.to_be_bytes());
    frame.extend(payload);
    frame
}

fn ok_without_body(stream: u32) -> Vec<u8> {
    frame(HEADERS, END_HEADERS | ACK_OR_END_STREAM, stream, STATUS_200)
}

fn reset(stream: u32, code: u32) -> Vec<u8> {
    frame(RST_STREAM, 0, stream, &code.to_be_bytes())
}

fn go_away(last: u32, code: u32) -> Vec<u8> {
    frame(
        GOAWAY,
        0,
        0,
        &[last.to_be_bytes(), code.to_be_bytes()].concat(),
    )
}

fn max_streams(limit: u32) -> Vec<u8> {
    const MAX_CONCURRENT_STREAMS: [u8; 2] = [0, 3];
    let setting = [&MAX_CONCURRENT_STREAMS[..], &limit.to_be_bytes()].concat();
    frame(SETTINGS, 0, 0, &setting)
}

/// The server's end of a connection, frame by frame.
struct Frames(TcpStream);

impl Frames {
    /// Accepts a connection, and takes `limit` streams at once.
    async fn accept(listener: &TcpListener, limit: u32) -> Self {
        let (mut stream, _) = listener.accept().await.unwrap();
        stream.read_exact(&mut [0; 24]).await.unwrap();
        stream.write_all(&max_streams(limit)).await.unwrap();
        Self(stream)
    }

    /// The next frame of this kind: its stream and payload.
    async fn next(&mut self, wanted: u8) -> (u32, Vec<u8>) {
        loop {
            let mut head = [0; 9];
            self.0.read_exact(&mut head).await.unwrap();
            let [a, b, c, kind, flags, ..] = head;
            let mut payload = vec![0; u32::from_be_bytes([0, a, b, c]) as usize];
            self.0.read_exact(&mut payload).await.unwrap();
            if kind == SETTINGS && flags & ACK_OR_END_STREAM == 0 {
                self.say(frame(SETTINGS, ACK_OR_END_STREAM, 0, &[])).await;
            }
            if kind == wanted {
                return (u32::from_be_bytes(head[5..].try_into().unwrap()), payload);
            }
        }
    }

    /// The stream of the next request.
    async fn request(&mut self) -> u32 {
        self.next(HEADERS).await.0
    }

    async fn say(&mut self, frames: impl AsRef<[u8]>) {
        self.0.write_all(frames.as_ref()).await.unwrap();
    }
}

#[tokio::test(flavor = "local")]
async fn what_a_server_refuses_goes_again_and_is_counted() {
    let (url, listener) = listen().await;
    let server = spawn_local(async move {
        let mut frames = Frames::accept(&listener, 100).await;
        for _ in 0..2 {
            let stream = frames.request().await;
            frames.say(reset(stream, REFUSED)).await;
        }
        let stream = frames.request().await;
        frames.say(ok_without_body(stream)).await;
        for _ in 0..=HttpTransport::MAX_UNPROCESSED {
            let stream = frames.request().await;
            frames.say(reset(stream, REFUSED)).await;
        }
        frames
    });
    let transport = knowing();
    // The server has not acted on it, so that its method does not matter.
    let request = Request::new(Method::Post, &url);
    assert_eq!(transport.send(&request).await, answer(200, 0));
    assert_eq!(transport.tally().n_resent, 2);
    check_error(transport.send(&request).await, StreamRefused);
    assert_eq!(transport.tally().n_resent, 5);
    server.await.unwrap();
}

#[tokio::test(flavor = "local")]
async fn a_reset_stream_has_its_cause_and_the_others_go_on() {
    let (url, listener) = listen().await;
    let server = spawn_local(async move {
        let mut frames = Frames::accept(&listener, 100).await;
        let first = frames.request().await;
        let second = frames.request().await;
        let third = frames.request().await;
        frames.say(reset(first, CALM)).await;
        frames
            .say(frame(HEADERS, END_HEADERS, second, STATUS_200))
            .await;
        frames.say(frame(DATA, 0, second, b"abc")).await;
        frames.say(reset(second, CANCEL)).await;
        frames.say(ok_without_body(third)).await;
        frames
    });
    let transport = knowing();
    let request = Request::new(Method::Get, &url);
    let results = join_all((0..3).map(|_| transport.send(&request))).await;
    assert_eq!(
        results,
        [
            Err(StreamReset(Http2Code(CALM))),
            Err(StreamReset(Http2Code(CANCEL))),
            answer(200, 0),
        ]
    );
    assert_eq!(transport.tally().n_resent, 0);
    server.await.unwrap();
}

#[tokio::test(flavor = "local")]
async fn streams_beyond_the_last_of_a_goaway_go_again_over_a_new_connection() {
    let (url, listener) = listen().await;
    let server = spawn_local(async move {
        let mut frames = Frames::accept(&listener, 100).await;
        let first = frames.request().await;
        frames.request().await;
        frames.request().await;
        frames.say(go_away(first, 0)).await;
        let mut others = Frames::accept(&listener, 100).await;
        for _ in 0..2 {
            let stream = others.request().await;
            others.say(ok_without_body(stream)).await;
        }
        // It still carries what it has begun.
        frames.say(ok_without_body(first)).await;
        let stream = others.request().await;
        others.say(ok_without_body(stream)).await;
        (frames, others)
    });
    let transport = knowing();
    let request = Request::new(Method::Post, &url);
    for result in join_all((0..3).map(|_| transport.send(&request))).await {
        assert_eq!(result, answer(200, 0));
    }
    assert_eq!(transport.tally().n_resent, 2);
    assert_eq!(transport.send(&request).await, answer(200, 0));
    assert_eq!(transport.tally().n_resent, 2);
    server.await.unwrap();
}

#[tokio::test(flavor = "local")]
async fn a_connection_that_ends_with_an_error_says_which() {
    let (url, listener) = listen().await;
    let server = spawn_local(async move {
        let mut frames = Frames::accept(&listener, 100).await;
        frames.request().await;
        let last = frames.request().await;
        frames.say(go_away(last, CALM)).await;
    });
    let transport = knowing();
    let request = Request::new(Method::Get, &url);
    let both = join(transport.send(&request), transport.send(&request)).await;
    let calm = Err(GoAway(Http2Code(CALM)));
    assert_eq!(both, (calm.clone(), calm));
    server.await.unwrap();
}

#[tokio::test(flavor = "local")]
async fn a_connection_that_dies_takes_its_streams_along() {
    let (url, listener) = listen().await;
    let server = spawn_local(async move {
        // A new one, which has answered nothing.
        let mut frames = Frames::accept(&listener, 100).await;
        for _ in 0..5 {
            frames.request().await;
        }
        drop(frames);
        // One that was kept.
        let mut frames = Frames::accept(&listener, 100).await;
        let first = frames.request().await;
        frames.say(ok_without_body(first)).await;
        for _ in 0..5 {
            frames.request().await;
        }
        drop(frames);
        let mut frames = Frames::accept(&listener, 100).await;
        for _ in 0..4 {
            let stream = frames.request().await;
            frames.say(ok_without_body(stream)).await;
        }
        frames
    });
    let transport = knowing();
    let (get, post) = (
        Request::new(Method::Get, &url),
        Request::new(Method::Post, &url),
    );
    for result in join_all((0..5).map(|_| transport.send(&get))).await {
        check_error(result, Closed);
    }
    assert_eq!(transport.send(&get).await, answer(200, 0));
    let gets = join_all((0..4).map(|_| transport.send(&get)));
    let (gets, post) = join(gets, transport.send(&post)).await;
    assert_eq!(gets, vec![answer(200, 0); 4]);
    check_error(post, ClosedIdle);
    assert_eq!(transport.tally().n_resent, 4);
    server.await.unwrap();
}

#[tokio::test(flavor = "local")]
async fn a_connection_that_the_server_ended_while_idle_is_replaced() {
    let (url, listener) = listen().await;
    let server = spawn_local(async move {
        for _ in 0..2 {
            let mut frames = Frames::accept(&listener, 100).await;
            let stream = frames.request().await;
            frames.say(ok_without_body(stream)).await;
            frames.say(go_away(stream, 0)).await;
            // The client has read it when it closes its end.
            while let Ok(1..) = frames.0.read(&mut [0; 100]).await {}
        }
    });
    let transport = knowing();
    let request = Request::new(Method::Post, &url);
    assert_eq!(transport.send(&request).await, answer(200, 0));
    assert_eq!(transport.send(&request).await, answer(200, 0));
    drop(transport);
    server.await.unwrap();
}

#[tokio::test(flavor = "local")]
async fn dropping_a_request_resets_its_stream_and_the_connection_goes_on() {
    let (url, listener) = listen().await;
    let (ready, is_ready) = oneshot::channel();
    let server = spawn_local(async move {
        let mut frames = Frames::accept(&listener, 1).await;
        let given_up = frames.request().await;
        ready.send(()).unwrap();
        let (stream, code) = frames.next(RST_STREAM).await;
        assert_eq!((stream, code), (given_up, CANCEL.to_be_bytes().to_vec()));
        let next = frames.request().await;
        frames.say(ok_without_body(next)).await;
        frames
    });
    let transport = knowing();
    let request = Request::new(Method::Get, &url);
    tokio::select! {
        // The second waits for a stream of the server, and is never sent.
        _ = join(transport.send(&request), transport.send(&request)) => panic!("it was answered"),
        _ = is_ready => {}
    }
    assert_eq!(transport.send(&request).await, answer(200, 0));
    let frames = server.await.unwrap();
    drop(transport);
    // Nothing else was asked for.
    let mut frames = frames;
    let (last, _) = frames.next(GOAWAY).await;
    assert_eq!(last, 0);
}

#[tokio::test(flavor = "local")]
async fn a_server_may_take_fewer_streams_later() {
    let (url, listener) = listen().await;
    let server = spawn_local(async move {
        let mut frames = Frames::accept(&listener, 3).await;
        for limit in [3, 2, 0] {
            let stream = frames.request().await;
            frames.say(max_streams(limit)).await;
            frames.say(ok_without_body(stream)).await;
        }
        frames
    });
    let transport = knowing();
    let origin = Origin::of(&url).unwrap();
    for capacity in [3, 2, 1] {
        let result = transport.send(&Request::new(Method::Get, &url)).await;
        assert_eq!(result, answer(200, 0));
        assert_eq!(transport.capacity(&origin), capacity);
    }
    server.await.unwrap();
}

#[tokio::test(flavor = "local")]
async fn odd_answers_end_as_http_2_has_it() {
    // 103, then 200 with a body of three bytes and trailers.
    let hints = [0x08, 0x03, b'1', b'0', b'3'];
    let early = move |stream| {
        [
            frame(HEADERS, END_HEADERS, stream, &hints),
            frame(HEADERS, END_HEADERS, stream, STATUS_200),
            frame(DATA, 0, stream, b"abc"),
            frame(HEADERS, END_HEADERS | ACK_OR_END_STREAM, stream, &[]),
        ]
        .concat()
    };
    // The answer is complete, and the rest of the request is not wanted.
    let enough = |stream| {
        [
            frame(HEADERS, END_HEADERS, stream, STATUS_200),
            frame(DATA, ACK_OR_END_STREAM, stream, b"abc"),
            reset(stream, 0),
        ]
        .concat()
    };
    let (url, listener) = listen().await;
    let server = spawn_local(async move {
        let mut frames = Frames::accept(&listener, 100).await;
        let stream = frames.request().await;
        frames.say(early(stream)).await;
        let stream = frames.request().await;
        frames.say(enough(stream)).await;
        let stream = frames.request().await;
        frames.say(ok_without_body(stream)).await;
        frames
    });
    let transport = knowing();
    assert_eq!(
        transport.send(&Request::new(Method::Get, &url)).await,
        answer(200, 3)
    );
    let upload = Request {
        body: Some(vec![b'x'; 1 << 20].into()),
        ..Request::new(Method::Post, &url)
    };
    assert_eq!(transport.send(&upload).await, answer(200, 3));
    assert_eq!(
        transport.send(&Request::new(Method::Head, &url)).await,
        answer(200, 0)
    );
    server.await.unwrap();
}
