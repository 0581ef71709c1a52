"""The engine as the page has it: its limit of time, which the worker of the page drives by signals."""
import os
import subprocess
import sys

PROGRAM = """
import json, signal, struct, sys
from mayfly_python import page
from mayfly_python import wire

page.start()
# As the worker of the page, which sends one for each tenth of a second of work.
signal.signal(signal.SIGALRM, page._look)
signal.setitimer(signal.ITIMER_REAL, 0.005, 0.005)

def step(*messages):
    return list(wire.unpack(page.step(b"".join(wire.pack(*message) for message in messages))))

hello = {"version": 1, "file": "locust.py", "folder": None, "seed": 1, "started": 0, "host": "http://a.test",
         "tags": None, "exclude_tags": None, "options": {}, "max_body": 1000}
for text in sys.stdin.read().split("# NEXT FILE\\n"):
    for number, kind, head, body in step((0, wire.HELLO, json.dumps(hello).encode(), text.encode())):
        print(kind, bytes(head).decode())
if page._engine.is_loaded:
    for number, kind, head, body in step((0, wire.CLOCK, struct.pack("<d", 0)), (7, wire.SPAWN, struct.pack("<I", 0))):
        print(kind, bytes(head).decode())
signal.setitimer(signal.ITIMER_REAL, 0)
"""


def run(text):
    top = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    done = subprocess.run([sys.executable, "-c", PROGRAM], input=text, capture_output=True, text=True, check=False,
                          env=dict(os.environ, PYTHONPATH=top))
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_loop_without_end_in_a_task_ends_with_its_line():
    told = run("from locust import HttpUser, task\n\n\nclass A(HttpUser):\n    @task\n    def a(self):\n"
               "        while True:\n            pass\n")
    assert '"type":"TimeLimit"' in told and ('"line":7' in told or '"line":8' in told), told


def test_a_loop_without_end_while_a_file_is_loaded_ends_with_its_line():
    told = run("import locust\n\nwhile True:\n    pass\n")
    assert '"type":"TimeLimit"' in told and ('"line":3' in told or '"line":4' in told), told


def test_a_file_that_follows_another_has_the_time_of_loading():
    told = run("from locust import HttpUser\n\n\nclass A(HttpUser):\n    pass\n# NEXT FILE\nwhile True:\n    pass\n")
    assert "took longer than 5 s" in told, told


def test_a_listener_of_init_has_the_time_of_loading():
    told = run("from locust import HttpUser, events\n\n\nclass A(HttpUser):\n    pass\n\n\n@events.init.add_listener\n"
               "def init(**kwargs):\n    while True:\n        pass\n")
    assert "took longer than 5 s" in told, told
