"""Lengths of time, as `1h30m`."""
import re


def parse_timespan(time_str):
    """Seconds in a text such as `20`, `20s`, `3m`, `1h20m`."""
    parts = re.fullmatch(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?|(\d+)", time_str or "")
    if parts is None or not any(parts.groups()):
        raise ValueError("expected a length of time such as 20, 20s, 3m, 1h20m or 3h30m10s, found %r" % time_str)
    hours, minutes, seconds, plain = [int(part or 0) for part in parts.groups()]
    return plain + seconds + 60 * (minutes + 60 * hours)
