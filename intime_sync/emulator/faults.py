"""Fault rules: which fault happens with which call. They are data, checked when they are read.

Knows nothing of HTTP or of how a fault is carried out (see `injection`).
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, dataclass, field, fields
from typing import Any, Final, Literal, Self

from intime_sync.emulator.handlers import ENDPOINTS, Listing

Check = Callable[[Any], bool]


def _param(says: str, check: Check, default: Any = MISSING) -> Any:
    return field(default=default, metadata={"says": says, "check": check})


def _one_of(*allowed: str) -> tuple[str, Check]:
    return f"one of {', '.join(allowed)}", lambda value: value in allowed


def _whole(low: int, high: int) -> tuple[str, Check]:
    says = f"a whole number from {low} to {high}"
    return says, lambda value: type(value) is int and low <= value <= high


_SECONDS: Final = ("a number of seconds from 0 to 3600", lambda v: type(v) in (int, float) and 0 <= v <= 3600)
_TRUTH: Final = ("true or false", lambda value: type(value) is bool)
_TEXT: Final = ("text", lambda value: isinstance(value, str))
_CODE: Final = (
    "a code such as 2:ERROR0",
    lambda value: isinstance(value, str) and re.fullmatch(r"[0-9]:ERROR[0-9]", value) is not None,
)
_DELTA: Final = ("a whole number other than 0", lambda value: type(value) is int and value != 0)


@dataclass(frozen=True, slots=True)
class DropBefore:
    """The connection is closed without a reply, and nothing was done."""


@dataclass(frozen=True, slots=True)
class DropAfter:
    """The request is done, then the connection is closed without a reply."""


@dataclass(frozen=True, slots=True)
class ErrorBefore:
    """An HTTP error instead of the reply; nothing was done."""

    status: int = _param(*_whole(400, 599), 500)


@dataclass(frozen=True, slots=True)
class ErrorAfter:
    """The request is done, then an HTTP error instead of the reply."""

    status: int = _param(*_whole(400, 599), 500)


@dataclass(frozen=True, slots=True)
class Delay:
    """A pause before the request is done, or after it and before the reply."""

    seconds: float = _param(*_SECONDS)
    when: Literal["before", "after"] = _param(*_one_of("before", "after"), "before")


@dataclass(frozen=True, slots=True)
class Garbage:
    """Another text instead of the reply; with `act: false` nothing was done either."""

    text: str = _param(*_TEXT, "<html><body><h1>Server Error in '/' Application.</h1></body></html>")
    act: bool = _param(*_TRUTH, True)


@dataclass(frozen=True, slots=True)
class Truncate:
    """The request is done, and half of the reply is sent, with a Content-Length that is `full` or `actual`."""

    content_length: Literal["full", "actual"] = _param(*_one_of("full", "actual"), "full")


@dataclass(frozen=True, slots=True)
class Empty:
    """An empty reply; with `act: false` nothing was done either."""

    act: bool = _param(*_TRUTH, True)


@dataclass(frozen=True, slots=True)
class Refuse:
    """An error code instead of the reply; nothing was done."""

    code: str = _param(*_CODE)


@dataclass(frozen=True, slots=True)
class WrongCount:
    """The request is done; the reply has `delta` ids more, or fewer if negative."""

    delta: int = _param(*_DELTA, -1)


@dataclass(frozen=True, slots=True)
class Partial:
    """Only the first half of the batch is done; the reply has those ids (`short`) or as many as asked (`full`)."""

    reply: Literal["short", "full"] = _param(*_one_of("short", "full"), "short")


@dataclass(frozen=True, slots=True)
class Duplicate:
    """The request is done twice, as when a proxy tries again; the reply is the second one."""


@dataclass(frozen=True, slots=True)
class Throttle:
    """429 or 503 with Retry-After; nothing was done."""

    status: int = _param("429 or 503", lambda value: type(value) is int and value in (429, 503), 429)
    retry_after: int = _param(*_whole(0, 3600), 1)


Fault = (
    DropBefore
    | DropAfter
    | ErrorBefore
    | ErrorAfter
    | Delay
    | Garbage
    | Truncate
    | Empty
    | Refuse
    | WrongCount
    | Partial
    | Duplicate
    | Throttle
)

FAULTS: Final[Mapping[str, type[Fault]]] = {
    "drop_before": DropBefore,
    "drop_after": DropAfter,
    "error_before": ErrorBefore,
    "error_after": ErrorAfter,
    "delay": Delay,
    "garbage": Garbage,
    "truncate": Truncate,
    "empty": Empty,
    "refuse": Refuse,
    "wrong_count": WrongCount,
    "partial": Partial,
    "duplicate": Duplicate,
    "throttle": Throttle,
}
_WRITES_ONLY: Final = (WrongCount, Partial, Duplicate)
_RULE_KEYS: Final = ("endpoint", "call", "times", "fault")


@dataclass(frozen=True, slots=True)
class Rule:
    """A fault, and when it happens: from the endpoint's call number `first` on, for `times` calls (None: all).

    The endpoint `*` is any endpoint; their calls are counted together.
    """

    endpoint: str
    first: int
    times: int | None
    fault: Fault


@dataclass(frozen=True, slots=True)
class FaultPlan:
    """Fault rules; of several that apply to a call, the first is used. Each emulator counts its own calls."""

    rules: tuple[Rule, ...] = ()

    @classmethod
    def from_data(cls, data: object) -> Self:
        """Rules from parsed YAML or JSON: a list of mappings, or a mapping with such a list as `rules`.

        A rule is `{endpoint: contacts/add, call: 2, fault: NAME}` and the fault's own parameters. `call` is the
        nth call of the endpoint or `every` (the default); `times` is for how many calls it lasts (default 1
        for a number, no end for `every`). Raises ValueError naming the rule, counted from 1.
        """
        if isinstance(data, Mapping):
            if set(data) != {"rules"}:
                raise ValueError("faults: expected a list of rules, or a mapping with only 'rules'")
            data = data["rules"]
        if not isinstance(data, Sequence) or isinstance(data, str | bytes):
            raise ValueError("faults: expected a list of rules")
        return cls(tuple(_rule(number, entry) for number, entry in enumerate(data, 1)))


def _rule(number: int, entry: object) -> Rule:
    if not isinstance(entry, Mapping):
        raise ValueError(f"fault rule {number}: expected a mapping, not {entry!r}")
    endpoint = entry.get("endpoint")
    name = endpoint.removesuffix(".ashx").strip("/") if isinstance(endpoint, str) else ""
    if name != "*" and name not in ENDPOINTS:
        known = ", ".join(ENDPOINTS)
        raise ValueError(f"fault rule {number}: endpoint must be * or one of {known}, not {endpoint!r}")
    call, times = entry.get("call", "every"), entry.get("times")
    if call != "every" and (type(call) is not int or call < 1):
        raise ValueError(f"fault rule {number}: call must be 'every' or a number from 1, not {call!r}")
    if times is not None and (type(times) is not int or times < 1):
        raise ValueError(f"fault rule {number}: times must be a number from 1, not {times!r}")
    fault = _fault(number, entry)
    if isinstance(fault, _WRITES_ONLY) and isinstance(ENDPOINTS.get(name), Listing):
        raise ValueError(f"fault rule {number}: {entry['fault']} needs an endpoint that replies with ids")
    if call == "every":
        return Rule(name, 1, times, fault)
    return Rule(name, call, times or 1, fault)


def _fault(number: int, entry: Mapping[Any, Any]) -> Fault:
    name = entry.get("fault")
    if not isinstance(name, str) or name not in FAULTS:
        raise ValueError(f"fault rule {number}: fault must be one of {', '.join(FAULTS)}, not {name!r}")
    kind = FAULTS[name]
    known = {param.name: param for param in fields(kind)}
    given = {key: value for key, value in entry.items() if key not in _RULE_KEYS}
    for key, value in given.items():
        if key not in known:
            allowed = ", ".join(known) or "no parameters"
            raise ValueError(f"fault rule {number}: {name} knows {allowed}, not {key!r}")
        if not known[key].metadata["check"](value):
            raise ValueError(f"fault rule {number}: {key} must be {known[key].metadata['says']}, not {value!r}")
    for key, param in known.items():
        if param.default is MISSING and key not in given:
            raise ValueError(f"fault rule {number}: {name} needs {key}")
    return kind(**given)


class FaultCounter:
    """Counts the calls of one emulator against a plan. Safe from any thread."""

    def __init__(self, plan: FaultPlan | None) -> None:
        self._rules = plan.rules if plan else ()
        self._calls = [0] * len(self._rules)
        self._lock = threading.Lock()

    def next(self, endpoint: str) -> Fault | None:
        """Count one call of an endpoint, and return its fault; None for none."""
        hit: Fault | None = None
        with self._lock:
            for place, rule in enumerate(self._rules):
                if rule.endpoint not in ("*", endpoint):
                    continue
                self._calls[place] += 1
                since = self._calls[place] - rule.first
                if hit is None and since >= 0 and (rule.times is None or since < rule.times):
                    hit = rule.fault
        return hit
