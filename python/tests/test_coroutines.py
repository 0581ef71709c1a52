"""Whatever the syntax, what sends is suspended, and what does not is left alone."""
import ast
import pathlib

import pytest
from harness import Core

from mayfly_python import colors, coroutines
from mayfly_python.loading import Source

HEAD = """
import logging
from locust import HttpUser, task
from locust.exception import StopUser
"""

# Bodies of a task, and what they send. `say` logs.
SENDING = {
    "await in an f-string": ('say(f"{self.client.get(\'/a\').status_code:>5}")', ["/a"], ["  200"]),
    "walrus": ("if (answer := self.client.get('/a')).ok: say(answer.status_code)", ["/a"], ["200"]),
    "ternary": ("say((self.client.get('/a') if True else self.client.get('/b')).status_code)", ["/a"], ["200"]),
    "and, or, not": ("say(not self.client.get('/a') or self.client.get('/b') and self.client.get('/c').ok)", ["/a", "/b", "/c"],
                     ["True"]),
    "subscript": ("say(self.client.get('/a').json()['ok'])", ["/a"], ["True"]),
    "chained comparison": ("say(199 < self.client.get('/a').status_code < 300)", ["/a"], ["True"]),
    "starred": ("say(*[self.client.get('/a').status_code])", ["/a"], ["200"]),
    "keywords": ("say(**{'text': self.client.get('/a').status_code})", ["/a"], ["200"]),
    "dict display": ("say({'k': self.client.get('/a').status_code, **{'l': self.client.get('/b').status_code}})", ["/a", "/b"],
                     ["{'k': 200, 'l': 200}"]),
    "slice": ("say('abcdef'[:self.client.get('/a').status_code - 197])", ["/a"], ["abc"]),
    "augmented assignment": ("n = 1\nn += self.client.get('/a').status_code\nsay(n)", ["/a"], ["201"]),
    "assert": ("assert self.client.get('/a').ok, self.client.get('/b')", ["/a"], []),
    "try, else, finally": (
        "try:\n    self.client.get('/a')\nexcept ValueError:\n    self.client.get('/no')\nelse:\n    self.client.get('/b')\n"
        "finally:\n    self.client.get('/c')", ["/a", "/b", "/c"], []),
    "except": ("try:\n    raise ValueError('x')\nexcept ValueError as e:\n    self.client.get('/' + str(e))", ["/x"], []),
    "while": ("n = 0\nwhile self.client.get('/%d' % n).ok and n < 2:\n    n += 1", ["/0", "/1", "/2"], []),
    "for and else": ("for n in range(2):\n    self.client.get('/%d' % n)\nelse:\n    self.client.get('/else')", ["/0", "/1", "/else"], []),
    "decorated inner": (
        "def twice(f):\n    return lambda *a: (f(*a), f(*a))[1]\n@twice\ndef go(path):\n    return self.client.get(path).status_code\n"
        "say(go('/a'))", ["/a", "/a"], ["200"]),
    "recursion": ("def down(n):\n    self.client.get('/%d' % n)\n    return n and down(n - 1)\nsay(down(2))", ["/2", "/1", "/0"], ["0"]),
    "closure in a loop": ("fs = [lambda n=n: self.client.get('/%d' % n).ok for n in range(2)]\nsay([f() for f in fs])", ["/0", "/1"],
                          ["[True, True]"]),
    "default argument": ("def go(response=self.client.get('/a')):\n    return response.ok\nsay(go())", ["/a"], ["True"]),
    "set comprehension": ("say({self.client.get(p).status_code for p in ('/a', '/b')})", ["/a", "/b"], ["{200}"]),
    "condition of a comprehension": ("say([p for p in ('/a', '/b') if self.client.get(p).ok])", ["/a", "/b"], ["['/a', '/b']"]),
    "source of a comprehension": ("say([k for k in self.client.get('/a').json()])", ["/a"], ["['ok']"]),
    "any stops": ("say(any([self.client.get(p).ok for p in ('/a',)]))", ["/a"], ["True"]),
    "sum of a generator": ("say(sum(self.client.get(p).status_code for p in ('/a', '/b')))", ["/a", "/b"], ["400"]),
    "join of a generator": ("say(','.join(str(self.client.get(p).status_code) for p in ('/a', '/b')))", ["/a", "/b"], ["200,200"]),
    "partial": ("from functools import partial\nget = partial(self.client.get, name='n')\nsay(get('/a').ok)", ["/a"], ["True"]),
    "bound method in a variable": ("get = self.client.get\nsay(get('/a').ok)", ["/a"], ["True"]),
    "filter": ("say(list(filter(lambda p: self.client.get(p).ok, ['/a'])))", ["/a"], ["['/a']"]),
    "min by key": ("say(min(['/b', '/a'], key=lambda p: self.client.get(p).status_code))", ["/b", "/a"], ["/b"]),
    "nonlocal": ("n = 0\ndef go():\n    nonlocal n\n    n = self.client.get('/a').status_code\ngo()\nsay(n)", ["/a"], ["200"]),
    "class in a function": (
        "class Api:\n    base = '/x'\n    def __init__(self, client):\n        self.first = client.get(self.base).status_code\n"
        "    def __call__(self, path):\n        return path\napi = Api(self.client)\nsay(api.first)\nsay(api('/y'))", ["/x"],
        ["200", "/y"]),
    "subclass of what sends in its constructor": (
        "class A:\n    def __init__(self, client):\n        client.get('/init')\nclass B(A):\n    pass\nB(self.client)", ["/init"], []),
    "generator": (
        "def pages():\n    for n in range(2):\n        yield self.client.get('/%d' % n).status_code\n"
        "for n, page in enumerate(pages()):\n    say(page)\nsay(sorted(pages()))", ["/0", "/1", "/0", "/1"],
        ["200", "200", "[200, 200]"]),
    "yield from": (
        "def inner():\n    yield self.client.get('/a').ok\ndef outer():\n    yield 1\n    yield from inner()\n    yield from [2]\n"
        "say(list(outer()))", ["/a"], ["[1, True, 2]"]),
    "next": ("def gen():\n    yield self.client.get('/a').ok\ng = gen()\nsay(next(g))\nsay(next(g, 'end'))", ["/a"], ["True", "end"]),
    "dict.get is no request": ("say({'a': 1}.get('a'))\nsay({}.get('/b', 2))\nself.client.get('/a')", ["/a"], ["1", "2"]),
    "a name that hides a builtin": ("def list(x):\n    return self.client.get(x).ok\nsay(list('/a'))", ["/a"], ["True"]),
    "if a function of a library is given one": (
        "import json\nsay(json.dumps({1: {2}}, default=lambda o: self.describe(o)))", [], ['{"1": "set"}']),
    "cache": (
        "from functools import lru_cache\n@lru_cache(maxsize=None)\ndef get(path):\n    return self.client.get(path).status_code\n"
        "say(get('/a') + get('/a') + get('/b'))", ["/a", "/b"], ["600"]),
    "a context manager as a decorator": (
        "from contextlib import contextmanager\n@contextmanager\ndef around(name):\n    say('in ' + name)\n    try:\n        yield\n"
        "    except ValueError as e:\n        say(e)\n    say('out')\n@around('x')\ndef go():\n    self.client.get('/a')\n"
        "    raise ValueError('bad')\ngo()", ["/a"], ["in x", "bad", "out"]),
    "cached property": (
        "from functools import cached_property\nclass Api:\n    client = self.client\n    @cached_property\n    def token(self):\n"
        "        return self.client.post('/token').ok\napi = Api()\nsay(api.token and api.token)", ["POST /token"], ["True"]),
    "sleep": ("import time as t\nfrom time import sleep as zzz\nt.sleep(1)\nzzz(1)\nsay(round(t.monotonic()))", [], ["2"]),
}


@pytest.mark.parametrize("name", SENDING)
def test_syntax(name):
    body, paths, said = SENDING[name]
    text = HEAD + "\ndef say(text): logging.info(str(text))\n\nclass Visitor(HttpUser):\n    @task\n    def act(self):\n"
    text += "".join("        %s\n" % line for line in body.splitlines()) + "        raise StopUser()\n"
    text += "    def describe(self, what):\n        {}.get(what.__class__)\n        return type(what).__name__\n"
    with Core(text) as core:
        assert core.error is None, core.error
        core.spawn()
        core.run()
        assert not core.exceptions and not core.dead, (core.exceptions, core.dead)
        assert core.urls() == [path if " " in path else "GET " + path for path in paths]
        assert [line for _, line in core.logs] == said


def test_a_function_that_sends_in_name_only_works_where_nobody_waits():
    text = HEAD + """
def pick(d, key):
    return d.get(key)

TABLE = {name: pick({"x": 1}, name) for name in "xy"}

class Visitor(HttpUser):
    size = pick({"x": 5}, "x")
    @task
    def act(self):
        logging.info("%s %s %s", TABLE, self.size, sorted("yx", key=lambda k: pick({"x": 1, "y": 2}, k)))
        raise StopUser()
"""
    with Core(text) as core:
        core.spawn()
        assert core.logs == [("info", "{'x': 1, 'y': None} 5 ['x', 'y']")], core.exceptions


def test_lines_and_columns_stay():
    text = "def f(self):\n    a = 1\n    return self.client.get('/')\n"
    found = colors.Colors()
    tree = ast.parse(text)
    found.survey({"f.py": tree})
    made = coroutines.transform(tree, found)
    assert isinstance(made.body[0], ast.AsyncFunctionDef)
    assert [statement.lineno for statement in made.body[0].body] == [2, 3]


def test_functions_that_cannot_wait_are_left_alone():
    text = "import json\ndef f(path):\n    with open(path) as file:\n        return json.load(file)['a'].split()\n"
    found = colors.Colors()
    found.survey({"f.py": ast.parse(text)})
    assert not found.colored


def test_an_async_function_of_the_file_is_its_own(tmp_path):
    text = HEAD + """
import asyncio

async def own():
    await asyncio.sleep(0)
    return 5

class Visitor(HttpUser):
    @task
    def act(self):
        logging.info(str(asyncio.run(own())))
        raise StopUser()
"""
    with Core(text) as core:
        core.spawn()
        assert core.logs == [("info", "5")], core.exceptions


def test_modules_beside_the_file_are_read_with_it(tmp_path):
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "__init__.py").write_text("from .cart import fill\n")
    (tmp_path / "shop" / "cart.py").write_text("import util\ndef fill(user):\n    return util.send(user, '/cart')\n")
    (tmp_path / "util.py").write_text("def send(user, path):\n    answer = user.client.post(path)\n    return answer.status_code\n")
    text = HEAD + "from shop import fill\nclass Visitor(HttpUser):\n    @task\n    def act(self):\n        logging.info(fill(self))\n"
    source = Source("locustfile.py", text, str(tmp_path))
    assert sorted(entry[0] for entry in source.files.values()) == [
        "locustfile.py", str(pathlib.Path("shop", "__init__.py")), str(pathlib.Path("shop", "cart.py")), "util.py"]
    with Core(text + "        raise StopUser()\n", folder=tmp_path) as core:
        core.spawn()
        core.run()
        assert core.urls() == ["POST /cart"] and core.logs == [("info", "200")]


def test_an_exception_in_a_module_beside_the_file_says_which(tmp_path):
    (tmp_path / "util.py").write_text("def send(user):\n    user.client.get('/')\n    return {}['none']\n")
    text = HEAD + "import util\nclass Visitor(HttpUser):\n    @task\n    def act(self):\n        util.send(self)\n"
    with Core(text, folder=tmp_path) as core:
        core.spawn()
        core.run(until=0, requests=1)
        core.turn()
        told = core.exceptions[0][1]
        assert (told["file"], told["line"]) == ("util.py", 3)


def test_a_data_file_beside_the_file_is_found(tmp_path):
    (tmp_path / "users.csv").write_text("ann\nbob\n")
    text = HEAD + "NAMES = open('users.csv').read().split()\nclass Visitor(HttpUser):\n    @task\n    def act(self):\n" \
                  "        self.client.get('/' + NAMES.pop())\n        raise StopUser()\n"
    with Core(text, folder=tmp_path) as core:
        core.spawn()
        core.run()
        assert core.urls() == ["GET /bob"]


def test_libraries_beside_the_file_are_left_alone(tmp_path):
    (tmp_path / "venv").mkdir()
    (tmp_path / "venv" / "thing.py").write_text("")
    assert Source("locustfile.py", "import venv.thing", str(tmp_path)).find("venv.thing") is None


