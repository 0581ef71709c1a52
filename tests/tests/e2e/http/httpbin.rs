//! What httpbin documents, through page and command.

use mayfly_tests::Httpbin;

use super::{outcomes, run_command, run_page};

/// The name of a row, its request, and what must become of it on the page and in the command.
type Case = (&'static str, &'static str, &'static str, &'static str);

#[rustfmt::skip]
const CASES: [Case; 38] = [
    ("get", "get = '/get?a=b', check = [{ json = '$.args.a', equals = 'b' }]", "passed", "passed"),
    ("post json", "post = '/post', json = { id = 7 }, check = [{ json = '$.json.id', equals = 7 }]", "passed", "passed"),
    ("post form", "post = '/post', form = { a = '1 & ü' }, check = [{ json = '$.form.a', equals = '1 & ü' }]", "passed", "passed"),
    ("put", "put = '/put', body = 'text', check = [{ json = '$.data', equals = 'text' }]", "passed", "passed"),
    ("patch", "patch = '/patch', json = [1], check = [{ json = '$.json[0]', equals = 1 }]", "passed", "passed"),
    ("delete", "delete = '/delete', check = [{ json = '$.url' }]", "passed", "passed"),
    ("head", "head = '/get'", "passed", "passed"),
    ("anything", "get = '/anything/a%20b', check = [{ json = '$.method', equals = 'GET' }]", "passed", "passed"),
    ("headers", "get = '/headers', headers = { X-A = 'b' }, check = [{ json = '$.headers[\"X-A\"]', equals = 'b' }]", "passed", "passed"),
    ("status 204", "get = '/status/204'", "passed", "passed"),
    ("status 404", "get = '/status/404'", "status 404", "status 404"),
    ("status 418", "get = '/status/418'", "status 418", "status 418"),
    ("status 503", "get = '/status/503', check = [{ status = 503 }]", "passed", "passed"),
    ("redirect", "get = '/redirect/3', check = [{ json = '$.url' }]", "passed", "passed"),
    ("relative", "get = '/relative-redirect/2', check = [{ json = '$.url' }]", "passed", "passed"),
    ("absolute", "get = '/absolute-redirect/2', check = [{ json = '$.url' }]", "passed", "passed"),
    ("redirect 307", "post = '/redirect-to?url=/post&status_code=307', json = { id = 7 }, check = [{ json = '$.json.id', equals = 7 }]", "passed", "passed"),
    ("redirect 303", "post = '/redirect-to?url=/get&status_code=303', json = { id = 7 }, check = [{ json = '$.args' }]", "passed", "passed"),
    ("not followed", "get = '/redirect/1', follow_redirects = false, check = [{ status = 302 }]", "passed", "passed"),
    ("gzip", "get = '/gzip', check = [{ json = '$.gzipped', equals = true }]", "passed", "passed"),
    ("deflate", "get = '/deflate', check = [{ json = '$.deflated', equals = true }]", "passed", "passed"),
    ("brotli", "get = '/brotli', check = [{ json = '$.brotli', equals = true }]", "passed", "passed"),
    ("basic auth", "get = '/basic-auth/user/secret', headers = { Authorization = 'Basic dXNlcjpzZWNyZXQ=' }, check = [{ json = '$.authenticated', equals = true }]", "passed", "passed"),
    ("wrong basic auth", "get = '/basic-auth/user/secret', headers = { Authorization = 'Basic dXNlcjp4' }", "status 401", "status 401"),
    ("hidden basic auth", "get = '/hidden-basic-auth/user/secret'", "status 404", "status 404"),
    ("bearer", "get = '/bearer', headers = { Authorization = 'Bearer a.b' }, check = [{ json = '$.token', equals = 'a.b' }]", "passed", "passed"),
    ("no bearer", "get = '/bearer'", "status 401", "status 401"),
    ("stream", "get = '/stream/5', check = [{ contains = '\"id\": 4' }]", "passed", "passed"),
    ("stream of bytes", "get = '/stream-bytes/5000?seed=1&chunk_size=100'", "passed", "passed"),
    ("drip", "get = '/drip?numbytes=5&duration=0.2&delay=0.1'", "passed", "passed"),
    ("range", "get = '/range/100', check = [{ contains = 'xyzabc' }]", "passed", "passed"),
    ("delay", "get = '/delay/1', check = [{ json = '$.url' }]", "passed", "passed"),
    ("delay too long", "get = '/delay/2', timeout = '300ms'", "timeout", "timeout"),
    ("texts", "get = '/encoding/utf8', check = [{ contains = '∮ E⋅da = Q' }]", "passed", "passed"),
    ("response headers", "get = '/response-headers?etag=7', check = [{ header = 'content-type', equals = 'application/json' }]", "passed", "passed"),
    ("uuid", "get = '/uuid', check = [{ regex = '[0-9a-f]{8}-[0-9a-f]{4}-4' }]", "passed", "passed"),
    // A page gets no cookies and sends none.
    ("set cookies", "get = '/cookies/set?a=b', check = [{ json = '$.cookies.a', equals = 'b' }]", "check", "passed"),
    ("cookies", "get = '/cookies', check = [{ json = '$.cookies.a', equals = 'b' }]", "check", "passed"),
];

#[tokio::test(flavor = "multi_thread")]
async fn httpbin_answers_as_it_says() {
    let httpbin = Httpbin::start().await;
    let requests =
        CASES.map(|(name, request, ..)| format!("  {{ name = '{name}', {request} }},\n"));
    let plan = super::plan_of(&requests, httpbin.url());
    let by_command = outcomes(&run_command(&plan).await);
    let by_page = outcomes(&run_page(&plan).await);
    let mut faults = Vec::new();
    for (name, _, page, command) in CASES {
        for (host, found, expected) in [("page", &by_page, page), ("command", &by_command, command)]
        {
            let found = found.get(name).map_or("not sent", String::as_str);
            if !super::is_as_expected(found, expected) {
                faults.push(format!(
                    "{name}: {host}: expected {expected}, found {found}"
                ));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
