# requests: 4
import logging

from locust import HttpUser, constant, task
from locust.exception import StopUser


from locust.exception import RescheduleTask, RescheduleTaskImmediately


class Visitor(HttpUser):
    wait_time = constant(0)
    count = 0

    @task
    def again(self):
        self.count += 1
        self.client.get("/%d" % self.count)
        if self.count == 1:
            raise RescheduleTask()
        if self.count == 2:
            raise RescheduleTaskImmediately()
        if self.count == 4:
            raise StopUser()
