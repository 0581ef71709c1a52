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
    println!("  GET    /                 Hello World");
    println!("  GET    /cube             the cubes of 0 to 1000");
    println!("  GET    /square           the squares of 0 to 1000");
    println!("  any    /delay/{{ms}}       answers after so many milliseconds, up to 60000");
    println!("  any    /status/{{code}}    answers with this status, 200 to 599");
    println!("  any    /flaky/{{percent}}  answers so many of 100 requests with status 500");
    println!("  POST   /echo             answers with what was sent");
    println!("  GET    /__counts         how many requests were answered; DELETE sets it to zero");
    if !address.ip().is_loopback() {
        println!();
        println!("It can be reached from other machines.");
    }
}

/// Why the command failed, with its causes.
pub(crate) fn error(error: &anyhow::Error) {
    eprintln!("error: {error:#}");
}
