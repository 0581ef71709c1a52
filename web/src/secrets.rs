//! What of a plan is nobody else's business: values that look like credentials.

use serde_json::{Map, Value};

/// Leaves out of `keys` all values that look like credentials, and returns the places where they
/// were, as errors name them.
///
/// Headers are left out as a whole; values in bodies, data and URLs become empty. What a placeholder
/// such as `{{token}}` stands for is not in the plan, so it stays.
pub fn remove(keys: &mut Map<String, Value>) -> Vec<String> {
    let mut found = Vec::new();
    remove_from_table(keys, "", false, &mut found);
    found
}

/// `is_header` is about the table itself: its entries are headers.
fn remove_from_table(
    table: &mut Map<String, Value>,
    path: &str,
    is_header: bool,
    found: &mut Vec<String>,
) {
    table.retain(|key, value| {
        let path = match path {
            "" => key.clone(),
            _ => format!("{path}.{key}"),
        };
        let is_secret = names_secret(key) && value.as_str().is_some_and(holds_secret);
        if is_secret {
            found.push(path);
            *value = "".into();
            return !is_header;
        }
        remove_from(value, &path, key == "headers", found);
        true
    });
}

fn remove_from(value: &mut Value, path: &str, is_header: bool, found: &mut Vec<String>) {
    match value {
        Value::Array(items) => {
            remove_from_pair(items, path, found);
            for (index, item) in items.iter_mut().enumerate() {
                remove_from(item, &format!("{path}[{index}]"), false, found);
            }
        }
        Value::Object(table) => remove_from_table(table, path, is_header, found),
        Value::String(text) => {
            if let Some(without) = without_query_secrets(text) {
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
        && names_secret(name)
        && value.as_str().is_some_and(holds_secret)
    {
        *value = "".into();
        found.push(path.to_owned());
    }
}

/// The URL without the values of parameters that look like credentials; `None` if it has none.
fn without_query_secrets(url: &str) -> Option<String> {
    let (path, query) = url.split_once('?')?;
    let mut is_changed = false;
    let parameters = query.split('&').map(|parameter| {
        let secret = parameter
            .split_once('=')
            .filter(|(name, value)| names_secret(name) && holds_secret(value));
        is_changed |= secret.is_some();
        secret.map_or_else(|| parameter.to_owned(), |(name, _)| format!("{name}="))
    });
    let query = Vec::from_iter(parameters).join("&");
    is_changed.then(|| format!("{path}?{query}"))
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

/// Whether anything is left of `text` without its placeholders and the name of a scheme.
fn holds_secret(text: &str) -> bool {
    let mut rest = String::new();
    let mut parts = text.split("{{");
    rest.push_str(parts.next().unwrap_or_default());
    for part in parts {
        rest.push_str(part.split_once("}}").map_or("", |(_, rest)| rest));
    }
    let rest = rest.trim();
    !rest.is_empty() && !SCHEMES.contains(&rest.to_ascii_lowercase().as_str())
}

const PARTS: [&str; 11] = [
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
    fn what_only_names_a_place_stays() {
        let plan = json!({
            "extract": { "token": { "json": "$.token" } },
            "check": [{ "contains": "token" }],
            "load": { "seed": 7 },
        });
        check(plan.clone(), plan, &[]);
    }
}
