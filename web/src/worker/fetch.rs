//! The transport of the page: `fetch`.

mod lanes;
mod noted;

use std::borrow::Cow;
use std::cell::Cell;
use std::rc::Rc;

use gloo_timers::future::TimeoutFuture;
use js_sys::{Array, Promise, Uint8Array};
use mayfly_core::http::origin::Origin;
use mayfly_core::http::request::{Keep, Request};
use mayfly_core::http::transport::{Kept, Response, Tally, Transport, TransportError, header_text};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    AbortController, DedicatedWorkerGlobalScope, Headers, ReadableStream, RequestCache,
    RequestCredentials, RequestInit, RequestRedirect, ResponseType,
};

use self::lanes::Lanes;
use self::noted::Noted;

/// Sends by `fetch`, past the cache and without cookies, and reads every body to its end.
pub struct FetchTransport {
    scope: Rc<DedicatedWorkerGlobalScope>,
    lanes: Lanes,
    noted: Noted,
    n_preflighted: Cell<u64>,
}

impl FetchTransport {
    /// Connections that Chromium opens to all hosts together; other browsers open more.
    const CONNECTIONS: usize = 256;

    /// A transport whose requests come from the worker `scope`.
    pub fn new(scope: Rc<DedicatedWorkerGlobalScope>) -> Self {
        Self {
            noted: Noted::new(&scope),
            scope,
            lanes: Lanes::default(),
            n_preflighted: Cell::default(),
        }
    }
}

impl Transport for FetchTransport {
    /// A page cannot keep cookies apart by user, so requests go without.
    type Session = ();

    fn max_in_flight(&self) -> usize {
        Self::CONNECTIONS
    }

    fn capacity(&self, origin: &Origin) -> usize {
        self.lanes.capacity(origin)
    }

    fn tally(&self) -> Tally {
        Tally {
            n_preflighted: self.n_preflighted.get(),
            n_maybe_waiting: self.lanes.n_maybe_waiting(),
            ..Tally::default()
        }
    }

    async fn send(&self, _: &(), request: &Request) -> Result<Response, TransportError> {
        if request.needs_preflight() {
            self.n_preflighted.update(|it| it + 1);
        }
        let under_way = self.lanes.enter(&request.url);
        let guard = AbortOnDrop::new()?;
        let init = init(request).map_err(|_| TransportError::Invalid);
        let mut answer = match init {
            Ok(init) => {
                init.set_signal(Some(&guard.controller.signal()));
                let answer = self.scope.fetch_with_str_and_init(&request.url, &init);
                read(JsFuture::from(answer), request.keep).await
            }
            Err(error) => refuse(error).await,
        };
        guard.disarm();
        if let Ok(response) = &mut answer {
            let asking = under_way.as_ref().filter(|it| it.asks());
            let note = self.noted.look(&request.url, asking.is_some());
            if let Some(under_way) = asking {
                under_way.hear(note.as_ref().map(|it| &*it.protocol));
            }
            response.phases = note.and_then(|it| it.phases).map(Box::new);
        }
        answer
    }
}

fn init(request: &Request) -> Result<RequestInit, JsValue> {
    let init = RequestInit::new();
    init.set_method(request.method.as_str());
    init.set_cache(RequestCache::NoStore);
    init.set_credentials(RequestCredentials::Omit);
    init.set_redirect(if request.follow_redirects {
        RequestRedirect::Follow
    } else {
        RequestRedirect::Manual
    });
    if !request.headers.is_empty() {
        let headers = Headers::new()?;
        for (name, value) in request.headers.iter() {
            headers.append(name, &byte_string(value))?;
        }
        init.set_headers(&headers);
    }
    if let Some(body) = &request.body {
        init.set_body(&Uint8Array::from(&**body));
    }
    Ok(init)
}

/// A browser writes each letter of a header value as one byte, and refuses those that have none. Bytes
/// in UTF-8 as letters come out as the command writes them.
fn byte_string(value: &str) -> Cow<'_, str> {
    if value.is_ascii() {
        return value.into();
    }
    value.bytes().map(char::from).collect()
}

async fn read(answer: JsFuture, keep: Keep) -> Result<Response, TransportError> {
    let Ok(response) = answer.await else {
        return refuse(TransportError::Opaque).await;
    };
    let response: web_sys::Response = response.unchecked_into();
    let status = match response.type_() {
        // A redirect that is not to be followed: a browser hides even its status.
        ResponseType::Opaqueredirect => 302,
        _ => response.status(),
    };
    let limit = keep.limit(status);
    let body = Body::of(&response, limit.unwrap_or(0)).await;
    let body = body.map_err(|_| TransportError::Body)?;
    let kept = limit.map(|_| {
        Box::new(Kept {
            headers: headers(&response),
            body: body.kept,
            text: None,
        })
    });
    let mut response = Response {
        status,
        body_bytes: body.n_bytes,
        phases: None,
        kept,
    };
    response.decode(super::charset::decode);
    Ok(response)
}

/// A request that the browser refuses fails before it is sent. A worker that did nothing but try
/// again would never come back to its event loop, and hear no Stop.
async fn refuse(error: TransportError) -> Result<Response, TransportError> {
    TimeoutFuture::new(0).await;
    Err(error)
}

/// Those that the target lets a page read.
fn headers(response: &web_sys::Response) -> Vec<(String, String)> {
    let mut headers = Vec::new();
    for entry in response.headers().entries().into_iter().flatten() {
        let entry: Array = entry.unchecked_into();
        let text = |index| entry.get(index).as_string().unwrap_or_default();
        headers.push((text(0), read_byte_string(text(1))));
    }
    headers
}

/// A browser gives each byte of a header value as one letter. It is read as the command reads it.
fn read_byte_string(value: String) -> String {
    if value.is_ascii() {
        return value;
    }
    let bytes: Result<Vec<u8>, _> = value.chars().map(u8::try_from).collect();
    bytes.map_or(value, |it| header_text(&it))
}

/// Aborts its request when it is dropped before the request has ended.
struct AbortOnDrop {
    controller: AbortController,
    is_armed: bool,
}

impl AbortOnDrop {
    fn new() -> Result<Self, TransportError> {
        let controller = AbortController::new().map_err(|_| TransportError::Opaque)?;
        Ok(Self {
            controller,
            is_armed: true,
        })
    }

    fn disarm(mut self) {
        self.is_armed = false;
    }
}

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        if self.is_armed {
            self.controller.abort();
        }
    }
}

#[wasm_bindgen]
extern "C" {
    /// Of `web/public/worker.js`.
    fn drain(body: &ReadableStream, limit: u32) -> Promise;
}

/// A body that has arrived.
#[derive(Default)]
struct Body {
    n_bytes: u64,
    // The first ones.
    kept: Vec<u8>,
}

impl Body {
    /// Reads the body of `response` to its end, and keeps its first `limit` bytes.
    async fn of(response: &web_sys::Response, limit: usize) -> Result<Self, JsValue> {
        let Some(body) = response.body() else {
            return Ok(Self::default());
        };
        let limit = u32::try_from(limit).unwrap_or(u32::MAX);
        let drained = JsFuture::from(drain(&body, limit)).await?;
        let n_bytes = |it: &JsValue| it.as_f64().unwrap_or_default() as u64;
        let Some(drained) = drained.dyn_ref::<Array>() else {
            return Ok(Self {
                n_bytes: n_bytes(&drained),
                kept: Vec::new(),
            });
        };
        let pieces = drained.iter().skip(1);
        let pieces = pieces.map(|it| it.unchecked_into::<Uint8Array>().to_vec());
        Ok(Self {
            n_bytes: n_bytes(&drained.get(0)),
            kept: pieces.flatten().collect(),
        })
    }
}
