# requests: 5
import logging

from locust import FastHttpUser, task
from locust.exception import StopUser


class Visitor(FastHttpUser):
    @task
    def once(self):
        with self.rest("GET", "/a") as response:
            logging.info("file: %s", response.js["ok"])
        with self.rest("POST", "/b", json={"x": 1}, headers={"X-H": "1"}) as response:
            assert response.js["length"] == 0, "wrong length"
        with self.rest("GET", "/text") as response:
            logging.info("file: %s", response.js)
        with self.rest("GET", "/c", name="named") as response:
            if response.js["ok"]:
                response.failure("refused")
        with self.rest("GET", "/status/404") as response:
            pass
        raise StopUser()
