"""The plan of a file that only lists requests."""
import json
import pathlib
import subprocess
import sys
import tempfile

from harness import wire

from mayfly_python import declarative

FILE = '''
"""A shop."""
import random
from locust import HttpUser, between, tag, task

class Buyer(HttpUser):
    host = "http://shop"
    weight = 3
    wait_time = between(1, 2.5)

    def on_start(self):
        self.client.post("/login", json={"user": "ann", "ids": [1, None]})

    @tag("smoke")
    @task(4)
    def look(self):
        """Looks around."""
        self.client.get("/items", params={"page": 2}, headers={"X-A": "b"})
        self.client.get(f"/item/{random.randint(1, 500)}", name="/item/[id]", allow_redirects=False)

    @task
    def buy(self):
        self.client.post("/cart", {"id": 7})
        time.sleep(0.5)
        self.client.put("/raw", data="text", timeout=3)
'''


def test_a_file_of_requests_is_a_plan():
    made, problems = declarative.plan(FILE)
    assert problems == []
    assert made == {"version": 1, "load": {"users": 1, "spawn_rate": 1}, "user_class": [{
        "name": "Buyer", "host": "http://shop", "weight": 3, "wait": {"between": [1, 2.5]},
        "on_start": [{"post": "/login", "json": {"user": "ann", "ids": [1, None]}}],
        "task": [
            {"name": "look", "tags": ["smoke"], "weight": 4, "steps": [
                {"get": "/items?page=2", "headers": {"X-A": "b"}},
                {"get": "/item/{{randint(1, 500)}}", "name": "/item/[id]", "follow_redirects": False}]},
            {"name": "buy", "steps": [
                {"post": "/cart", "form": {"id": "7"}}, {"wait": 0.5}, {"put": "/raw", "body": "text", "timeout": 3}]},
        ]}]}
    assert wire.encode(made)


def test_what_is_computed_is_said_by_line():
    text = FILE + "\nNAMES = open('names')\n\nclass Other(HttpUser):\n    @task\n    def act(self):\n        for n in range(3):\n" \
                  "            self.client.get('/%d' % n)\n"
    made, problems = declarative.plan(text)
    assert made is None
    lines = text.splitlines()
    assert [(lines[problem["line"] - 1].strip(), problem["text"]) for problem in problems] == [
        ("NAMES = open('names')", "this is computed when the file is loaded"),
        ("for n in range(3):", "this is computed: a plan has only requests and waits")]


def test_a_file_without_users_is_no_plan():
    assert declarative.plan("import locust")[1][0]["text"].startswith("there is no class")
    assert declarative.plan("class (")[1][0]["line"] == 1


def test_an_abstract_class_is_no_user_class_of_a_plan():
    text = "from locust import HttpUser, task\nclass Base(HttpUser):\n    abstract = %s\n    @task\n" \
           "    def act(self):\n        self.client.get('/')\n"
    made, problems = declarative.plan(text % "True")
    assert made is None
    assert [(problem["line"], problem["text"].partition(":")[0]) for problem in problems] == [
        (3, "a plan has no abstract classes")]
    assert declarative.plan(text % "False")[1] == []


def problems(lines, before="", decorator="@task"):
    """What stands in the way of a task with these lines."""
    text = "import random\nfrom locust import HttpUser, task\n%sclass A(HttpUser):\n    %s\n    def act(self):\n" % (before, decorator)
    made, found = declarative.plan(text + "".join("        %s\n" % line for line in lines.splitlines()))
    assert (made is None) == bool(found)
    return [problem["text"] for problem in found] if found else made["user_class"][0]["task"][0]["steps"]


def test_what_would_be_sent_otherwise_is_refused():
    for line, expected in [
            ('self.client.get("/", params={"n": random.randint(1, 5)})', "what is computed in the path"),
            ('self.client.get("/", params=[("a", 1)])', "what is computed in the path"),
            ('self.client.get(f"/{random.randint(1, 5):03d}")', "no formats"),
            ('self.client.get("/%d" % n)', "computed"),
            ('self.client.post("/", json={"id": f"{random.randint(1, 5)}"})', "as a number, and the file as a text"),
            ('self.client.post("/", json={"text": "{{id}}"})', "begins a template"),
            ('self.client.post("/", json={1: 2})', "texts as keys"),
            ('self.client.post("/", json={**other})', "texts as keys"),
            ('self.client.post("/", json={"a": {1, 2}})', "what JSON has"),
            ('self.client.post("/", data=b"bytes")', "what JSON has"),
            ('self.client.post("/", data=7)', "a text or fields"),
            ('self.client.get("/", catch_response=True)', "no catch_response"),
            ('self.client.get("/", **more)', "no ** among arguments"),
            ('other.client.get("/")', "only requests by self.client"),
            ('self.client.get()', "only requests by self.client"),
            ('numpy.random.randint(1, 5)', "only requests by self.client"),
            ('self.client.get(f"/{numpy.random.randint(1, 5)}")', "computed"),
            ('self.client.get({}["a"])', "computed")]:
        found = problems(line)
        assert len(found) == 1 and expected in str(found[0]), (line, found)


def test_a_class_that_inherits_more_is_refused():
    text = "class A(HttpUser, Mixin):\n    @task\n    def act(self):\n        self.client.get('/')\n"
    assert "is more than a class" in declarative.plan(text)[1][0]["text"]
    assert "no network_timeout" in declarative.plan("class A(HttpUser):\n    network_timeout = 3\n")[1][0]["text"]


def test_arguments_without_names_are_those_of_requests():
    assert problems('self.client.post("/", None, {"a": [1, (2, 3)]})') == [{"post": "/", "json": {"a": [1, [2, 3]]}}]
    assert problems('self.client.post("/", {"a": ["1", 2], "b": None})') == [{"post": "/", "form": [["a", "1"], ["a", "2"]]}]
    assert problems('self.client.get("/", name=None, timeout=None)') == [{"get": "/"}]
    assert problems('self.client.put("/", data=[("a", 1), ("b", True)])') == [{"put": "/", "form": {"a": "1", "b": "True"}}]
    assert problems('self.client.post("/", json={"n": random.randint(1, 5)})') == [
        {"post": "/", "json": {"n": "{{randint(1, 5)}}"}}]


def test_a_file_that_is_a_program_too_is_a_plan():
    main = "if __name__ == '__main__':\n    run_single_user(A)\n"
    assert problems('self.client.get("/")', before=main) == [{"get": "/"}]


def test_user_classes_are_in_the_order_of_their_names_with_one_share():
    text = "class %s(HttpUser):\n    weight = 3\n    fixed_count = %d\n    @task(weight=2)\n    def act(self):\n        self.client.get('/')\n"
    made, found = declarative.plan(text % ("B", 0) + text % ("A", 2))
    assert found == []
    classes = made["user_class"]
    assert [(told["name"], told.get("weight"), told.get("fixed_count")) for told in classes] == [("A", None, 2), ("B", 3, None)]
    assert classes[0]["task"][0]["weight"] == 2


def test_the_module_is_a_program():
    folder = pathlib.Path(declarative.__file__).parent
    with tempfile.TemporaryDirectory() as place:
        file = pathlib.Path(place, "shop.py")
        file.write_text(FILE, encoding="utf-8")
        program = [sys.executable, "-X", "utf8", str(folder / "declarative.py")]
        of_file = subprocess.run(program + ["shop.py"], cwd=place, stdout=subprocess.PIPE, check=True)
    of_input = subprocess.run(program + ["-"], input=FILE.encode(), stdout=subprocess.PIPE, check=True)
    for told in of_file, of_input:
        assert json.loads(told.stdout)["plan"] == declarative.plan(FILE)[0]
