//! What of a plan is nobody else's business: values that look like credentials.
//!
//! They are known by the name of their header, field, column or parameter, and by values that speak
//! for themselves: one with its scheme, and JSON Web Tokens. Links are without them. What stays in
//! this browser is whole, or the plan would not run again.

use serde_json::{Map, Value};

/// Leaves out of `keys` all values that look like credentials, and returns the places where they
/// were, as errors name them.
///
/// Headers are left out as a whole; values in bodies, data, extracts, checks and URLs become empty.
/// What a placeholder such as `{{token}}` stands for is not in the plan, so it stays.
pub(crate) fn remove(keys: &mut Map<String, Value>) -> Vec<String> {
    let mut found = Vec::new();
    remove_from_table(keys, "", "", &mut found);
    found
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
                "body" => without_body_secrets(text),
                _ => without_query_secrets(text),
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

/// The URL without the values of parameters that look like credentials; `None` if it has none.
fn without_query_secrets(url: &str) -> Option<String> {
    let (path, query) = url.split_once('?')?;
    Some(format!("{path}?{}", without_field_secrets(query)?))
}

/// As [`without_query_secrets`], for a body that is JSON or the fields of a form.
fn without_body_secrets(body: &str) -> Option<String> {
    let Ok(mut json) = serde_json::from_str::<Value>(body) else {
        return without_field_secrets(body);
    };
    let mut found = Vec::new();
    remove_from(&mut json, "", "", &mut found);
    (!found.is_empty()).then(|| json.to_string())
}

fn without_field_secrets(fields: &str) -> Option<String> {
    let mut is_changed = false;
    let fields = fields.split('&').map(|field| {
        let secret = field
            .split_once('=')
            .filter(|(name, value)| names_secret(name) && holds_secret(value));
        is_changed |= secret.is_some();
        secret.map_or_else(|| field.to_owned(), |(name, _)| format!("{name}="))
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
    !rest.is_empty() && !SCHEMES.contains(&rest.to_ascii_lowercase().as_str())
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
    fn what_only_names_a_place_stays() {
        let plan = json!({
            "extract": { "token": { "json": "$.token" } },
            "check": [{ "contains": "token" }],
            "load": { "seed": 7 },
        });
        check(plan.clone(), plan, &[]);
    }
}
