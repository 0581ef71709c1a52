# requests: 3
import logging

from locust import HttpUser, constant, task
from locust.exception import StopUser


class Visitor(HttpUser):
    wait_time = constant(0)
    count = 0

    @task
    def breaks(self):
        self.count += 1
        self.client.get("/try/%d" % self.count)
        if self.count == 3:
            raise StopUser()
        {}["missing %d" % self.count]
