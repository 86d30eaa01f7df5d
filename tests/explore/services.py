"""The kinds of service that are explored. A new option of the emulator is one more line here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

USUAL = ("group", "contact", "blocklist", "reminder", "message", "moves", "neighbour", "back", "first")


@dataclass(frozen=True)
class Kind:
    """`options` are EmulatorOptions; `worlds` those that they matter to; `runs` is how many may be needed.

    With `keeps_others`, a batch in which something is refused is done all but that. With `only_confirmed`, every
    confirmation is heard and written down: what was not, and no list shows in time, may be made twice.
    """

    options: Mapping[str, Any] = field(default_factory=dict)
    worlds: tuple[str, ...] = USUAL
    runs: int = 2
    keeps_others: bool = False
    only_confirmed: bool = False


SERVICES: Mapping[str, Kind] = {
    "adds": Kind(worlds=(*USUAL, "taken-back", "leave", "empties", "handled", "handled-lists", "other-ledgers")),
    "replaces": Kind({"on_known_mobile": "replace"}, ("contact", "moves", "neighbour", "back")),
    "merges": Kind({"on_known_mobile": "union"}, ("contact", "moves", "neighbour", "back", "wavers")),
    "keeps": Kind({"on_known_mobile": "keep"}, ("contact", "moves", "neighbour", "back")),
    "adds-in-part": Kind({}, ("neighbour",), keeps_others=True),
    "merges-in-part": Kind({"on_known_mobile": "union"}, ("neighbour",), keeps_others=True),
    "reuses-ids": Kind(
        {"reuse_ids": True},
        ("group", "contact", "moves", "back", "handled", "handled-refused", "handled-elsewhere", "other-ledgers"),
    ),
    "renames": Kind({"names": "upper"}, ("group", "contact", "moves", "back")),
    "reuses-ids-and-renames": Kind({"reuse_ids": True, "names": "upper"}, ("handled", "handled-group")),
    "lags": Kind({"list_lag": 1}),
    "lags-more": Kind({"list_lag": 3}, ("contact",)),
    # Longer than a run waits for what may have been done.
    "lags-most": Kind({"list_lag": 6}, ("leave",)),
    # Longer than a run waits for what was confirmed.
    "lags-over-runs": Kind({"list_lag": 20}, ("comes",), only_confirmed=True),
    "blocks-twice": Kind({"duplicates": "keep"}, ("blocklist",)),
    "echoes-raw": Kind({"echo": "raw"}, ("blocklist", "reminder")),
    "echoes-e164": Kind({"echo": "e164"}, ("blocklist", "reminder")),
}
