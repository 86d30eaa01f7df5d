"""Options of a receiver of statuses. Knows nothing of HTTP or SQLite."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from pathlib import Path
from typing import Final, TypeAlias

SHORTEST_SECRET: Final = 16
LONGEST_SECRET: Final = 200
_IN_A_PATH: Final = re.compile(r"[A-Za-z0-9._~-]*")


@dataclass(frozen=True, slots=True)
class MessageRecipient:
    """The message and recipient of a transid: the message's key, and the recipient's masked number."""

    message: str
    recipient: str


Names: TypeAlias = Callable[[], Mapping[str, MessageRecipient]]
"""Returns the known recipients by transid. May raise IntimeSyncError; then the page says that names are missing."""


def no_names() -> Mapping[str, MessageRecipient]:
    """No names: every recipient is unknown."""
    return {}


@dataclass(frozen=True, slots=True)
class ReceiveOptions:
    """How one receiver works.

    - `data`: the SQLite file; it and its folder are created if missing, and only the owner may read them.
    - `secret`: the last part of the path that takes statuses; None takes the one that was generated for `data`.
    - `names`: called for every page, from any thread.
    - `zone`: the zone of the times on the page.
    - `open_page`: whether the page is shown without its token; on a loopback address only.
    - `allowed_hosts`: names that the page is shown under, besides `localhost` and the address that it listens on.

    Raises ValueError for a secret that is easily guessed or does not fit in an address.
    """

    data: Path
    secret: str | None = field(default=None, repr=False)
    names: Names = no_names
    zone: tzinfo = UTC
    open_page: bool = False
    allowed_hosts: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.secret is None:
            return
        if not SHORTEST_SECRET <= len(self.secret) <= LONGEST_SECRET:
            raise ValueError(f"the secret must have {SHORTEST_SECRET} to {LONGEST_SECRET} characters")
        if not _IN_A_PATH.fullmatch(self.secret):
            raise ValueError("the secret may hold only the letters A to Z, digits, and - . _ ~")
