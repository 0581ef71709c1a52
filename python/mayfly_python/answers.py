"""What came back, as a file reads it: headers, cookies, and the response itself."""
import datetime
import json as json_module
import re
from email.utils import mktime_tz, parsedate_tz
from http import HTTPStatus

from .clock import clock
from .requests_names import (
    ChunkedEncodingError,
    ConnectionError,
    ConnectTimeout,
    HTTPError,
    JSONDecodeError,
    ReadTimeout,
    SSLError,
    TooManyRedirects,
)
from .sending import path_and_query


class CaseInsensitiveDict(dict):
    """Headers: found whatever the case of their names, which is kept for who lists them."""

    def __init__(self, data=None, **kwargs):
        super().__init__()
        self._names = {}
        if data or kwargs:
            self.update(data or {}, **kwargs)

    def __setitem__(self, name, value):
        lower = name.lower()
        known = self._names.get(lower)
        if known is not None and known != name:
            dict.__delitem__(self, known)
        self._names[lower] = name
        dict.__setitem__(self, name, value)

    def __getitem__(self, name):
        return dict.__getitem__(self, self._names[name.lower()])

    def __delitem__(self, name):
        dict.__delitem__(self, self._names.pop(name.lower()))

    def __contains__(self, name):
        return isinstance(name, str) and name.lower() in self._names

    def get(self, name, default=None):
        known = self._names.get(name.lower()) if isinstance(name, str) else None
        return default if known is None else dict.__getitem__(self, known)

    def pop(self, name, *default):
        known = self._names.pop(name.lower(), name)
        return dict.pop(self, known, *default)

    def setdefault(self, name, default=None):
        if name not in self:
            self[name] = default
        return self[name]

    def update(self, data=(), **kwargs):
        for name, value in list(data.items() if hasattr(data, "items") else data) + list(kwargs.items()):
            self[name] = value

    def clear(self):
        self._names.clear()
        dict.clear(self)

    def copy(self):
        return CaseInsensitiveDict(self)


class Cookies(dict):
    """Cookies by name. Those that servers set are kept by the core, and are here to be read; those that the file
    sets go along with each request."""

    def __init__(self):
        super().__init__()
        self._of_file = {}
        self.is_cleared = False

    def learn(self, cookies):
        for name, value in cookies.items():
            if value is None:
                dict.pop(self, name, None)
            else:
                dict.__setitem__(self, name, value)

    def __setitem__(self, name, value):
        self._of_file[name] = value
        dict.__setitem__(self, name, value)

    def __delitem__(self, name):
        self._of_file.pop(name, None)
        dict.__delitem__(self, name)

    def set(self, name, value, **kwargs):
        if value is None:
            self.pop(name, None)
        else:
            self[name] = value

    def set_cookie(self, cookie, *args, **kwargs):
        self[cookie.name] = cookie.value

    def get(self, name, default=None, domain=None, path=None):
        return dict.get(self, name, default)

    def pop(self, name, *default):
        self._of_file.pop(name, None)
        return dict.pop(self, name, *default)

    def update(self, other=(), **kwargs):
        for name, value in dict(other, **kwargs).items():
            self[name] = value

    def get_dict(self, domain=None, path=None):
        return dict(self)

    def clear(self, domain=None, path=None, name=None):
        self._of_file.clear()
        dict.clear(self)
        self.is_cleared = True

    clear_session_cookies = clear

    def copy(self):
        copied = Cookies()
        copied.update(self)
        return copied


class _Raw:
    """The connection that a streamed answer would be read from; here it has come whole."""

    def __init__(self, content):
        self._content = content
        self._at = 0

    def read(self, amount=None, decode_content=False):
        end = len(self._content) if amount is None or amount < 0 else self._at + amount
        part = self._content[self._at:end]
        self._at += len(part)
        return part

    def close(self):
        pass

    release_conn = close


class SentRequest:
    """What was sent, as `response.request` shows it."""

    def __init__(self, method, url, headers, body):
        self.method = method
        self.url = url
        self._pairs = headers
        self._headers = None
        self.body = body

    @property
    def headers(self):
        if self._headers is None:
            self._headers = CaseInsensitiveDict(self._pairs)
        return self._headers

    @property
    def path_url(self):
        return path_and_query(self.url)


class Response:
    """An answer, as requests has it. Without one, `status_code` is 0 and `error` says why."""

    history = ()
    encoding_is_set = False

    def __init__(self, method, url, answer, sent):
        head = answer.head
        self._answer = answer
        self.method = method
        self.status_code = head["status"]
        self.url = head.get("url") or url
        self.request = sent
        self._encoding = None
        self._headers = None
        self._cookies = None
        self.history = []
        text = head.get("error")
        self.error = None if text is None else _transport_error(text, self)

    @property
    def headers(self):
        if self._headers is None:
            headers = self._headers = CaseInsensitiveDict()
            for name, value in self._answer.head.get("headers") or ():
                name = _title(name)
                headers[name] = headers[name] + ", " + value if name in headers else value
        return self._headers

    @property
    def cookies(self):
        if self._cookies is None:
            self._cookies = Cookies()
            self._cookies.learn(set_cookies(self._answer.head))
        return self._cookies

    @property
    def content(self):
        return self._answer.body

    @property
    def encoding(self):
        if not self.encoding_is_set:
            self.encoding = _charset(self.headers.get("content-type"))
        return self._encoding

    @encoding.setter
    def encoding(self, name):
        self._encoding = name
        self.encoding_is_set = True

    @property
    def apparent_encoding(self):
        try:
            self.content.decode("utf-8")
        except UnicodeDecodeError:
            return "ISO-8859-1"
        return "utf-8"

    @property
    def text(self):
        content = self.content
        if not content:
            return ""
        encoding = self.encoding or self.apparent_encoding
        try:
            return content.decode(encoding, "replace")
        except LookupError:
            return content.decode("utf-8", "replace")

    def json(self, **kwargs):
        content = self.content
        try:
            if not self.encoding and len(content) > 3:
                return json_module.loads(content, **kwargs)
            return json_module.loads(self.text, **kwargs)
        except ValueError as error:
            if isinstance(error, json_module.JSONDecodeError):
                raise JSONDecodeError(error.msg, error.doc, error.pos) from None
            raise

    @property
    def ok(self):
        try:
            self.raise_for_status()
        except HTTPError:
            return False
        return self.error is None

    @property
    def reason(self):
        if self.status_code == 0:
            return None
        try:
            return HTTPStatus(self.status_code).phrase
        except ValueError:
            return ""

    @property
    def elapsed(self):
        return datetime.timedelta(seconds=self._answer.head.get("elapsed") or 0.0)

    @property
    def is_redirect(self):
        return "location" in self.headers and self.status_code in (301, 302, 303, 307, 308)

    @property
    def is_permanent_redirect(self):
        return "location" in self.headers and self.status_code in (301, 308)

    @property
    def links(self):
        found = {}
        for part in re.split(", *<", self.headers.get("link") or ""):
            url, _, rest = part.partition(";")
            if not url.strip("<> "):
                continue
            link = {"url": url.strip("<> '\"")}
            for pair in rest.split(";"):
                key, found_value, value = pair.partition("=")
                if found_value:
                    link[key.strip(" '\"")] = value.strip(" '\"")
            found[link.get("rel") or link["url"]] = link
        return found

    @property
    def next(self):
        return None

    @property
    def raw(self):
        return _Raw(self.content or b"")

    def iter_content(self, chunk_size=1, decode_unicode=False):
        content = self.text if decode_unicode else self.content or b""
        size = chunk_size or max(1, len(content))
        return iter([content[at:at + size] for at in range(0, len(content), size)])

    def iter_lines(self, chunk_size=512, decode_unicode=False, delimiter=None):
        content = self.text if decode_unicode else self.content or b""
        return iter(content.split(delimiter) if delimiter else content.splitlines())

    def __iter__(self):
        return self.iter_content(128)

    def __bool__(self):
        return self.ok

    def __repr__(self):
        return "<Response [%s]>" % self.status_code

    def close(self):
        pass

    def raise_for_status(self):
        if self.error is not None:
            raise self.error
        if self.status_code >= 400:
            raise HTTPError(status_text(self, self.url), response=self)


def _title(name):
    return "-".join(part.capitalize() for part in name.split("-"))


def _charset(content_type):
    """The charset of a text, as requests guesses it; None if nothing says it."""
    if not content_type:
        return None
    kind, *rest = [part.strip() for part in content_type.split(";")]
    for part in rest:
        name, _, value = part.partition("=")
        if name.strip().lower() == "charset":
            return value.strip("'\" ")
    if "text" in kind:
        return "ISO-8859-1"
    return "utf-8" if "application/json" in kind else None


def set_cookies(head):
    """The cookies that an answer sets; None for one that it takes away."""
    found = {}
    for name, value in head.get("headers") or ():
        if name != "set-cookie":
            continue
        pair, *attributes = value.split(";")
        key, equals, text = pair.partition("=")
        if equals and key.strip():
            found[key.strip()] = None if _is_over(attributes) else text.strip()
    return found


def _is_over(attributes):
    """Whether a cookie with these attributes is one that its server takes away."""
    given = {}
    for attribute in attributes:
        name, _, value = attribute.partition("=")
        given[name.strip().lower()] = value.strip()
    try:
        return int(given["max-age"]) <= 0
    except (KeyError, ValueError):
        # An age goes before a date.
        pass
    try:
        return mktime_tz(parsedate_tz(given["expires"])) <= clock.unix()
    except (KeyError, TypeError, ValueError, OverflowError):
        # No date, or none that can be read: it stays.
        return False


def status_text(response, place):
    side = "Client" if response.status_code < 500 else "Server"
    return "%s %s Error: %s for url: %s" % (response.status_code, side, response.reason, place)


_KINDS = [
    ("redirect", TooManyRedirects),
    ("connect timeout", ConnectTimeout),
    ("timed out", ReadTimeout),
    ("timeout", ReadTimeout),
    ("certificate", SSLError),
    ("tls", SSLError),
    ("body", ChunkedEncodingError),
]


def _transport_error(text, response):
    lower = text.lower()
    kind = next((kind for word, kind in _KINDS if word in lower), ConnectionError)
    return kind(text, request=response.request)
