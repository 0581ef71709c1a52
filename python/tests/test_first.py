from harness import Core

ARTICLE = '''
from locust import HttpUser, between, task

class Visitor(HttpUser):
    wait_time = between(1, 2)

    @task
    def index(self):
        self.client.get("/")

    @task
    def square(self):
        self.client.get("/square", params={"n": 3})

    @task
    def cube(self):
        with self.client.get("/cube", catch_response=True) as response:
            if not response.json()["ok"]:
                response.failure("not ok")
'''


def test_three_tasks_send_and_wait():
    with Core(ARTICLE) as core:
        assert core.error is None, core.error
        core.event("test_start")
        for number in range(3):
            core.spawn(number)
        core.run(until=30)
        assert not core.exceptions and not core.dead, (core.exceptions, core.dead)
        assert set(core.urls()) == {"GET /", "GET /square?n=3", "GET /cube"}
        assert {verdict["failure"] for verdict in core.verdicts.values()} == {None}
        for number in range(3):
            core.stop(number)
        assert sorted(core.done) == [0, 1, 2]
