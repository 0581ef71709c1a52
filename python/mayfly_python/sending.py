"""What goes out, as the requests library would write it: URLs, bodies, forms, and who is asking."""
import base64
import json as json_module
import re
import uuid
from functools import lru_cache
from urllib.parse import unquote, urlencode, urlsplit, urlunsplit

_ILLEGAL = re.compile("[^!#$&'()*+,/:;=?@\\[\\]~A-Za-z0-9._-]")
_ORIGIN = re.compile("[A-Za-z][A-Za-z0-9+.-]*://[^/?#]*")


def without_credentials(base_url):
    """The URL without `user:password@`, and those as a pair, or None."""
    parsed = urlsplit(base_url)
    if not (parsed.username and parsed.password):
        return base_url, None
    host = parsed.netloc.rpartition("@")[2]
    return urlunsplit(parsed._replace(netloc=host)), (unquote(parsed.username), unquote(parsed.password))


# Files ask for the same addresses again and again.
@lru_cache(4096)
def path_and_query(url):
    """What a request without a name of its own is counted under."""
    found = _ORIGIN.match(url)
    path = (url[found.end():] if found else url).partition("#")[0]
    return path if path.startswith("/") else "/" + path


@lru_cache(4096)
def quoted(url):
    """The URL with all characters quoted that none may have; what is quoted already stays."""
    if url.startswith(("http://", "https://")) and url.count("/") == 2:
        head, mark, query = url.partition("?")
        url = head + "/" + mark + query
    if "%" not in url and _ILLEGAL.search(url) is None:
        return url
    return "".join(_quote(part) for part in re.split("(%[0-9A-Fa-f]{2})", url))


def _quote(part):
    if len(part) == 3 and part[0] == "%":
        character = chr(int(part[1:], 16))
        # As requests does: what needs no quoting is not quoted.
        return character if character.isascii() and (character.isalnum() or character in "-._~") else part
    # A percent sign that quotes nothing is quoted itself, as all else that no URL may have.
    return _ILLEGAL.sub(lambda found: "".join("%%%02X" % byte for byte in found.group().encode("utf-8", "replace"))
                        if found.group() != "%" else "%25", part)


def _pairs(data):
    for name, values in data.items() if hasattr(data, "items") else data:
        if isinstance(values, (str, bytes)) or not hasattr(values, "__iter__"):
            values = [values]
        for value in values:
            if value is not None:
                yield (name.encode() if isinstance(name, str) else name,
                       value.encode("utf-8", "replace") if isinstance(value, str) else value)


def with_query(url, params):
    if isinstance(params, bytes):
        params = params.decode()
    query = params if isinstance(params, str) else urlencode(list(_pairs(params)), doseq=True)
    if not query:
        return url
    url, mark, fragment = url.partition("#")
    return url + ("&" if "?" in url else "?") + query + mark + fragment


def body_of(data, files, json):
    """The body in bytes and its content type, which is None where requests says none."""
    if files:
        return encode_multipart(data, files)
    if not data and json is not None:
        return json_module.dumps(json, allow_nan=False).encode(), "application/json"
    if not data:
        return b"", None
    if isinstance(data, str):
        return data.encode("utf-8", "surrogateescape"), None
    if isinstance(data, (bytes, bytearray)):
        return bytes(data), None
    if hasattr(data, "read"):
        content = data.read()
        return content.encode() if isinstance(content, str) else content, None
    if hasattr(data, "items") or isinstance(data, (list, tuple)):
        return urlencode(list(_pairs(data)), doseq=True).encode(), "application/x-www-form-urlencoded"
    return b"".join(part.encode() if isinstance(part, str) else part for part in data), None


def encode_multipart(data, files):
    """A form with files: the body in bytes, and its content type."""
    boundary = uuid.uuid4().hex
    parts = []
    if isinstance(data, (str, bytes)) and data:
        raise ValueError("Data must not be a string.")
    for name, value in _pairs(data or {}):
        value = value if isinstance(value, bytes) else str(value).encode()
        parts.append(_part(boundary, "form-data; name=\"%s\"" % text_of(name), (), value))
    for name, given in files.items() if hasattr(files, "items") else files:
        filename, content, content_type, extra = _file(name, given)
        disposition = "form-data; name=\"%s\"" % text_of(name)
        if filename is not None:
            disposition += "; filename=\"%s\"" % text_of(filename).replace('"', "%22")
        headers = [("Content-Type", content_type)] if content_type else []
        parts.append(_part(boundary, disposition, headers + list(extra.items()), content))
    parts.append(("--%s--\r\n" % boundary).encode())
    return b"".join(parts), "multipart/form-data; boundary=" + boundary


def _file(name, given):
    filename, content_type, extra = None, None, {}
    if isinstance(given, (tuple, list)):
        filename, content = given[0], given[1]
        content_type = given[2] if len(given) > 2 else None
        extra = given[3] if len(given) > 3 else {}
    else:
        content = given
        path = getattr(given, "name", None)
        filename = path.replace("\\", "/").rpartition("/")[2] if isinstance(path, str) and path[0] != "<" else name
    if hasattr(content, "read"):
        content = content.read()
    return filename, content.encode() if isinstance(content, str) else bytes(content or b""), content_type, extra


def _part(boundary, disposition, headers, content):
    head = "--%s\r\nContent-Disposition: %s\r\n" % (boundary, disposition)
    head += "".join("%s: %s\r\n" % pair for pair in headers)
    return head.encode() + b"\r\n" + content + b"\r\n"


def basic_auth(user, password):
    pair = b":".join(part.encode("latin1") if isinstance(part, str) else part for part in (user, password))
    return "Basic " + base64.b64encode(pair).decode("ascii")


def authorize(auth, prepared):
    """Lets a pair of name and password, or an object as requests has them, say who is asking in a SentRequest."""
    if isinstance(auth, (tuple, list)) and len(auth) == 2:
        prepared.headers["Authorization"] = basic_auth(*auth)
        return prepared
    return auth(prepared) or prepared


def seconds(timeout):
    """The one timeout that the core knows, of what requests takes: a number, or (connect, read)."""
    if isinstance(timeout, (tuple, list)):
        parts = [part for part in timeout if part is not None]
        return float(sum(parts)) if parts else None
    return None if timeout is None else float(getattr(timeout, "total", timeout))


def text_of(value):
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
