# requests: 4
import logging

from locust import HttpUser, constant, task
from locust.exception import StopUser


class Visitor(HttpUser):
    @task
    def once(self):
        response = self.client.get("/thing")
        logging.info("file: %s %s %s %s", response.status_code, response.ok, response.reason and True, bool(response))
        logging.info("file: %s %s", response.json()["path"], response.headers["content-type"])
        logging.info("file: %s %s", response.headers.get("X-ANSWER"), response.headers.get("missing", "none"))
        logging.info("file: %s %s", response.encoding, type(response.elapsed).__name__)
        logging.info("file: %s %s", response.request.method, response.request.path_url)
        response = self.client.get("/text")
        logging.info("file: %r %s", response.text, list(response.iter_lines()))
        logging.info("file: %r", response.content)
        logging.info("file: %r", self.client.get("/latin").text)
        empty = self.client.get("/empty")
        logging.info("file: %r %r %s", empty.text, empty.content, empty.status_code)
        raise StopUser()
