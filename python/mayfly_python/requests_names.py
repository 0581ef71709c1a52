"""The exceptions of the requests library: its own if the file has it, so that `except` finds them, else ours."""
import json

from . import wants

if wants.requests:
    try:
        import requests as _requests
    except ImportError:
        _requests = None
else:
    _requests = None

if _requests is not None:
    from requests.exceptions import *
    from requests.exceptions import (
        ChunkedEncodingError,
        ConnectionError,
        ConnectTimeout,
        ContentDecodingError,
        HTTPError,
        InvalidHeader,
        InvalidJSONError,
        InvalidProxyURL,
        InvalidSchema,
        InvalidURL,
        JSONDecodeError,
        MissingSchema,
        ProxyError,
        ReadTimeout,
        RequestException,
        RetryError,
        SSLError,
        StreamConsumedError,
        Timeout,
        TooManyRedirects,
        UnrewindableBodyError,
        URLRequired,
    )
else:
    class RequestException(IOError):
        def __init__(self, *args, **kwargs):
            self.response = kwargs.pop("response", None)
            self.request = kwargs.pop("request", None) or getattr(self.response, "request", None)
            super().__init__(*args, **kwargs)

    class InvalidJSONError(RequestException):
        pass

    class JSONDecodeError(InvalidJSONError, json.JSONDecodeError):
        def __init__(self, *args, **kwargs):
            json.JSONDecodeError.__init__(self, *args)
            InvalidJSONError.__init__(self, *self.args, **kwargs)

    class HTTPError(RequestException):
        pass

    class ConnectionError(RequestException):
        pass

    class ProxyError(ConnectionError):
        pass

    class SSLError(ConnectionError):
        pass

    class Timeout(RequestException):
        pass

    class ConnectTimeout(ConnectionError, Timeout):
        pass

    class ReadTimeout(Timeout):
        pass

    class URLRequired(RequestException):
        pass

    class TooManyRedirects(RequestException):
        pass

    class MissingSchema(RequestException, ValueError):
        pass

    class InvalidSchema(RequestException, ValueError):
        pass

    class InvalidURL(RequestException, ValueError):
        pass

    class InvalidHeader(RequestException, ValueError):
        pass

    class InvalidProxyURL(InvalidURL):
        pass

    class ChunkedEncodingError(RequestException):
        pass

    class ContentDecodingError(RequestException):
        pass

    class StreamConsumedError(RequestException, TypeError):
        pass

    class RetryError(RequestException):
        pass

    class UnrewindableBodyError(RequestException):
        pass
