//! What a browser does not do of a plan, so that its person hears of it before the run and does not
//! wonder at the answers. The command does all of it.

use super::place::{Place, requests_of_class};
use crate::http::request::Method;
use crate::plan::tls::Tls;
use crate::plan::{Body, Plan, RequestStep};
use crate::template::Template;

/// A part of a plan that a browser does not send.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Unsent {
    /// The keys of the request, as the errors of the reader have them: `user_class[0].task[2]`, or
    /// `request` for what all requests have in common.
    pub place: String,
    /// The keys below it, such as `headers.cookie`; the header in lower case.
    pub key: String,
    /// What happens instead; a single line.
    pub message: String,
}

/// What a browser does not send of `plan`: headers of the fetch standard's list of forbidden ones,
/// and bodies of GET and HEAD. What goes to the simulated API is sent by nobody, and left out.
pub fn unsent(plan: &Plan) -> Vec<Unsent> {
    let mut found = Vec::new();
    let classes = plan.user_classes.as_slice().iter().enumerate();
    let mut loading = classes
        .filter(|(_, class)| plan.base_url(class).is_some())
        .peekable();
    if loading.peek().is_some() {
        add_headers(&mut found, "request", &plan.request.headers);
        if plan.request.http_version.is_some() {
            found.push(for_the_browser("request", "http_version"));
        }
        add_tls(&mut found, &plan.tls);
    }
    for (index, _) in loading {
        for stop in requests_of_class(plan, &Place::class(index)) {
            add_request(&mut found, &stop.place.to_string(), stop.request);
        }
    }
    found
}

fn add_tls(found: &mut Vec<Unsent>, tls: &Tls) {
    let keys = [
        ("verify", !tls.verify),
        ("ca", tls.ca.is_some()),
        ("cert", tls.identity.is_some()),
    ];
    for (key, _) in keys.into_iter().filter(|it| it.1) {
        found.push(for_the_browser("tls", key));
    }
}

fn for_the_browser(place: &str, key: &str) -> Unsent {
    Unsent {
        place: place.to_owned(),
        key: key.to_owned(),
        message: "on a page, this is for the browser to decide, by its own settings".to_owned(),
    }
}

fn add_request(found: &mut Vec<Unsent>, place: &str, request: &RequestStep) {
    add_headers(found, place, &request.headers);
    let key = match &request.body {
        Some(Body::Form(_)) => "form",
        Some(Body::Json(_)) => "json",
        Some(Body::Text(_)) => "body",
        None => return,
    };
    if matches!(request.method, Method::Get | Method::Head) {
        let method = request.method;
        found.push(Unsent {
            place: place.to_owned(),
            key: key.to_owned(),
            message: format!(
                "a browser refuses to send {method} with a body, so this request fails"
            ),
        });
    }
}

fn add_headers(found: &mut Vec<Unsent>, place: &str, headers: &[(String, Template)]) {
    let messages = headers.iter().map(|it| (&it.0, message_of(&it.0)));
    found.extend(messages.filter_map(|(name, message)| {
        Some(Unsent {
            place: place.to_owned(),
            key: format!("headers.{name}"),
            message: message?,
        })
    }));
}

/// What a browser does with a header that a page wants to send; `None` if it sends it. A length of
/// 0, the only one that a plan can have, is what a browser says by itself.
fn message_of(name: &str) -> Option<String> {
    let own = match name {
        "host" => "that of the URL",
        "accept-encoding" | "connection" | "origin" | "referer" => "its own",
        "user-agent" => "its own, if it is Chromium",
        "accept-charset"
        | "access-control-request-headers"
        | "access-control-request-method"
        | "cookie"
        | "cookie2"
        | "date"
        | "dnt"
        | "set-cookie"
        | "via" => return Some(format!("a browser leaves the header {name} out")),
        _ if name.starts_with("proxy-") || name.starts_with("sec-") => {
            return Some(format!("a browser leaves the header {name} out"));
        }
        _ => return None,
    };
    Some(format!(
        "instead of this header {name}, a browser sends {own}"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(host: &str, rest: &str, expected: &[(&str, &str)]) {
        let toml = format!("version = 1\n{host}\nload = {{ users = 1, spawn_rate = 1 }}\n{rest}\n");
        let found = unsent(&Plan::from_toml(&toml).unwrap());
        let found: Vec<_> = found
            .iter()
            .map(|it| (it.place.as_str(), it.key.as_str()))
            .collect();
        assert_eq!(found, expected, "{toml}");
    }

    const HOST: &str = "host = 'http://a.test'";

    #[test]
    fn how_to_encrypt_is_for_the_browser_to_decide() {
        let class = "[[user_class]]\nname = 'A'\ntask = [{ get = '/' }]";
        let tls = "tls = { verify = false, ca = 'a', cert = 'b', key = 'c' }";
        let all = [("tls", "verify"), ("tls", "ca"), ("tls", "cert")];
        check(HOST, &format!("{tls}\n{class}"), &all);
        check("simulated = {}", &format!("{tls}\n{class}"), &[]);
        check(HOST, &format!("tls = {{ verify = true }}\n{class}"), &[]);
    }

    #[test]
    fn the_version_of_http_is_for_the_browser_to_decide() {
        let class = "[[user_class]]\nname = 'A'\ntask = [{ get = '/' }]";
        let request = "request = { http_version = '1.1' }";
        let all = [("request", "http_version")];
        check(HOST, &format!("{request}\n{class}"), &all);
    }

    fn class(task: &str) -> String {
        format!("[[user_class]]\nname = 'A'\ntask = [{task}]")
    }

    #[test]
    fn headers_that_a_browser_keeps_to_itself_are_found() {
        let headers = "{ Cookie = 'a', Accept = 'b', Sec-Fetch-Site = 'none', X-Y = 'c' }";
        let task = format!("{{ get = '/' }}, {{ get = '/', headers = {headers} }}");
        let expected = [
            ("user_class[0].task[1]", "headers.cookie"),
            ("user_class[0].task[1]", "headers.sec-fetch-site"),
        ];
        check(HOST, &class(&task), &expected);
        let all = format!(
            "{}\n[request]\nheaders = {{ Host = 'b.test' }}",
            class("{ get = '/' }")
        );
        check(HOST, &all, &[("request", "headers.host")]);
    }

    #[test]
    fn a_body_of_get_or_head_is_found() {
        let task = "{ get = '/', json = {} }, { post = '/', json = {} }, \
                    { steps = [{ wait = 1 }, { head = '/', body = 'a' }] }";
        let expected = [
            ("user_class[0].task[0]", "json"),
            ("user_class[0].task[2].steps[1]", "body"),
        ];
        check(HOST, &class(task), &expected);
    }

    #[test]
    fn what_is_sent_by_nobody_is_left_out() {
        let task = "{ get = '/', json = {}, headers = { Cookie = 'a' } }";
        check("", &class(task), &[]);
        check("simulated = {}", &class(task), &[]);
        let all = format!("{}\n[request]\nheaders = {{ DNT = '1' }}", class(task));
        check("", &all, &[]);
    }
}
