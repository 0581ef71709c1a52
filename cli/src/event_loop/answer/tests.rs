use TransportError::{HeadTooLong, Malformed, NotHttp, TlsPort, TooManyHeaders};
use proptest::prelude::*;

use super::*;

/// What becomes of an answer: status, length of the body, whether the connection ends with it, and how
/// much of the input came after it; `None` if it is not whole.
type Outcome = Result<Option<(u16, u64, bool, usize)>, TransportError>;

/// Reads `input` in pieces of these lengths, over and over, and then the end of the connection.
fn read(answer: &mut Answer, method: Method, input: &[u8], pieces: &[usize]) -> Outcome {
    answer.begin(method, Keep::OnFailure);
    let mut lengths = pieces.iter().cycle();
    let mut at = 0;
    let mut is_done = false;
    while at < input.len() && !is_done {
        let length = lengths.next().map_or(1, |it| *it.max(&1));
        let end = input.len().min(at + length);
        while at < end && !is_done {
            let (n_read, step) = answer.read(&input[at..end])?;
            at += n_read;
            is_done = step == Step::Done;
        }
    }
    if !is_done && answer.has_begun() {
        answer.end(End::Closed)?;
        is_done = true;
    }
    if !is_done {
        return Ok(None);
    }
    let closes = answer.closes();
    let response = answer.finish()?;
    Ok(Some((
        response.status,
        response.body_bytes,
        closes,
        input.len() - at,
    )))
}

#[track_caller]
fn check(method: Method, input: &str, expected: Outcome) {
    let mut used = Answer::default();
    for length in 1..=input.len() {
        for answer in [&mut Answer::default(), &mut used] {
            let found = read(answer, method, input.as_bytes(), &[length]);
            assert_eq!(found, expected, "{input:?} in pieces of {length}");
        }
    }
}

#[test]
fn answers_end_where_their_heads_say_whatever_the_pieces_are() {
    use Method::{Get, Head};
    for (method, input, expected) in [
        (
            Get,
            "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nokmore",
            (200, 2, false, 4),
        ),
        (
            Get,
            "HTTP/1.1 200\r\nContent-Length:  0 \r\n\r\n",
            (200, 0, false, 0),
        ),
        (
            Get,
            "HTTP/1.1 200 OK\ncontent-length: 1\n\na",
            (200, 1, false, 0),
        ),
        (
            Get,
            "HTTP/1.1 200 OK\r\n\r\nuntil the end",
            (200, 13, true, 0),
        ),
        (
            Head,
            "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nx",
            (200, 0, false, 1),
        ),
        (
            Get,
            "HTTP/1.1 204 No\r\ncontent-length: 9\r\n\r\nx",
            (204, 0, false, 1),
        ),
        (
            Get,
            "HTTP/1.1 304 No\r\ntransfer-encoding: chunked\r\n\r\n",
            (304, 0, false, 0),
        ),
        (
            Get,
            "HTTP/1.1 100 Go\r\n\r\nHTTP/1.1 103 Hint\r\na: b\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\na",
            (200, 1, false, 0),
        ),
    ] {
        check(method, input, Ok(Some(expected)));
    }
}

#[test]
fn versions_and_odd_lines_are_read_as_browsers_read_them() {
    use Method::Get;
    for (method, input, expected) in [
        (
            Get,
            "HTTP/1.1 500 No\r\ncontent-length: 2\r\nconnection: x, Close\r\n\r\nno",
            (500, 2, true, 0),
        ),
        (
            Get,
            "HTTP/1.0 200 OK\r\ncontent-length: 2\r\n\r\nok",
            (200, 2, true, 0),
        ),
        (
            Get,
            "HTTP/1.0 200 OK\r\nconnection: keep-alive\r\ncontent-length: 2\r\n\r\nok",
            (200, 2, false, 0),
        ),
        (
            Get,
            "HTTP/1.9 200 OK\r\ncontent-length: 2\r\n\r\nok",
            (200, 2, false, 0),
        ),
        (
            Get,
            "HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 2\r\n\r\nok",
            (200, 2, false, 0),
        ),
        (
            Get,
            "HTTP/1.1 200 OK\r\ncontent-length: 2, 2\r\n\r\nok",
            (200, 2, false, 0),
        ),
        (
            Get,
            "HTTP/1.1 200 OK\r\ntransfer-encoding: gzip,\r\n chunked\r\ncontent-length: 99\r\n\r\n1\r\na\r\n0\r\n\r\n!",
            (200, 1, false, 1),
        ),
        (
            Get,
            "HTTP/1.1 200 OK\r\nno header\r\nx: \"\r\n\t\"\r\ncontent-length: 1\r\n\r\na",
            (200, 1, false, 0),
        ),
    ] {
        check(method, input, Ok(Some(expected)));
    }
}

#[test]
fn what_is_no_answer_is_told_apart_whatever_the_pieces_are() {
    let cut = Err(TransportError::Body);
    for (input, expected) in [
        (
            "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\na",
            Err(Malformed),
        ),
        (
            "HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n",
            Err(Malformed),
        ),
        (
            "HTTP/1.1 200 OK\r\ncontent-length: \r\n\r\n",
            Err(Malformed),
        ),
        (
            "HTTP/1.1 200 OK\r\ncontent-length: 99999999999999999999\r\n\r\n",
            Err(Malformed),
        ),
        ("HTTP/1.1 20x OK\r\n\r\n", Err(Malformed)),
        (
            "HTTP/1.0 200 OK\r\ntransfer-encoding: chunked\r\n\r\n",
            Err(Malformed),
        ),
        (
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nxyz\r\n",
            Err(Malformed),
        ),
        ("SSH-2.0-OpenSSH_9.2\r\n", Err(NotHttp)),
        ("HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nab", cut),
        ("HTTP/1.1 200 OK\r\ncontent-len", cut),
        (
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nab",
            cut,
        ),
        ("HTTP/1.1 100 Go\r\n\r\n", cut),
    ] {
        check(Method::Get, input, expected);
    }
}

#[test]
fn tls_is_known_by_its_first_bytes() {
    let alert = b"\x15\x03\x01\0\x02\x02P";
    for length in 2..=alert.len() {
        let found = read(&mut Answer::default(), Method::Get, alert, &[length]);
        assert_eq!(found, Err(TlsPort));
    }
}

#[test]
fn heads_have_limits() {
    let long = format!(
        "HTTP/1.1 200 OK\r\nx: {}",
        "x".repeat(TransportError::MAX_HEAD_BYTES)
    );
    let many = "x: 1\r\n".repeat(TransportError::MAX_HEADERS + 1);
    let many = format!("HTTP/1.1 200 OK\r\n{many}\r\n");
    for pieces in [1000, 4096, usize::MAX / 2] {
        let read = |input: &str| {
            let mut answer = Answer::default();
            read(&mut answer, Method::Get, input.as_bytes(), &[pieces])
        };
        assert_eq!(read(&long), Err(HeadTooLong));
        assert_eq!(read(&many), Err(TooManyHeaders));
    }
}

/// Text that is nearly an answer.
fn nearly() -> impl Strategy<Value = String> {
    const PARTS: [&str; 14] = [
        "HTTP/1.1 200 OK\r\n",
        "HTTP/1.0 404 No\r\n",
        "HTTP/1.1 100 Go\r\n\r\n",
        "content-length: 3\r\n",
        "Content-Length: 5\n",
        "transfer-encoding: chunked\r\n",
        "connection: close\r\n",
        "x: y\r\n z\r\n",
        "\r\n",
        "\n",
        "3\r\nabc\r\n",
        "0\r\n\r\n",
        "abc",
        "\0ü",
    ];
    let part = proptest::sample::select(&PARTS[..]);
    let parts = proptest::collection::vec(part, 0..8);
    parts.prop_map(|parts| format!("HTTP/1.1 200 OK\r\n{}", parts.concat()))
}

proptest! {
    #[test]
    fn pieces_change_nothing(
        input in nearly(),
        before in nearly(),
        pieces in proptest::collection::vec(1_usize..20, 1..5),
        is_head: bool,
    ) {
        let method = if is_head { Method::Head } else { Method::Get };
        // One byte after the other, on a connection that nothing came over before.
        let expected = read(&mut Answer::default(), method, input.as_bytes(), &[1]);
        let mut used = Answer::default();
        let _ = read(&mut used, Method::Get, before.as_bytes(), &[1000]);
        for answer in [&mut Answer::default(), &mut used] {
            for pieces in [&pieces[..], &[1000]] {
                prop_assert_eq!(&read(answer, method, input.as_bytes(), pieces), &expected);
            }
        }
    }
}
