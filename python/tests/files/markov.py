# requests: 20
import logging

from locust import HttpUser, constant, task
from locust.exception import StopUser


from locust import MarkovTaskSet, transition, transitions


class Walk(MarkovTaskSet):
    @transition("browse")
    def home(self):
        self.client.get("/home")

    @transitions({"home": 1, "buy": 2})
    def browse(self):
        self.client.get("/browse")

    @transitions(["home", ("browse", 3)])
    def buy(self):
        self.client.get("/buy")


class Visitor(HttpUser):
    tasks = [Walk]
