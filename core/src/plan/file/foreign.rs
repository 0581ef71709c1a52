//! Files of other tools, which people take for plans. They are looked at only where a text is no plan, so
//! a guess can do no harm.

/// Whether a text is JSON, whatever its file is called: no TOML starts with a brace.
pub fn is_json(text: &str) -> bool {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    text.trim_start().starts_with('{')
}

/// What a text is that is no plan, with its article; `None` if it may well have been meant as one.
pub(super) fn kind(text: &str) -> Option<&'static str> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text).trim_start();
    let start = &text[..text.floor_char_boundary(MAX_BYTES)];
    let has_all = |marks: &[&str]| marks.iter().all(|it| start.contains(it));
    if is_json(start) {
        let mut marks = JSON.iter();
        return marks.find(|it| has_all(it.0)).map(|it| it.1);
    }
    if let Some(rest) = start.strip_prefix('[') {
        return rest
            .trim_start()
            .starts_with('{')
            .then_some("a list in JSON");
    }
    if start.starts_with('<') {
        let mut marks = MARKUP.iter();
        return marks.find(|it| has_all(it.0)).map(|it| it.1);
    }
    let mut marks = CODE.iter();
    let code = marks.find(|it| has_all(it.0)).map(|it| it.1);
    code.or_else(|| yaml(start))
}

/// YAML of a known tool, or any: its lines have colons where those of TOML have equals signs.
fn yaml(start: &str) -> Option<&'static str> {
    let lines = start.lines().map(str::trim_end);
    let lines: Vec<&str> = lines
        .filter(|it| !it.is_empty() && !it.starts_with('#'))
        .collect();
    let has_key = |key: &str| lines.iter().any(|it| it.starts_with(key));
    let first = lines.first()?;
    let is_entry = |it: &str| {
        let key = it
            .split_once(':')
            .filter(|it| it.1.is_empty() || it.1.starts_with(' '));
        key.is_some_and(|(key, _)| !key.contains(['=', '"', '[']))
    };
    if *first != "---" && !is_entry(first) || lines.iter().any(|it| it.starts_with('[')) {
        return None;
    }
    if has_key("openapi:") || has_key("swagger:") {
        return Some("an OpenAPI description");
    }
    if has_key("scenarios:") && has_key("config:") {
        return Some("an Artillery script");
    }
    Some("a file in YAML")
}

/// What is seen of a file: some have long descriptions before what gives them away.
const MAX_BYTES: usize = 1 << 16;

const JSON: [(&[&str], &str); 7] = [
    (
        &["\"log\"", "\"creator\""],
        "a HAR file, the recording of a browser",
    ),
    (
        &["\"log\"", "\"entries\""],
        "a HAR file, the recording of a browser",
    ),
    (&["schema.getpostman.com"], "a Postman collection"),
    (&["\"__export_format\""], "an Insomnia export"),
    (&["\"openapi\""], "an OpenAPI description"),
    (&["\"swagger\""], "an OpenAPI description"),
    (&["\"scenarios\"", "\"config\""], "an Artillery script"),
];

const MARKUP: [(&[&str], &str); 3] = [
    (&["<jmeterTestPlan"], "a JMeter test plan"),
    (&["<?xml"], "a file in XML"),
    (&["<"], "a page of HTML"),
];

const CODE: [(&[&str], &str); 8] = [
    (&["import", "locust"], "a locustfile"),
    (&["import", "k6/http"], "a k6 script"),
    (&["import", "from 'k6'"], "a k6 script"),
    (&["import", "from \"k6\""], "a k6 script"),
    (&["import", "io.gatling"], "a Gatling simulation"),
    (&["\nimport ", "\ndef "], "a Python file"),
    (&["export default function"], "a JavaScript file"),
    (&["curl ", "http"], "a curl command"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Plan;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        for errors in [Plan::from_text(text), Plan::from_toml(text)] {
            let errors = errors.unwrap_err();
            let message = format!(
                "expected a plan, found {expected}, which Mayfly does not read; write what it does as \
                 a plan in TOML or JSON, or fill in the form of the page"
            );
            assert_eq!(errors.to_string(), message);
        }
    }

    #[test]
    fn files_of_other_tools_are_named() {
        let har = r#"{"log": {"version": "1.2", "creator": {"name": "Firefox"}, "entries": []}}"#;
        check(har, "a HAR file, the recording of a browser");
        let postman = r#"{"info": {"schema": "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"}, "item": []}"#;
        check(postman, "a Postman collection");
        check(
            r#"{"openapi": "3.1.0", "paths": {}}"#,
            "an OpenAPI description",
        );
        check(
            "openapi: 3.1.0\ninfo:\n  title: A\n",
            "an OpenAPI description",
        );
        check(
            "---\nconfig:\n  target: x\nscenarios:\n  - flow: []\n",
            "an Artillery script",
        );
        check("name: a\non: push\n", "a file in YAML");
        let jmx = "<?xml version=\"1.0\"?>\n<jmeterTestPlan version=\"1.2\"/>";
        check(jmx, "a JMeter test plan");
        check("<!DOCTYPE html>\n<p>", "a page of HTML");
        check("from locust import HttpUser\n", "a locustfile");
        check("import http from 'k6/http';\n", "a k6 script");
        check("curl 'http://a.test/' -H 'a: b'\n", "a curl command");
        check("[{\"get\": \"/\"}]", "a list in JSON");
    }

    #[test]
    fn a_plan_with_mistakes_is_a_plan() {
        for text in [
            "version = 1\n[load]\nusers = 0\nspawn_rate = 1\n",
            "version = 1\nhost: \"x\"\n",
            "{\"version\": 1, \"load\": {}}",
            "# note: a\n[load]\nusers = 1\n",
            "",
        ] {
            assert_eq!(kind(text), None, "{text}");
        }
    }

    #[test]
    fn the_content_says_which_notation_it_is() {
        assert!(is_json("\u{feff} \n{\"version\": 1}"));
        assert!(!is_json("version = 1"));
        assert!(!is_json("[load]\nusers = 1"));
    }
}
