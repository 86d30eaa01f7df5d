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

_CHOICES: Final = {"echo": get_args(Echo), "declare": get_args(Declare), "duplicates": get_args(Duplicates)}


@dataclass(frozen=True, slots=True)
class EmulatorOptions:
    """How one emulator behaves where the documentation leaves a choice.

    - `data`: the SQLite file, created with its folders; None keeps everything in memory.
    - `user`, `secret`: the only pair of `user` and `hash` that is let in.
    - `echo`: how lists spell mobiles: as sent (`raw`), `0701740605` (`national`) or `+46701740605` (`e164`).
    - `declare`: the encoding that lists declare; with `utf-8` their bytes are UTF-8 too, else ISO-8859-1.
    - `merge_contacts`: adding a contact whose mobile (else e-mail) is known updates that one and returns its id.
    - `duplicates`: adding a number that is already blocked returns its entry (`merge`) or adds another (`keep`).
    - `now`: the service's clock as naive wall time; None is the time in Stockholm.
    - `faults`: what goes wrong, and when; None is nothing.

    Raises ValueError for a value outside these.
    """

    data: Path | None = None
    user: str = "demo"
    secret: str = field(default="demo", repr=False)
    echo: Echo = "national"
    declare: Declare = "iso-8859-1"
    merge_contacts: bool = False
    duplicates: Duplicates = "merge"
    now: Callable[[], datetime] | None = None
    faults: FaultPlan | None = None

    def __post_init__(self) -> None:
        for name, allowed in _CHOICES.items():
            value = getattr(self, name)
            if value not in allowed:
                raise ValueError(f"{name} must be one of {', '.join(allowed)}, not {value!r}")
        if not self.user or not self.secret:
            raise ValueError("user and secret must not be empty")
