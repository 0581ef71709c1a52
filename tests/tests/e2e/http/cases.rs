//! The situations: what a request asks for, what the target does, and what is right.

use std::time::Duration;

use mayfly_tests::{Act, CORS};

/// A request, what the target answers, and what must become of it.
pub(super) struct Case {
    /// The row of its statistics, and where its path begins.
    pub(super) name: &'static str,
    /// The rest of its path.
    pub(super) path: &'static str,
    /// Its keys in the plan, as in an inline table of TOML; `{}` is the path.
    pub(super) request: &'static str,
    acts: Vec<Vec<Act>>,
    pub(super) page: &'static str,
    pub(super) command: &'static str,
    /// Whether the two need not send the same, because the browser does not let a page.
    pub(super) may_be_sent_differently: bool,
}

impl Case {
    fn new(name: &'static str, request: &'static str, acts: Vec<Act>) -> Self {
        Self {
            name,
            path: "",
            request,
            acts: vec![acts],
            page: "passed",
            command: "passed",
            may_be_sent_differently: false,
        }
    }

    /// With `path` behind its name.
    fn at(self, path: &'static str) -> Self {
        Self { path, ..self }
    }

    /// The second request of the case is answered so.
    fn then(mut self, acts: Vec<Act>) -> Self {
        self.acts.push(acts);
        self
    }

    /// What must become of it in both, if it does not pass.
    fn both(self, outcome: &'static str) -> Self {
        self.fails(outcome, outcome)
    }

    /// It fails in both; a page is told less about why.
    fn fails(self, page: &'static str, command: &'static str) -> Self {
        Self {
            page,
            command,
            ..self
        }
    }

    /// Only the command can do it; docs/plan.md says so.
    fn not_on_the_page(self, page: &'static str) -> Self {
        Self {
            page,
            may_be_sent_differently: true,
            ..self
        }
    }

    /// Its name, and what the target does for it.
    pub(super) fn script(&self) -> (String, Vec<Vec<Act>>) {
        (self.name.to_owned(), self.acts.clone())
    }
}

/// Sends `head`, in which each line ends by itself, the permission for pages, and `body`.
fn answer(head: &str, body: impl AsRef<[u8]>) -> Act {
    let head = head.replace('\n', "\r\n");
    let mut bytes = format!("{head}\r\n{CORS}\r\n").into_bytes();
    bytes.extend_from_slice(body.as_ref());
    Act::Send(bytes)
}

/// An answer with its length, and with `lines` in its head.
fn sized(status: &str, lines: &str, body: impl AsRef<[u8]>) -> Vec<Act> {
    let length = body.as_ref().len();
    let lines = if lines.is_empty() {
        String::new()
    } else {
        format!("\n{lines}")
    };
    vec![answer(
        &format!("HTTP/1.1 {status}\ncontent-length: {length}{lines}"),
        body,
    )]
}

fn ok(lines: &str, body: impl AsRef<[u8]>) -> Vec<Act> {
    sized("200 OK", lines, body)
}

/// An answer with a line in which each letter is a byte.
fn latin_1(line: &str) -> Vec<Act> {
    let mut bytes = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n".to_vec();
    bytes.extend(line.chars().map(|it| u8::try_from(it).unwrap()));
    bytes.extend(format!("\r\n{CORS}\r\n").bytes());
    vec![Act::Send(bytes)]
}

fn fine() -> Vec<Act> {
    ok("", "fine")
}

/// An answer after which the connection is closed, and which has no length of its own.
fn closed(head: &str, body: impl AsRef<[u8]>) -> Vec<Act> {
    vec![answer(head, body), Act::Close]
}

fn to(status: &str, location: &str) -> Vec<Act> {
    sized(status, &format!("location: {location}"), "")
}

/// Bytes in hexadecimal.
pub(super) fn hex(text: &str) -> Vec<u8> {
    let digits = text.as_bytes().chunks(2);
    let bytes = digits.map(|it| u8::from_str_radix(str::from_utf8(it).unwrap(), 16).unwrap());
    bytes.collect()
}

/// An answer whose body is `{"id":7}`, packed.
fn packed(coding: &str, body: &str) -> Vec<Act> {
    ok(&format!("content-encoding: {coding}"), hex(body))
}

const GET: &str = "get = '{}'";
/// Passes if the body is `fine`.
const GET_FINE: &str = "get = '{}', check = [{ regex = '^fine$' }]";
/// Passes if the body is `{"id":7}`.
const GET_ID: &str = "get = '{}', check = [{ json = '$.id', equals = 7 }]";
const POST: &str = "post = '{}', json = { id = 7 }";

/// All situations.
pub(super) fn cases() -> Vec<Case> {
    let groups = [
        statuses(),
        framing(),
        heads(),
        codings(),
        texts(),
        redirects(),
        paths(),
        requests(),
        headers(),
        connections(),
    ];
    groups.into_iter().flatten().collect()
}

fn statuses() -> Vec<Case> {
    vec![
        Case::new("status-200", GET_FINE, fine()),
        Case::new(
            "status-204",
            GET,
            vec![answer("HTTP/1.1 204 No Content", "")],
        ),
        Case::new("status-205", GET, sized("205 Reset Content", "", "")),
        Case::new("status-299", GET, sized("299 Odd", "", "")),
        Case::new(
            "status-304",
            GET,
            vec![answer("HTTP/1.1 304 Not Modified", "")],
        ),
        Case::new(
            "status-401",
            GET,
            sized(
                "401 Unauthorized",
                "www-authenticate: Basic realm=\"a\"",
                "",
            ),
        )
        .both("status 401"),
        Case::new("status-404", GET, sized("404 Not Found", "", "no")).both("status 404"),
        Case::new(
            "status-429",
            GET,
            sized("429 Too Many Requests", "retry-after: 9", ""),
        )
        .both("status 429"),
        Case::new(
            "status-503",
            GET,
            sized("503 Service Unavailable", "", "later"),
        )
        .both("status 503"),
        Case::new("status-599", GET, sized("599 Odd", "", "")).both("status 599"),
        Case::new("continue-first", POST, {
            let mut acts = vec![Act::Send(b"HTTP/1.1 100 Continue\r\n\r\n".to_vec())];
            acts.extend(fine());
            acts
        }),
        Case::new("hints-first", GET_FINE, {
            let hints = b"HTTP/1.1 103 Early Hints\r\nlink: </a.css>; rel=preload\r\n\r\n";
            let mut acts = vec![Act::Send(hints.to_vec())];
            acts.extend(fine());
            acts
        }),
        Case::new("no-reason", GET_FINE, sized("200", "", "fine")),
        Case::new("empty-reason", GET_FINE, sized("200 ", "", "fine")),
    ]
}

#[expect(clippy::too_many_lines, reason = "a table")]
fn framing() -> Vec<Case> {
    let chunked = "HTTP/1.1 200 OK\ntransfer-encoding: chunked";
    vec![
        Case::new(
            "chunked",
            GET_FINE,
            vec![answer(chunked, "2\r\nfi\r\n2\r\nne\r\n0\r\n\r\n")],
        ),
        Case::new(
            "chunk-extension",
            GET_FINE,
            vec![answer(chunked, "4;a=b\r\nfine\r\n0\r\n\r\n")],
        ),
        Case::new(
            "trailers",
            GET_FINE,
            vec![answer(chunked, "4\r\nfine\r\n0\r\nx-sum: 7\r\n\r\n")],
        ),
        Case::new(
            "chunk-size-with-zeros",
            GET_FINE,
            vec![answer(chunked, "0004\r\nfine\r\n000\r\n\r\n")],
        ),
        Case::new("until-closed", GET_FINE, closed("HTTP/1.1 200 OK", "fine")),
        Case::new(
            "http-1.0",
            GET_FINE,
            closed("HTTP/1.0 200 OK\ncontent-length: 4", "fine"),
        ),
        Case::new(
            "http-1.0-until-closed",
            GET_FINE,
            closed("HTTP/1.0 200 OK", "fine"),
        ),
        Case::new(
            "http-1.0-kept",
            GET_FINE,
            vec![answer(
                "HTTP/1.0 200 OK\nconnection: keep-alive\ncontent-length: 4",
                "fine",
            )],
        ),
        Case::new(
            "same-length-twice",
            GET_FINE,
            ok("content-length: 4", "fine"),
        ),
        Case::new(
            "chunked-and-length",
            GET_FINE,
            vec![
                answer(
                    &format!("{chunked}\ncontent-length: 9"),
                    "4\r\nfine\r\n0\r\n\r\n",
                ),
                Act::Close,
            ],
        ),
        Case::new(
            "too-short",
            GET,
            closed("HTTP/1.1 200 OK\ncontent-length: 9", "fine"),
        )
        .fails("body", "body"),
        Case::new(
            "too-long",
            GET_FINE,
            closed("HTTP/1.1 200 OK\ncontent-length: 4", "fine and more"),
        ),
        Case::new(
            "chunk-cut",
            GET,
            vec![answer(chunked, "9\r\nfine"), Act::Close],
        )
        .fails("body", "body"),
        Case::new(
            "last-chunk-missing",
            GET,
            vec![answer(chunked, "4\r\nfine\r\n"), Act::Close],
        )
        .fails("body", "body"),
        Case::new(
            "chunk-size-odd",
            GET,
            vec![answer(chunked, "x\r\nfine\r\n0\r\n\r\n"), Act::Close],
        )
        .fails("body", "malformed"),
        Case::new(
            "two-lengths",
            GET,
            closed(
                "HTTP/1.1 200 OK\ncontent-length: 4\ncontent-length: 5",
                "fine",
            ),
        )
        .fails("opaque", "malformed")
        .sent_again_by_the_browser(),
        Case::new("empty-body", GET, ok("", "")),
        Case::new(
            "head",
            "head = '{}'",
            vec![answer("HTTP/1.1 200 OK\ncontent-length: 400", "")],
        ),
        Case::new("head-chunked", "head = '{}'", vec![answer(chunked, "")]),
        Case::new(
            "body-reset",
            GET,
            vec![
                answer("HTTP/1.1 200 OK\ncontent-length: 9", "fine"),
                Act::Wait(Duration::from_millis(50)),
                Act::Reset,
            ],
        )
        .fails("body", "body_reset"),
    ]
}

fn heads() -> Vec<Case> {
    let many: Vec<String> = (0..200).map(|it| format!("x-{it}: {it}")).collect();
    let long = format!("x-long: {}", "a".repeat(60 << 10));
    vec![
        Case::new("many-lines", GET_FINE, ok(&many.join("\n"), "fine")),
        Case::new("long-line", GET_FINE, ok(&long, "fine")),
        Case::new(
            "odd-case",
            "get = '{}', check = [{ header = 'x-Odd', equals = '7' }]",
            ok("X-oDD: 7", ""),
        ),
        Case::new(
            "folded-line",
            "get = '{}', check = [{ header = 'x-a', equals = 'a b' }]",
            ok("x-a: a\n b", ""),
        ),
        Case::new(
            "spaces-around",
            "get = '{}', check = [{ header = 'x-a', equals = 'a b' }]",
            ok("x-a: \t a b \t", ""),
        ),
        Case::new(
            "no-space",
            "get = '{}', check = [{ header = 'x-a', equals = 'a' }]",
            ok("x-a:a", ""),
        ),
        Case::new(
            "empty-value",
            "get = '{}', check = [{ header = 'x-a', equals = '' }]",
            ok("x-a:", ""),
        ),
        Case::new(
            "newlines-alone",
            GET_FINE,
            vec![Act::Send(
                format!(
                    "HTTP/1.1 200 OK\ncontent-length: 4\n{}\nfine",
                    CORS.replace('\r', "")
                )
                .into_bytes(),
            )],
        ),
        Case::new(
            "not-http",
            GET,
            vec![Act::Send(b"SSH-2.0-OpenSSH_9.2\r\n".to_vec()), Act::Close],
        )
        .fails("opaque", "not_http"),
        Case::new(
            "head-cut",
            GET,
            vec![
                Act::Send(b"HTTP/1.1 200 OK\r\ncontent-le".to_vec()),
                Act::Reset,
            ],
        )
        .fails("opaque", "body_reset"),
    ]
}

#[expect(clippy::too_many_lines, reason = "a table")]
fn codings() -> Vec<Case> {
    const GZIP: &str = "1f8b0800000000000203ab56ca4c51b232af0500435f071208000000";
    const BROTLI: &str = "8b03807b226964223a377d03";
    vec![
        Case::new("gzip", GET_ID, packed("gzip", GZIP)),
        Case::new("x-gzip", GET_ID, packed("x-gzip", GZIP)),
        Case::new("gzip-in-capitals", GET_ID, packed("GZip", GZIP)),
        Case::new(
            "deflate",
            GET_ID,
            packed("deflate", "78daab56ca4c51b232af05000b59027b"),
        ),
        Case::new(
            "deflate-raw",
            GET_ID,
            packed("deflate", "ab56ca4c51b232af0500"),
        ),
        Case::new("gzip-chunked", GET_ID, {
            let mut body = b"1c\r\n".to_vec();
            body.extend(hex(GZIP));
            body.extend(b"\r\n0\r\n\r\n");
            vec![answer(
                "HTTP/1.1 200 OK\ncontent-encoding: gzip\ntransfer-encoding: chunked",
                body,
            )]
        }),
        Case::new(
            "gzip-twice",
            GET_ID,
            packed(
                "gzip, gzip",
                "1f8b080000000000020393efe660000126e6d561a77c023719ad6765708e671702890200f024141a1c000000",
            ),
        ),
        Case::new(
            "gzip-broken",
            GET_ID,
            packed("gzip", "1f8b0800000000000203ab56ff"),
        )
        // The browser passes on what it could decode.
        .fails("check", "undecodable"),
        Case::new("gzip-not", GET_ID, ok("content-encoding: gzip", "fine"))
            .fails("body", "undecodable"),
        Case::new("gzip-empty", GET, ok("content-encoding: gzip", "")),
        Case::new(
            "gzip-of-204",
            GET,
            vec![answer(
                "HTTP/1.1 204 No Content\ncontent-encoding: gzip",
                "",
            )],
        ),
        Case::new(
            "gzip-of-head",
            "head = '{}'",
            vec![answer(
                "HTTP/1.1 200 OK\ncontent-encoding: gzip\ncontent-length: 28",
                "",
            )],
        ),
        Case::new(
            "identity",
            GET_FINE,
            ok("content-encoding: identity", "fine"),
        ),
        Case::new(
            "unknown-coding",
            GET_FINE,
            ok("content-encoding: odd", "fine"),
        ),
        // Browsers take Brotli and Zstandard from secure hosts only, and this machine is one.
        Case::new("brotli", GET_ID, packed("br", BROTLI)),
        Case::new(
            "zstd",
            GET_ID,
            packed("zstd", "28b52ffd20084100007b226964223a377d"),
        ),
    ]
}

#[expect(clippy::too_many_lines, reason = "a table")]
fn texts() -> Vec<Case> {
    const UMLAUT: &str = "get = '{}', check = [{ contains = 'Grün €' }]";
    let typed = |charset: &str| format!("content-type: text/plain; charset={charset}");
    let utf16: Vec<u8> = "\u{feff}Grün €"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    vec![
        Case::new("utf-8", UMLAUT, ok(&typed("utf-8"), "Grün €")),
        Case::new(
            "no-charset",
            UMLAUT,
            ok("content-type: text/plain", "Grün €"),
        ),
        Case::new(
            "windows-1252",
            UMLAUT,
            ok(&typed("windows-1252"), b"Gr\xfcn \x80"),
        ),
        Case::new(
            "latin-1",
            UMLAUT,
            ok(&typed("\"ISO-8859-1\""), b"Gr\xfcn \x80"),
        ),
        Case::new(
            "utf-16-mark",
            UMLAUT,
            ok("content-type: text/plain", &utf16),
        ),
        Case::new(
            "utf-8-mark",
            "get = '{}', check = [{ regex = '^Grün' }]",
            ok("", "\u{feff}Grün €"),
        ),
        Case::new(
            "shift-jis",
            "get = '{}', check = [{ contains = '日本' }]",
            ok(&typed("Shift_JIS"), b"\x93\xfa\x96\x7b"),
        ),
        Case::new(
            "json-mark",
            GET_ID,
            ok("content-type: application/json", "\u{feff}{\"id\":7}"),
        ),
        Case::new(
            "long-number",
            "get = '{}', check = [{ regex = '12345678901234567890123' }, { json = '$.id' }]",
            ok(
                "content-type: application/json",
                "{\"id\":12345678901234567890123}",
            ),
        ),
        Case::new(
            "huge-number",
            "get = '{}', check = [{ json = '$.id' }, { json = '$.ok', equals = 1 }]",
            ok(
                "content-type: application/json",
                "{\"id\":1e400,\"ok\":10e-1}",
            ),
        ),
        Case::new(
            "not-json",
            GET_ID,
            ok("content-type: application/json", "<html>"),
        )
        .both("check"),
        Case::new(
            "nothing-for-json",
            GET_ID,
            ok("content-type: application/json", ""),
        )
        .both("check"),
    ]
}

#[expect(clippy::too_many_lines, reason = "a table")]
fn redirects() -> Vec<Case> {
    let found = |name, request, status, location: &str| {
        Case::new(name, request, to(status, location)).then(fine())
    };
    vec![
        found(
            "moved-301",
            GET_FINE,
            "301 Moved Permanently",
            "/moved-301/b",
        ),
        found("moved-302", GET_FINE, "302 Found", "/moved-302/b"),
        found(
            "moved-303",
            "put = '{}', body = 'a'",
            "303 See Other",
            "/moved-303/b",
        ),
        found("moved-307", POST, "307 Temporary Redirect", "/moved-307/b"),
        found("moved-308", POST, "308 Permanent Redirect", "/moved-308/b"),
        found("post-301", POST, "301 Moved Permanently", "/post-301/b"),
        found("post-302", POST, "302 Found", "/post-302/b"),
        found(
            "put-302",
            "put = '{}', body = 'a'",
            "302 Found",
            "/put-302/b",
        ),
        found("head-303", "head = '{}'", "303 See Other", "/head-303/b"),
        found("moved-relative", GET_FINE, "302 Found", "b?c=d").at("/a"),
        found("moved-up", GET_FINE, "302 Found", "../b").at("/a/c"),
        found("moved-query", GET_FINE, "302 Found", "?q=1").at("/a"),
        found("moved-space", GET_FINE, "302 Found", "/moved-space/a b"),
        found("moved-utf-8", GET_FINE, "302 Found", "/moved-utf-8/ü"),
        found(
            "moved-signs",
            GET_FINE,
            "302 Found",
            "/moved-signs/<a>\"b\"?c=<d>'e'|{f}",
        ),
        found(
            "moved-fragment",
            GET_FINE,
            "302 Found",
            "/moved-fragment/b#c",
        ),
        found("moved-dots", GET_FINE, "302 Found", "/moved-dots/a/./../b"),
        found(
            "moved-backslash",
            GET_FINE,
            "302 Found",
            "\\moved-backslash\\b",
        ),
        Case::new(
            "moved-latin-1",
            GET_FINE,
            vec![answer("HTTP/1.1 302 Found\ncontent-length: 0", "")],
        )
        .then(fine())
        .latin_1_location(),
        Case::new("moved-nowhere", GET, sized("302 Found", "", "")),
        Case::new(
            "multiple-choices",
            GET,
            to("300 Multiple Choices", "/multiple-choices/b"),
        ),
        Case::new(
            "moved-in-circles",
            GET,
            to("302 Found", "/moved-in-circles"),
        )
        .fails("opaque", "too_many_redirects")
        .not_on_the_page("opaque"),
        Case::new("moved-to-ftp", GET, to("302 Found", "ftp://127.0.0.1/a"))
            .fails("opaque", "invalid"),
        Case::new(
            "not-followed",
            "get = '{}', follow_redirects = false",
            to("302 Found", "/not-followed/b"),
        ),
    ]
}

fn paths() -> Vec<Case> {
    let path = |name, path| Case::new(name, GET_FINE, fine()).at(path);
    vec![
        path("path-signs", "/a<b>\"c\"|{d}^e`f"),
        path("path-letters", "/Grün/日本"),
        path("path-dots", "/a/./b/../c"),
        path("path-encoded-dots", "/a/%2e%2e/b"),
        path("path-backslash", "/a\\\\b"),
        path("path-encoded", "/a%20b%2Fc"),
        path("path-semicolons", "/a;b=c,d/$e&f=(g)*!@:~"),
        path("query-signs", "?a=<b>\"c\"|{d}^e`f&g[]=1"),
        path("query-letters", "?q=Grün&r=日本"),
        path("query-questions", "?a=?&b=/&c=//"),
        Case::new(
            "path-value",
            "get = '/path-value/{{choice(\"a b/c?d#e&f%g\")}}'",
            fine(),
        ),
    ]
}

fn requests() -> Vec<Case> {
    vec![
        Case::new("post-json", POST, fine()),
        Case::new(
            "post-form",
            "post = '{}', form = { a = '1 & 2', b = 'ü' }",
            fine(),
        ),
        Case::new("post-text", "post = '{}', body = 'Grün'", fine()).sent_with_another_type(),
        Case::new("post-nothing", "post = '{}'", fine()),
        Case::new("post-empty", "post = '{}', body = ''", fine()).sent_with_another_type(),
        Case::new("put-nothing", "put = '{}'", fine()),
        Case::new("patch", "patch = '{}', json = [1]", fine()),
        Case::new("delete", "delete = '{}'", fine()),
        Case::new("delete-body", "delete = '{}', json = [1]", fine()),
        Case::new("options", "options = '{}'", fine()),
        Case::new(
            "own-type",
            "post = '{}', json = [1], headers = { Content-Type = 'application/x-odd' }",
            fine(),
        ),
        Case::new(
            "own-headers",
            "get = '{}', headers = { X-A = 'a  b', X-B = '' }",
            fine(),
        ),
        Case::new(
            "bearer",
            "get = '{}', headers = { Authorization = 'Bearer a.b.c' }",
            fine(),
        ),
        Case::new(
            "letters-in-a-header",
            "get = '{}', headers = { X-A = 'Grün' }",
            fine(),
        )
        .not_on_the_page("passed"),
        Case::new("get-body", "get = '{}', body = 'a'", fine()).not_on_the_page("opaque"),
    ]
}

fn headers() -> Vec<Case> {
    vec![
        Case::new(
            "repeated-header",
            "get = '{}', check = [{ header = 'x-a', equals = 'a, b' }]",
            ok("x-a: a\nx-b: c\nx-a: b", ""),
        ),
        Case::new(
            "header-in-utf-8",
            "get = '{}', check = [{ header = 'x-a', equals = 'Grün €' }]",
            ok("x-a: Grün €", ""),
        ),
        Case::new(
            "header-in-latin-1",
            "get = '{}', check = [{ header = 'x-a', equals = 'Grün' }]",
            latin_1("x-a: Gr\u{fc}n"),
        ),
        Case::new(
            "header-there",
            "get = '{}', check = [{ header = 'ETag' }]",
            ok("etag: \"7\"", ""),
        ),
        Case::new(
            "header-not-there",
            "get = '{}', check = [{ header = 'x-none' }]",
            ok("", ""),
        )
        .both("check"),
        Case::new(
            "set-cookie",
            "get = '{}', check = [{ header = 'set-cookie', equals = 'a=b; HttpOnly' }]",
            ok("set-cookie: a=b; HttpOnly\nset-cookie: c=d", ""),
        )
        .not_on_the_page("check"),
    ]
}

fn connections() -> Vec<Case> {
    vec![
        Case::new(
            "says-close",
            GET_FINE,
            closed(
                "HTTP/1.1 200 OK\nconnection: close\ncontent-length: 4",
                "fine",
            ),
        ),
        Case::new("closed-mute", GET, vec![Act::Close])
            .fails("opaque", "closed")
            .sent_again_by_the_browser(),
        Case::new("reset-mute", GET, vec![Act::Reset])
            .fails("opaque", "reset")
            .sent_again_by_the_browser(),
        Case::new(
            "slow-head",
            "get = '{}', timeout = '300ms'",
            vec![Act::Wait(Duration::from_secs(5))],
        )
        .both("timeout"),
        Case::new(
            "slow-body",
            "get = '{}', timeout = '300ms'",
            vec![
                answer("HTTP/1.1 200 OK\ncontent-length: 9", "fine"),
                Act::Wait(Duration::from_secs(5)),
            ],
        )
        .both("timeout"),
        Case::new("late-but-in-time", "get = '{}', timeout = '2s'", {
            let mut acts = vec![Act::Wait(Duration::from_millis(100))];
            acts.extend(fine());
            acts
        }),
    ]
}

impl Case {
    /// A browser may send a request again that got no answer, or none that makes sense.
    fn sent_again_by_the_browser(self) -> Self {
        Self {
            may_be_sent_differently: true,
            ..self
        }
    }

    /// Browsers send a text with a content type of their own.
    fn sent_with_another_type(self) -> Self {
        Self {
            may_be_sent_differently: true,
            ..self
        }
    }

    /// The first answer points to a place with a letter of Latin-1.
    fn latin_1_location(mut self) -> Self {
        let mut bytes =
            b"HTTP/1.1 302 Found\r\ncontent-length: 0\r\nlocation: /moved-latin-1/gr\xfcn\r\n"
                .to_vec();
        bytes.extend(format!("{CORS}\r\n").bytes());
        self.acts[0] = vec![Act::Send(bytes)];
        self
    }
}
