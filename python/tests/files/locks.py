# users: 2, requests: 1
import logging

from locust import HttpUser, constant, task
from locust.exception import StopUser


from gevent.lock import Semaphore
from gevent.event import AsyncResult, Event

ready = Event()
token = AsyncResult()
one = Semaphore(1)


class Visitor(HttpUser):
    @task
    def once(self):
        with one:
            if not token.ready():
                token.set(self.client.get("/token", headers={"X-User": "a"}).json()["path"])
                ready.set()
        ready.wait()
        logging.info("file: %s", token.get())
        raise StopUser()
