"""JSON as bytes, and lines of JSON, each with a CRC-32 at its end."""

from __future__ import annotations

import json
import re
from contextlib import suppress
from typing import Any
from zlib import crc32

_WITH_CRC = re.compile(rb'(.*),(?:"crc":)?"([0-9a-f]{8})"([\]}])')

# orjson reads integers beyond 64 bits as floats; they have at least this many digits.
_DIGITS_AS_ZEROS = bytes.maketrans(b"123456789", b"000000000")
_MANY_DIGITS = b"0" * 19

UNREADABLE = (ValueError, LookupError, TypeError, AttributeError, RecursionError, OverflowError)
"""What the code that reads ledgers and journals raises for damaged or hostile JSON."""


def dump(value: object) -> bytes:
    """Compact JSON in UTF-8."""
    import orjson

    with suppress(TypeError):
        return orjson.dumps(value)
    # orjson does not write integers beyond 64 bits.
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def parse(data: bytes) -> Any:
    """The value of JSON text. Raises ValueError or RecursionError.

    The standard library reads what orjson refuses or would round.
    """
    import orjson

    if _MANY_DIGITS not in data.translate(_DIGITS_AS_ZEROS):
        with suppress(orjson.JSONDecodeError):
            return orjson.loads(data)
    return json.loads(data)


def with_crc(value: object) -> bytes:
    """An array or object as a line of JSON, with the CRC-32 of its own JSON as last item or as `crc`."""
    body = dump(value)
    name = b'"crc":' if isinstance(value, dict) else b""
    return b'%s,%s"%08x"%s\n' % (body[:-1], name, crc32(body), body[-1:])


def without_crc(line: bytes) -> bytes | None:
    """The JSON of a line without its CRC; None if it has none. Raises ValueError if the CRC is wrong."""
    found = _WITH_CRC.fullmatch(line)
    if found is None:
        return None
    body = found[1] + found[3]
    if crc32(body) != int(found[2], 16):
        raise ValueError(line)
    return body


def ignoring_crc(line: bytes) -> bytes:
    """The JSON of a line without its CRC, if it has one, right or wrong."""
    found = _WITH_CRC.fullmatch(line)
    return line if found is None else found[1] + found[3]
