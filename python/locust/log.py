"""Logs of a file go to the run's log."""
import logging

unhandled_greenlet_exception = False


def setup_logging(loglevel="INFO", logfile=None):
    level = logging.getLevelName(str(loglevel).upper())
    if isinstance(level, int):
        logging.getLogger().setLevel(level)


def get_logs():
    return []


class LogReader(logging.Handler):
    def __init__(self):
        super().__init__()
        self.logs = []

    def emit(self, record):
        self.logs.append(self.format(record))
