//! All that the command prints.
//!
//! Nothing here ends the command. A reader of standard output that goes away early, as `head` does,
//! has what it wanted. What cannot be written for another reason is an error, and is said on standard
//! error; what cannot be written there is lost, as there is nowhere else to say it.

use std::fmt;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::process::ExitCode;

use mayfly_core::report::ratio::Ratio;
use mayfly_core::report::text::printable;
use serde_json::{Value, json};

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
const DEMO_PATHS: [(&str, &str, &str); 21] = [
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
    (
        "GET",
        "/__service_times",
        "what answers took, with --service-times",
    ),
    ("DELETE", "/__service_times", "forgets that"),
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

/// A text that was asked for.
pub(crate) fn text(text: &str) -> ExitCode {
    match print(text) {
        Ok(()) => ExitCode::SUCCESS,
        Err(Unwritten) => ExitCode::FAILURE,
    }
}

/// Which part of the load each user class and task gets, as Locust shows it: of what is around it, and
/// of all.
pub(crate) fn ratios(ratios: &[Ratio]) -> String {
    let mut text = String::new();
    for (title, part) in [
        ("Task ratio per User class", ratio as fn(&Ratio) -> f64),
        ("Total task ratio", total),
    ] {
        text += &format!("\n {title}\n{}\n", "-".repeat(80));
        for it in ratios {
            add_ratio(&mut text, it, part, 1);
        }
    }
    text + "\n"
}

fn ratio(ratio: &Ratio) -> f64 {
    ratio.ratio
}

fn total(ratio: &Ratio) -> f64 {
    ratio.total
}

fn add_ratio(text: &mut String, ratio: &Ratio, part: fn(&Ratio) -> f64, depth: usize) {
    let indent = "  ".repeat(depth);
    let name = printable(&ratio.name);
    *text += &format!("{indent}* {:.1}% {name}\n", 100.0 * part(ratio));
    for task in &ratio.tasks {
        add_ratio(text, task, part, depth + 1);
    }
}

/// The same as JSON, by name.
pub(crate) fn ratios_as_json(ratios: &[Ratio]) -> String {
    let object = |part| json_of(ratios, part);
    format!(
        "{:#}\n",
        json!({ "per_class": object(ratio), "total": object(total) })
    )
}

fn json_of(ratios: &[Ratio], part: fn(&Ratio) -> f64) -> Value {
    let entries = ratios.iter().map(|it| {
        let mut entry = json!({ "ratio": part(it) });
        if !it.tasks.is_empty() {
            entry["tasks"] = json_of(&it.tasks, part);
        }
        (it.name.clone(), entry)
    });
    Value::Object(entries.collect())
}

/// What is not what standard output is for.
pub(crate) fn aside(text: &str) {
    say(format_args!("{text}"));
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
