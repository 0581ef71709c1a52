"""Messages between the core and Python, as bytes. docs/locustfile-protocol.md has what is in them."""
import json
import struct

HEADER = struct.Struct("<IBII")
SECONDS = struct.Struct("<d")
INDEX = struct.Struct("<I")

# From the core.
HELLO, MODULE, CLOCK, SPAWN, RESUME, ANSWER, STOP, KILL, TICK, EVENT, STATS = range(11)

# To the core.
(LOADED, ERROR, WAIT, REQUEST, VERDICT, DONE, EXCEPTION, DEAD, LOG, QUIT, SHAPE, WAKE, EXIT, SAMPLE) = range(14)

_plain_encoder = json.JSONEncoder(separators=(",", ":"), default=str, check_circular=False)
scan = json.JSONDecoder().scan_once


def _made_encoder():
    """The encoder in C, which json itself makes anew for each text."""
    make = json.encoder.c_make_encoder
    if make is None:
        return _plain_encoder.encode
    encoder = make(None, str, json.encoder.encode_basestring_ascii, None, ":", ",", False, False, True)
    return lambda value: "".join(encoder(value, 0))


encode = _made_encoder()


def decode(head):
    """What JSON in bytes says."""
    return scan(head.decode(), 0)[0]


def pack(number, kind, head=b"", body=b""):
    """One message as bytes."""
    return HEADER.pack(number, kind, len(head), len(body)) + head + body


def pack_wait(number, seconds, _pack=struct.Struct("<IBIId").pack):
    """The message WAIT, of which there are as many as of all others."""
    return _pack(number, WAIT, SECONDS.size, 0, seconds)


def pack_json(number, kind, head, body=b""):
    """One message whose head is JSON."""
    # A lone surrogate, as files with broken texts have it, must not end the run.
    return pack(number, kind, encode(head).encode("utf-8", "replace"), body)


def unpack(data):
    """The messages in a payload: (number, kind, head, body) each."""
    at = 0
    end = len(data)
    while at < end:
        number, kind, head_length, body_length = HEADER.unpack_from(data, at)
        at += HEADER.size
        head = data[at:at + head_length]
        at += head_length
        yield number, kind, head, data[at:at + body_length]
        at += body_length
