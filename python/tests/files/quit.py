# requests: 1
import logging

from locust import HttpUser, constant, task
from locust.exception import StopUser


class Visitor(HttpUser):
    @task
    def once(self):
        self.client.get("/a")
        self.environment.process_exit_code = 7
        self.environment.runner.quit()
