//! What the demo API answers: method, path, headers and body in; status, headers and body out.
//!
//! Both the simulated API and `mayfly demo-api` ask here, so they cannot differ. What needs time or
//! chance is not here: `/delay/{ms}` and `/flaky/{percent}`.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::exchange::{Answer, Incoming, JSON};
use super::shop::Shop;
use crate::http::request::Method;

/// The demo API, with the carts of its customers.
#[derive(Debug, Default)]
pub struct Demo {
    shop: Shop,
}

impl Demo {
    /// The longest chain of redirects that `/redirect/{n}` makes.
    const MAX_REDIRECTS: u32 = 100;

    /// Answers a request.
    pub fn answer(&mut self, request: &Incoming<'_>) -> Answer {
        if request.method != Method::Head {
            return self.answer_body(request);
        }
        let request = Incoming {
            method: Method::Get,
            ..*request
        };
        Answer {
            body: Cow::Borrowed(&[]),
            ..self.answer_body(&request)
        }
    }

    fn answer_body(&mut self, request: &Incoming<'_>) -> Answer {
        let mut parts = request.segments();
        let path = (parts.next().unwrap_or_default(), parts.next(), parts.next());
        let shop = &mut self.shop;
        match (request.method, path) {
            (Method::Get, ("", None, None)) => Answer::text(200, "Hello World"),
            (Method::Get, ("cube", None, None)) => powers(&CUBES),
            (Method::Get, ("square", None, None)) => powers(&SQUARES),
            (Method::Post, ("echo", None, None)) => echo(request),
            (Method::Post, ("form", None, None)) => form(request),
            (Method::Get, ("headers", None, None)) => headers(request),
            (Method::Get, ("redirect", Some(n), None)) => redirect(n),
            (_, ("status", Some(code), None)) => status(code),

            (Method::Post, ("login", None, None)) => shop.log_in(request),
            (Method::Post, ("logout", None, None)) => shop.log_out(request),
            (Method::Get, ("items", None, None)) => Shop::items(request),
            (Method::Get, ("item", Some(id), None)) => Shop::item(id),
            (Method::Get, ("cart", None, None)) => shop.cart(request),
            (Method::Post, ("cart", None, None)) => shop.add_to_cart(request),
            (Method::Delete, ("cart", None, None)) => shop.empty_cart(request),

            (_, (first, None, None)) if WITHOUT_PARAMETER.contains(&first) => Answer::empty(405),
            (_, ("item" | "redirect", Some(_), None)) => Answer::empty(405),
            _ => Answer::text(404, "no such path"),
        }
    }
}

const WITHOUT_PARAMETER: [&str; 10] = [
    "", "cart", "cube", "echo", "form", "headers", "items", "login", "logout", "square",
];

static CUBES: LazyLock<String> = LazyLock::new(|| list_powers(3));
static SQUARES: LazyLock<String> = LazyLock::new(|| list_powers(2));

fn list_powers(exponent: u32) -> String {
    let numbers: Vec<_> = (0..=1000_u64).map(|it| it.pow(exponent)).collect();
    serde_json::to_string(&numbers).expect("a list of numbers is JSON")
}

fn powers(list: &'static str) -> Answer {
    Answer {
        content_type: Some(JSON),
        body: list.as_bytes().into(),
        ..Answer::empty(200)
    }
}

fn echo(request: &Incoming<'_>) -> Answer {
    Answer {
        content_type: Some("application/octet-stream"),
        body: request.body.to_vec().into(),
        ..Answer::empty(200)
    }
}

/// Of fields with the same name, the last one counts.
fn form(request: &Incoming<'_>) -> Answer {
    let content_type = request.header("content-type").unwrap_or_default();
    if !content_type.starts_with("application/x-www-form-urlencoded") {
        return Answer::error(
            400,
            "expected the content type application/x-www-form-urlencoded",
        );
    }
    let fields = request.body.split(|&it| it == b'&');
    let fields = fields.filter(|it| !it.is_empty()).map(|field| {
        let end = field.iter().position(|&it| it == b'=');
        let (name, value) = field.split_at(end.unwrap_or(field.len()));
        (decoded(name), decoded(value.get(1..).unwrap_or_default()))
    });
    let mut named = BTreeMap::new();
    named.extend(fields);
    Answer::json(200, &named)
}

/// A name or value of a form as text. What is no valid escape stays as it is.
fn decoded(text: &[u8]) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let [first, after @ ..] = rest {
        let escaped = match rest {
            [b'%', high, low, ..] => hex_byte(*high, *low),
            _ => None,
        };
        let plain = if *first == b'+' { b' ' } else { *first };
        bytes.push(escaped.unwrap_or(plain));
        rest = if escaped.is_some() { &rest[3..] } else { after };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn hex_byte(high: u8, low: u8) -> Option<u8> {
    let digit = |it: u8| char::from(it).to_digit(16);
    u8::try_from(16 * digit(high)? + digit(low)?).ok()
}

/// Several headers with the same name are one, with commas between their values.
fn headers(request: &Incoming<'_>) -> Answer {
    let mut joined = BTreeMap::<&str, Cow<'_, str>>::new();
    for (name, value) in request.headers {
        joined
            .entry(name)
            .and_modify(|it| *it = format!("{it}, {value}").into())
            .or_insert_with(|| Cow::Borrowed(value));
    }
    Answer::json(200, &joined)
}

fn redirect(n: &str) -> Answer {
    match n.parse() {
        Ok(n @ 1..=Demo::MAX_REDIRECTS) => Answer {
            location: Some(match n {
                1 => "/".to_owned(),
                n => format!("/redirect/{}", n - 1),
            }),
            ..Answer::empty(302)
        },
        _ => Answer::text(400, "expected a number of redirects from 1 to 100"),
    }
}

fn status(code: &str) -> Answer {
    match code.parse() {
        Ok(code @ 200..=599) => Answer::empty(code),
        _ => Answer::text(400, "expected a status from 200 to 599"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Status and body.
    fn answer(method: Method, url: &str, content_type: &str, body: &str) -> (u16, String) {
        let request = Incoming {
            method,
            url,
            headers: &[("content-type".to_owned(), content_type.to_owned())],
            body: body.as_bytes(),
        };
        let answer = Demo::default().answer(&request);
        let body = String::from_utf8(answer.body.into_owned()).unwrap();
        (answer.status, body)
    }

    #[track_caller]
    fn check(method: Method, url: &str, expected: u16) {
        assert_eq!(answer(method, url, "", "").0, expected, "{method} {url}");
    }

    #[test]
    fn each_path_answers() {
        check(Method::Get, "/", 200);
        check(Method::Get, "/cube?n=3", 200);
        check(Method::Post, "/cube", 405);
        check(Method::Get, "/square", 200);
        check(Method::Post, "/echo", 200);
        check(Method::Head, "/cube", 200);
        check(Method::Put, "/status/418", 418);
        check(Method::Get, "/status/99", 400);
        check(Method::Get, "/status/600", 400);
        check(Method::Get, "/headers", 200);
        check(Method::Get, "/redirect/3", 302);
        check(Method::Get, "/redirect/0", 400);
        check(Method::Get, "/redirect/101", 400);
        check(Method::Post, "/redirect/1", 405);
        check(Method::Get, "/login", 405);
        check(Method::Put, "/cart", 405);
        check(Method::Post, "/item/1", 405);
        check(Method::Get, "/nowhere", 404);
        check(Method::Get, "/cube/3", 404);
        check(Method::Get, "/item", 404);
    }

    #[test]
    fn the_powers_are_as_long_as_ever() {
        let (_, cubes) = answer(Method::Get, "/cube", "", "");
        assert_eq!(cubes.len(), 9_144);
        assert!(cubes.starts_with("[0,1,8,27,") && cubes.ends_with(",1000000000]"));
        assert_eq!(answer(Method::Get, "/square", "", "").1.len(), 6_546);
    }

    #[test]
    fn head_is_get_without_a_body() {
        assert_eq!(answer(Method::Head, "/cube", "", ""), (200, String::new()));
    }

    #[test]
    fn what_was_sent_comes_back() {
        let (_, body) = answer(Method::Post, "/echo", "", "something");
        assert_eq!(body, "something");
        let (_, headers) = answer(Method::Get, "/headers", "text/plain", "");
        assert_eq!(headers, r#"{"content-type":"text/plain"}"#);
    }

    #[test]
    fn headers_of_the_same_name_are_joined() {
        let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let request = Incoming {
            method: Method::Get,
            url: "/headers",
            headers: &[header("b", "1"), header("a", "2"), header("b", "3")],
            body: &[],
        };
        let body = Demo::default().answer(&request).body;
        assert_eq!(str::from_utf8(&body), Ok(r#"{"a":"2","b":"1, 3"}"#));
    }

    #[track_caller]
    fn check_form(body: &str, expected: &str) {
        let content_type = "application/x-www-form-urlencoded; charset=utf-8";
        let answer = answer(Method::Post, "/form", content_type, body);
        assert_eq!(answer, (200, expected.to_owned()));
    }

    #[test]
    fn forms_are_decoded() {
        check_form("", "{}");
        check_form("a=1&b=2", r#"{"a":"1","b":"2"}"#);
        check_form("a=1+2&b=%C3%BC%26", r#"{"a":"1 2","b":"ü&"}"#);
        check_form("a&b=&&a=2", r#"{"a":"2","b":""}"#);
        check_form(
            "a=%&b=%2&c=%zz&d=100%25",
            r#"{"a":"%","b":"%2","c":"%zz","d":"100%"}"#,
        );
        check(Method::Post, "/form", 400);
    }

    #[test]
    fn redirects_count_down_to_the_start() {
        let mut url = "/redirect/3".to_owned();
        let mut seen = Vec::new();
        let mut demo = Demo::default();
        loop {
            let request = Incoming {
                method: Method::Get,
                url: &url,
                headers: &[],
                body: &[],
            };
            let answer = demo.answer(&request);
            seen.push(answer.status);
            let Some(location) = answer.location else {
                break;
            };
            url = location;
        }
        assert_eq!((url.as_str(), seen), ("/", vec![302, 302, 302, 200]));
    }
}
