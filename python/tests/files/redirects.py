# requests: 3
import logging

from locust import HttpUser, constant, task
from locust.exception import StopUser


class Visitor(HttpUser):
    @task
    def once(self):
        response = self.client.get("/redirect/landed")
        logging.info("file: %s %s", response.status_code, response.url.split("/", 3)[3])
        response = self.client.get("/redirect/landed", allow_redirects=False)
        logging.info("file: %s %s %s", response.status_code, response.headers["Location"], response.is_redirect)
        raise StopUser()
