"""The client of HttpUser: what a file writes as if it had a session of the requests library.

Nothing is sent here. A request becomes an op; the core sends it, and what it says of the answer becomes a
`Response`, which reads as that of requests does.
"""
import re
from contextlib import contextmanager
from functools import lru_cache
from urllib.parse import urlsplit

from mayfly_python import seam
from mayfly_python.answers import (
    CaseInsensitiveDict,
    Cookies,
    Response as _Response,
    SentRequest,
    set_cookies,
    status_text,
)
from mayfly_python.clock import clock
from mayfly_python.requests_names import HTTPError, InvalidSchema, InvalidURL, MissingSchema, RequestException
from mayfly_python.sending import (
    authorize,
    body_of,
    path_and_query,
    quoted,
    seconds,
    text_of,
    with_query,
    without_credentials,
)

from .exception import CatchResponseError, LocustError, ResponseError

absolute_http_url_regexp = re.compile("^https?://", re.IGNORECASE)
_MUST_ENTER = ("%s only works in a with block: with self.client.get(..., catch_response=True) as response: "
               "response.%s")
_MUST_CATCH = ("success() and failure() need catch_response=True, and a with block: "
               "with self.client.get(..., catch_response=True) as response")


class Response(_Response):
    """An answer that only the core judges."""

    def success(self):
        raise LocustError(_MUST_CATCH)

    def failure(self, *args):
        raise LocustError(_MUST_CATCH)


class ResponseContextManager(Response):
    """An answer that the file may judge itself, in a `with` block."""

    _manual_result = None
    _entered = False
    # How the request is known to the core; None when it wants no verdict.
    _verdict = None
    _sent_name = None
    _catch_response = False
    request_meta = None

    def raise_for_status(self):
        if not self._manual_result:
            super().raise_for_status()
        elif isinstance(self._manual_result, Exception):
            raise self._manual_result

    def __enter__(self):
        self._entered = True
        if not self._catch_response:
            raise LocustError("a with block over a request needs catch_response=True")
        return self

    def __exit__(self, kind, error, tb):
        if self._manual_result is not None:
            self._judge(self._manual_result if isinstance(self._manual_result, Exception) else None)
            return kind is None
        if isinstance(error, ResponseError):
            self._judge(error)
        elif kind is not None:
            # Locust does not count this request. It was sent, so it is counted, by what was answered.
            self.judge_by_status()
            return False
        else:
            self.judge_by_status()
        return True

    def judge_by_status(self):
        """What holds when the file says nothing."""
        self._judge(self._status_error(), by_file=False)

    def _status_error(self):
        if self.error is not None:
            return self.error
        if self.status_code >= 400:
            return HTTPError(status_text(self, self.request_meta["name"]), response=self)
        return None

    def _judge(self, error, by_file=True):
        meta = self.request_meta
        meta["exception"] = error
        if self._verdict is not None:
            seam.engine.judge(self, error, by_file)
            self._verdict = None
        self._request_event.notify(**meta)

    def success(self):
        self._must_be_entered("success()")
        self._manual_result = True

    def failure(self, exc):
        self._must_be_entered("failure(...)")
        self._manual_result = exc if isinstance(exc, Exception) else CatchResponseError(exc)

    def _must_be_entered(self, what):
        if not self._catch_response:
            raise LocustError(_MUST_CATCH)
        if not self._entered:
            raise LocustError(_MUST_ENTER % (what, what))


class RestResponseContextManager(ResponseContextManager):
    js = None


@lru_cache(4096)
def _whole_url(base_url, path):
    if absolute_http_url_regexp.match(path):
        return path
    if not base_url or base_url.lower().startswith(("http://", "https://")):
        if not base_url and path[:1] != "/":
            raise MissingSchema("Invalid URL %r: No scheme supplied. Perhaps you meant https://%s?" % (path, path))
        if base_url and path[:1] not in ("/", "?", "", "#"):
            _must_have_port(base_url + path)
        return base_url + path
    if base_url.find("://") > 0:
        raise InvalidSchema("No connection adapters were found for %r" % (base_url + path))
    raise MissingSchema("Invalid URL %r: No scheme supplied. Perhaps you meant https://%s?" % (base_url + path, base_url + path))


class HttpSession:
    """`self.client` of an HttpUser."""

    response_class = ResponseContextManager
    # Of requests that say none.
    default_timeout = None

    def __init__(self, base_url, request_event=None, user=None, *args, pool_manager=None, **kwargs):
        self.base_url, self.auth = without_credentials(base_url or "")
        self.request_event = request_event
        self.user = user
        self.request_name = None
        self.headers = CaseInsensitiveDict()
        self.cookies = Cookies()
        self.params = {}
        self.verify = True
        self.cert = None
        self.stream = False
        self.trust_env = False
        self.proxies = {}
        self.hooks = {"response": []}
        self.max_redirects = 30
        self.adapters = {}

    @contextmanager
    def rename_request(self, name):
        """Requests in the block are counted under `name`."""
        self.request_name = name
        try:
            yield
        finally:
            self.request_name = None

    async def request(self, method, url, name=None, catch_response=False, context={}, *, params=None, data=None,
                      headers=None, cookies=None, files=None, auth=None, timeout=None, allow_redirects=True,
                      proxies=None, hooks=None, stream=None, verify=None, cert=None, json=None):
        name = name or self.request_name
        method = (method.decode() if isinstance(method, bytes) else method).upper()
        if not method:
            raise ValueError("invalid HTTP method ''")
        url = url.decode() if isinstance(url, bytes) else str(url)
        asked_url = url
        url, sent_headers, body = self._prepare(method, url, params, data, headers, cookies, files, auth, json)
        head = {
            "request": seam.engine.next_request(),
            "method": method,
            "url": url,
            "name": str(name) if name else self._default_name(asked_url, url),
            "headers": sent_headers,
            "timeout": seconds(self.default_timeout if timeout is None else timeout),
            "redirects": bool(allow_redirects),
            "catch": bool(catch_response),
        }
        return await self._send(head, body, catch_response, context, hooks)

    async def _send(self, head, body, catch_response, context, hooks=None):
        if self.cookies.is_cleared:
            self.cookies.is_cleared = False
            head["clear_cookies"] = True
        event = self.request_event
        started = clock.unix()
        answer = await seam.op("request", head, body)
        method, url = head["method"], head["url"]
        response = self.response_class(method, url, answer, SentRequest(method, url, head["headers"], body))
        for name, _ in answer.head.get("headers") or ():
            if name == "set-cookie":
                self.cookies.learn(set_cookies(answer.head))
                break
        if not (catch_response or hooks or self.hooks["response"] or event is not None and event._handlers):
            return response
        response._catch_response = bool(catch_response)
        response._request_event = event
        response.request_meta = {
            "request_type": method,
            "response_time": (answer.head.get("elapsed") or 0.0) * 1000,
            "name": head["name"],
            "context": dict(self.user.context(), **context) if self.user is not None else context,
            "response": response,
            "exception": None,
            "start_time": started,
            "url": url,
            "response_length": answer.head.get("bytes") or 0,
        }
        for hook in _hooks(hooks) + _hooks(self.hooks):
            changed = seam.now(hook(response))
            response = response if changed is None else changed
        if catch_response:
            response._verdict, response._sent_name = head["request"], head["name"]
            seam.engine.await_verdict(response)
        elif event is not None:
            response.request_meta["exception"] = response._status_error()
            event.notify(**response.request_meta)
        return response

    def _prepare(self, method, url, params, data, headers, cookies, files, auth, json):
        """The URL, the headers as pairs, and the body, as requests makes them."""
        all_headers = self.headers
        if headers:
            all_headers = CaseInsensitiveDict(all_headers)
            all_headers.update(headers)
        sent = [[text_of(name), text_of(value)] for name, value in all_headers.items() if value is not None]
        body, content_type = body_of(data, files, json)
        if content_type is not None and all_headers.get("content-type") is None:
            sent.append(["Content-Type", content_type])
        if (cookies or self.cookies._of_file) and all_headers.get("cookie") is None:
            jar = dict(self.cookies._of_file)
            jar.update(cookies or {})
            sent.append(["Cookie", "; ".join("%s=%s" % pair for pair in jar.items())])
        url = self._build_url(url)
        url = with_query(url, self.params) if self.params else url
        url = quoted(with_query(url, params) if params else url)
        auth = self.auth if auth is None else auth
        if auth:
            prepared = authorize(auth, SentRequest(method, url, sent, body))
            url, sent, body = prepared.url, [list(pair) for pair in prepared.headers.items()], prepared.body
            body = body.encode() if isinstance(body, str) else body or b""
        return url, sent, body

    def _default_name(self, asked_url, url):
        return path_and_query(url)

    def _build_url(self, path):
        return _whole_url(self.base_url, path)

    def get(self, url, **kwargs):
        kwargs.setdefault("allow_redirects", True)
        return self.request("GET", url, **kwargs)

    def options(self, url, **kwargs):
        return self.request("OPTIONS", url, **kwargs)

    def head(self, url, **kwargs):
        kwargs.setdefault("allow_redirects", False)
        return self.request("HEAD", url, **kwargs)

    def post(self, url, data=None, json=None, **kwargs):
        return self.request("POST", url, data=data, json=json, **kwargs)

    def put(self, url, data=None, **kwargs):
        return self.request("PUT", url, data=data, **kwargs)

    def patch(self, url, data=None, **kwargs):
        return self.request("PATCH", url, data=data, **kwargs)

    def delete(self, url, **kwargs):
        return self.request("DELETE", url, **kwargs)

    def mount(self, prefix, adapter):
        self.adapters[prefix] = adapter

    def close(self):
        pass

    def __enter__(self):
        return self

    def __exit__(self, *args):
        pass


def _must_have_port(url):
    """A path without a slash at its beginning runs into the host: `http://host:80` and `api` are `http://host:80api`."""
    try:
        urlsplit(url).port
    except ValueError:
        raise InvalidURL("Failed to parse: %r is not a valid host or port" % urlsplit(url).netloc) from None


def _hooks(hooks):
    found = (hooks or {}).get("response") or []
    return list(found) if isinstance(found, (list, tuple)) else [found]


__all__ = ["HttpSession", "RequestException", "Response", "ResponseContextManager",
           "RestResponseContextManager", "absolute_http_url_regexp"]
