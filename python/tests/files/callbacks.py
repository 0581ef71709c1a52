# requests: 12
import logging

from locust import HttpUser, constant, task
from locust.exception import StopUser


class Visitor(HttpUser):
    @task
    def once(self):
        for response in map(self.client.get, ["/m/1", "/m/2"]):
            logging.info("file: %s", response.status_code)
        codes = [self.client.get(path).status_code for path in ("/c/1", "/c/2")]
        fetch = lambda path: self.client.get(path).json()["path"]
        logging.info("file: %s", fetch("/l"))
        logging.info("file: %s", sorted(["/b", "/a"], key=lambda path: fetch(path)))
        logging.info("file: %s", {path: fetch(path) for path in ["/d"]})
        logging.info("file: %s", all(fetch(path) for path in ["/e", "/f"]))
        getattr(self.client, "post")("/dynamic")
        {"go": self.client.get}["go"]("/table")
        raise StopUser()
