"""The locustfile that the README shows."""
import json
import pathlib

from harness import Core

EXAMPLE = pathlib.Path(__file__).resolve().parents[2] / "examples" / "locust.py"


def squares(request):
    return {"headers": [["content-type", "application/json"]], "body": json.dumps([n * n for n in range(20)])}


def test_the_example_finds_right_and_wrong_squares():
    for server, failures in ((squares, {None}), (lambda request: {"body": "[" + "0," * 19 + "0]"}, {"12 squared is not 144"})):
        with Core(EXAMPLE.read_text(), server=server) as core:
            assert [item["weight"] for item in core.loaded["classes"][0]["tasks"]] == [3, 2, 1]
            assert core.loaded["notes"] == []
            for number in range(3):
                core.spawn(number)
            core.run(until=60)
            assert set(core.urls()) == {"GET /", "GET /square", "GET /cube"}
            assert {verdict["failure"] for verdict in core.verdicts.values()} == failures
            assert not core.exceptions
