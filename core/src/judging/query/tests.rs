use proptest::prelude::*;
use serde_json::json;

use super::*;

#[track_caller]
fn check_capture(pattern: &str, text: &str, expected: Option<&str>) {
    let pattern: Pattern = pattern.parse().unwrap();
    assert_eq!(pattern.capture(text), expected);
}

#[test]
fn the_first_group_is_captured_or_else_the_whole_match() {
    check_capture(r"id=(\d+)", "a id=42 id=43", Some("42"));
    check_capture(r"id=\d+", "a id=42", Some("id=42"));
    check_capture(r"id=(?:\d+)", "a id=42", Some("id=42"));
    check_capture(r"id=(\d+)", "id=x", None);
    check_capture("a(b)?", "a", None);
}

#[test]
fn what_is_wrong_with_a_pattern_is_said() {
    for (text, problem) in [
        ("(", "found open group without closing ')'"),
        ("[z-a]", "invalid range in character class"),
        (
            "*",
            "uncounted repetition operator must be applied to a sub-expression",
        ),
        (
            "((a{1000}){1000}){1000}",
            "compiled regex exceeded size limit",
        ),
        (r"(a)\1", "backreferences are not supported"),
        (
            r"\p{L}+",
            "Unicode character classes are not supported; name the letters, as in [a-zA-Zäöü], or \
             what ends them, as in [^<]+",
        ),
    ] {
        let error = text.parse::<Pattern>().unwrap_err();
        let expected = format!("expected a regular expression, found “{text}”: {problem}");
        assert_eq!(error.to_string(), expected);
    }
    let error = "a".repeat(5000).parse::<Pattern>().unwrap_err();
    assert_eq!(error.problem, "it is longer than 4096 bytes");
    assert_eq!(error.found, format!("{}…", "a".repeat(80)));
}

#[track_caller]
fn check_first(path: &str, expected: Option<Value>) {
    let body = json!({"a": [{"b": 1}, {"b": 2}], "c d": {"b": null}});
    let path: JsonPath = path.parse().unwrap();
    assert_eq!(path.first(&body), expected.as_ref());
}

#[test]
fn a_path_finds_the_first_of_its_places() {
    check_first("$.a[1].b", Some(json!(2)));
    check_first("$.a[-1].b", Some(json!(2)));
    check_first("$.a[*].b", Some(json!(1)));
    check_first("$..b", Some(json!(1)));
    check_first("$.a[?@.b > 1].b", Some(json!(2)));
    check_first("$.a[?length(@) == 1].b", Some(json!(1)));
    check_first("$['c d'].b", Some(json!(null)));
    check_first("$.x", None);
    check_first(r#"$["\u0063 d"].b"#, Some(json!(null)));
}

#[test]
fn what_is_wrong_with_a_path_is_said() {
    for (text, problem) in [
        ("", "it must start with $"),
        ("id", "it must start with $"),
        (
            "$.",
            "in dot member name, must start with lowercase alpha or '_' at column 3",
        ),
        ("$.a[", "it makes no sense from column 4 on"),
        (r#"$["\u"#, r"it ends within \u"),
        (r#"$["\ud"#, r"it ends within \u"),
        (r#"$["\ud83d\uD"#, r"it ends within \u"),
        (r#"$["\u00"#, "it makes no sense from column 4 on"),
        (
            "$.é-b",
            "it makes no sense from column 4 on; write $['é-b']",
        ),
        (
            "$.my-key",
            "it makes no sense from column 5 on; write $['my-key']",
        ),
        (
            "$.a[0].b c..x-y.d",
            "it makes no sense from column 9 on; write $.a[0]['b c']..['x-y'].d",
        ),
        (
            "$.items.0.id",
            "in dot member name, must start with lowercase alpha or '_' at column 9; \
             write $.items[0].id",
        ),
        ("$.it's-me", "it makes no sense from column 5 on"),
        (
            "$[?match(@.a, 'x')]",
            "in long-hand segment, function name 'match' is not defined at column 4",
        ),
        (
            "$[?(((((((((@.a)))))))))]",
            "its brackets are nested more than 8 deep",
        ),
    ] {
        let error = text.parse::<JsonPath>().unwrap_err();
        let expected = format!("expected a JSONPath such as $.id, found “{text}”: {problem}");
        assert_eq!(error.to_string(), expected);
    }
    let error = format!("${}", ".a".repeat(600)).parse::<JsonPath>();
    assert_eq!(error.unwrap_err().problem, "it is longer than 1024 bytes");
}

proptest! {
    #[test]
    fn any_text_is_a_pattern_or_refused(text in r"[\]a(){}0-9|*+?\\\[]{0,40}|.*") {
        if let Ok(pattern) = text.parse::<Pattern>() {
            prop_assert_eq!(pattern.as_str(), text);
            pattern.capture("ab(0)");
        }
    }

    #[test]
    fn any_text_is_a_path_or_refused(text in r#"\$([\]\[a(){}0-9|*+?@.,:'"<=>!& \-]{0,60}|.*)"#) {
        if let Ok(path) = text.parse::<JsonPath>() {
            prop_assert_eq!(path.as_str(), text);
            path.first(&json!({"a": [0, {"a": 1}]}));
        }
    }
}
