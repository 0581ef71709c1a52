//! A request of a plan, ready to be sent once its placeholders are filled.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use super::route::Route;
use crate::http::origin::Origin;
use crate::http::request::{Keep, Method, Request, RequestName};
use crate::judging::check::Check;
use crate::judging::extract::Extract;
use crate::plan::{BaseUrl, Body, RequestDefaults, RequestStep, is_absolute};
use crate::rng::Rng;
use crate::template::{Encoding, Scope, Template, UnknownVariable, percent_encode};

/// A request, as far as it can be made ready.
#[derive(Debug)]
pub(crate) struct ReadyRequest {
    pub(crate) fixed_name: Option<RequestName>,
    // That of no program, until one adds it.
    pub(crate) route: Route,
    pub(crate) timeout: Duration,
    pub(crate) checks: Vec<Check>,
    pub(crate) extracts: Vec<Extract>,
    // Whether no check says what the status must be.
    pub(crate) judges_status: bool,
    // Without placeholders it is always the same.
    fixed: Option<Arc<Request>>,
    method: Method,
    base_url: Option<BaseUrl>,
    url: Template,
    name: Option<Template>,
    headers: Vec<(String, Template)>,
    body: Option<Body>,
    follow_redirects: bool,
    keep: Keep,
}

impl ReadyRequest {
    /// Makes `step` ready. A path is joined to `base_url`, if there is one.
    pub(crate) fn new(
        step: &RequestStep,
        base_url: Option<&BaseUrl>,
        defaults: &RequestDefaults,
    ) -> Self {
        let checks = step.checks.iter().map(Check::needs);
        let extracts = step.extracts.iter().map(Extract::needs);
        let mut request = Self {
            fixed_name: step.request_name(),
            route: Route::default(),
            timeout: step.timeout.unwrap_or(defaults.timeout),
            checks: step.checks.clone(),
            extracts: step.extracts.clone(),
            judges_status: step.checks.iter().all(|it| !matches!(it, Check::Status(_))),
            fixed: None,
            method: step.method,
            base_url: base_url.cloned(),
            url: step.url.template().clone(),
            name: step.name.clone(),
            headers: headers(step, defaults),
            body: step.body.clone(),
            follow_redirects: step.follow_redirects.unwrap_or(defaults.follow_redirects),
            keep: checks.chain(extracts).max().unwrap_or_default(),
        };
        if request.is_static() {
            request.fixed = request
                .render(&mut Nothing(Rng::new(0, 0)))
                .ok()
                .map(Arc::new);
        }
        request
    }

    /// The request to send, with the values of now.
    pub(crate) fn request(&self, scope: &mut dyn Scope) -> Result<Arc<Request>, UnknownVariable> {
        match &self.fixed {
            Some(request) => Ok(Arc::clone(request)),
            None => self.render(scope).map(Arc::new),
        }
    }

    /// The row of the statistics.
    pub(crate) fn name(&self, scope: &mut dyn Scope) -> Result<RequestName, UnknownVariable> {
        if let Some(name) = &self.fixed_name {
            return Ok(name.clone());
        }
        let mut name = String::new();
        if let Some(template) = &self.name {
            template.render(scope, Encoding::Plain, &mut name)?;
        }
        Ok(RequestName {
            name,
            method: self.method,
        })
    }

    /// The row of the statistics, with its placeholders as the plan has them.
    pub(crate) fn written_name(&self) -> RequestName {
        let name = self.name.as_ref().unwrap_or(&self.url);
        RequestName {
            name: name.to_string(),
            method: self.method,
        }
    }

    /// Where it goes, with the values of now; `None` if that is no valid URL.
    pub(crate) fn origin(&self, scope: &mut dyn Scope) -> Result<Option<Origin>, UnknownVariable> {
        Ok(Origin::of(&self.full_url(scope)?))
    }

    /// Where it goes, unless a placeholder says so.
    pub(crate) fn fixed_origin(&self) -> Option<Origin> {
        let url = self.url.as_str();
        if url.starts_with('/') {
            return Origin::of(self.base_url.as_ref()?.as_str());
        }
        let (_, rest) = url.split_once("://")?;
        let end = rest.find(['/', '?', '\\']).unwrap_or(rest.len());
        let has_placeholder = url.starts_with("{{") || rest[..end].contains("{{");
        if has_placeholder {
            None
        } else {
            Origin::of(url)
        }
    }

    fn full_url(&self, scope: &mut dyn Scope) -> Result<String, UnknownVariable> {
        let mut path = String::new();
        self.url.render(scope, Encoding::Url, &mut path)?;
        Ok(match &self.base_url {
            Some(base_url) if !is_absolute(&path) => {
                // One that a placeholder begins may lack the slash, and would become a part of the
                // host name.
                let slash = if path.starts_with(['/', '?']) {
                    ""
                } else {
                    "/"
                };
                format!("{base_url}{slash}{path}")
            }
            _ => path,
        })
    }

    fn render(&self, scope: &mut dyn Scope) -> Result<Request, UnknownVariable> {
        let url = self.full_url(scope)?;
        let mut headers = Vec::with_capacity(self.headers.len());
        for (name, template) in &self.headers {
            let mut value = String::new();
            template.render(scope, Encoding::Plain, &mut value)?;
            headers.push((name.clone(), value));
        }
        let body = match &self.body {
            None => None,
            Some(body) => Some(render_body(body, scope)?.into_bytes().into()),
        };
        Ok(Request {
            method: self.method,
            url: url.into(),
            headers: headers.into(),
            body,
            follow_redirects: self.follow_redirects,
            keep: self.keep,
        })
    }

    fn is_static(&self) -> bool {
        let headers = self.headers.iter().all(|it| it.1.is_static());
        let body = match &self.body {
            None => true,
            Some(Body::Form(fields)) => fields.iter().all(|it| it.1.is_static()),
            Some(Body::Json(json)) => json.is_static(),
            Some(Body::Text(text)) => text.is_static(),
        };
        self.url.is_static() && headers && body
    }

    /// The variables in it and in its checks. One that is used twice is given twice.
    pub(crate) fn variables(&self) -> impl Iterator<Item = &str> {
        let checks = self.checks.iter().flat_map(Check::variables);
        self.needed_variables().chain(checks)
    }

    /// The variables without which it cannot be sent.
    pub(crate) fn needed_variables(&self) -> impl Iterator<Item = &str> {
        let templates = [Some(&self.url), self.name.as_ref()];
        let headers = self.headers.iter().map(|it| &it.1);
        let (fields, json, text) = match &self.body {
            Some(Body::Form(fields)) => (fields.as_slice(), None, None),
            Some(Body::Json(json)) => ([].as_slice(), Some(json), None),
            Some(Body::Text(text)) => ([].as_slice(), None, Some(text)),
            None => ([].as_slice(), None, None),
        };
        templates
            .into_iter()
            .flatten()
            .chain(headers)
            .chain(fields.iter().map(|it| &it.1))
            .chain(text)
            .flat_map(Template::variables)
            .chain(json.into_iter().flat_map(|it| it.variables()))
    }
}

/// Those of the step, those that all requests have, and the content type of its body.
fn headers(step: &RequestStep, defaults: &RequestDefaults) -> Vec<(String, Template)> {
    let mut headers = step.headers.clone();
    for (name, value) in &defaults.headers {
        if headers.iter().all(|it| it.0 != *name) {
            headers.push((name.clone(), value.clone()));
        }
    }
    let content_type = match step.body {
        Some(Body::Form(_)) => Some("application/x-www-form-urlencoded"),
        Some(Body::Json(_)) => Some("application/json"),
        Some(Body::Text(_)) | None => None,
    };
    if let Some(content_type) = content_type
        && headers.iter().all(|it| it.0 != "content-type")
    {
        let content_type = content_type.parse().expect("it has no placeholder");
        headers.push(("content-type".to_owned(), content_type));
    }
    headers
}

fn render_body(body: &Body, scope: &mut dyn Scope) -> Result<String, UnknownVariable> {
    let mut text = String::new();
    match body {
        Body::Form(fields) => {
            for (index, (name, value)) in fields.iter().enumerate() {
                if 0 < index {
                    text.push('&');
                }
                percent_encode(name, &mut text);
                text.push('=');
                let mut plain = String::new();
                value.render(scope, Encoding::Plain, &mut plain)?;
                percent_encode(&plain, &mut text);
            }
        }
        Body::Json(json) => text = json.render(scope)?,
        Body::Text(template) => template.render(scope, Encoding::Plain, &mut text)?,
    }
    Ok(text)
}

/// The scope of a request without placeholders.
struct Nothing(Rng);

impl Scope for Nothing {
    fn variable(&self, _: &str) -> Option<Cow<'_, Value>> {
        None
    }

    fn rng(&mut self) -> &mut Rng {
        &mut self.0
    }

    fn user(&self) -> u32 {
        0
    }

    fn next_seq(&mut self) -> u64 {
        0
    }

    fn unix_time(&self) -> Duration {
        Duration::ZERO
    }
}
