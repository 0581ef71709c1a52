# requests: 9
import logging

from locust import HttpUser, constant, task
from locust.exception import StopUser


from locust import SequentialTaskSet


class Steps(SequentialTaskSet):
    @task
    def first(self):
        self.client.get("/1")

    @task(2)
    def second(self):
        self.client.get("/2")

    @task
    def third(self):
        self.client.get("/3")


class Visitor(HttpUser):
    tasks = [Steps]
