# requests: 1
import logging

from locust import HttpUser, constant, task
from locust.exception import StopUser


from locust import TaskSet, tag


class Inner(TaskSet):
    @tag("inner")
    @task
    def go(self):
        self.client.get("/inner")
        self.interrupt()


class Visitor(HttpUser):
    @tag("a", "b")
    @task
    def first(self):
        logging.info("file: %s", sorted(Visitor.first.locust_tag_set))
        self.client.get("/first")
        raise StopUser()
