//! The transport of the page: `fetch`.

use std::rc::Rc;

use gloo_timers::future::TimeoutFuture;
use js_sys::{Reflect, Uint8Array};
use mayfly_core::plan::BaseUrl;
use mayfly_core::request::Request;
use mayfly_core::transport::{Response, Transport, TransportError};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    AbortController, DedicatedWorkerGlobalScope, ReadableStreamDefaultReader, RequestCache,
    RequestCredentials, RequestInit, RequestRedirect,
};

/// Sends by `fetch`, past the cache and without cookies, and reads every body to its end.
pub struct FetchTransport {
    scope: Rc<DedicatedWorkerGlobalScope>,
    max_in_flight: usize,
}

impl FetchTransport {
    /// Connections that browsers open to one `http://` host.
    const HTTP_CONNECTIONS: usize = 6;

    /// Requests that browsers put on one connection of HTTP/2 before the server said how many it
    /// takes.
    const HTTPS_STREAMS: usize = 100;

    /// The longest body that is read in one piece, before decompression. Longer ones, and those of
    /// unknown length, are read and dropped bit by bit.
    const MAX_PIECE: u64 = 1 << 16;

    /// A transport to `base_url`.
    pub fn new(scope: Rc<DedicatedWorkerGlobalScope>, base_url: &BaseUrl) -> Self {
        let max_in_flight = if base_url.is_https() {
            Self::HTTPS_STREAMS
        } else {
            Self::HTTP_CONNECTIONS
        };
        Self {
            scope,
            max_in_flight,
        }
    }
}

impl Transport for FetchTransport {
    fn max_in_flight(&self) -> usize {
        self.max_in_flight
    }

    async fn send(&self, request: &Request) -> Result<Response, TransportError> {
        let guard = AbortOnDrop::new()?;
        let init = RequestInit::new();
        init.set_method(request.method.as_str());
        init.set_cache(RequestCache::NoStore);
        init.set_credentials(RequestCredentials::Omit);
        init.set_redirect(RequestRedirect::Follow);
        init.set_signal(Some(&guard.controller.signal()));
        let answer = JsFuture::from(self.scope.fetch_with_str_and_init(&request.url, &init));
        let result = read(answer).await;
        guard.disarm();
        result
    }
}

async fn read(answer: JsFuture) -> Result<Response, TransportError> {
    let Ok(response) = answer.await else {
        // A request that the browser refuses fails before it is sent. A worker that did nothing but
        // try again would never come back to its event loop, and hear no Stop.
        TimeoutFuture::new(0).await;
        return Err(TransportError::Opaque);
    };
    let response: web_sys::Response = response.unchecked_into();
    let body_bytes = drain(&response).await.map_err(|_| TransportError::Body)?;
    Ok(Response {
        status: response.status(),
        body_bytes,
        kept: None,
    })
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

/// Reads the body to its end, and returns its length.
async fn drain(response: &web_sys::Response) -> Result<u64, JsValue> {
    let length = response.headers().get("content-length")?;
    let length: Option<u64> = length.and_then(|it| it.parse().ok());
    if length.is_some_and(|it| it <= FetchTransport::MAX_PIECE) {
        let body = JsFuture::from(response.array_buffer()?).await?;
        let body: js_sys::ArrayBuffer = body.unchecked_into();
        return Ok(body.byte_length().into());
    }
    let Some(body) = response.body() else {
        return Ok(0);
    };
    let reader: ReadableStreamDefaultReader = body.get_reader().unchecked_into();
    let mut n_bytes = 0;
    loop {
        let piece = JsFuture::from(reader.read()).await?;
        if Reflect::get(&piece, &"done".into())?.is_truthy() {
            return Ok(n_bytes);
        }
        let piece: Uint8Array = Reflect::get(&piece, &"value".into())?.unchecked_into();
        n_bytes += u64::from(piece.byte_length());
    }
}
