# requests: 1
import logging

from locust import HttpUser, constant, task
from locust.exception import StopUser


from locust import User, events


class Visitor(User):
    @task
    def once(self):
        events.request.fire(request_type="grpc", name="hello", response_time=12, response_length=3, exception=None,
                            context={})
        self.environment.events.request.fire(request_type="grpc", name="bad", response_time=1, response_length=0,
                                             exception=ValueError("broken"), context={})
        logging.info("file: fired")
        raise StopUser()
