from .prices import price


class Shop:
    def __init__(self, user):
        self.user = user

    def browse(self):
        self.user.client.get("/shop")
        return price(self.user, "/price")

    def total(self, paths):
        return sum(price(self.user, path) for path in paths)
