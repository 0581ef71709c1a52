# requests: 6
import logging

from locust import HttpUser, constant, task
from locust.exception import StopUser


class Visitor(HttpUser):
    @task
    def once(self):
        import gevent
        from gevent.pool import Pool
        jobs = [gevent.spawn(self.client.get, "/job") for _ in range(3)]
        gevent.joinall(jobs)
        logging.info("file: %s", [job.value.status_code for job in jobs])
        pool = Pool(1)
        logging.info("file: %s", [response.status_code for response in pool.map(self.client.get, ["/p", "/p"])])
        self.client.get("/after")
        raise StopUser()
