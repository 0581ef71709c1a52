"""Runs a locustfile by real Locust, and writes what happened as JSON.

Only for tests/test_differential.py, which starts it in the environment that has Locust.
"""
import json
import logging
import os
import sys
import time

import locust
import gevent
from gevent.pywsgi import WSGIHandler, WSGIServer
from locust.env import Environment
from locust.user.task import TaskSet
from locust.util.load_locustfile import load_locustfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.append(HERE)
sys.path.append(os.path.dirname(HERE))

import target
from real_locust_settings import settings
from mayfly_python import randomness

LIMIT = 15


class Handler(WSGIHandler):
    def get_environ(self):
        return dict(super().get_environ(), RAW_PATH=self.path)


def run(path):
    wanted = dict({"users": 1, "requests": 8}, **settings(path))
    told = {"requests": [], "rows": [], "exceptions": [], "logs": [], "waits": []}
    is_over = gevent.event.Event()

    def serve(environ, start_response):
        body = environ["wsgi.input"].read()
        raw = environ["RAW_PATH"]
        headers = [(name[5:].replace("_", "-"), value) for name, value in environ.items() if name.startswith("HTTP_")]
        headers += [("content-type", environ["CONTENT_TYPE"])] if environ.get("CONTENT_TYPE") not in (None, "text/plain") or (
            environ.get("HTTP_CONTENT_TYPE")) else []
        told["requests"].append(target.record(environ["REQUEST_METHOD"], raw, headers, body))
        status, answered, content = target.answer(environ["REQUEST_METHOD"], raw, body)
        start_response("%d Status" % status, answered + [("Content-Length", str(len(content)))])
        if len(told["requests"]) >= wanted["requests"]:
            is_over.set()
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [content]

    server = WSGIServer(("127.0.0.1", 0), serve, log=None, handler_class=Handler)
    server.start()
    logging.getLogger().handlers[:] = []
    handler = logging.Handler()
    handler.emit = lambda record: record.getMessage().startswith("file: ") and told["logs"].append(record.getMessage())
    logging.getLogger().addHandler(handler)
    logging.getLogger().setLevel(logging.INFO)
    randomness.streams.start(1)
    randomness.install()
    randomness.streams.choose(0)
    time.sleep(0)

    def sleep(self, seconds):
        told["waits"].append(round(seconds, 9))
        gevent.sleep(0)

    TaskSet._sleep = sleep
    host = "http://127.0.0.1:%d" % server.server_port
    classes, shapes = load_locustfile(path)
    environment = Environment(events=locust.events, host=host, user_classes=[kind for _, kind in sorted(classes.items())],
                              tags=wanted.get("tags"), locustfile=path)
    environment.create_local_runner()
    locust.events.init.fire(environment=environment, runner=environment.runner, web_ui=None)

    @locust.events.request.add_listener
    def keep(request_type, name, exception, **kwargs):
        told["rows"].append([request_type, name, None if exception is None else failure(exception)])

    @locust.events.user_error.add_listener
    def note(user_instance, exception, tb):
        told["exceptions"].append([type(exception).__name__, str(exception)])

    # What was drawn until here was drawn by nobody.
    randomness.streams.start(1)
    randomness.streams.choose(0)
    environment.runner.start(wanted["users"], 100)
    with gevent.Timeout(LIMIT, False):
        while not is_over.is_set():
            is_over.wait(0.02)
            if environment.runner.user_count == 0 and told["requests"] + told["logs"]:
                break
    environment.runner.stop()
    told["host"] = host
    told["code"] = environment.process_exit_code
    return told


def failure(error):
    if type(error).__name__ == "CatchResponseError":
        return str(error)
    if type(error).__name__ in ("HTTPError", "LocustBadStatusCode"):
        return "status"
    return repr(error)


if __name__ == "__main__":
    print(json.dumps(run(sys.argv[1])), flush=True)
    os._exit(0)
