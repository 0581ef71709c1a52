//! All that the command prints.
//!
//! Nothing here ends the command. A reader of standard output that goes away early, as `head` does,
//! has what it wanted. What cannot be written for another reason is an error, and is said on standard
//! error; what cannot be written there is lost, as there is nowhere else to say it.

use std::fmt;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::process::ExitCode;

/// Standard output did not take all of it, and that was said.
pub(crate) struct Unwritten;

/// Where the demo API listens, and what it answers.
pub(crate) fn demo_api(address: SocketAddr) -> Result<(), Unwritten> {
    let mut text = format!("Demo API on http://{address}\n\n");
    for (method, path, answer) in DEMO_PATHS {
        text += &format!("  {method:6} {path:17} {answer}\n");
    }
    if !address.ip().is_loopback() {
        text += "\nIt can be reached from other machines.\n";
    }
    print(&text)
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

/// Where the page is.
pub(crate) fn serving(url: &str, is_open: bool, has_page: bool) -> Result<(), Unwritten> {
    let mut text = format!("Mayfly is at {url}\n");
    if is_open {
        text += "Other machines can connect with this URL, which has a secret in it.\n";
    }
    if !has_page {
        text += "This build has no page inside; `cargo xtask dist`, and then another build, puts it there.\n";
    }
    print(&(text + "Ctrl-C ends it.\n"))
}

/// What a person should know, though it ends nothing.
pub(crate) fn warning(text: &str) {
    say(format_args!("warning: {text}"));
}

/// Help, or what is wrong with the arguments.
pub(crate) fn help(help: &clap::Error) -> ExitCode {
    match accepted(help.print()) {
        // Clap has none but 0 and 2.
        Ok(()) => u8::try_from(help.exit_code()).map_or(ExitCode::FAILURE, ExitCode::from),
        Err(Unwritten) => ExitCode::FAILURE,
    }
}

/// Why the command failed, with its causes.
pub(crate) fn error(error: &anyhow::Error) {
    say(format_args!("error: {error:#}"));
}

/// Why the command did nothing.
pub(crate) fn usage(problem: &str) {
    say(format_args!("error: {problem}"));
}

/// What is loaded now.
pub(crate) fn started(target: &str) {
    say(format_args!("Loading {target}. Ctrl-C stops the run."));
}

/// That some users wait for others, because the system allows fewer connections than there are users.
pub(crate) fn short_of_connections(max_in_flight: usize) {
    say(format_args!(
        "warning: at most {max_in_flight} requests are under way at once, because the system allows \
         this process no more open files. Others wait, and the wait counts into their response \
         times. Allow more with “ulimit -n”."
    ));
}

/// What came of a run.
pub(crate) fn report(text: &str) -> Result<(), Unwritten> {
    print(text)
}

fn print(text: &str) -> Result<(), Unwritten> {
    let mut stdout = io::stdout().lock();
    let written = stdout.write_all(text.as_bytes());
    accepted(written.and_then(|()| stdout.flush()))
}

fn accepted(written: io::Result<()>) -> Result<(), Unwritten> {
    match written {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            say(format_args!(
                "error: cannot write to standard output: {error}"
            ));
            Err(Unwritten)
        }
        _ => Ok(()),
    }
}

fn say(line: fmt::Arguments<'_>) {
    // As it is said above: a lost line of standard error is no reason to end.
    let _ = writeln!(io::stderr(), "{line}");
}
