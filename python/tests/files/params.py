# requests: 6
import logging

from locust import HttpUser, constant, task
from locust.exception import StopUser


class Visitor(HttpUser):
    @task
    def once(self):
        self.client.get("/p", params={"q": "a b", "list": [1, 2], "none": None, "u": "ü"})
        self.client.get("/p?x=1", params={"y": "2"})
        self.client.get("/p", params=[("k", "1"), ("k", "2")])
        self.client.get("/p", params="raw=1&x=%20")
        self.client.get("/with space/ü?q=a b|c")
        self.client.get("/done%20already%7Eyes")
        raise StopUser()
