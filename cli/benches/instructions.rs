//! A run of a known number of requests by the event loop, for counting instructions; the target is another
//! process, whose instructions do not count.
//!
//! `cargo xtask instructions` runs it under callgrind with two amounts and divides the difference, so that
//! getting ready does not count.

use std::env;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::thread;

use mayfly::console::{Level, Statistics};
use mayfly::plan_source::PlanSource;
use mayfly::run::{Ready, RunOptions};
use mayfly::runtime;
use mayfly_core::plan::Draft;

fn main() {
    // Cargo adds `--bench`.
    let args: Vec<String> = env::args().skip(1).filter(|it| it != "--bench").collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match args.as_slice() {
        ["target", kind] => serve(kind),
        [kind @ ("same_heads" | "new_heads"), amount] => run(kind, amount),
        // What `cargo test` and `cargo bench` do: nothing is measured without a tool around it.
        [] => (),
        other => panic!("there is no work {other:?}"),
    }
}

fn run(kind: &str, amount: &str) {
    let program = env::current_exe().expect("a program has a path");
    let target = Command::new(program)
        .args(["target", kind])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn();
    let mut target = target.expect("the target can be started");
    let mut address = String::new();
    let output = target.stdout.take().expect("it is piped");
    let read = BufReader::new(output).read_line(&mut address);
    read.expect("the target says where it is");
    let plan = format!(
        "version = 1\nhost = 'http://{}'\n\
         load = {{ users = 64, spawn_rate = 1000000, max_requests = {amount} }}\n\
         [[user_class]]\nname = 'User'\ntask = [{{ get = '/' }}]\n",
        address.trim()
    );
    let mut options = RunOptions::new(PlanSource::Draft {
        name: "the plan".to_owned(),
        draft: Draft::from_toml(&plan).expect("a plan"),
    });
    options.console.level = Level::Error;
    options.console.statistics = Statistics::None;
    let work = async {
        let ready = Ready::read(&options).await;
        ready.expect("a plan that can run").run().await
    };
    // There are no files to write.
    let (ended, _) = runtime::run(work).expect("a runtime");
    let rows = ended.report.board.rows();
    let (n_requests, n_failures) = rows.iter().fold((0, 0), |sum, row| {
        (sum.0 + row.n_requests, sum.1 + row.n_failures())
    });
    assert_eq!((n_requests.to_string(), n_failures), (amount.to_owned(), 0));
    // The target ends with its standard input.
    drop(target.stdin.take());
    target.wait().expect("the target ends");
}

/// Answers every request as nginx does, until standard input ends: with the same head, or with a new one
/// each time.
fn serve(kind: &str) {
    let is_new = kind == "new_heads";
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("it is bound");
    writeln!(io::stdout(), "{address}").expect("somebody reads it");
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            thread::spawn(move || answer(stream, is_new));
        }
    });
    let mut ignored = Vec::new();
    // Its end is what is waited for.
    let _ = io::stdin().read_to_end(&mut ignored);
}

fn answer(mut stream: TcpStream, is_new: bool) {
    let mut buffer = [0; 4096];
    let mut nth = 1_000_000;
    // A request without a body fits into one read.
    while let Ok(1..) = stream.read(&mut buffer) {
        nth += u32::from(is_new);
        let answer = format!(
            "HTTP/1.1 200 OK\r\nServer: nginx/1.22.1\r\nDate: Fri, 27 Nov 2026 05:00:00 GMT\r\n\
             Content-Type: text/plain\r\nContent-Length: 11\r\nConnection: keep-alive\r\n\
             X-Request-Id: {nth}\r\nAccess-Control-Max-Age: 7200\r\nTiming-Allow-Origin: *\r\n\r\n\
             Hello World"
        );
        if stream.write_all(answer.as_bytes()).is_err() {
            return;
        }
    }
}
