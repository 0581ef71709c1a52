"""What the target answers in tests, for real Locust over a socket and for the harness as a function."""
import json
import re

COMPARED = ("content-type", "authorization", "cookie")


def answer(method, path, body):
    """(status, headers, body) for a request."""
    plain = path.partition("?")[0]
    found = re.fullmatch(r"/status/(\d+)", plain)
    if found:
        return int(found.group(1)), [("Content-Type", "text/plain")], b"status " + found.group(1).encode()
    if plain.startswith("/redirect/"):
        return 302, [("Location", plain[len("/redirect"):])], b""
    if plain.startswith("/cookie/"):
        name, value = plain.split("/")[2:4]
        return 200, [("Set-Cookie", "%s=%s; Path=/" % (name, value)), ("Content-Type", "text/plain")], b"set"
    if plain == "/text":
        return 200, [("Content-Type", "text/plain; charset=utf-8")], "grüße\nzwei\n".encode()
    if plain == "/latin":
        return 200, [("Content-Type", "text/plain")], "grüße".encode("latin-1")
    if plain == "/empty":
        return 204, [], b""
    if plain == "/items":
        return 200, [("Content-Type", "application/json")], json.dumps({"items": [{"id": 1}, {"id": 2}, {"id": 3}]}).encode()
    told = {"ok": True, "path": path, "method": method, "length": len(body)}
    return 200, [("Content-Type", "application/json"), ("X-Answer", "yes")], json.dumps(told).encode()


def record(method, path, headers, body):
    """A request as tests compare it: without what libraries add, and with one boundary for all forms."""
    kept = {name.lower(): value for name, value in headers if name.lower() in COMPARED or name.lower().startswith("x-")}
    text = body.decode("utf-8", "replace")
    found = re.match(r"multipart/form-data; boundary=(\S+)", kept.get("content-type", ""))
    if found:
        text = text.replace(found.group(1), "BOUNDARY")
        kept["content-type"] = "multipart/form-data; boundary=BOUNDARY"
    return [method, path, sorted([name, value] for name, value in kept.items()), text]
