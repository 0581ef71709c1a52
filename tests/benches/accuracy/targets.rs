//! Targets whose service times are known, by the demo API of the command.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::Child;

use serde_json::Value;

use super::generators::mayfly;

/// What is compared, in the order of the columns.
pub(super) const QUANTILES: [f64; 4] = [0.5, 0.95, 0.99, 0.999];

/// How long a turn is, in seconds.
pub(super) const SECS: u32 = 12;

/// A target, and what it is loaded with.
pub(super) struct Target {
    pub(super) name: &'static str,
    pub(super) load: Load,
    times: Times,
    args: &'static [&'static str],
}

/// What a target is loaded with.
#[derive(Clone, Copy)]
pub(super) enum Load {
    /// Six users without a wait: as many as a browser has connections to a host.
    Users,
    /// A hundred requests a second, whatever becomes of them, while the target stands still from one
    /// second to another.
    Arrivals { from: u32, to: u32 },
}

impl Load {
    pub(super) const USERS: u32 = 6;
    pub(super) const RATE: u32 = 100;
}

/// Service times in milliseconds.
enum Times {
    List(&'static str),
    /// Quantiles of a distribution in an order without meaning.
    Quantiles(fn(f64) -> f64),
}

pub(super) const TARGETS: &[Target] = &[
    Target {
        name: "fixed list",
        load: Load::Users,
        times: Times::List("5,5,5,5,5,5,10,10,20,50"),
        args: &[],
    },
    Target {
        name: "log-normal, median 10 ms",
        load: Load::Users,
        times: Times::Quantiles(|quantile| 10.0 * (0.6 * normal(quantile)).exp()),
        args: &[],
    },
    Target {
        name: "bimodal, 2 and 40 ms",
        load: Load::Users,
        times: Times::List("2,2,2,2,2,2,2,2,2,40"),
        args: &[],
    },
    Target {
        name: "one worker, exponential, mean 4 ms",
        load: Load::Users,
        times: Times::Quantiles(|quantile| -4.0 * (1.0 - quantile).ln()),
        args: &["--workers", "1"],
    },
    Target {
        name: "3 s of standstill",
        load: Load::Users,
        times: Times::List("5"),
        args: &["--stall", "4,3"],
    },
    Target {
        name: "standstill across the end",
        load: Load::Users,
        times: Times::List("5"),
        args: &["--stall", "10,3"],
    },
    Target {
        name: "3 s of standstill, 100 arrivals/s",
        load: Load::Arrivals { from: 4, to: 7 },
        times: Times::List("5"),
        args: &["--stall", "4,3"],
    },
];

/// A target that listens. It ends with the value.
pub(super) struct Running {
    process: Child,
    url: String,
}

impl Target {
    /// Starts it on the first core.
    pub(super) fn start(&self) -> Running {
        let mut command = mayfly("0");
        let times = self.times.list();
        command.args(["demo-api", "--port", "0", "--service-times", &times]);
        command.args(self.args);
        let mut process = command.spawn().expect("taskset starts the command");
        let stdout = process.stdout.as_mut().expect("it is piped");
        let mut line = String::new();
        let read = BufReader::new(stdout).read_line(&mut line);
        read.expect("it says where it is");
        let url = line.split_whitespace().find(|it| it.starts_with("http://"));
        let url = url.unwrap_or_else(|| panic!("expected an address, found {line}"));
        Running {
            url: url.trim_end_matches('/').to_owned(),
            process,
        }
    }

    /// What users waited, in milliseconds. Under a load of users that is what the target measured. Arrivals
    /// wait from when they are due, wherever they do: what is due in a standstill, until its end.
    pub(super) fn truth(&self, quantile: f64, record: &Value) -> f64 {
        let Load::Arrivals { from, to } = self.load else {
            let name = match quantile {
                0.5 => "p50",
                0.95 => "p95",
                0.99 => "p99",
                _ => "p999",
            };
            return record["service_millis"][name].as_f64().expect("a number");
        };
        const SERVICE: f64 = 5.0;
        let [from, to] = [from, to].map(|secs| f64::from(secs) * 1000.0);
        let n_arrivals = SECS * Load::RATE;
        let mut times: Vec<f64> = (0..n_arrivals)
            .map(|nth| {
                let due = f64::from(nth) * 1000.0 / f64::from(Load::RATE);
                let stands = from <= due + SERVICE && due < to;
                if stands { to - due } else { 0.0 }.max(SERVICE)
            })
            .collect();
        times.sort_by(f64::total_cmp);
        let nth = (quantile * times.len() as f64).ceil() as usize;
        times[nth.saturating_sub(1)]
    }
}

impl Times {
    fn list(&self) -> String {
        const COUNT: usize = 499;
        match self {
            Self::List(list) => (*list).to_owned(),
            Self::Quantiles(quantile) => {
                // The count is a prime, so that each step meets each of them once.
                let nth = (0..COUNT).map(|nth| nth * 193 % COUNT);
                let millis = nth.map(|it| quantile((it as f64 + 0.5) / COUNT as f64));
                let millis: Vec<String> = millis.map(|it| format!("{it:.2}")).collect();
                millis.join(",")
            }
        }
    }
}

/// The quantile of the normal distribution, to three digits: Abramowitz and Stegun, 26.2.23.
fn normal(quantile: f64) -> f64 {
    if 0.5 < quantile {
        return -normal(1.0 - quantile);
    }
    let t = (-2.0 * quantile.ln()).sqrt();
    let above = 2.515_517 + 0.802_853 * t + 0.010_328 * t * t;
    let below = 1.0 + 1.432_788 * t + 0.189_269 * t * t + 0.001_308 * t * t * t;
    above / below - t
}

impl Running {
    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// What it has measured.
    pub(super) fn record(&self) -> Value {
        let address = self.url.trim_start_matches("http://");
        let mut stream = TcpStream::connect(address).expect("the demo API listens");
        let request = "GET /__service_times HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n";
        stream.write_all(request.as_bytes()).expect("it reads");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("it answers");
        let body = answer.split_once("\r\n\r\n").expect("it has a head").1;
        serde_json::from_str(body).expect("the record is JSON")
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
