# requests: 2
import logging

from locust import HttpUser, constant, task
from locust.exception import StopUser


class Visitor(HttpUser):
    @task
    def once(self):
        from gevent.queue import Queue, Empty
        queue = Queue()
        queue.put("/q/1")
        queue.put("/q/2")
        while not queue.empty():
            self.client.get(queue.get())
        try:
            queue.get_nowait()
        except Empty:
            logging.info("file: empty")
        raise StopUser()
