"""What the first line of a file in files/ says."""
import re


def settings(path):
    """`# users: 2, requests: 5` on the first line of a file."""
    with open(path, encoding="utf-8") as file:
        return {key: int(value) for key, value in re.findall(r"(\w+): (\d+)", file.readline())}
