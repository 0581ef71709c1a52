# requests: 4
import logging

from locust import HttpUser, constant, task
from locust.exception import StopUser


class Visitor(HttpUser):
    @task
    def once(self):
        import requests
        missing = self.client.get("/status/404")
        logging.info("file: %s %s", missing.ok, bool(missing))
        try:
            missing.raise_for_status()
        except requests.exceptions.HTTPError as error:
            logging.info("file: %s %s", type(error).__name__, error.response.status_code)
        self.client.get("/status/500")
        self.client.get("/status/301", allow_redirects=False)
        self.client.get("/status/201")
        raise StopUser()
