# requests: 5
import logging

from locust import HttpUser, constant, task
from locust.exception import StopUser


class Visitor(HttpUser):
    @task
    def once(self):
        self.client.get("/cookie/a/1")
        self.client.get("/first")
        logging.info("file: %s", self.client.cookies.get("a"))
        self.client.cookies.set("b", "2")
        self.client.get("/second", cookies={"c": "3"})
        self.client.cookies.clear()
        self.client.get("/third")
        response = self.client.get("/cookie/d/4")
        logging.info("file: %s %s", response.cookies["d"], dict(self.client.cookies))
        raise StopUser()
