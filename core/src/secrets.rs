//! What of a plan and of a run is nobody else's business: values that look like credentials.
//!
//! They are known by the name of their header, field, column or parameter, and by values that speak
//! for themselves: one with its scheme, and JSON Web Tokens. Links are without them, and so are reports
//! as pages unless a person wants them whole. What is saved to be used again is whole.

use std::borrow::Cow;

use serde_json::{Map, Value};

/// Leaves out of `keys` all values that look like credentials, and returns the places where they
/// were, as errors name them.
///
/// Headers are left out as a whole; values in bodies, data, extracts, checks and URLs become empty.
/// What a placeholder such as `{{token}}` stands for is not in the plan, so it stays, and so does the text
/// of a locustfile.
pub fn remove(keys: &mut Map<String, Value>) -> Vec<String> {
    let mut found = Vec::new();
    remove_from_table(keys, "", "", &mut found);
    found
}

/// A URL, as it was sent or as a plan has it, without the values of parameters that look like credentials:
/// `/items?token=…&page=2`.
pub fn masked_url(url: &str) -> Cow<'_, str> {
    if !url.contains('?') {
        // Most of them.
        return Cow::Borrowed(url);
    }
    let (sent, fragment) = url.split_at(url.find('#').unwrap_or(url.len()));
    match replaced_in_query(sent, MASK) {
        Some(masked) => Cow::Owned(masked + fragment),
        None => Cow::Borrowed(url),
    }
}

/// The value of a header, or what is in its place if it looks like a credential.
pub fn masked_header<'a>(name: &str, value: &'a str) -> &'a str {
    let is_named = names_secret(name) && holds_secret(value);
    if is_named || looks_like_secret(value) {
        return MASK;
    }
    value
}

/// A body without values that look like credentials: JSON, or the fields of a form. JSON that was cut
/// off in the middle is no JSON, so nothing is left of it where it names a credential.
pub fn masked_body(body: &str) -> Cow<'_, str> {
    if let Some(without) = without_body_secrets(body, MASK) {
        return Cow::Owned(without);
    }
    let is_json = serde_json::from_str::<serde::de::IgnoredAny>(body).is_ok();
    let mut words = body.split(|it: char| !it.is_ascii_alphanumeric() && !"_-.".contains(it));
    let is_open = body.trim_start().starts_with(['{', '[']) && !is_json;
    if is_open && words.any(|it| names_secret(it) || looks_like_secret(it)) {
        return Cow::Borrowed(MASK);
    }
    Cow::Borrowed(body)
}

/// `name` is what the table itself is called.
fn remove_from_table(
    table: &mut Map<String, Value>,
    name: &str,
    path: &str,
    found: &mut Vec<String>,
) {
    let is_check = table
        .get("header")
        .and_then(Value::as_str)
        .is_some_and(names_secret);
    table.retain(|key, value| {
        if path == "locustfile" && !key.starts_with("options") {
            // A program without some of it is none.
            return true;
        }
        let path = match path {
            "" => key.clone(),
            _ => format!("{path}.{key}"),
        };
        let is_named = names_secret(key)
            || value.as_str().is_some_and(looks_like_secret)
            || (is_check && key == "equals")
            || (names_secret(name) && key == "default");
        if is_named && is_secret(value) {
            found.push(path);
            *value = "".into();
            return name != "headers";
        }
        remove_from(value, key, &path, found);
        true
    });
}

fn remove_from(value: &mut Value, name: &str, path: &str, found: &mut Vec<String>) {
    match value {
        Value::Array(items) => {
            remove_from_pair(items, path, found);
            for (index, item) in items.iter_mut().enumerate() {
                remove_from(item, "", &format!("{path}[{index}]"), found);
            }
        }
        Value::Object(table) => remove_from_table(table, name, path, found),
        Value::String(text) if looks_like_secret(text) => {
            text.clear();
            found.push(path.to_owned());
        }
        Value::String(text) => {
            let without = match name {
                "body" => without_body_secrets(text, ""),
                _ => replaced_in_query(text, ""),
            };
            if let Some(without) = without {
                *text = without;
                found.push(path.to_owned());
            }
        }
        _ => {}
    }
}

/// Headers and fields may also be pairs: `["Authorization", "Basic …"]`.
fn remove_from_pair(items: &mut [Value], path: &str, found: &mut Vec<String>) {
    if let [Value::String(name), value] = items
        && (names_secret(name) || value.as_str().is_some_and(looks_like_secret))
        && is_secret(value)
    {
        *value = "".into();
        found.push(path.to_owned());
    }
}

/// The URL with `other` in the place of parameters that look like credentials; `None` if it has none.
fn replaced_in_query(url: &str, other: &str) -> Option<String> {
    let (path, query) = url.split_once('?')?;
    // A threshold goes on after the name of its row.
    let (query, rest) = query.split_at(query.find(": ").unwrap_or(query.len()));
    let query = replaced_in_fields(query, other)?;
    Some(format!("{path}?{query}{rest}"))
}

/// As [`replaced_in_query`], for a body that is JSON or the fields of a form. In JSON nothing is in their
/// place.
fn without_body_secrets(body: &str, other: &str) -> Option<String> {
    let Ok(mut json) = serde_json::from_str::<Value>(body) else {
        return replaced_in_fields(body, other);
    };
    let mut found = Vec::new();
    remove_from(&mut json, "", "", &mut found);
    (!found.is_empty()).then(|| json.to_string())
}

fn replaced_in_fields(fields: &str, other: &str) -> Option<String> {
    let mut is_changed = false;
    let fields = fields.split('&').map(|field| {
        let secret = field.split_once('=').filter(|(name, value)| {
            (names_secret(name) && holds_secret(value)) || looks_like_secret(value)
        });
        is_changed |= secret.is_some();
        secret.map_or_else(|| field.to_owned(), |(name, _)| format!("{name}={other}"))
    });
    let fields = Vec::from_iter(fields).join("&");
    is_changed.then_some(fields)
}

/// Whether a value of this name is likely to be a credential.
fn names_secret(name: &str) -> bool {
    let name: String = name
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|it| it.to_ascii_lowercase())
        .collect();
    PARTS.iter().any(|part| name.contains(part)) || WHOLE.contains(&name.as_str())
}

/// Whether a value is likely to be a credential, whatever it is called: one with its scheme, or a JSON
/// Web Token.
fn looks_like_secret(text: &str) -> bool {
    let (scheme, rest) = text.trim().split_once(' ').unwrap_or_default();
    let has_scheme = ["basic", "bearer"].contains(&scheme.to_ascii_lowercase().as_str());
    let is_token = text.contains("eyJ") && text.matches('.').count() >= 2;
    (has_scheme && !rest.trim().contains(' ') && holds_secret(rest)) || is_token
}

/// Whether a value of a suspicious name is one that nobody else should have.
fn is_secret(value: &Value) -> bool {
    match value {
        Value::Number(_) => true,
        Value::String(text) => holds_secret(text),
        _ => false,
    }
}

/// Whether anything is left of `text` without its placeholders and the name of a scheme. The
/// arguments of `{{choice(…)}}` are values, and not what stands for one.
fn holds_secret(text: &str) -> bool {
    let mut rest = String::new();
    let mut parts = text.split("{{");
    rest.push_str(parts.next().unwrap_or_default());
    for part in parts {
        let (placeholder, after) = part.split_once("}}").unwrap_or((part, ""));
        if placeholder.trim_start().starts_with("choice") {
            return true;
        }
        rest.push_str(after);
    }
    let rest = rest.trim();
    !rest.is_empty() && rest != MASK && !SCHEMES.contains(&rest.to_ascii_lowercase().as_str())
}

const PARTS: [&str; 12] = [
    "apikey",
    "authoriz",
    "cookie",
    "credential",
    "csrf",
    "jwt",
    "passw",
    "privatekey",
    "secret",
    "session",
    "signature",
    "token",
];

const WHOLE: [&str; 9] = [
    "accesskey",
    "auth",
    "key",
    "otp",
    "pass",
    "pin",
    "pwd",
    "sig",
    "xauth",
];

/// What is shown in the place of a value.
const MASK: &str = "…";

const SCHEMES: [&str; 5] = ["basic", "bearer", "digest", "negotiate", "token"];

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(plan: Value, expected: Value, places: &[&str]) {
        let Value::Object(mut keys) = plan else {
            panic!("a plan is a table");
        };
        assert_eq!(remove(&mut keys), places);
        assert_eq!(Value::Object(keys), expected);
    }

    #[test]
    fn headers_with_credentials_are_left_out() {
        check(
            json!({ "request": { "headers": { "X-API-Key": "a1", "Accept": "text/html" } } }),
            json!({ "request": { "headers": { "Accept": "text/html" } } }),
            &["request.headers.X-API-Key"],
        );
        check(
            json!({ "headers": [["Authorization", "Basic YTpi"], ["Accept", "*/*"]] }),
            json!({ "headers": [["Authorization", ""], ["Accept", "*/*"]] }),
            &["headers[0]"],
        );
    }

    #[test]
    fn placeholders_stay() {
        let plan =
            json!({ "headers": { "Authorization": "Bearer {{token}}", "Cookie": "{{it}}" } });
        check(plan.clone(), plan, &[]);
        check(
            json!({ "headers": { "Cookie": "a=b; c={{it}}" } }),
            json!({ "headers": {} }),
            &["headers.Cookie"],
        );
    }

    #[test]
    fn bodies_data_and_urls_keep_their_shape() {
        check(
            json!({
                "user_class": [{ "on_start": [{
                    "post": "/login?api_key=k1&page=2",
                    "json": { "email": "a@b.test", "password": "p" },
                }] }],
                "data": { "accounts": { "rows": [{ "email": "a@b.test", "pin": "1" }] } },
            }),
            json!({
                "user_class": [{ "on_start": [{
                    "post": "/login?api_key=&page=2",
                    "json": { "email": "a@b.test", "password": "" },
                }] }],
                "data": { "accounts": { "rows": [{ "email": "a@b.test", "pin": "" }] } },
            }),
            &[
                "user_class[0].on_start[0].post",
                "user_class[0].on_start[0].json.password",
                "data.accounts.rows[0].pin",
            ],
        );
    }

    #[test]
    fn values_that_stand_elsewhere_are_found_too() {
        let task = |task: Value| json!({ "task": [task] });
        check(
            task(
                json!({ "json": { "pin": 1234, "page": 2 }, "extract": { "token": { "json": "$.t", "default": "t0" } } }),
            ),
            task(
                json!({ "json": { "pin": "", "page": 2 }, "extract": { "token": { "json": "$.t", "default": "" } } }),
            ),
            &["task[0].json.pin", "task[0].extract.token.default"],
        );
        check(
            task(
                json!({ "check": [{ "header": "Set-Cookie", "equals": "id=1" }, { "header": "etag", "equals": "2" }] }),
            ),
            task(
                json!({ "check": [{ "header": "Set-Cookie", "equals": "" }, { "header": "etag", "equals": "2" }] }),
            ),
            &["task[0].check[0].equals"],
        );
        check(
            json!({ "headers": { "X-Api-Key": "{{choice(k1, k2)}}", "X-Token": "{{uuid()}}" } }),
            json!({ "headers": { "X-Token": "{{uuid()}}" } }),
            &["headers.X-Api-Key"],
        );
        check(
            json!({ "headers": { "X-Up": "Bearer abc", "X-Id": "eyJhbGciOiJ.eyJzdWIi.c2ln", "Via": "Bearer {{t}}" } }),
            json!({ "headers": { "Via": "Bearer {{t}}" } }),
            &["headers.X-Up", "headers.X-Id"],
        );
        check(
            json!({ "headers": [["X-Up", "Bearer abc"]], "json": ["Bearer abc", "it"] }),
            json!({ "headers": [["X-Up", ""]], "json": ["", "it"] }),
            &["headers[0]", "json[0]"],
        );
        let text = json!({ "json": { "news": "Bearer of good news" } });
        check(text.clone(), text, &[]);
    }

    #[test]
    fn bodies_that_are_texts_are_read() {
        for (body, expected) in [
            ("user=a&password=p&page=2", "user=a&password=&page=2"),
            (r#"{"a":[{"password":"p"}]}"#, r#"{"a":[{"password":""}]}"#),
        ] {
            check(
                json!({ "body": body }),
                json!({ "body": expected }),
                &["body"],
            );
        }
        let plan = json!({ "body": "the password = {{it}}" });
        check(plan.clone(), plan, &[]);
    }

    #[test]
    fn urls_show_which_credential_they_had() {
        for (url, expected) in [
            ("/a?token=t1", "/a?token=…"),
            (
                "https://a.test/b?page=2&api_key=k1&x=",
                "https://a.test/b?page=2&api_key=…&x=",
            ),
            ("/a?Access_Token=t1#part", "/a?Access_Token=…#part"),
            ("/a?token={{token}}&sig=s1", "/a?token={{token}}&sig=…"),
            ("/a?t=eyJh.eyJz.c2ln", "/a?t=…"),
            ("/a?page=2", "/a?page=2"),
            ("/token", "/token"),
            ("/a?token", "/a?token"),
            ("/a?token=…", "/a?token=…"),
            ("GET /a?token=t1: p95 < 1s", "GET /a?token=…: p95 < 1s"),
        ] {
            assert_eq!(masked_url(url), expected, "{url}");
            assert_eq!(masked_url(expected), expected, "it is masked once");
        }
    }

    #[test]
    fn answers_are_masked_as_plans_are() {
        for (name, value, expected) in [
            ("authorization", "Bearer abc", "…"),
            ("x-session-id", "7f", "…"),
            ("x-up", "Bearer abc", "…"),
            ("content-type", "text/html", "text/html"),
            ("set-cookie", "(hidden)", "…"),
        ] {
            assert_eq!(masked_header(name, value), expected, "{name}");
        }
        for (body, expected) in [
            (r#"{"token":"t1","page":2}"#, r#"{"token":"","page":2}"#),
            (r#"{"page":2,"token":"t1","it":["#, "…"),
            (r#"{"page":2,"it":["#, r#"{"page":2,"it":["#),
            ("user=a&password=p", "user=a&password=…"),
            ("<p>Your token is wrong</p>", "<p>Your token is wrong</p>"),
        ] {
            assert_eq!(masked_body(body), expected, "{body}");
        }
    }

    #[test]
    fn a_locustfile_stays_whole_but_for_its_options() {
        let text = "x = 'eyJ.a.b'\nself.client.get('/a?b=1&token=t')\n";
        check(
            json!({ "locustfile": { "name": "a.py", "text": text, "options": { "password": "p", "env": "x" } } }),
            json!({ "locustfile": { "name": "a.py", "text": text, "options": { "password": "", "env": "x" } } }),
            &["locustfile.options.password"],
        );
    }

    #[test]
    fn what_only_names_a_place_stays() {
        let plan = json!({
            "extract": { "token": { "json": "$.token" } },
            "check": [{ "contains": "token" }],
            "load": { "seed": 7 },
        });
        check(plan.clone(), plan, &[]);
    }
}
