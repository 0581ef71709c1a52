use serde_json::json;

use super::*;
use crate::http::transport::{Kept, Response};
use crate::template::tests::{scope, template};

const BODY: &str = r#"{"ok":true,"id":5,"user":{"name":"å b","tags":["x","y"]},"n":7}"#;

fn judge_body(check: &Check, body: &str) -> Result<(), CheckFailure> {
    let response = Response {
        status: 404,
        body_bytes: body.len() as u64,
        phases: None,
        kept: Some(Box::new(Kept {
            headers: [
                ("content-type", "text/html"),
                ("set-cookie", "a=1; Path=/"),
                ("set-cookie", "b=2"),
            ]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into(),
            body: body.into(),
            ..Kept::default()
        })),
    };
    let answer = Answer::new(&response);
    check.judge(&answer, Duration::from_millis(900), &mut scope())
}

/// What is said of a check that passes, and of one that does not.
#[track_caller]
fn check(check: Check, expected: Result<(), &str>) {
    let found = judge_body(&check, BODY).map_err(|failure| match failure {
        CheckFailure::Exception(error) => panic!("{error}"),
        CheckFailure::Failure(fault) => fault.to_string(),
    });
    assert_eq!(found, expected.map_err(str::to_owned));
}

fn status(value: Value) -> Check {
    Check::Status(value.try_into().unwrap())
}

fn contains(text: &str) -> Check {
    Check::Contains(template(text))
}

fn regex(pattern: &str) -> Check {
    Check::Regex(pattern.parse().unwrap())
}

fn exists(path: &str) -> Check {
    Check::Json {
        path: path.parse().unwrap(),
        equals: None,
    }
}

fn json_is(path: &str, value: Value) -> Check {
    Check::Json {
        path: path.parse().unwrap(),
        equals: Some(JsonTemplate::new(value).unwrap()),
    }
}

fn header(name: &str, value: Option<&str>) -> Check {
    Check::Header {
        name: name.to_owned(),
        equals: value.map(template),
    }
}

fn under(millis: u64) -> Check {
    Check::Under(Duration::from_millis(millis))
}

#[test]
fn statuses() {
    check(status(json!(404)), Ok(()));
    check(status(json!(["2xx", "4xx"])), Ok(()));
    check(status(json!("2xx")), Err("expected status 2xx, found 404"));
    check(
        status(json!([200, 201, "3xx"])),
        Err("expected status 200, 201 or 3xx, found 404"),
    );
}

#[test]
fn response_times() {
    check(under(900), Ok(()));
    check(under(800), Err("slower than 800ms; found 900ms"));
}

#[test]
fn texts_in_the_body() {
    check(contains(r#""ok":true"#), Ok(()));
    check(contains("{{ token }}"), Ok(()));
    check(contains("nope"), Err("no “nope” in the body"));
    check(
        contains("{{ accounts.email }}"),
        Err("no “{{ accounts.email }}” in the body"),
    );
}

#[test]
fn expressions_in_the_body() {
    check(regex(r#""id":\d"#), Ok(()));
    check(regex("^x"), Err("no match of /^x/ in the body"));
}

#[test]
fn json_in_the_body() {
    check(exists("$.id"), Ok(()));
    let nope = format!("no $.nope in the body; found {BODY}");
    check(exists("$.nope"), Err(&nope));
    check(json_is("$.id", json!(5)), Ok(()));
    check(json_is("$.id", json!(5.0)), Ok(()));
    check(
        json_is("$.id", json!("5")),
        Err("$.id is not \"5\"; found 5"),
    );
    check(json_is("$.id", json!(6)), Err("$.id is not 6; found 5"));
    check(json_is("$.nope", json!(6)), Err(&nope));
    check(json_is("$.n", json!("{{ id }}")), Ok(()));
    check(
        json_is("$.id", json!("{{ id }}")),
        Err("$.id is not \"{{ id }}\"; found 5"),
    );
    check(
        json_is("$.user", json!({"tags": ["x", "y"], "name": "{{ token }}"})),
        Ok(()),
    );
    check(
        json_is("$.user.tags", json!(["y", "x"])),
        Err("$.user.tags is not [\"y\",\"x\"]; found [\"x\",\"y\"]"),
    );
    check(
        json_is("$.user.tags[*]", json!("y")),
        Err("$.user.tags[*] is not \"y\"; found \"x\""),
    );
}

#[test]
fn a_body_that_is_not_json() {
    for (body, message, found) in [
        (
            "<html>",
            "the body is HTML or XML, and not JSON",
            Some("it starts with “<html>”"),
        ),
        ("", "the body is empty, and not JSON", None),
        (
            "{\"id\": NaN}",
            "the body is not JSON",
            Some("expected value at line 1, column 8, where it goes on with “NaN}”"),
        ),
    ] {
        let failure = judge_body(&exists("$.id"), body).unwrap_err();
        let expected = CheckFailure::Failure(Fault {
            message: message.into(),
            found: found.map(str::to_owned),
        });
        assert_eq!(failure, expected);
    }
}

#[test]
fn headers() {
    check(header("content-type", None), Ok(()));
    check(header("content-type", Some("text/html")), Ok(()));
    check(
        header("content-type", Some("application/json")),
        Err("header content-type is not “application/json”; found “text/html”"),
    );
    check(
        header("content-type", Some("{{ id }}")),
        Err("header content-type is not “{{ id }}”; found “text/html”"),
    );
    check(header("x-request-id", None), Err("no header x-request-id"));
}

#[test]
fn any_line_of_a_cookie_will_do() {
    check(header("set-cookie", Some("a=1; Path=/")), Ok(()));
    check(header("set-cookie", Some("b=2")), Ok(()));
    check(
        header("set-cookie", Some("a=1; Path=/, b=2")),
        Err("header set-cookie is not “a=1; Path=/, b=2”; found “a=1; Path=/”"),
    );
}

#[test]
fn what_differs_from_answer_to_answer_makes_no_groups() {
    let messages = ["{\"id\":1}", "{\"id\":2}", "{\"id\":\"x\"}"].map(|body| {
        match judge_body(&json_is("$.id", json!(0)), body).unwrap_err() {
            CheckFailure::Failure(fault) => (*fault.message).to_owned(),
            CheckFailure::Exception(error) => panic!("{error}"),
        }
    });
    assert_eq!(messages, ["$.id is not 0"; 3]);
}

/// What is said of a check of a body, of which there may be more than was kept.
#[track_caller]
fn check_start(check: &Check, body: &[u8], body_bytes: u64, expected: &str) {
    let kept = Kept {
        body: body.to_vec(),
        ..Kept::default()
    };
    let response = Response {
        status: 200,
        body_bytes,
        phases: None,
        kept: Some(Box::new(kept)),
    };
    let judged = check.judge(&Answer::new(&response), Duration::ZERO, &mut scope());
    assert_eq!(judged.unwrap_err().to_string(), expected);
}

#[test]
fn what_was_not_looked_at_is_not_missing() {
    let beyond = "in the first 1 MiB of the body, and no more of it is looked at";
    check_start(&contains("x"), b"a", 2, &format!("no “x” {beyond}"));
    check_start(&regex("x"), b"a", 2, &format!("no match of /x/ {beyond}"));
}

#[test]
fn bytes_that_are_no_text_are_told_with_their_place() {
    let expected = "the body is not text in UTF-8, and its content type names no charset; \
                    found the byte 0xFC at place 3";
    for check in [contains("ü"), regex("ü"), exists("$")] {
        check_start(&check, b"Gr\xfc\xdfe", 5, expected);
    }
}

#[test]
fn long_texts_are_cut_in_messages() {
    check(
        contains(&"é".repeat(100)),
        Err(&format!("no “{}…” in the body", "é".repeat(80))),
    );
}

#[test]
fn an_unknown_variable_is_an_exception() {
    for check in [
        contains("{{ nope }}"),
        header("content-type", Some("{{ nope }}")),
        json_is("$.id", json!("{{ nope }}")),
        json_is("$.id", json!(["{{ nope }}"])),
    ] {
        let name = "nope".to_owned();
        let expected = CheckFailure::Exception(UnknownVariable { name });
        assert_eq!(expected.to_string(), "unknown variable “nope”");
        assert_eq!(judge_body(&check, BODY), Err(expected));
    }
}

#[test]
fn numbers_are_the_same_if_they_mean_the_same() {
    for (left, right, expected) in [
        (json!(5), json!(5.0), true),
        (json!([{"a": 0}]), json!([{"a": -0.0}]), true),
        (json!({"a": 1, "b": 2}), json!({"b": 2, "a": 1}), true),
        (json!(u64::MAX), json!(u64::MAX - 1), false),
        (
            json!(9007199254740993_u64),
            json!(9007199254740992.0),
            false,
        ),
        (json!(-1), json!(u64::MAX), false),
        (json!([1]), json!([1, 2]), false),
        (json!({"a": 1}), json!({"b": 1}), false),
        (json!(0), json!(false), false),
    ] {
        assert_eq!(is_same(&left, &right), expected, "{left} {right}");
        assert_eq!(is_same(&right, &left), expected, "{right} {left}");
    }
}

#[test]
fn numbers_are_compared_to_the_last_digit() {
    for (number, equals, passes) in [
        ("1.00", json!(1), true),
        ("1e1", json!(10), true),
        ("12345678901234567890123", json!("{{ big }}"), true),
        ("12345678901234567890124", json!("{{ big }}"), false),
        ("1.2345678901234567890123e22", json!("{{ big }}"), true),
        (
            "12345678901234567890123",
            json!(1.234_567_890_123_456_8e22),
            false,
        ),
        (
            "0.1234567890123456789",
            json!(0.123_456_789_012_345_68),
            false,
        ),
        ("1e400", json!({"a": 1}), false),
    ] {
        let check = json_is("$.id", equals);
        let body = format!("{{\"a\":[0.5],\"id\":{number}}}");
        let found = judge_body(&check, &body);
        assert_eq!(found.is_ok(), passes, "{check} {body}: {found:?}");
    }
    let failure = judge_body(&json_is("$.id", json!(1)), r#"{"id":1e400}"#).unwrap_err();
    assert_eq!(failure.to_string(), "$.id is not 1; found 1e400");
    let failure = judge_body(&exists("$.no"), r#"{"id":1e400}"#).unwrap_err();
    assert_eq!(
        failure.to_string(),
        "no $.no in the body; found {\"id\":1e400}"
    );
}

#[test]
fn checks_say_what_they_ask_for_and_what_they_need() {
    for (check, text, keep) in [
        (contains("{{ id }}"), "body contains “{{ id }}”", Keep::Body),
        (header("etag", None), "header etag", Keep::Start),
        (header("etag", Some("7")), "header etag is “7”", Keep::Start),
        (exists("$.id"), "$.id exists", Keep::Body),
        (json_is("$.id", json!("x")), "$.id is \"x\"", Keep::Body),
        (regex(r"\d"), r"body matches /\d/", Keep::Body),
        (status(json!("2xx")), "status 2xx", Keep::Start),
        (under(1500), "under 1.5s", Keep::Start),
    ] {
        assert_eq!(check.to_string(), text);
        assert_eq!(check.needs(), keep);
    }
}
