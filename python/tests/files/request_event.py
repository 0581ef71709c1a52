# requests: 3
import logging

from locust import HttpUser, constant, task
from locust.exception import StopUser


from locust import events


@events.request.add_listener
def on_request(request_type, name, response_time, response_length, response, context, exception, url, start_time, **kw):
    logging.info("file: %s %s %s %s %s %s", request_type, name, response_length, context, type(exception).__name__,
                 response.status_code)


class Visitor(HttpUser):
    def context(self):
        return {"who": "me"}

    @task
    def once(self):
        self.client.get("/a", context={"what": "a"})
        self.client.get("/status/404")
        with self.client.get("/b", catch_response=True) as response:
            response.failure("no")
        raise StopUser()
