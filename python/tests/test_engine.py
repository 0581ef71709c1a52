"""What the core is told, and when."""
import json
import sys
import types

import pytest
from harness import Child, Core, wire

HEAD = """
import gevent, logging, time
from locust import HttpUser, LoadTestShape, TaskSet, User, between, constant, constant_pacing, events, tag, task
from locust.exception import StopUser
"""


def core(text, **options):
    made = Core(HEAD + text, **options)
    assert made.error is None, made.error
    return made


def visitor(body, before=""):
    lines = "\n".join("        " + line for line in body.strip().splitlines())
    return "%s\nclass Visitor(HttpUser):\n    wait_time = constant(1)\n    @task\n    def act(self):\n%s\n" % (before, lines)


def line_of(text, part):
    return next(number for number, line in enumerate((HEAD + text).splitlines(), 1) if part in line)


def test_a_user_waits_as_long_as_its_wait_time_says():
    with core(visitor("self.client.get('/')").replace("constant(1)", "constant(2.5)")) as run:
        run.spawn()
        run.run(until=6)
        assert [seconds for _, seconds in run.waits] == [2.5] * 3


def test_constant_pacing_counts_the_time_of_answers():
    with core(visitor("self.client.get('/')").replace("constant(1)", "constant_pacing(2)"), elapsed=0.5) as run:
        run.spawn()
        run.run(until=7)
        assert [request["at"] for request in run.requests] == pytest.approx([0, 2, 4, 6])


def test_a_stopped_user_runs_on_stop_which_may_wait_and_send():
    text = visitor("self.client.get('/')") + """
    def on_stop(self):
        self.client.post("/logout")
        time.sleep(3)
        self.client.post("/bye")
"""
    with core(text) as run:
        run.spawn()
        run.run(until=0.5)
        run.stop()
        run.run()
        assert run.urls() == ["GET /", "POST /logout", "POST /bye"]
        assert run.done == [0]


def test_a_killed_user_says_nothing_more():
    text = visitor("""
try:
    self.client.get("/")
finally:
    logging.info("finally")
    self.client.get("/never")
""") + """
    def on_stop(self):
        logging.info("on_stop")
"""
    with core(text) as run:
        run.spawn()
        run.kill()
        run.run()
        assert run.urls() == ["GET /"]
        assert [line for _, line in run.logs] == ["finally"]


def test_a_user_that_swallows_its_end_is_ended():
    with core(visitor("""
while True:
    try:
        time.sleep(1)
    except BaseException:
        pass
""")) as run:
        run.spawn()
        run.stop()
        run.run(until=10000)
        assert run.done == [0]


def test_a_task_that_breaks_is_told_with_its_line_and_the_user_goes_on():
    text = visitor("self.client.get('/')\nself.missing()")
    with core(text) as run:
        run.spawn()
        run.run(until=2.5)
        assert len(run.requests) == 3
        number, told = run.exceptions[0]
        assert (number, told["type"], told["line"]) == (0, "AttributeError", line_of(text, "self.missing"))
        assert told["task"] == "Visitor.act"
        assert told["traceback"].splitlines()[1:3] == [
            '  File "locustfile.py", line %d, in act' % told["line"], "    self.missing()"]
        assert "mayfly_python" not in told["traceback"]


def test_a_user_whose_on_start_breaks_is_dead():
    text = visitor("pass") + "\n    def on_start(self):\n        self.client.get('/login')\n        1 / 0\n"
    with core(text) as run:
        run.spawn(7)
        run.run()
        number, told = run.dead[0]
        assert (number, told["type"], told["line"]) == (7, "ZeroDivisionError", line_of(text, "1 / 0"))


def test_a_user_whose_constructor_sends_and_breaks_is_dead():
    text = visitor("self.client.get('/')") + """
    def __init__(self, environment):
        super().__init__(environment)
        self.token = self.client.post("/token").json()["none"]
"""
    with core(text) as run:
        run.spawn()
        run.run()
        assert run.urls() == ["POST /token"]
        assert run.dead[0][1]["type"] == "KeyError"
        assert run.dead[0][1]["line"] == line_of(text, "none")


def test_what_is_judged_after_other_requests_is_told_by_its_number():
    with core(visitor("""
with self.client.get("/job", catch_response=True) as job:
    for _ in range(2):
        time.sleep(1)
        self.client.get("/state")
    job.failure("took two looks")
raise StopUser()
""")) as run:
        run.spawn()
        run.run()
        assert run.verdicts == {1: {"request": 1, "failure": "took two looks"}}
        assert [request["request"] for request in run.requests] == [1, 2, 3]


def test_a_response_that_is_never_judged_is_judged_by_its_status():
    with core(visitor("""
self.client.get("/a", catch_response=True)
self.client.get("/b", catch_response=True)
raise StopUser()
"""), server=lambda request: {"status": 404}) as run:
        run.spawn()
        run.run()
        assert [verdict["judge"] for verdict in run.verdicts.values()] == [True, True]
        assert "404 Client Error: Not Found for url: /a" in run.verdicts[1]["failure"]


def test_an_exception_in_a_with_block_leaves_the_request_counted():
    with core(visitor("""
with self.client.get("/a", catch_response=True) as response:
    response.json()["none"]
""")) as run:
        run.spawn()
        run.run(until=0.5)
        assert run.verdicts[1] == {"request": 1, "failure": None, "judge": True}
        assert run.exceptions[0][1]["type"] == "KeyError"


def test_a_request_without_an_answer_is_an_error_that_the_file_can_catch():
    with core(visitor("""
response = self.client.get("/a")
logging.info("%s %s %r", response.status_code, type(response.error).__name__, response.text)
"""), server=lambda request: {"status": 0, "error": "connection refused"}) as run:
        run.spawn()
        run.run(until=0.5)
        assert run.logs == [("info", "0 ConnectionError ''")]


def test_cookies_that_are_cleared_are_told():
    with core(visitor("""
self.client.cookies.clear()
self.client.get("/a")
self.client.get("/b")
""")) as run:
        run.spawn()
        run.run(until=0.5)
        assert [request.get("clear_cookies") for request in run.requests] == [True, None]


def test_a_timeout_and_redirects_are_told():
    with core(visitor("self.client.get('/a', timeout=(1, 2.5), allow_redirects=False)\nself.client.get('/b')")) as run:
        run.spawn()
        run.run(until=0.5)
        assert [(request["timeout"], request["redirects"]) for request in run.requests] == [(3.5, False), (None, True)]


def test_without_a_host_requests_are_paths():
    with core(visitor("self.client.get('/a', params={'x': 1})"), host=None) as run:
        assert run.loaded["classes"][0]["host"] is None
        run.spawn()
        run.run(until=0.5)
        assert run.requests[0]["url"] == "/a?x=1"


def test_a_path_that_runs_into_the_port_is_an_exception():
    with core(visitor("self.client.get('api')"), host="http://target:80") as run:
        run.spawn()
        assert (run.exceptions[0][1]["type"], run.requests) == ("InvalidURL", [])
        assert "'target:80api' is not a valid host or port" in run.exceptions[0][1]["message"]


def test_a_file_that_is_no_python_is_an_error_with_its_line():
    run = Core(HEAD + "\nclass Visitor(HttpUser)\n    pass\n")
    assert run.error["type"] == "SyntaxError" and run.error["line"] == line_of("\nclass Visitor(HttpUser)\n", "class")
    run.close()


def test_a_file_that_breaks_is_an_error_with_its_line_and_another_can_be_loaded():
    run = Core(HEAD + "\nimport does_not_exist\n")
    assert (run.error["type"], run.error["line"]) == ("ModuleNotFoundError", line_of("\nimport does_not", "does_not"))
    run.close()


def test_names_of_old_locust_may_be_imported_and_not_inherited_from():
    with core("from locust import HttpLocust, Locust\n" + visitor("pass")):
        pass
    run = Core(HEAD + "from locust import HttpLocust\nclass Old(HttpLocust):\n    pass\n")
    assert run.error["message"] == "HttpLocust is of Locust before 1.0: inherit from HttpUser instead"
    run.close()


def test_sys_exit_while_loading_is_an_error():
    run = Core(HEAD + "\nimport sys\nsys.exit(3)\n")
    assert run.error["message"] == "the file ended by sys.exit(3) while it was loaded"
    run.close()


def test_classes_are_told_with_their_tasks_and_lines():
    text = """
class Abstract(HttpUser):
    abstract = True
    @task(2)
    def shared(self): pass

class Zoe(Abstract):
    weight = 3
    host = "http://own"
    @task
    class Inner(TaskSet):
        @task(4)
        def deep(self): pass

class Adam(User):
    fixed_count = 2
    @task
    def only(self): pass

class Nobody(User):
    weight = 0
"""
    with core(text, host=None) as run:
        told = run.loaded["classes"]
        assert [(kind["name"], kind["weight"], kind["fixed_count"], kind["host"]) for kind in told] == [
            ("Adam", 1, 2, None), ("Zoe", 3, 0, "http://own")]
        assert told[1]["tasks"] == [
            {"name": "shared", "weight": 2, "tasks": []},
            {"name": "Inner", "weight": 1, "tasks": [{"name": "deep", "weight": 4, "tasks": []}]}]
        assert told[1]["line"] == line_of(text, "class Zoe")


def test_tags_choose_tasks_and_are_told():
    text = """
class Visitor(HttpUser):
    @tag("a")
    @task
    def first(self): self.client.get("/first")
    @tag("b")
    @task
    def second(self): self.client.get("/second")
    @task
    def third(self): self.client.get("/third")
"""
    with core(text, tags=["a"]) as run:
        assert run.loaded["tags"] == ["a", "b"]
        assert [item["name"] for item in run.loaded["classes"][0]["tasks"]] == ["first"]
    with core(text, exclude_tags=["a"]) as run:
        assert [item["name"] for item in run.loaded["classes"][0]["tasks"]] == ["second", "third"]


def test_options_of_the_file_are_told_and_given():
    text = visitor("logging.info('%r %r %r', *(getattr(self.environment.parsed_options, n) for n in ('count', 'mode', 'loud')))",
                   """
@events.init_command_line_parser.add_listener
def add(parser, **kwargs):
    group = parser.add_argument_group("own")
    group.add_argument("--count", type=int, default=3, help="how many", env_var="OWN_COUNT")
    parser.add_argument("--mode", choices=["a", "b"], default="a", is_secret=False)
    parser.add_argument("--loud", action="store_true", include_in_web_ui=False)
""")
    with core(text) as run:
        assert [(option["name"], option["default"], option["choices"], option["in_form"]) for option in run.loaded["options"]
                ] == [("count", 3, None, True), ("mode", "a", ["a", "b"], True), ("loud", False, None, False)]
        run.spawn()
        assert run.logs == [("info", "3 'a' False")]
    with core(text, options={"count": "5", "loud": "true"}) as run:
        run.spawn()
        assert run.logs == [("info", "5 'a' True")]


def test_an_option_that_the_file_refuses_is_an_error():
    text = visitor("pass", """
@events.init_command_line_parser.add_listener
def add(parser, **kwargs):
    parser.add_argument("--count", type=int, default=3)
""")
    run = Core(HEAD + text, options={"count": "many"})
    assert "invalid int value: 'many'" in str(run.error or run.logs)
    run.close()


def test_a_shape_of_time_alone_is_told_before_the_run():
    text = visitor("pass") + """
class Stages(LoadTestShape):
    stages = [(3, 10, 5), (5, 2, 1)]
    def tick(self):
        for end, users, rate in self.stages:
            if self.get_run_time() < end:
                return users, rate
        return None
"""
    with core(text) as run:
        assert run.loaded["shape"] == {"name": "Stages", "points": [[0, 10, 5.0], [3, 2, 1.0]], "ends": 5, "is_live": False,
                                       "use_common_options": False}
        run.event("test_start")
        assert run.tick() == {"users": 10, "spawn_rate": 5.0, "classes": None}
        run.now = 5
        assert run.tick() is None


def test_a_shape_that_looks_at_users_or_chooses_classes_is_live():
    shapes = {
        "counts": "return (5, 1) if self.get_current_user_count() < 5 else None",
        "remembers": "self.seen = getattr(self, 'seen', 0) + 1\n        return (self.seen, 1)",
        "chooses": "return (5, 1, [Visitor])",
        "draws": "import random\n        return (random.randint(1, 9), 1)",
    }
    for name, body in shapes.items():
        text = visitor("pass") + "\nclass Own(LoadTestShape):\n    def tick(self):\n        %s\n" % body
        with core(text) as run:
            assert run.loaded["shape"]["is_live"], name
    with core(visitor("pass") + "\nclass Own(LoadTestShape):\n    def tick(self):\n        return (5, 1, [Visitor])\n") as run:
        assert run.tick() == {"users": 5, "spawn_rate": 1.0, "classes": ["Visitor"]}
    with core(visitor("pass") + "\nclass Own(LoadTestShape):\n    def tick(self):\n"
              "        return (self.get_current_user_count() + 1, 1)\n") as run:
        assert run.tick(users=7)["users"] == 8


def test_a_shape_that_breaks_ends_the_run_and_says_why():
    text = visitor("pass") + "\nclass Own(LoadTestShape):\n    def tick(self):\n        return 1 / 0\n"
    with core(text) as run:
        run.tick()
        # Not as one that is over.
        assert run.quit and run.shapes == []
        number, told = run.exceptions[0]
        assert (number, told["task"], told["type"], told["line"]) == (0, "tick", "ZeroDivisionError", line_of(text, "1 / 0"))
        assert "ZeroDivisionError" in run.logs[-1][1]


def test_a_shape_that_exits_ends_the_run_with_its_code():
    with core(visitor("pass") + "\nclass Own(LoadTestShape):\n    def tick(self):\n        import sys; sys.exit(4)\n") as run:
        run.tick()
        assert run.quit and run.shapes == [] and run.exceptions == []
        run.event("quitting")
        assert run.exit == 4


def test_a_shape_that_stops_the_test_ends_the_run_and_is_no_exception():
    with core(visitor("pass") + "\nclass Own(LoadTestShape):\n    def tick(self):\n"
              "        from locust.exception import StopTest\n        raise StopTest('enough')\n") as run:
        run.tick()
        assert run.quit and run.shapes == [] and run.exceptions == []
        assert run.logs == [("error", "the shape ended the run: enough")]


def test_users_spawn_rate_and_run_time_of_the_plan_are_told():
    text = visitor("pass", """
@events.init.add_listener
def init(environment, **kwargs):
    options = environment.parsed_options
    logging.info("%r %r %r %r", options.users, options.num_users, options.spawn_rate, options.run_time)
@events.test_start.add_listener
def start(environment, **kwargs):
    logging.info("%r %r", environment.runner.target_user_count, environment.runner.spawn_rate)
""")
    with core(text, users=20, spawn_rate=2.5, run_time=60.0) as run:
        run.event("test_start")
        assert [line for _, line in run.logs] == ["20 20 2.5 60", "20 2.5"]
    with core(text, users=None, spawn_rate=None, run_time=0.5) as run:
        run.event("test_start")
        assert [line for _, line in run.logs] == ["None None None 0.5", "0 0"]
    with core(text) as run:
        run.event("test_start", target_user_count=3, spawn_rate=1.0)
        assert [line for _, line in run.logs] == ["None None None None", "3 1.0"]


def test_greenlets_of_the_environment_run_by_themselves():
    text = visitor("self.client.get('/')", """
def watch(environment):
    while environment.runner.state not in ("stopping", "stopped"):
        logging.info("at %g", time.monotonic())
        gevent.sleep(2)

@events.test_start.add_listener
def started(environment, **kwargs):
    gevent.spawn(watch, environment)
""")
    with core(text) as run:
        run.event("test_start")
        run.spawn()
        run.run(until=5)
        assert [line for _, line in run.logs] == ["at 0", "at 2", "at 4"]


def test_a_listener_that_sends_outside_of_users_is_an_error_in_the_log():
    text = visitor("pass", """
from locust.clients import HttpSession
@events.test_start.add_listener
def started(environment, **kwargs):
    HttpSession("http://target", None, None).get("/token")
""")
    with core(text) as run:
        run.event("test_start")
        assert "requests can only be sent by users" in str(run.logs)
        assert not run.requests


def test_quitting_tells_the_exit_code():
    text = visitor("pass", """
@events.quitting.add_listener
def judge(environment, **kwargs):
    if environment.stats.total.fail_ratio > 0.01 or environment.stats.total.get_response_time_percentile(0.95) > 800:
        environment.process_exit_code = 3
""")
    with core(text) as run:
        assert run.loaded["uses_stats"]
        run.event("quitting")
        assert run.exit is None
        run.stats(user_count=1, state="running", total={"fail_ratio": 0.5, "num_requests": 2}, entries=[])
        run.event("quitting")
        assert run.exit == 3


def test_statistics_are_a_view():
    text = visitor("""
stats = self.environment.stats
entry = stats.get("/a", "GET")
logging.info("%s %s %s %s", stats.total.num_requests, entry.num_requests, entry.get_response_time_percentile(0.94),
             self.environment.runner.user_count)
""")
    with core(text) as run:
        run.stats(user_count=12, state="running", total={"num_requests": 5}, entries=[
            {"name": "/a", "method": "GET", "num_requests": 4, "percentiles": {"0.5": 10, "0.95": 20}}])
        run.spawn()
        assert run.logs == [("info", "5 4 20 12")]


def test_a_user_can_end_the_run():
    with core(visitor("self.environment.runner.quit()\nself.environment.runner.quit()")) as run:
        run.event("test_start")
        run.spawn()
        assert run.quit


def test_sys_exit_in_a_task_ends_the_run_with_its_code():
    with core(visitor("import sys\nsys.exit(4)")) as run:
        run.spawn()
        assert run.quit and run.done == [0]
        run.event("quitting")
        assert run.exit == 4


def test_samples_of_the_file_are_told():
    with core(visitor("""
with events.request.measure("grpc", "hello") as meta:
    meta["response_length"] = 5
    raise ValueError("no")
""")) as run:
        assert run.loaded["blocking"]
        assert any("measures requests by itself" in note["text"] for note in run.loaded["notes"])
        run.spawn()
        sample = run.samples[0]
        assert (sample["type"], sample["name"], sample["length"], sample["error"]) == ("grpc", "hello", 5, "ValueError('no')")


def test_what_a_file_reads_of_answers_is_told():
    with core(visitor("self.client.get('/').status_code")) as run:
        assert run.loaded["keep"] == "nothing"
    with core(visitor("self.client.get('/').json()")) as run:
        assert run.loaded["keep"] == "body"


def test_a_library_that_may_read_answers_gets_them():
    with core(visitor("self.client.get('/')", "import pip")) as run:
        assert run.loaded["keep"] == "body"


def test_another_file_in_the_same_interpreter_starts_afresh(tmp_path):
    (tmp_path / "util.py").write_text("COUNT = [0]\n")
    text = """
import util
util.COUNT[0] += 1
@events.init.add_listener
def init(environment, **kwargs):
    logging.info("init %s %s", util.COUNT, type(environment.runner).__name__)
""" + visitor("self.client.get('/')")
    with core(text, folder=tmp_path) as run:
        run.spawn()
        run.waiting = []
        (tmp_path / "util.py").write_text("COUNT = [5]\n")
        run.exchange(wire.pack_json(0, wire.HELLO, {"file": "locustfile.py", "folder": str(tmp_path), "host": "http://b"},
                                    (HEAD + text).encode()))
        assert run.error is None, run.error
        assert [line for _, line in run.logs] == ["init [1] LocalRunner", "init [6] LocalRunner"]
        run.spawn()
        run.run(until=0.5)
        assert run.requests[-1]["url"] == "http://b/"


def test_each_of_several_processes_knows_its_place():
    text = """
import random
ONCE = random.random()
@events.init.add_listener
def init(environment, **kwargs):
    runner = environment.runner
    logging.info("%s/%s %s", runner.worker_index, runner.worker_count, environment.parsed_options.processes)
    logging.info("%s", ONCE)
""" + visitor("self.client.get('/%s' % random.random())")
    seen = []
    for place in None, "0/2", "1/2":
        environment = {} if place is None else {"MAYFLY_PROCESS": place}
        with core(text, environment=environment) as run:
            run.spawn()
            seen.append([line for _, line in run.logs] + [run.requests[0]["url"]])
    alone, first, second = seen
    assert (alone[0], first[0], second[0]) == ("0/1 None", "0/2 2", "1/2 2")
    assert alone[1] == first[1] != second[1], "what is drawn at loading"
    assert alone[2] == first[2] == second[2], "what user 0 draws"


def test_files_of_the_page_lie_beside_the_locustfile(tmp_path):
    child = Child(folder=tmp_path)
    text = HEAD + "from shop.cart import price\nassert price == 5 and open('data.csv').read() == 'x'\n" + visitor("pass")
    frame = wire.pack_json(0, wire.MODULE, {"name": "shop/cart.py"}, b"price = 5")
    frame += wire.pack_json(0, wire.MODULE, {"name": "data.csv"}, b"x")
    frame += wire.pack_json(0, wire.MODULE, {"name": "../outside.py"}, b"x")
    frame += wire.pack_json(0, wire.HELLO, {"file": "locustfile.py", "folder": None}, text.encode())
    told = [(kind, json.loads(head)) for _, kind, head, _ in wire.unpack(child.frame(frame))]
    child.close()
    assert [kind for kind, _ in told] == [wire.LOG, wire.LOADED], told
    assert not (tmp_path / "outside.py").exists()


def test_whole_urls_of_requests_are_told_by_line():
    lines = ["self.client.get('/a')", "self.client.get('https://b.test')", "self.client.request('PUT', f'http://c.test/{1}')",
             "self.client.post(url='http://d.test/%s' % 1)", "self.client.get(f'http://{1}.test/')",
             "self.client.get('http://e.t' + 'est/')", "self.client.get('/', headers={'Referer': 'http://f.test/'})"]
    text = visitor("\n".join(lines))
    with core(text) as run:
        told = [(it["url"], it["line"], it["file"]) for it in run.loaded["urls"]]
    first = line_of(text, lines[0])
    assert told == [("https://b.test", first + 1, None), ("http://c.test/", first + 2, None),
                    ("http://d.test/", first + 3, None)]


def test_calls_that_block_are_noted_by_line(tmp_path):
    text = visitor("requests.get('http://other/')", "import requests")
    with core(text) as run:
        assert [(note["line"], note["level"]) for note in run.loaded["notes"]] == [(line_of(text, "requests.get"), "warning")]


def test_a_user_that_comes_again_goes_on_with_its_randomness():
    text = visitor("import random\nself.client.get('/%d' % random.randint(1, 10**9))\nraise StopUser()")
    with core(text) as run:
        for _ in range(2):
            run.spawn(3)
            run.run()
        first, second = run.urls()
    with core(text) as run:
        run.spawn(3)
        run.run()
        run.spawn(4)
        run.run()
        assert first == run.urls()[0] and second != first and run.urls()[1] != first


def test_two_users_in_one_frame_draw_as_if_alone():
    text = visitor("import random\nself.client.get('/%d' % random.randint(1, 10**9))").replace("constant(1)", "between(0, 2)")

    def urls(numbers):
        with core(text) as run:
            for number in numbers:
                run.spawn(number)
            run.run(until=20)
            return {number: run.urls(number)[:8] for number in numbers}

    together = urls([0, 1, 2])
    assert together[1] == urls([1])[1]
    assert together[2] == urls([2, 0])[2]


def test_time_is_that_of_the_run():
    with core(visitor("""
from datetime import date, datetime
logging.info("%s %s %s %s", time.time(), datetime.now().second, datetime.utcnow().isoformat(), date.today().year)
time.sleep(61)
logging.info("%s %s", time.time(), datetime.utcnow().isoformat())
raise StopUser()
""")) as run:
        run.spawn()
        run.run(until=100)
        assert [line for _, line in run.logs] == [
            "1767225600.0 0 2026-01-01T00:00:00 %d" % 2026, "1767225661.0 2026-01-01T00:01:01"]


def test_prints_and_a_closed_standard_output_do_not_break_the_stream():
    with core(visitor("""
import os, subprocess, sys
print("a print")
sys.stdout.flush()
os.write(1, b"raw")
os.close(1)
assert input is not None
subprocess.run(["true"])
self.client.get("/after")
raise StopUser()
""")) as run:
        run.spawn()
        run.run()
        assert run.urls() == ["GET /after"]
    assert "a print" in run.child.errors and "raw" in run.child.errors


def test_reading_standard_input_finds_its_end():
    with core(visitor("import sys\nlogging.info(repr(sys.stdin.read()))\nraise StopUser()")) as run:
        run.spawn()
        assert run.logs == [("info", "''")]


def test_a_fork_of_the_file_does_not_answer():
    with core(visitor("""
import os
if os.fork():
    os.wait()
self.client.get("/after")
raise StopUser()
""")) as run:
        run.spawn()
        run.run()
        assert run.urls() == ["GET /after"]


def test_the_end_of_the_process_is_the_end_of_the_stream():
    run = core(visitor("import os\nos._exit(3)"))
    with pytest.raises(EOFError, match="ended with 3"):
        run.spawn()
    run.child.process.stdin.close()


@pytest.mark.parametrize("body", [
    "while True: pass",
    "while True:\n    try:\n        while True: pass\n    except Exception:\n        pass",
    "import re\nre.match('(a+)+b', 'a' * 60)",
    "import select\nselect.select([], [], [], 60)",
])
def test_a_task_that_takes_too_long_ends_its_user_with_the_line(body):
    text = visitor(body)
    with core(text, environment={"MAYFLY_SOFT_LIMIT": "0.3"}) as run:
        run.spawn(1)
        told = run.dead[0][1]
        assert told["type"] == "TimeLimit"
        assert line_of(text, "def act") < told["line"]
        run.spawn(2)
        assert len(run.dead) == 2


@pytest.fixture
def limit():
    """A limit, with a frame of a file, `in_file`, and one of the engine that the file calls, `in_call`."""
    from mayfly_python.child import _Limit
    from mayfly_python.engine import Engine, TimeLimit
    limit, frames = _Limit.__new__(_Limit), []
    limit.engine, limit.error, limit.steps = Engine(), TimeLimit, 0
    limit.processor = limit.wall = float("inf")
    limit.engine.source = types.SimpleNamespace(files={"locustfile.py"}, is_blocking=False)
    limit.engine.is_busy = limit.engine.is_loaded = True
    limit.engine.tell = lambda *told: frames.append(sys._getframe())
    of_file = {"engine": limit.engine, "frames": frames}
    exec(compile("import sys\nframes.append(sys._getframe())\nengine.log('info', 'text')", "locustfile.py", "exec"), of_file)
    limit.in_file, limit.in_call = frames
    return limit


def test_a_limit_of_time_says_what_was_too_long(limit):
    limit.look(0, limit.in_file)
    limit.wall = float("-inf")
    with pytest.raises(BaseException, match="took longer than 4 s in all"):
        limit.look(0, limit.in_file)
    limit.processor = float("-inf")
    with pytest.raises(BaseException, match="took longer than 1 s of the processor, in which"):
        limit.look(0, limit.in_file)


def test_a_limit_of_time_does_not_break_the_engine_nor_where_the_file_calls_it(limit):
    limit.processor = limit.wall = float("-inf")
    limit.look(0, sys._getframe())
    limit.look(0, limit.in_call)
    with pytest.raises(BaseException, match="took longer"):
        limit.look(0, limit.in_file)


def test_a_file_that_measures_by_itself_has_no_limit_of_time_of_its_own(limit):
    limit.processor = limit.wall = float("-inf")
    limit.engine.source.is_blocking = True
    limit.look(0, limit.in_file)


def test_recursion_and_memory_are_exceptions_of_the_task():
    with core(visitor("self.act()\n")) as run:
        run.spawn()
        assert run.exceptions[0][1]["type"] == "RecursionError"
    with core(visitor("bytearray(1 << 60)\n")) as run:
        run.spawn()
        assert run.exceptions[0][1]["type"] == "MemoryError"


def test_an_unknown_part_of_locust_is_noted_and_says_so_when_used():
    text = visitor("mongodb.connect()", "from locust.contrib import mongodb")
    with core(text) as run:
        assert any("locust.contrib.mongodb is not available" in note["text"] for note in run.loaded["notes"])
        run.spawn()
        assert "locust.contrib.mongodb.connect is not available" in run.exceptions[0][1]["message"]


def test_a_call_that_nobody_awaits_is_an_exception_with_its_line():
    text = visitor("import functools\nfunctools.reduce(lambda a, b: b, [1, 2])\nSecret().__str__()", """
class Secret:
    def __str__(self):
        return self.user.client.get("/secret").text
""")
    with core(text) as run:
        assert [(note["level"], note["line"]) for note in run.loaded["notes"]] == [("error", line_of(text, "def __str__"))]


def test_a_request_in_a_special_method_is_an_exception_and_not_lost():
    text = visitor("str(Secret(self))", """
class Secret:
    def __init__(self, user): self.user = user
    def __str__(self):
        return self.user.client.get("/secret").text
""")
    with core(text) as run:
        run.spawn()
        told = run.exceptions[0][1]
        assert told["type"] == "CannotWait" and told["line"] == line_of(text, "/secret")
        assert "GET http://target/secret" in told["message"]


def test_a_coroutine_that_is_lost_is_told():
    text = visitor("import re\nre.sub('a', self.replace, 'a')\n") + """
    def replace(self, found):
        return self.client.get("/replace").text
"""
    with core(text) as run:
        run.spawn()
        assert run.exceptions[0][1]["type"] == "CannotWait"
        assert run.exceptions[0][1]["line"] == line_of(text, "/replace")


def test_a_lone_call_through_a_library_is_told():
    text = visitor("import operator\noperator.methodcaller('get', '/lost')(self.client)\nself.client.get('/next')\n")
    with core(text) as run:
        run.spawn()
        run.run(until=0.5)
        assert run.urls() in (["GET /lost", "GET /next"], ["GET /next"])
        if run.urls() == ["GET /next"]:
            assert run.exceptions[0][1]["type"] == "CannotWait"


def test_a_timeout_of_gevent_ends_a_wait():
    with core(visitor("""
try:
    with gevent.Timeout(2):
        gevent.sleep(10)
except gevent.Timeout:
    logging.info("at %g", time.monotonic())
raise StopUser()
""")) as run:
        run.spawn()
        run.run(until=20)
        assert run.logs == [("info", "at 2")]


def test_a_heartbeat_greenlet_runs_beside_the_tasks_of_its_user():
    with core("""
class Visitor(HttpUser):
    wait_time = constant(3)
    def on_start(self):
        self.beat = gevent.spawn(self.heartbeat)
    def heartbeat(self):
        while True:
            gevent.sleep(2)
            self.client.get("/beat")
    @task
    def act(self):
        self.client.get("/act")
    def on_stop(self):
        self.beat.kill()
""") as run:
        run.spawn()
        run.run(until=6.5)
        assert [(request["at"], request["url"][-5:]) for request in run.requests] == [
            (0, "t/act"), (2, "/beat"), (3, "t/act"), (4, "/beat"), (6, "t/act"), (6, "/beat")]
        run.stop()
        assert run.done == [0]


def test_a_user_that_stops_itself_finishes_its_task():
    with core(visitor("self.stop()\nself.client.get('/last')") + "\n    def on_stop(self):\n        logging.info('bye')\n") as run:
        run.spawn()
        run.run()
        assert run.urls() == ["GET /last"] and run.done == [0] and run.logs == [("info", "bye")]




def test_a_user_that_ends_takes_its_greenlets_with_it():
    text = visitor("gevent.spawn(lambda: self.client.get('/never'))\nraise StopUser()") + """
class Watcher(HttpUser):
    wait_time = constant(1)
    @task
    def act(self):
        import gc
        gc.collect()
"""
    with core(text) as run:
        run.spawn(0)
        run.spawn(1, index=1)
        run.run(until=3)
        assert run.done == [0] and run.alive == {1}
        assert (run.requests, run.exceptions, run.logs) == ([], [], [])


def test_a_greenlet_that_ends_its_user_leaves_no_other_behind():
    with core(visitor("""
import sys
def beat():
    try:
        while True:
            gevent.sleep(1)
    finally:
        logging.info("beat ended")
def leave():
    gevent.sleep(2)
    sys.exit(0)
gevent.spawn(beat)
gevent.spawn(leave)
gevent.sleep(10)
""")) as run:
        run.spawn()
        while run.alive and run.turn():
            pass
        assert run.done == [0] and run.logs == [("info", "beat ended")]


def test_a_greenlet_that_breaks_at_its_end_does_not_keep_its_user_from_on_stop():
    text = visitor("gevent.sleep(1)") + """
    def on_start(self):
        gevent.spawn(self.beat)
    def on_stop(self):
        self.client.post("/logout")
    def beat(self):
        import sys
        try:
            gevent.sleep(9)
        finally:
            sys.exit(1)
"""
    with core(text) as run:
        run.spawn()
        run.run(until=0.5)
        run.stop()
        run.run()
        assert run.urls() == ["POST /logout"] and run.done == [0] and not run.quit


STOPPED_BY_ANOTHER = """
USERS = []
class Stopped(HttpUser):
    wait_time = constant(2)
    def on_start(self):
        USERS.append(self)
        %s
    @task
    def act(self):
        with self.client.get("/act", catch_response=True) as response:
            response.failure("judged")
    def on_stop(self):
        self.client.post("/bye")
        gevent.sleep(1)
        self.client.post("/gone")

class Stopper(HttpUser):
    wait_time = constant(5)
    @task
    def act(self):
        if USERS:
            logging.info("stopped: %%s", USERS.pop().stop(force=%s))
"""


@pytest.mark.parametrize("start", ["pass", "gevent.spawn(gevent.sleep, 100)"])
def test_a_user_that_another_stops_ends_when_its_wait_is_over(start):
    with core(STOPPED_BY_ANOTHER % (start, False)) as run:
        run.spawn(0, index=0)
        run.run(until=0.5)
        run.now = 0.5
        run.spawn(1, index=1)
        run.run(until=9)
        assert run.logs == [("info", "stopped: True")]
        assert run.urls(0) == ["GET /act", "POST /bye", "POST /gone"] and run.done == [0]


@pytest.mark.parametrize("start", ["pass", "gevent.spawn(gevent.sleep, 100)"])
def test_a_user_that_another_stops_in_a_request_judges_it_and_ends(start):
    with core(STOPPED_BY_ANOTHER % (start, True), elapsed=1.0) as run:
        run.spawn(0, index=0)
        run.now = 0.5
        run.spawn(1, index=1)
        run.run(until=9)
        assert run.urls(0) == ["GET /act", "POST /bye", "POST /gone"] and run.done == [0]
        assert [verdict["failure"] for verdict in run.verdicts.values()] == ["judged"]


def test_a_user_that_one_of_its_greenlets_stops_ends():
    with core(visitor("self.client.get('/act')").replace("constant(1)", "constant(3)") + """
    def on_start(self):
        gevent.spawn_later(1, self.stop)
""") as run:
        run.spawn()
        run.run(until=9)
        assert run.urls() == ["GET /act"] and run.done == [0]


def test_users_that_wait_for_long_look_seldom_and_go_on_soon():
    text = """
from gevent.event import Event
OPEN = Event()
class Waiting(HttpUser):
    wait_time = constant(100)
    @task
    def act(self):
        OPEN.wait()
        self.client.get("/in")

class Opener(HttpUser):
    wait_time = constant(100)
    @task
    def act(self):
        gevent.sleep(%s)
        OPEN.set()
"""
    with core(text % 60) as run:
        opener, waiting = [kind["name"] for kind in run.loaded["classes"]].index("Opener"), 1
        run.spawn(0, index=opener)
        run.spawn(1, index=waiting)
        run.run(until=61.5)
        assert 60 <= run.requests[0]["at"] <= 61
        # A hundred times a second would be 6,000.
        assert len([number for number, _ in run.waits if number == 1]) < 120
    with core(text % 0.05) as run:
        run.spawn(0, index=opener)
        run.spawn(1, index=waiting)
        run.run(until=1)
        assert run.requests[0]["at"] == pytest.approx(0.05, abs=0.011)


@pytest.mark.parametrize("end", ["raise ValueError('own') from error", "raise ValueError('own')"])
def test_a_traceback_of_several_exceptions_has_no_frame_of_mayfly(end):
    text = visitor("try:\n    self.client.get('/a', unknown=1)\nexcept TypeError as error:\n    " + end)
    with core(text) as run:
        run.spawn()
        told = run.exceptions[0][1]["traceback"]
        files = [line.split('"')[1] for line in told.splitlines() if line.startswith("  File ")]
        assert files == ["locustfile.py", "locustfile.py"], told
        assert "TypeError" in told and "ValueError: own" in told
        assert ("direct cause" in told) == ("from" in end)


@pytest.mark.parametrize("header,cookies", [
    ("sid=1; Path=/; Secure; Partitioned", {"old": "0", "sid": "1"}),
    ("sid=a=b; Priority=High; whatever", {"old": "0", "sid": "a=b"}),
    ("sid=", {"old": "0", "sid": ""}),
    ("sid=1; Max-Age=3600; Expires=Thu, 01 Jan 1970 00:00:00 GMT", {"old": "0", "sid": "1"}),
    ("sid=1; Expires=Thu, 01 Jan 2099 00:00:00 GMT", {"old": "0", "sid": "1"}),
    ("sid=1; Expires=someday", {"old": "0", "sid": "1"}),
    ("old=; Max-Age=0", {}),
    ("old=; Max-Age=-1", {}),
    ("old=x; expires=Thu, 01-Jan-1970 00:00:00 GMT; Partitioned", {}),
    ("nothing", {"old": "0"}),
    ("=1", {"old": "0"}),
])
def test_cookies_of_answers_are_read_as_a_browser_does(header, cookies):
    def server(request):
        return {"headers": [["set-cookie", header if request["url"].endswith("/b") else "old=0"]]}

    text = visitor("self.client.get('/a')\nself.client.get('/b')\nlogging.info(repr(sorted(self.client.cookies.items())))")
    with core(text, server=server) as run:
        run.spawn()
        run.run(until=0.5)
        assert run.logs == [("info", repr(sorted(cookies.items())))]


def test_the_network_timeout_of_a_fast_user_is_that_of_its_requests():
    with core("""
from locust import FastHttpUser
class Own(FastHttpUser):
    network_timeout = 5.0
    @task
    def act(self):
        self.client.get("/a")
        self.client.get("/b", timeout=2)
        raise StopUser()

class Plain(FastHttpUser):
    @task
    def act(self):
        self.client.get("/c")
        raise StopUser()
""") as run:
        run.spawn(0, index=0)
        run.spawn(1, index=1)
        run.run()
        assert {request["url"][-2:]: request["timeout"] for request in run.requests} == {"/a": 5.0, "/b": 2.0, "/c": 60.0}


def test_nothing_of_an_earlier_file_stays_when_the_next_one_breaks():
    shape = "\nclass Own(LoadTestShape):\n    def tick(self):\n        return (1, 1)\n"
    with core(visitor("self.client.get('/')") + shape) as run:
        run.exchange(wire.pack_json(0, wire.HELLO, {"file": "locustfile.py", "host": "http://b"}, b"import does_not_exist"))
        assert (run.error["type"], run.error["line"]) == ("ModuleNotFoundError", 1)
        # The core asks for no user of a file that it could not load: the earlier file's must not run.
        with pytest.raises(EOFError, match="list index out of range"):
            run.spawn()
        run.child.process.stdin.close()


def test_a_killed_user_gives_no_verdict():
    with core(visitor("""
with self.client.get("/", catch_response=True) as response:
    gevent.sleep(5)
""")) as run:
        run.spawn()
        run.turn()
        assert run.open == {(0, 1)}
        run.kill()
        assert run.verdicts == {} and run.open == set()


def test_a_user_that_is_killed_gives_no_verdict_in_its_greenlets_either():
    with core(visitor("""
def other():
    with self.client.get("/other", catch_response=True) as response:
        gevent.sleep(5)
gevent.spawn(other)
gevent.sleep(9)
""")) as run:
        run.spawn()
        run.turn()
        assert run.open == {(0, 1)}
        run.kill()
        assert run.verdicts == {}
