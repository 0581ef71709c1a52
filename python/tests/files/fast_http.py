# requests: 8
import logging

from locust import FastHttpUser, task
from locust.exception import StopUser


class Visitor(FastHttpUser):
    @task
    def once(self):
        response = self.client.get("/a?x=1")
        logging.info("file: %s %s %s", response.status_code, response.ok, response.json()["path"])
        self.client.get("/p", params={"q": "1"}, name="/p")
        self.client.post("/json", json={"a": 1})
        self.client.post("/form", data={"a": "1"})
        self.client.get("/status/404")
        with self.client.get("/c", catch_response=True) as response:
            response.failure("no")
        with self.client.get("/status/500", catch_response=True) as response:
            response.success()
        logging.info("file: %r", self.client.get("/text").text)
        raise StopUser()
