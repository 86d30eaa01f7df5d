"""How one emulator runs. Knows nothing of HTTP, XML or storage."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from intime_sync.emulator.behaviour import Behaviour

if TYPE_CHECKING:
    from intime_sync.emulator.faults import FaultPlan

_LONGEST: Final = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class EmulatorOptions(Behaviour):
    """How one emulator runs; `Behaviour` holds the options that decide what its endpoints do.

    - `data`: the SQLite file, created with its folders; None keeps everything in memory.
    - `user`, `secret`: the only `user` and `hash` that are accepted.
    - `list_lag`: each list is answered as it was this many answers before; 0 is the present.
    - `now`: what the service's clock runs on, as naive wall time; None is the time in Stockholm.
    - `retry_seconds`: the pause after a status that was not accepted, doubled each time up to a minute.
    - `loopback_only`: statuses go to this machine alone, whatever a message's `statusurl` is; others stay due.
    - `timeout_seconds`: how long a `statusurl` may take to answer.
    - `faults`: what goes wrong, and when; None is nothing.
    - `allowed_hosts`: names that the API is served under, besides `localhost`, loopback addresses and the address
      that was connected to.

    Raises ValueError for a value outside these.
    """

    data: Path | None = None
    secret: str = field(default="demo", repr=False)
    list_lag: int = 0
    now: Callable[[], datetime] | None = None
    retry_seconds: float = 1.0
    timeout_seconds: float = 10.0
    loopback_only: bool = False
    faults: FaultPlan | None = None
    allowed_hosts: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        Behaviour.__post_init__(self)  # super() does not work in a dataclass with slots
        if self.list_lag < 0:
            raise ValueError("list_lag must not be negative")
        if not self.user or not self.secret:
            raise ValueError("user and secret must not be empty")
        if not 0 < self.retry_seconds <= _LONGEST or not 0 < self.timeout_seconds <= _LONGEST:
            raise ValueError(f"retry_seconds and timeout_seconds must be above 0 and at most {_LONGEST:g}")
