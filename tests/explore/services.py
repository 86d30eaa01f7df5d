"""The kinds of service that are explored. A new option of the emulator is one more line here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from explore.worlds import WORLDS


@dataclass(frozen=True)
class Kind:
    """`options` are EmulatorOptions; `worlds` those that they matter to; `runs` is how many may be needed.

    With `keeps_others`, a batch in which something is refused is done all but that.
    """

    options: Mapping[str, Any] = field(default_factory=dict)
    worlds: tuple[str, ...] = tuple(WORLDS)
    runs: int = 2
    keeps_others: bool = False


SERVICES: Mapping[str, Kind] = {
    "adds": Kind(),
    "replaces": Kind({"on_known_mobile": "replace"}, ("contact", "moves", "neighbour", "back")),
    "merges": Kind({"on_known_mobile": "union"}, ("contact", "moves", "neighbour", "back")),
    "keeps": Kind({"on_known_mobile": "keep"}, ("contact", "moves", "neighbour", "back")),
    "adds-in-part": Kind({}, ("neighbour",), keeps_others=True),
    "merges-in-part": Kind({"on_known_mobile": "union"}, ("neighbour",), keeps_others=True),
    "reuses-ids": Kind({"reuse_ids": True}, ("group", "contact", "moves", "back")),
    "renames": Kind({"names": "upper"}, ("group", "contact", "moves", "back")),
    "lags": Kind({"list_lag": 1}),
    "lags-more": Kind({"list_lag": 3}, ("contact",)),
    "blocks-twice": Kind({"duplicates": "keep"}, ("blocklist",)),
    "echoes-raw": Kind({"echo": "raw"}, ("blocklist", "reminder")),
    "echoes-e164": Kind({"echo": "e164"}, ("blocklist", "reminder")),
}
