//! How requests and what they have in common are written.

use super::check::{CheckTable, Extracts};
use super::headers::Headers;
use super::values::{Fields, Json, Text, Time, Timeout};
use super::{As, Form, Mistake, models, none_of, only, some_forms, table};
use crate::http::request::Method;
use crate::plan::{Body, HttpVersion, RequestDefaults, RequestStep, UrlTemplate};
use crate::template::Template;

table! {
    /// What all requests have in common.
    struct RequestTable {
        required {}
        optional {
            /// How long a request may take before it is given up and counted as a failure; 30s if it
            /// is left out.
            timeout: Timeout,
            /// Headers by name. A request with a header of the same name has its own.
            headers: As<Headers>,
            /// Whether redirects are followed; true if it is left out.
            follow_redirects: bool,
            /// Whether each user keeps the cookies that it gets, and sends them; true if it is left
            /// out. The command only: a page cannot.
            cookies: bool,
            /// The version of HTTP; if it is left out, the server of an `https://` host chooses, and
            /// `http://` is 1.1. The command only: on a page, its browser decides.
            http_version: VersionWord,
        }
    }
}

/// A version of HTTP.
#[derive(Clone, Copy, serde::Deserialize, serde::Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(inline))]
pub(in crate::plan) enum VersionWord {
    /// HTTP/1.1.
    #[serde(rename = "1.1")]
    Http1,
    /// HTTP/2, without asking first whether the server speaks it.
    #[serde(rename = "2")]
    Http2,
}

impl Form for RequestTable {
    type Model = RequestDefaults;

    fn read(self) -> Result<RequestDefaults, Mistake> {
        let default = RequestDefaults::default();
        Ok(RequestDefaults {
            timeout: self.timeout.map_or(default.timeout, |it| it.0),
            headers: self.headers.map_or(default.headers, |it| it.0),
            follow_redirects: self.follow_redirects.unwrap_or(default.follow_redirects),
            cookies: self.cookies.unwrap_or(default.cookies),
            http_version: self.http_version.map(|it| match it {
                VersionWord::Http1 => HttpVersion::Http1,
                VersionWord::Http2 => HttpVersion::Http2,
            }),
        })
    }

    fn write(request: &RequestDefaults) -> Self {
        let default = RequestDefaults::default();
        let follow_redirects = request.follow_redirects;
        let has_timeout = request.timeout != default.timeout;
        Self {
            timeout: has_timeout.then_some(Time(request.timeout)),
            headers: headers(&request.headers),
            follow_redirects: (follow_redirects != default.follow_redirects)
                .then_some(follow_redirects),
            cookies: (request.cookies != default.cookies).then_some(request.cookies),
            http_version: request.http_version.map(|it| match it {
                HttpVersion::Http1 => VersionWord::Http1,
                HttpVersion::Http2 => VersionWord::Http2,
            }),
        }
    }
}

fn headers(headers: &[(String, Template)]) -> Option<As<Headers>> {
    (!headers.is_empty()).then(|| As(headers.to_vec()))
}

/// The keys of a request that a step and a task have in common.
#[derive(Default)]
pub(super) struct RequestKeys {
    /// One for each of [`METHODS`].
    pub(super) urls: [Option<Text<UrlTemplate>>; 7],
    pub(super) headers: Option<As<Headers>>,
    pub(super) json: Option<As<Json>>,
    pub(super) form: Option<As<Fields>>,
    pub(super) body: Option<Text<Template>>,
    pub(super) timeout: Option<Timeout>,
    pub(super) follow_redirects: Option<bool>,
    pub(super) check: Option<Vec<As<CheckTable>>>,
    pub(super) extract: Option<As<Extracts>>,
}

/// The keys that name a method, in the order of [`Method::ALL`].
pub(in crate::plan) const METHODS: [&str; 7] =
    ["get", "post", "put", "patch", "delete", "head", "options"];

impl RequestKeys {
    /// The first key that makes sense only beside a method.
    pub(super) fn check_no_request(&self) -> Result<(), Mistake> {
        let owner = "a method such as “get”";
        none_of(self.headers.as_ref(), "headers", owner)?;
        none_of(self.json.as_ref(), "json", owner)?;
        none_of(self.form.as_ref(), "form", owner)?;
        none_of(self.body.as_ref(), "body", owner)?;
        none_of(self.timeout.as_ref(), "timeout", owner)?;
        none_of(self.follow_redirects.as_ref(), "follow_redirects", owner)?;
        none_of(self.check.as_ref(), "check", owner)?;
        none_of(self.extract.as_ref(), "extract", owner)
    }

    /// Every method and whether it is there.
    pub(super) fn methods(&self) -> Vec<(&'static str, Option<()>)> {
        let urls = self.urls.iter().map(|it| it.as_ref().map(drop));
        METHODS.into_iter().zip(urls).collect()
    }

    pub(super) fn read(self, name: Option<Template>) -> Result<RequestStep, Mistake> {
        let urls = Method::ALL.into_iter().zip(self.urls);
        let urls = urls.map(|(method, url)| url.map(|it| (method, it.0)));
        let (_, (method, url)) = only(METHODS.into_iter().zip(urls).collect())?;
        let bodies = vec![
            ("json", self.json.map(|it| Body::Json(it.0))),
            ("form", self.form.map(|it| Body::Form(it.0))),
            ("body", self.body.map(|it| Body::Text(it.0))),
        ];
        let has_body = bodies.iter().any(|it| it.1.is_some());
        let body = has_body.then(|| only(bodies)).transpose()?;
        Ok(RequestStep {
            method,
            url,
            name,
            headers: self.headers.map_or_else(Vec::new, |it| it.0),
            body: body.map(|it| it.1),
            timeout: self.timeout.map(|it| it.0),
            follow_redirects: self.follow_redirects,
            checks: models(self.check),
            extracts: self.extract.map_or_else(Vec::new, |it| it.0),
        })
    }

    /// All but the name.
    pub(super) fn write(request: &RequestStep) -> Self {
        let url = |method| (method == request.method).then(|| Text(request.url.clone()));
        let mut keys = Self {
            urls: Method::ALL.map(url),
            headers: headers(&request.headers),
            timeout: request.timeout.map(Time),
            follow_redirects: request.follow_redirects,
            check: some_forms(&request.checks),
            extract: (!request.extracts.is_empty()).then(|| As(request.extracts.clone())),
            ..Self::default()
        };
        match &request.body {
            Some(Body::Form(fields)) => keys.form = Some(As(fields.clone())),
            Some(Body::Json(json)) => keys.json = Some(As(json.clone())),
            Some(Body::Text(text)) => keys.body = Some(Text(text.clone())),
            None => (),
        }
        keys
    }
}

/// Defines a table that may carry the keys of a request beside its own.
///
/// serde could share them with `flatten`, but then it reads the table into a buffer of its own first,
/// in which lines and paths are lost.
macro_rules! request_table {
    (
        $(#[$meta:meta])*
        struct $name:ident {
            $($(#[$own_meta:meta])* $own:ident: $own_type:ty,)*
        }
    ) => {
        table! {
            $(#[$meta])*
            struct $name {
                required {}
                optional {
                    $($(#[$own_meta])* $own: $own_type,)*
                    /// Sends a GET request to this path or URL.
                    get: Text<UrlTemplate>,
                    /// Sends a POST request to this path or URL.
                    post: Text<UrlTemplate>,
                    /// Sends a PUT request to this path or URL.
                    put: Text<UrlTemplate>,
                    /// Sends a PATCH request to this path or URL.
                    patch: Text<UrlTemplate>,
                    /// Sends a DELETE request to this path or URL.
                    delete: Text<UrlTemplate>,
                    /// Sends a HEAD request to this path or URL.
                    head: Text<UrlTemplate>,
                    /// Sends an OPTIONS request to this path or URL.
                    options: Text<UrlTemplate>,
                    /// Headers by name, besides those of all requests.
                    headers: As<Headers>,
                    /// A body of JSON, with placeholders in its texts.
                    json: As<Json>,
                    /// A body of fields as a form in a browser sends them.
                    form: As<Fields>,
                    /// A body of any text.
                    body: Text<Template>,
                    /// How long the request may take, if not as long as all others.
                    timeout: Timeout,
                    /// Whether redirects are followed, if it is not as for all others.
                    follow_redirects: bool,
                    /// What the answer must be. Without a check of the status, 400 and above is a
                    /// failure.
                    check: Vec<As<CheckTable>>,
                    /// Variables for later requests of the user, and where in the answer they are.
                    extract: As<Extracts>,
                }
            }
        }

        impl $name {
            fn new(keys: RequestKeys) -> Self {
                let [get, post, put, patch, delete, head, options] = keys.urls;
                Self {
                    $($own: None,)*
                    get, post, put, patch, delete, head, options,
                    headers: keys.headers,
                    json: keys.json,
                    form: keys.form,
                    body: keys.body,
                    timeout: keys.timeout,
                    follow_redirects: keys.follow_redirects,
                    check: keys.check,
                    extract: keys.extract,
                }
            }

            /// Takes the keys of the request out.
            fn take_request(&mut self) -> RequestKeys {
                RequestKeys {
                    urls: [
                        &mut self.get, &mut self.post, &mut self.put, &mut self.patch,
                        &mut self.delete, &mut self.head, &mut self.options,
                    ]
                    .map(Option::take),
                    headers: self.headers.take(),
                    json: self.json.take(),
                    form: self.form.take(),
                    body: self.body.take(),
                    timeout: self.timeout.take(),
                    follow_redirects: self.follow_redirects.take(),
                    check: self.check.take(),
                    extract: self.extract.take(),
                }
            }
        }
    };
}
pub(super) use request_table;
