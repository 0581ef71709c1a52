use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::digits::exact;
use crate::rng::Rng;

/// A user with a few variables, at half past three.
pub(crate) struct TestScope {
    variables: BTreeMap<&'static str, Value>,
    rng: Rng,
    n_seq: u64,
    unix_time: Duration,
}

pub(crate) fn scope() -> TestScope {
    TestScope {
        variables: BTreeMap::from([
            ("accounts.email", json!("a+b@c.d")),
            ("big", exact::read("12345678901234567890123").unwrap()),
            ("host", json!("http://localhost:5000/a?b")),
            ("id", json!(7)),
            ("list", json!([1, {"b": 1.50, "a": null}])),
            ("no", json!(false)),
            ("quoted", json!("say \"hi\"\n\u{1}\\")),
            ("token", json!("å b")),
        ]),
        rng: Rng::new(42, 0),
        n_seq: 0,
        unix_time: Duration::from_millis(1_785_339_000_123),
    }
}

impl Scope for TestScope {
    fn variable(&self, name: &str) -> Option<Cow<'_, Value>> {
        self.variables.get(name).map(Cow::Borrowed)
    }

    fn rng(&mut self) -> &mut Rng {
        &mut self.rng
    }

    fn user(&self) -> u32 {
        3
    }

    fn next_seq(&mut self) -> u64 {
        self.n_seq += 1;
        self.n_seq - 1
    }

    fn unix_time(&self) -> Duration {
        self.unix_time
    }
}

pub(crate) fn template(source: &str) -> Template {
    source.parse().unwrap()
}

fn render(source: &str, encoding: Encoding) -> Result<String, String> {
    let mut out = String::new();
    let rendered = template(source).render(&mut scope(), encoding, &mut out);
    rendered.map(|()| out).map_err(|error| error.to_string())
}

mod compiling {
    use super::*;

    #[track_caller]
    fn check(source: &str, expected: &str) {
        let error = source.parse::<Template>().unwrap_err();
        assert_eq!(error.to_string(), expected);
    }

    #[test]
    fn what_is_wrong_with_a_placeholder_is_said() {
        for (source, expected) in [
            (
                "a{{}}",
                "column 2: expected a variable or a function between {{ and }}, found nothing",
            ),
            (
                "ä{{  }}",
                "column 2: expected a variable or a function between {{ and }}, found nothing",
            ),
            (
                "{{ 1a }}",
                "column 4: expected a variable or a function, found “1”",
            ),
            (
                "{{{ a }}}",
                "column 3: expected a variable or a function, found “{”",
            ),
            (
                "{{ a. }}",
                "column 6: expected a name after the dot, found “ ”",
            ),
            (
                "{{ größe }}",
                "column 6: expected }} or ( after the name, found “ö”",
            ),
            (
                "{{ a.\n }}",
                "column 6: expected a name after the dot, found “\\n”",
            ),
            (
                "{{ a b }}",
                "column 6: expected }} or ( after the name, found “b”",
            ),
            (
                "{{ a\n}",
                "column 6: expected }} or ( after the name, found “}”",
            ),
            (
                "{{ seq() | up }}",
                "column 10: expected }} after the function, found “|”",
            ),
            (
                "{{ choice(a b) }}",
                "column 13: expected , or ) after the argument, found “b”",
            ),
            (
                "{{ choice(a,) }}",
                "column 13: expected a number, a word or a quoted text, found “)”",
            ),
            (
                "{{ choice(a, }} }}",
                "column 14: expected a number, a word or a quoted text, found “}”",
            ),
            (
                r#"{{ choice("\x") }}"#,
                r#"column 13: expected one of n r t " ' \ after the backslash, found “x”"#,
            ),
        ] {
            check(source, expected);
        }
    }

    #[test]
    fn a_placeholder_without_an_end_is_shown_by_its_start() {
        for placeholder in [
            "{{",
            "{{ ",
            "{{ a",
            "{{ a.",
            "{{ seq(",
            "{{ seq()",
            "{{ choice(a",
            "{{ choice(a,",
            "{{ choice('}}",
            "{{ choice('a\\",
        ] {
            check(
                &format!("ä{{{{id}}}} {placeholder}"),
                "column 9: expected }} after this {{, found the end of the text",
            );
        }
    }

    #[test]
    fn what_is_wrong_with_a_call_is_said() {
        for (call, expected) in [
            ("choice()", "choice(x, y, …) with at least one value"),
            ("now(us)", "now(), now(ms) or now(s)"),
            ("now(ms, s)", "now(), now(ms) or now(s)"),
            (
                "randfloat(2, 1)",
                "randfloat(a, b) with two numbers, a not above b",
            ),
            (
                "randfloat('0', 1)",
                "randfloat(a, b) with two numbers, a not above b",
            ),
            (
                "randint(2, 1)",
                "randint(a, b) with two whole numbers, a not above b",
            ),
            (
                "randint(0, 1.5)",
                "randint(a, b) with two whole numbers, a not above b",
            ),
            (
                "randint(0, 9223372036854775808)",
                "randint(a, b) with two whole numbers, a not above b",
            ),
            (
                "randint(1)",
                "randint(a, b) with two whole numbers, a not above b",
            ),
            ("seq(1)", "seq() without arguments"),
            ("user(1)", "user() without arguments"),
            ("uuid(4)", "uuid() without arguments"),
        ] {
            check(
                &format!("a {{{{ {call} }}}}"),
                &format!("column 6: expected {expected}, found {call}"),
            );
        }
    }

    #[test]
    fn an_unknown_function_is_answered_with_those_there_are() {
        for name in ["rand", "accounts.email"] {
            check(
                &format!("{{{{ {name}() }}}}"),
                &format!(
                    "column 4: expected one of the functions choice, now, randfloat, randint, seq, \
                     user, uuid, found “{name}”"
                ),
            );
        }
    }

    #[test]
    fn a_megabyte_is_the_longest_text() {
        let longest = "a".repeat(Template::MAX_BYTES);
        assert_eq!(template(&longest).static_text(), Some(&*longest));
        check(
            &format!("{longest}a"),
            "column 1: expected at most 1048576 bytes, found 1048577",
        );
    }

    #[test]
    fn variables_are_listed_in_the_order_of_the_text() {
        let template = template(r"{{ b }}{{seq()}} {{a.c}} \{{ d }} {{b}}");
        assert_eq!(template.variables().collect::<Vec<_>>(), ["b", "a.c", "b"]);
    }

    #[test]
    fn a_template_without_placeholders_is_static() {
        for (source, expected) in [
            ("", Some("")),
            ("a {b} }}", Some("a {b} }}")),
            (r"\{{ a }}", Some("{{ a }}")),
            (r"\\{{", Some(r"\{{")),
            ("{{ a }}", None),
            ("a {{ seq() }}", None),
        ] {
            let template = template(source);
            assert_eq!(template.static_text(), expected);
            assert_eq!(template.is_static(), expected.is_some());
        }
    }
}

mod rendering {
    use super::*;

    #[track_caller]
    fn check(source: &str, expected: &str) {
        assert_eq!(render(source, Encoding::Plain).as_deref(), Ok(expected));
    }

    #[test]
    fn values_are_inserted_as_text() {
        check("/u/{{ id }}", "/u/7");
        check("{{token}}{{\n no\t}}", "å bfalse");
        check("{{accounts.email}}", "a+b@c.d");
        check("{{ list }}", r#"[1,{"b":1.5,"a":null}]"#);
        check(r#"{"a":{"b":{{ id }}}}"#, r#"{"a":{"b":7}}"#);
        check(r"\{{ id }} {{ id }} }} \{{{{ id }}", "{{ id }} 7 }} {{7");
    }

    #[test]
    fn functions_give_values() {
        check("{{ user() }} {{seq()}}{{ seq( ) }}", "3 01");
        check(
            "{{ now() }} {{ now(ms) }} {{ now('s') }}",
            "2026-07-29T15:30:00.123Z 1785339000123 1785339000",
        );
        check("{{ choice(a-b/c) }}", "a-b/c");
        check(
            "{{ choice(12345678901234567890123) }}",
            "12345678901234567890123",
        );
        check(r#"{{ choice( "}}, \"\\\n" ) }}"#, "}}, \"\\\n");
        check(r#"{{ choice('it\'s "x"') }}"#, "it's \"x\"");
        check("{{ randint(5, 5) }}", "5");
        check("{{ randfloat(0.1, 0.1) }}", "0.1");
    }

    /// A change of these is a change of every run that is repeated by its seed.
    #[test]
    fn random_values_are_the_same_on_every_target() {
        check("{{ uuid() }}", "eb42c256-0e9f-446d-ae81-03f16037fcd7");
        check(
            "{{ randint(-9223372036854775808, 9223372036854775807) }}",
            "7728953588264996805",
        );
        check("{{ randint(1, 1000) }} {{ randint(1, 1000) }}", "919 727");
        check("{{ randfloat(-1, 1) }}", "0.837974826831891");
        check("{{ choice(a, b, c) }}{{ choice(a, b, c) }}", "cc");
    }

    #[test]
    fn uuids_say_that_they_are_random() {
        let mut scope = scope();
        for _ in 0..100 {
            let uuid = template("{{ uuid() }}").value(&mut scope).unwrap();
            let uuid = uuid.as_str().unwrap().to_owned();
            let pattern = "^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$";
            assert!(regex_lite::Regex::new(pattern).unwrap().is_match(&uuid));
        }
    }

    #[test]
    fn a_time_beyond_all_calendars_is_the_last_one() {
        let mut scope = scope();
        scope.unix_time = Duration::MAX;
        let mut out = String::new();
        let template = template("{{ now() }} {{ now(ms) }}");
        template
            .render(&mut scope, Encoding::Plain, &mut out)
            .unwrap();
        assert_eq!(out, "9999-12-31T23:59:59.000Z 18446744073709551615");
    }

    #[test]
    fn in_urls_values_are_percent_encoded_but_at_the_very_start() {
        for (source, expected) in [
            ("/a b/{{ token }}", "/a b/%C3%A5%20b"),
            (
                "{{ host }}/{{ host }}",
                "http://localhost:5000/a?b/http%3A%2F%2Flocalhost%3A5000%2Fa%3Fb",
            ),
            ("/?q={{ accounts.email }}", "/?q=a%2Bb%40c.d"),
            ("/{{ choice(\"-_.!~*'()\") }}", "/-_.!~*'()"),
            (
                "/{{ list }}",
                "/%5B1%2C%7B%22b%22%3A1.5%2C%22a%22%3Anull%7D%5D",
            ),
        ] {
            assert_eq!(render(source, Encoding::Url).as_deref(), Ok(expected));
        }
    }

    #[test]
    fn an_unknown_variable_leaves_the_text_as_it_was() {
        let mut out = "before".to_owned();
        let error =
            template("/{{ id }}/{{ nope.x }}").render(&mut scope(), Encoding::Plain, &mut out);
        assert_eq!(error.unwrap_err().to_string(), "unknown variable “nope.x”");
        assert_eq!(out, "before");
    }

    #[test]
    fn a_value_keeps_its_type_if_it_stands_alone() {
        for (source, expected) in [
            ("{{ id }}", json!(7)),
            ("{{ list }}", json!([1, {"b": 1.5, "a": null}])),
            ("{{ choice(1.5) }}", json!(1.5)),
            ("{{ choice('1.5') }}", json!("1.5")),
            ("{{ choice(007) }}", json!("007")),
            ("{{ now(s) }}", json!(1_785_339_000)),
            ("{{ id }} ", json!("7 ")),
            ("7", json!("7")),
        ] {
            assert_eq!(template(source).value(&mut scope()), Ok(expected));
        }
        let error = template("{{ nope }}").value(&mut scope()).unwrap_err();
        assert_eq!(error.to_string(), "unknown variable “nope”");
    }
}

mod json_templates {
    use super::*;

    /// What is written, and that the value is what is written.
    #[track_caller]
    fn check(source: &str, expected: &str) {
        let source: Value = serde_json::from_str(source).unwrap();
        let template = JsonTemplate::new(source).unwrap();
        assert_eq!(template.render(&mut scope()).as_deref(), Ok(expected));
        let value: Value = serde_json::from_str(expected).unwrap();
        assert_eq!(*template.value(&mut scope()).unwrap(), value);
    }

    #[test]
    fn strings_are_templates() {
        check(
            r#"{ "z": "{{ id }}", "a": ["{{ token }}!", "{{list}}"] }"#,
            r#"{"z":7,"a":["å b!",[1,{"b":1.5,"a":null}]]}"#,
        );
        check(r#""{{ no }}""#, "false");
        check(
            r#"["{{ seq() }}", "{{ seq() }}", "n{{ seq() }}"]"#,
            r#"[0,1,"n2"]"#,
        );
        check(
            r#"{"a": "\"{{ quoted }}\"", "b": "{{ quoted }}"}"#,
            r#"{"a":"\"say \"hi\"\n\u0001\\\"","b":"say \"hi\"\n\u0001\\"}"#,
        );
    }

    #[test]
    fn all_else_stays_as_it_was_written() {
        for source in [
            "null",
            "[]",
            "{}",
            r#""""#,
            r#"{"b":1.0,"a":[-0.1,1e300,18446744073709551615,52.12345678901234],"{{ k }}\"":true}"#,
        ] {
            check(source, &source.replace("1e300", "1e+300"));
        }
        check(r#"["\\{{ id }}", "{{ id }}"]"#, r#"["{{ id }}",7]"#);
    }

    #[test]
    fn a_wrong_string_is_pointed_at() {
        for (source, expected) in [
            (
                json!({"a": {"x/y~z": [1, "{{ 1 }}"]}}),
                "/a/x~1y~0z/1: column 4: expected a variable or a function, found “1”",
            ),
            (
                json!(["{{ a }}", {"b": 1}, " {{"]),
                "/2: column 2: expected }} after this {{, found the end of the text",
            ),
            (
                json!("{{"),
                "column 1: expected }} after this {{, found the end of the text",
            ),
        ] {
            assert_eq!(JsonTemplate::new(source).unwrap_err().to_string(), expected);
        }
    }

    #[test]
    fn an_unknown_variable_is_named() {
        let template = JsonTemplate::new(json!({"a": ["{{ nope }}"]})).unwrap();
        let error = template.render(&mut scope()).unwrap_err();
        assert_eq!(error.to_string(), "unknown variable “nope”");
        assert_eq!(template.value(&mut scope()), Err(error));
    }

    #[test]
    fn variables_are_listed_in_the_order_of_the_source() {
        for (source, expected) in [
            (
                json!({"b": "{{ x }}", "a": ["{{ y.z }} {{ x }}", 1]}),
                vec!["x", "y.z", "x"],
            ),
            (json!({"{{ k }}": r"\{{ a }}"}), vec![]),
        ] {
            let template = JsonTemplate::new(source).unwrap();
            assert_eq!(template.is_static(), expected.is_empty());
            assert_eq!(template.variables().collect::<Vec<_>>(), expected);
        }
    }
}

mod laws {
    use super::*;

    /// Texts with more braces, quotes and commas than chance would give.
    fn sources() -> impl Strategy<Value = String> {
        let parts = proptest::sample::select(&PARTS[..]).prop_map(str::to_owned);
        let any = prop_oneof![4 => parts, 1 => any::<String>()];
        proptest::collection::vec(any, 0..12).prop_map(|parts| parts.concat())
    }

    const PARTS: [&str; 17] = [
        "{{", "}}", "\\", "(", ")", ",", ".", "\"", "'", " ", "a", "choice", "randint", "seq", "1",
        "-2.5", "ä",
    ];

    /// Undoes percent-encoding, by its definition.
    fn decoded(text: &str) -> String {
        let mut parts = text.split('%');
        let mut bytes = parts.next().unwrap_or_default().as_bytes().to_vec();
        for part in parts {
            bytes.push(u8::from_str_radix(&part[..2], 16).unwrap());
            bytes.extend_from_slice(&part.as_bytes()[2..]);
        }
        String::from_utf8(bytes).unwrap()
    }

    proptest! {
        #[test]
        fn any_text_is_a_template_or_refused(source in sources()) {
            match source.parse::<Template>() {
                Ok(template) => {
                    prop_assert_eq!(template.as_str(), &source);
                    prop_assert_eq!(template.to_string(), source);
                    // Fails on variables only.
                    let value = template.value(&mut scope());
                    prop_assert!(value.is_ok() || template.variables().next().is_some());
                }
                Err(error) => {
                    prop_assert!(error.column <= source.chars().count() + 1);
                    prop_assert_eq!(JsonTemplate::new(json!([source])).unwrap_err().error, error);
                }
            }
        }

        #[test]
        fn text_without_two_braces_in_a_row_is_written_as_it_is(text in "([^{]|\\{[^{])*") {
            prop_assert_eq!(render(&text, Encoding::Plain), Ok(text));
        }

        #[test]
        fn what_was_percent_encoded_can_be_decoded(text: String) {
            let mut scope = scope();
            scope.variables.insert("any", json!(text));
            let mut out = String::new();
            template("/{{ any }}").render(&mut scope, Encoding::Url, &mut out).unwrap();
            prop_assert!(out[1..].bytes().all(|it| it.is_ascii_graphic()));
            prop_assert_eq!(decoded(&out[1..]), text);
        }

        #[test]
        fn any_text_can_be_part_of_json(text: String) {
            let mut scope = scope();
            scope.variables.insert("any", json!(text));
            let template = JsonTemplate::new(json!({"a": "x{{ any }}", "b": "{{ any }}"})).unwrap();
            let written: Value = serde_json::from_str(&template.render(&mut scope).unwrap()).unwrap();
            prop_assert_eq!(written, json!({"a": format!("x{text}"), "b": text}));
        }

        #[test]
        fn random_numbers_are_within_their_bounds(a: i64, b: i64, seed: u64) {
            let (start, end) = (a.min(b), a.max(b));
            let mut scope = scope();
            scope.rng = Rng::new(seed, 0);
            let whole = template(&format!("{{{{ randint({start}, {end}) }}}}"));
            let whole = whole.value(&mut scope).unwrap().as_i64().unwrap();
            prop_assert!(start <= whole && whole <= end);
        }

        #[test]
        fn random_fractions_are_within_their_bounds(
            a in proptest::num::f64::NORMAL,
            b in proptest::num::f64::NORMAL,
            seed: u64,
        ) {
            let (start, end) = (a.min(b), a.max(b));
            let mut scope = scope();
            scope.rng = Rng::new(seed, 0);
            let number = template(&format!("{{{{ randfloat({start:e}, {end:e}) }}}}"));
            let number = number.value(&mut scope).unwrap().as_f64().unwrap();
            prop_assert!(start <= number && (number < end || start == end));
        }
    }
}
