# requests: 4
import logging

from locust import HttpUser, constant, task
from locust.exception import StopUser


from helper.shop import Shop


class Visitor(HttpUser):
    @task
    def once(self):
        shop = Shop(self)
        shop.browse()
        logging.info("file: %s", shop.total(["/x", "/y"]))
        raise StopUser()
