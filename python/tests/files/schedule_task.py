# requests: 3
import logging

from locust import HttpUser, constant, task
from locust.exception import StopUser


class Visitor(HttpUser):
    @task
    def first(self):
        self.client.get("/first")
        raise StopUser()

    def on_start(self):
        self._taskset_instance.schedule_task(later)
        self._taskset_instance.schedule_task(sooner, first=True)


def later(user):
    user.client.get("/later")


def sooner(user):
    user.client.get("/sooner")
