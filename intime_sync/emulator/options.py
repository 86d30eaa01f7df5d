"""What can be chosen about an emulator. Knows nothing of HTTP, XML or storage."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, get_args

if TYPE_CHECKING:
    from intime_sync.emulator.faults import FaultPlan

Echo = Literal["raw", "national", "e164"]
Declare = Literal["iso-8859-1", "iso88591", "utf-8"]
Duplicates = Literal["merge", "keep"]
Names = Literal["keep", "latin1", "upper", "cut50"]
OnKnownMobile = Literal["add", "replace", "union", "keep"]

_CHOICES: Final = {
    "echo": get_args(Echo),
    "declare": get_args(Declare),
    "duplicates": get_args(Duplicates),
    "on_known_mobile": get_args(OnKnownMobile),
    "names": get_args(Names),
}
_LONGEST: Final = 60.0


@dataclass(frozen=True, slots=True)
class EmulatorOptions:
    """How one emulator behaves where the documentation leaves a choice.

    - `data`: the SQLite file, created with its folders; None keeps everything in memory.
    - `user`, `secret`: the only pair of `user` and `hash` that is let in.
    - `echo`: how lists spell mobiles: as sent (`raw`), `0701740605` (`national`) or `+46701740605` (`e164`).
    - `declare`: the encoding that lists declare; with `utf-8` their bytes are UTF-8 too, else ISO-8859-1.
    - `on_known_mobile`: adding a contact whose mobile (else e-mail) is known makes another one (`add`), or returns
      the known one's id: with the new fields and only the new groups (`replace`), with the new fields and the groups
      of both (`union`), or as it was (`keep`).
    - `names`: what becomes of a new group's name: it stays (`keep`), letters beyond ISO-8859-1 become `?` (`latin1`),
      all letters become capitals (`upper`), or it is cut after 50 characters (`cut50`).
    - `reuse_ids`: the ids of removed groups are given out again.
    - `duplicates`: adding a number that is already blocked returns its entry (`merge`) or adds another (`keep`).
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
    user: str = "demo"
    secret: str = field(default="demo", repr=False)
    echo: Echo = "national"
    declare: Declare = "iso-8859-1"
    on_known_mobile: OnKnownMobile = "add"
    names: Names = "keep"
    reuse_ids: bool = False
    duplicates: Duplicates = "merge"
    now: Callable[[], datetime] | None = None
    retry_seconds: float = 1.0
    timeout_seconds: float = 10.0
    loopback_only: bool = False
    faults: FaultPlan | None = None
    allowed_hosts: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name, allowed in _CHOICES.items():
            value = getattr(self, name)
            if value not in allowed:
                raise ValueError(f"{name} must be one of {', '.join(allowed)}, not {value!r}")
        if not self.user or not self.secret:
            raise ValueError("user and secret must not be empty")
        if not 0 < self.retry_seconds <= _LONGEST or not 0 < self.timeout_seconds <= _LONGEST:
            raise ValueError(f"retry_seconds and timeout_seconds must be above 0 and at most {_LONGEST:g}")
