# requests: 2
import logging

from locust import HttpUser, constant, task
from locust.exception import StopUser


class Visitor(HttpUser):
    @task
    def once(self):
        with self.client.get("/a/1", catch_response=True) as response:
            response.request_meta["name"] = "/a/[id]"
        with self.client.get("/a/2", catch_response=True) as response:
            response.request_meta["name"] = "failed"
            response.failure("no")
        logging.info("file: %s", sorted(response.request_meta))
        raise StopUser()
