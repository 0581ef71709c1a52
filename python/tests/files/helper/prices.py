def price(user, path):
    return user.client.get(path).status_code
