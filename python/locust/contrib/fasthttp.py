"""FastHttpUser. The core is as fast for either client; what differs is what a file sees."""
import json as json_module

from mayfly_python.answers import CaseInsensitiveDict
from mayfly_python.requests_names import ConnectionError

from ..clients import HttpSession, Response, ResponseContextManager as _ResponseContextManager
from ..user.users import RestMixin, User


class LocustBadStatusCode(ConnectionError):
    """What `raise_for_status` raises, and what listeners get as `exception`."""

    def __init__(self, url, code=None, **kwargs):
        super().__init__(url, **kwargs)
        self.url = url
        self.code = code

    def __repr__(self):
        return "BadStatusCode(code=%s)" % self.code

    __str__ = __repr__


class ResponseContextManager(_ResponseContextManager):
    @property
    def text(self):
        return None if self.status_code == 0 else super().text

    @property
    def content(self):
        return None if self.status_code == 0 else self._answer.body

    @property
    def ok(self):
        return self.status_code < 400

    def json(self, **kwargs):
        return json_module.loads(self.text, **kwargs)

    def raise_for_status(self):
        if self._manual_result:
            if isinstance(self._manual_result, Exception):
                raise self._manual_result
            return
        error = self._status_error()
        if error is not None:
            raise error

    def _status_error(self):
        if self.error is not None:
            return self.error
        if self.status_code >= 400:
            return LocustBadStatusCode(self.url, code=self.status_code, response=self)
        return None


FastResponse = ResponseContextManager
ErrorResponse = ResponseContextManager


class RestResponseContextManager(ResponseContextManager):
    js = None


class FastHttpSession(HttpSession):
    response_class = ResponseContextManager

    def __init__(self, base_url, request_event=None, user=None, insecure=True, client_pool=None, headers=None,
                 network_timeout=None, **kwargs):
        super().__init__(base_url, request_event, user)
        self.default_timeout = network_timeout
        self.headers = CaseInsensitiveDict(headers or {})
        self.cookiejar = self.cookies
        self.client = self

    def _default_name(self, asked_url, url):
        return asked_url

    def _prepare(self, method, url, params, data, headers, cookies, files, auth, json):
        if not data and json is not None and not files:
            # Only here: requests says nothing of what it accepts.
            headers = CaseInsensitiveDict(headers or {})
            if "accept" not in headers:
                headers["Accept"] = "application/json"
        elif hasattr(data, "items") and not files:
            headers = CaseInsensitiveDict(headers or {})
            headers.setdefault("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
        return super()._prepare(method, url, params, data, headers, cookies, files, auth, json)

    def head(self, url, **kwargs):
        return self.request("HEAD", url, **kwargs)

    async def iter_lines(self, url, method="GET", **kwargs):
        """The lines of an answer, when it has come whole."""
        response = await self.request(method, url, **kwargs)
        response.raise_for_status()
        return iter((response.text or "").split("\n") if response.text else [])


class FastHttpUser(User, RestMixin):
    """A user with `self.client`, which is FastHttpSession."""

    network_timeout = 60.0
    connection_timeout = 60.0
    max_redirects = 30
    max_retries = 0
    insecure = True
    default_headers = None
    concurrency = 10
    proxy_host = None
    proxy_port = None
    client_pool = None
    ssl_context_factory = None
    abstract = True

    def __init__(self, environment):
        super().__init__(environment)
        self.client = FastHttpSession(base_url=self.host, request_event=self.environment.events.request, user=self,
                                      headers=self.default_headers, network_timeout=self.network_timeout)


__all__ = ["ErrorResponse", "FastHttpSession", "FastHttpUser", "FastResponse", "LocustBadStatusCode", "Response",
           "ResponseContextManager", "RestResponseContextManager"]
