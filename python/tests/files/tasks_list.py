# requests: 16
import logging

from locust import HttpUser, constant, task
from locust.exception import StopUser


import random


def first(user):
    user.client.get("/first/%d" % random.randint(1, 1000))


def second(user):
    user.client.get("/second/%s" % random.choice("abc"))


class Visitor(HttpUser):
    tasks = [first, second, (first, 2)]

    @task
    def own(self):
        self.client.get("/own")
