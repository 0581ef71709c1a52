//! A plan of one request, for who has a URL and no plan.

use mayfly_core::digits::exact::holds_all;
use mayfly_core::http::request::Method;
use mayfly_core::plan::Draft;
use serde_json::{Map, Value, json};
use url::Url;

/// What is sent.
#[derive(Clone, Debug, Default)]
pub struct OneRequest {
    /// Where to. Without a scheme it is `http://`.
    pub url: String,
    /// How; `None` is POST with a body, and GET without one.
    pub method: Option<Method>,
    /// Headers, each as `Name: value`.
    pub headers: Vec<String>,
    /// A body as it is.
    pub data: Option<String>,
    /// A body of JSON.
    pub data_json: Option<String>,
}

/// Whether an argument is meant as a URL, and not as the name of a user class: it has a scheme, or a
/// host with a port, a path or a dot.
pub fn is_url(argument: &str) -> bool {
    argument.contains(['/', ':', '.'])
}

impl OneRequest {
    /// The plan: one user class with one task, one user, one new user per second.
    ///
    /// # Errors
    ///
    /// Fails with what is wrong, and what was expected.
    pub fn draft(&self) -> Result<Draft, String> {
        let (host, path) = self.place()?;
        let method = self.method.unwrap_or(match (&self.data, &self.data_json) {
            (None, None) => Method::Get,
            _ => Method::Post,
        });
        let mut task = Map::new();
        task.insert(method.as_str().to_lowercase(), literal(&path));
        let headers = self.headers.iter().map(|it| header(it));
        let headers = headers.collect::<Result<Map<_, _>, _>>()?;
        if !headers.is_empty() {
            task.insert("headers".to_owned(), headers.into());
        }
        if let Some(text) = &self.data {
            task.insert("body".to_owned(), literal(&body(text)?));
        }
        if let Some(text) = &self.data_json {
            let text = body(text)?;
            if !holds_all(&text) {
                return Err(format!(
                    "expected numbers that are sent as they are written after --data-json, found one with \
                     more digits than that in “{text}”; send it by --data, with --header \
                     \"Content-Type: application/json\""
                ));
            }
            let value: Value = serde_json::from_str(&text).map_err(|error| {
                format!("expected JSON after --data-json, found “{text}”: {error}")
            })?;
            task.insert("json".to_owned(), literals(value));
        }
        let plan = json!({
            "version": 1,
            "host": host,
            "load": { "users": 1, "spawn_rate": 1 },
            "user_class": [{ "name": "User", "task": [task] }],
        });
        Draft::from_json(&plan.to_string()).map_err(|errors| errors.to_string())
    }

    /// The host, and the path with its query.
    fn place(&self) -> Result<(String, String), String> {
        let expected = |problem: &str| {
            format!(
                "expected a URL such as http://localhost:5000/cube, found “{}”: {problem}",
                self.url
            )
        };
        let has_scheme = self.url.contains("://");
        let text = if has_scheme {
            self.url.clone()
        } else {
            format!("http://{}", self.url)
        };
        let url = Url::parse(&text).map_err(|error| expected(&error.to_string()))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(expected("the scheme is neither http nor https"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(expected(
                "it has a user name; send --header \"Authorization: Basic …\" instead",
            ));
        }
        let host = &url[..url::Position::BeforePath];
        let path = &url[url::Position::BeforePath..url::Position::AfterQuery];
        Ok((host.to_owned(), path.to_owned()))
    }
}

/// Of curl's notation: `@FILE` is what is in the file.
fn body(text: &str) -> Result<String, String> {
    match text.strip_prefix('@') {
        Some(file) => {
            std::fs::read_to_string(file).map_err(|error| format!("cannot read {file}: {error}"))
        }
        None => Ok(text.to_owned()),
    }
}

fn header(text: &str) -> Result<(String, Value), String> {
    let (name, value) = text.split_once(':').ok_or_else(|| {
        format!("expected a header such as \"Accept: text/html\", found “{text}”")
    })?;
    Ok((name.trim().to_owned(), literal(value.trim())))
}

/// A text in which nothing is a placeholder.
fn literal(text: &str) -> Value {
    text.replace("{{", "\\{{").into()
}

fn literals(value: Value) -> Value {
    match value {
        Value::Array(items) => items.into_iter().map(literals).collect(),
        Value::Object(entries) => {
            let entries = entries
                .into_iter()
                .map(|(key, value)| (key, literals(value)));
            Value::Object(entries.collect())
        }
        Value::String(text) => literal(&text),
        value => value,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mayfly_core::plan::Plan;

    #[track_caller]
    fn check(request: &OneRequest, expected: &Value) {
        let draft = request.draft().unwrap();
        let class = &draft.keys["user_class"][0];
        let found = json!({ "host": draft.keys["host"], "task": class["task"][0] });
        assert_eq!(&found, expected);
        Plan::from_json(&draft.to_json()).unwrap();
    }

    fn to(url: &str) -> OneRequest {
        OneRequest {
            url: url.to_owned(),
            ..OneRequest::default()
        }
    }

    #[test]
    fn a_url_is_a_plan() {
        check(
            &to("http://localhost:5000/cube?a=b"),
            &json!({ "host": "http://localhost:5000", "task": { "get": "/cube?a=b" } }),
        );
        check(
            &to("localhost:5000"),
            &json!({ "host": "http://localhost:5000", "task": { "get": "/" } }),
        );
        check(
            &to("https://a.test/ü {{x}}#top"),
            &json!({ "host": "https://a.test", "task": { "get": "/%C3%BC%20%7B%7Bx%7D%7D" } }),
        );
    }

    #[test]
    fn a_body_makes_it_a_post() {
        let request = OneRequest {
            data_json: Some("{\"a\": [\"{{b}}\", 1]}".to_owned()),
            headers: vec!["X-Run:  7 ".to_owned()],
            ..to("http://a.test/")
        };
        let task = json!({
            "post": "/", "headers": { "X-Run": "7" }, "json": { "a": ["\\{{b}}", 1] },
        });
        check(&request, &json!({ "host": "http://a.test", "task": task }));
        let request = OneRequest {
            data: Some("a=b".to_owned()),
            method: Some(Method::Put),
            ..to("http://a.test/")
        };
        check(
            &request,
            &json!({ "host": "http://a.test", "task": { "put": "/", "body": "a=b" } }),
        );
    }

    #[test]
    fn what_makes_no_sense_is_said() {
        for (request, expected) in [
            (to("ftp://a.test"), "neither http nor https"),
            (to("http://"), "expected a URL"),
            (to("http://me:secret@a.test/"), "Authorization"),
            (
                OneRequest {
                    headers: vec!["x".to_owned()],
                    ..to("a.test")
                },
                "expected a header",
            ),
            (
                OneRequest {
                    data_json: Some("{".to_owned()),
                    ..to("a.test")
                },
                "expected JSON",
            ),
            (
                OneRequest {
                    data_json: Some("{\"id\": 12345678901234567890123}".to_owned()),
                    ..to("a.test")
                },
                "expected numbers that are sent as they are written",
            ),
            (
                OneRequest {
                    data: Some("@/no/such/file".to_owned()),
                    ..to("a.test")
                },
                "cannot read /no/such/file",
            ),
        ] {
            let error = request.draft().unwrap_err();
            assert!(error.contains(expected), "{error}");
        }
    }

    #[test]
    fn a_user_class_is_no_url() {
        for url in ["http://a.test", "localhost:5000", "a.test", "10.0.0.1/x"] {
            assert!(is_url(url), "{url}");
        }
        for name in ["User", "WebsiteUser", "Buyer 2"] {
            assert!(!is_url(name), "{name}");
        }
    }
}
