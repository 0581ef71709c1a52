//! All that the command prints.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "the place for it"
)]

use std::net::SocketAddr;

/// Where the demo API listens, and what it answers.
pub(crate) fn demo_api(address: SocketAddr) {
    println!("Demo API on http://{address}");
    println!();
    for (method, path, answer) in DEMO_PATHS {
        println!("  {method:6} {path:17} {answer}");
    }
    if !address.ip().is_loopback() {
        println!();
        println!("It can be reached from other machines.");
    }
}

/// Method, path, and what is answered.
const DEMO_PATHS: [(&str, &str, &str); 19] = [
    ("GET", "/", "Hello World"),
    ("GET", "/cube", "the cubes of 0 to 1000"),
    ("GET", "/square", "the squares of 0 to 1000"),
    (
        "any",
        "/delay/{ms}",
        "answers after so many milliseconds, up to 60000",
    ),
    (
        "any",
        "/status/{code}",
        "answers with this status, 200 to 599",
    ),
    (
        "any",
        "/flaky/{percent}",
        "answers so many of 100 requests with status 500",
    ),
    ("GET", "/redirect/{n}", "so many redirects, which end at /"),
    ("POST", "/echo", "answers with what was sent"),
    ("POST", "/form", "the fields of a form, as JSON"),
    ("GET", "/headers", "the headers of the request, as JSON"),
    (
        "POST",
        "/login",
        "a token for JSON with an email and a password; not for the password wrong",
    ),
    ("POST", "/logout", "gives up the cart"),
    (
        "GET",
        "/items?page={n}",
        "20 of the 500 items, and where the next are",
    ),
    ("GET", "/item/{id}", "one item"),
    (
        "GET",
        "/cart",
        "what is in it; needs the header Authorization: Bearer <token>",
    ),
    ("POST", "/cart", "adds the item of JSON with an id"),
    ("DELETE", "/cart", "empties it"),
    ("GET", "/__counts", "how many requests were answered"),
    ("DELETE", "/__counts", "sets the counts to zero"),
];

/// Why the command failed, with its causes.
pub(crate) fn error(error: &anyhow::Error) {
    eprintln!("error: {error:#}");
}

/// Why the command did nothing.
pub(crate) fn usage(problem: &str) {
    eprintln!("error: {problem}");
}

/// What is loaded now.
pub(crate) fn started(target: &str) {
    eprintln!("Loading {target}. Ctrl-C stops the run.");
}

/// What came of a run.
pub(crate) fn report(text: &str) {
    print!("{text}");
}
