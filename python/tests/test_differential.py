"""Each file in files/ has one feature, and does with Mayfly what it does with real Locust."""
import json
import os
import pathlib
import subprocess
import sys
import urllib.parse
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
import target
from harness import Core
from real_locust_settings import settings

HERE = pathlib.Path(__file__).resolve().parent
FILES = sorted(path for path in (HERE / "files").glob("*.py"))


@pytest.fixture(scope="session")
def real():
    """What happened with real Locust, by file."""

    def run_one(path):
        done = subprocess.run([sys.executable, str(HERE / "real_locust.py"), str(path)], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, env=dict(os.environ, PYTHONHASHSEED="0"), timeout=60)
        return json.loads(done.stdout or json.dumps({"broken": done.stderr.decode()[-2000:]}))

    with ThreadPoolExecutor(8) as pool:
        return dict(zip([path.name for path in FILES], pool.map(run_one, FILES)))


class Transport:
    """What the core's transport does: cookies and redirects."""

    def __init__(self, limit):
        self.limit = limit
        self.requests = []
        self.jars = {}
        self.rows = []

    def __call__(self, request):
        jar = self.jars.setdefault(request["user"], {})
        if request.get("clear_cookies"):
            jar.clear()
        method, url, body = request["method"], request["url"], request["body"]
        while True:
            path = url.replace("http://target", "", 1)
            headers = [pair for pair in request["headers"] if pair[0].lower() != "cookie"]
            own = dict(part.split("=", 1) for name, value in request["headers"] if name.lower() == "cookie"
                       for part in value.split("; "))
            cookies = dict(jar, **own)
            if cookies:
                headers.append(("Cookie", "; ".join("%s=%s" % pair for pair in cookies.items())))
            self.requests.append(target.record(method, path, headers, body))
            status, answered, content = target.answer(method, path, body)
            for name, value in answered:
                if name == "Set-Cookie":
                    key, _, rest = value.partition("=")
                    jar[key] = rest.partition(";")[0]
            location = dict(answered).get("Location")
            if location is None or not request["redirects"]:
                break
            url, body = urllib.parse.urljoin(url, location), b""
            method = "HEAD" if method == "HEAD" else "GET"
        request["answered"] = status
        return {"status": status, "headers": [[name.lower(), value] for name, value in answered], "body": content,
                "url": url}


def run(path, limit, users):
    transport = Transport(limit)
    with Core(path.read_text(), server=transport, name=path.name, folder=HERE / "files") as core:
        assert core.error is None, core.error
        core.event("test_start")
        for number in range(users):
            core.spawn(number)
        while len(transport.requests) < limit and core.alive and core.turn():
            pass
        core.turn()
        for number in sorted(core.alive):
            core.stop(number)
        core.event("test_stop")
    return core, transport


def rows(core):
    for request in core.requests:
        verdict = core.verdicts.get(request["request"])
        if verdict is None and request["catch"]:
            continue
        name = (verdict or {}).get("name", request["name"])
        if verdict is None or verdict.get("judge"):
            text = "status" if request["answered"] >= 400 else None
        else:
            text = verdict["failure"]
        yield [request["method"], name, text]
    for sample in core.samples:
        yield [sample["type"], sample["name"], sample["error"]]


def by_user(requests, users):
    """Requests of each user apart, where there are more than one: files say who in a header."""
    if users == 1:
        return requests
    return sorted(requests, key=lambda request: dict(request[2]).get("x-user", ""))


@pytest.mark.parametrize("path", FILES, ids=[path.stem for path in FILES])
def test_a_file_does_what_it_does_with_locust(path, real):
    wanted = dict({"users": 1, "requests": 8}, **settings(path))
    told = real[path.name]
    assert "broken" not in told, told
    core, transport = run(path, wanted["requests"], wanted["users"])
    count = wanted["requests"] if wanted["users"] == 1 else None
    host = told["host"]

    def plain(value):
        return json.loads(json.dumps(value).replace(host, "http://target").replace(host[7:], "target"))

    assert by_user(transport.requests, wanted["users"])[:count] == by_user(plain(told["requests"]), wanted["users"])[:count]
    mine, theirs = list(rows(core)), plain(told["rows"])
    # A request in whose block others are sent is told after them, and the last ones may be on their way when the run
    # ends: what the one has seen less of, the other has seen too.
    fewer, more = sorted((mine, theirs), key=len)
    assert len(more) - len(fewer) <= 2, (mine, theirs)
    assert not Counter(map(str, fewer)) - Counter(map(str, more)), (mine, theirs)
    assert [text for _, text in core.logs if text.startswith("file: ")] == plain(told["logs"])
    exceptions = [[told["type"], told["message"]] for _, told in core.exceptions + core.dead]
    assert exceptions == plain(told["exceptions"])
    assert core.loaded is not None
