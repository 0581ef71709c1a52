# requests: 7
import logging

from locust import HttpUser, constant, task
from locust.exception import StopUser


class Visitor(HttpUser):
    @task
    def once(self):
        def fetch(path, times=1):
            return [self.client.get(path).status_code for _ in range(times)]

        def broken():
            try:
                fetch("/broken")
                raise ValueError("x")
            except ValueError as error:
                return str(error)
            else:
                return None
            finally:
                fetch("/finally")

        logging.info("file: %s %s", fetch("/f", times=2), broken())
        steps = {"a": fetch}
        for name, step in steps.items():
            step("/step/" + name)
        total = sum(self.client.get("/n/%d" % n).status_code for n in range(2))
        logging.info("file: %s", total)
        raise StopUser()
