"""The statistics, as a file may read them. The core counts; it tells them twice a second if the file looks at them."""
CSV_STATS_INTERVAL_SEC = 1
CSV_STATS_FLUSH_INTERVAL_SEC = 10
CONSOLE_STATS_INTERVAL_SEC = 2
HISTORY_STATS_INTERVAL_SEC = 5
CURRENT_RESPONSE_TIME_PERCENTILE_WINDOW = 10
PERCENTILES_TO_REPORT = [0.50, 0.66, 0.75, 0.80, 0.90, 0.95, 0.98, 0.99, 0.999, 0.9999, 1.0]
PERCENTILES_TO_STATISTICS = [0.95, 0.99]
PERCENTILES_TO_CHART = [0.5, 0.95]
MODERN_UI_PERCENTILES_TO_CHART = [0.5, 0.95]


class StatsEntry:
    """One row."""

    def __init__(self, stats=None, name="", method=""):
        self.name = name
        self.method = method
        self.num_requests = 0
        self.num_failures = 0
        self.num_none_requests = 0
        self.avg_response_time = 0.0
        self.min_response_time = 0.0
        self.max_response_time = 0.0
        self.median_response_time = 0.0
        self.total_response_time = 0.0
        self.total_content_length = 0
        self.avg_content_length = 0
        self.total_rps = 0.0
        self.current_rps = 0.0
        self.total_fail_per_sec = 0.0
        self.current_fail_per_sec = 0.0
        self.fail_ratio = 0.0
        self.start_time = 0.0
        self.last_request_timestamp = None
        self.response_times = {}
        self._percentiles = {}

    def learn(self, row):
        for key, value in row.items():
            if key == "percentiles":
                self._percentiles = {float(share): value for share, value in value.items()}
            else:
                setattr(self, key, value)
        self.total_response_time = self.avg_response_time * self.num_requests

    def get_response_time_percentile(self, percent):
        """In milliseconds; of the percentiles that the core says, the one that is nearest."""
        if not self._percentiles:
            return 0
        return self._percentiles[min(self._percentiles, key=lambda share: abs(share - percent))]

    get_current_response_time_percentile = get_response_time_percentile

    def to_dict(self):
        return {key: value for key, value in vars(self).items() if not key.startswith("_")}

    serialize = to_dict


class StatsError:
    def __init__(self, method, name, error, occurrences=0):
        self.method = method
        self.name = name
        self.error = error
        self.occurrences = occurrences


class RequestStats:
    def __init__(self, use_response_times_cache=True):
        self.total = StatsEntry(name="Aggregated")
        self.entries = {}
        self.errors = {}
        self.history = []

    def learn(self, told):
        self.total.learn(told.get("total") or {})
        for row in told.get("entries") or ():
            self.get(row["name"], row["method"]).learn(row)

    def get(self, name, method):
        key = (name, method)
        entry = self.entries.get(key)
        if entry is None:
            entry = self.entries[key] = StatsEntry(self, name, method)
        return entry

    @property
    def num_requests(self):
        return self.total.num_requests

    @property
    def num_failures(self):
        return self.total.num_failures

    @property
    def num_none_requests(self):
        return 0

    @property
    def start_time(self):
        return self.total.start_time

    @property
    def last_request_timestamp(self):
        return self.total.last_request_timestamp

    def clear_all(self):
        """The core's numbers are its own: a file cannot clear them."""

    reset_all = clear_all


def sort_stats(stats):
    return [stats[key] for key in sorted(stats)]


def print_stats(stats, current=True):
    pass


print_stats_json = print_error_report = print_percentiles_stats = print_stats


def stats_printer(stats):
    return lambda: None


def stats_history(runner):
    pass


class StatsCSV:
    def __init__(self, *args, **kwargs):
        pass


class StatsCSVFileWriter(StatsCSV):
    def stats_writer(self):
        pass
