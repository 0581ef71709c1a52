"""What stands in for modules that are not there, so that a file which only names them still runs."""
import importlib.machinery
import sys
import types

# Modules that were asked for and are not there.
missing = set()


class Stub:
    """May be imported, named and passed on; what it is used for says what is missing."""

    def __init__(self, name):
        self.__dict__["_name"] = name

    def __getattr__(self, name):
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)
        return Stub(self._name + "." + name)

    def _refuse(self, *args, **kwargs):
        raise ImportError("%s is not available in Mayfly" % self._name)

    __call__ = __iter__ = __enter__ = __mro_entries__ = _refuse

    def __repr__(self):
        return "<%s, which is not available in Mayfly>" % self._name


class _StubModule(types.ModuleType):
    def __getattr__(self, name):
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)
        return Stub(self.__name__ + "." + name)


class Finder:
    """Asked last: for parts of Locust and gevent that are not here, and for requests where it is not installed."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        top = name.partition(".")[0]
        if top in ("locust", "gevent"):
            missing.add(name)
        elif top not in ("requests", "urllib3"):
            return None
        return importlib.machinery.ModuleSpec(name, _Loader, is_package=True)


class _Loader:
    @staticmethod
    def create_module(spec):
        return _StubModule(spec.name)

    @staticmethod
    def exec_module(module):
        module.__path__ = []
        fill = {"requests": _fill_requests, "requests.exceptions": _fill_exceptions, "requests.auth": _fill_auth,
                "urllib3": _fill_urllib3, "requests.adapters": _fill_adapters,
                "requests.packages.urllib3": _fill_urllib3}.get(module.__name__)
        if fill is not None:
            fill(module)


def _fill_requests(module):
    _fill_exceptions(module)
    import importlib
    for name in ("exceptions", "auth", "adapters", "packages"):
        setattr(module, name, importlib.import_module("requests." + name))
    module.packages.urllib3 = importlib.import_module("requests.packages.urllib3")
    module.codes = types.SimpleNamespace(ok=200, created=201, accepted=202, no_content=204, bad_request=400,
                                         unauthorized=401, forbidden=403, not_found=404, too_many_requests=429,
                                         internal_server_error=500)


def _fill_exceptions(module):
    # Not before: whose exceptions they are is known only when the file has been read.
    from . import requests_names
    for name, value in vars(requests_names).items():
        if isinstance(value, type) and issubclass(value, Exception):
            setattr(module, name, value)


def _fill_auth(module):
    from .sending import basic_auth

    class AuthBase:
        def __call__(self, request):
            raise NotImplementedError("Auth hooks must be callable.")

    class HTTPBasicAuth(AuthBase):
        def __init__(self, username, password):
            self.username = username
            self.password = password

        def __call__(self, request):
            request.headers["Authorization"] = basic_auth(self.username, self.password)
            return request

    module.AuthBase, module.HTTPBasicAuth, module._basic_auth_str = AuthBase, HTTPBasicAuth, basic_auth


def _fill_adapters(module):
    class HTTPAdapter:
        def __init__(self, *args, **kwargs):
            """Connections are the core's."""

    module.HTTPAdapter = HTTPAdapter


def _fill_urllib3(module):
    module.disable_warnings = lambda *args, **kwargs: None
    module.exceptions = types.SimpleNamespace(InsecureRequestWarning=type("InsecureRequestWarning", (Warning,), {}))
    sys.modules.setdefault(module.__name__ + ".exceptions", module.exceptions)


def install():
    if not any(finder is Finder for finder in sys.meta_path):
        sys.meta_path.append(Finder)
