//! What a browser adds to a request and takes from a rate, as far as one answer shows it before a run.

use mayfly_core::http::origin::Origin;
use mayfly_core::http::request::Request;
use mayfly_core::running::trial::{Sent, Trial};

use super::format;

/// The connections that browsers open to a host over HTTP/1.1.
const CONNECTIONS: f64 = 6.0;

/// How many requests per second a page can send at most to the host of a trial, by the answer that it had:
/// connections ÷ time of an answer. `None` without an answer.
pub(crate) fn ceiling(trial: &Trial) -> Option<String> {
    let exchange = trial.requests.last()?.exchange.as_ref().ok()?;
    let secs = exchange.response_time.as_secs_f64();
    if exchange.received.is_err() || secs <= 0.0 {
        return None;
    }
    // What is simulated has none.
    let origin = Origin::of(&exchange.sent.url)?;
    let host = origin.host();
    let rate = format::count((CONNECTIONS / secs).round().max(1.0) as u64);
    let took = format::millis(Some(exchange.response_time));
    let end = match origin.is_https() {
        true => " over HTTP/1.1; over HTTP/2 it sends more at once",
        false => "",
    };
    Some(format!(
        "A browser has 6 connections to {host}. If answers take {took} ms, as the one you tried did, it sends about \
         {rate} requests a second at the most{end}."
    ))
}

/// Why a browser asks for permission before it sends this; `None` if it does not.
pub(crate) fn preflight(sent: &Sent) -> Option<String> {
    let request = Request {
        headers: sent.headers.clone().into(),
        ..Request::new(sent.method, &sent.url)
    };
    // What is simulated leaves no page.
    if !request.needs_preflight() || !sent.url.starts_with("http") {
        return None;
    }
    let headers = request.preflighted();
    let is_method = Request::new(sent.method, &sent.url).needs_preflight();
    let causes = is_method.then(|| format!("the method {}", sent.method));
    let causes = causes.into_iter();
    let causes: Vec<String> = causes
        .chain(headers.iter().map(|it| format!("the header {it}")))
        .collect();
    Some(format!(
        "Before it a browser asks for permission (a preflight), because of {}. How long it remembers the answer is said \
         by the API, with Access-Control-Max-Age.",
        causes.join(", ")
    ))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use mayfly_core::http::request::{Method, RequestName};
    use mayfly_core::running::trial::{Excerpt, Exchange, Received, Tried};

    use super::*;

    fn trial(url: &str, millis: u64) -> Trial {
        let exchange = Exchange {
            sent: sent(Method::Get, url, &[]),
            received: Ok(Received {
                status: 200,
                reason: None,
                headers: Vec::new(),
                body: Excerpt {
                    text: String::new(),
                    n_bytes: 0,
                    is_cut: false,
                    is_binary: false,
                },
            }),
            response_time: Duration::from_millis(millis),
            checks: Vec::new(),
            extracts: Vec::new(),
        };
        let tried = Tried {
            place: "user_class[0].task[0]".parse().unwrap(),
            name: RequestName {
                name: "/".to_owned(),
                method: Method::Get,
            },
            exchange: Ok(exchange),
        };
        Trial {
            requests: vec![tried],
        }
    }

    fn sent(method: Method, url: &str, headers: &[(&str, &str)]) -> Sent {
        let headers = headers.iter();
        Sent {
            method,
            url: url.to_owned(),
            headers: headers
                .map(|it| (it.0.to_owned(), it.1.to_owned()))
                .collect(),
            body: None,
        }
    }

    #[test]
    fn six_connections_divided_by_the_time_of_an_answer_is_the_most() {
        let found = ceiling(&trial("http://A.test/b", 12)).unwrap();
        for part in [
            "6 connections to a.test.",
            "12.0 ms",
            "about 500 requests a second",
        ] {
            assert!(found.contains(part), "{part}: {found}");
        }
        assert!(!found.contains("HTTP/2"), "{found}");
        let found = ceiling(&trial("https://a.test/", 12)).unwrap();
        assert!(found.contains("over HTTP/2 it sends more"), "{found}");
    }

    #[test]
    fn nothing_is_said_without_an_answer_or_a_host() {
        assert_eq!(ceiling(&trial("/simulated", 12)), None);
        let mut unanswered = trial("http://a.test/", 12);
        unanswered.requests[0].exchange.as_mut().unwrap().received = Err("reset".to_owned());
        assert_eq!(ceiling(&unanswered), None);
        assert_eq!(ceiling(&Trial { requests: vec![] }), None);
    }

    #[test]
    fn a_preflight_is_said_with_its_causes() {
        let json = [("content-type", "application/json"), ("accept", "*/*")];
        let found = preflight(&sent(Method::Put, "http://a.test/", &json)).unwrap();
        let causes = "because of the method PUT, the header content-type.";
        assert!(found.contains(causes), "{found}");
        let form = [("content-type", "text/plain")];
        for (method, url, headers) in [
            (Method::Post, "http://a.test/", &form[..]),
            (Method::Put, "/simulated", &json[..]),
        ] {
            assert_eq!(preflight(&sent(method, url, headers)), None, "{url}");
        }
    }
}
