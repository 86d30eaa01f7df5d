"""A target for octoDNS that already holds every record; octoDNS imports it in its own environment.

It reads JSON, as an API answers: octoDNS would need about twice its time if the target were YAML too.
"""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

from octodns.provider.base import BaseProvider  # type: ignore[import-not-found]
from octodns.record import Record  # type: ignore[import-not-found]


class HeldRecords(BaseProvider):  # type: ignore[misc]
    """Holds `ZONE.json` of a directory, and nothing can be changed in it."""

    SUPPORTS_GEO = False
    SUPPORTS = frozenset({"A"})

    def __init__(self, id: str, directory: str, **options: Any) -> None:
        self.log = logging.getLogger(f"HeldRecords[{id}]")
        super().__init__(id, **options)
        self._directory = Path(directory)

    def populate(self, zone: Any, target: bool = False, lenient: bool = False) -> bool:  # noqa: ARG002
        """Add every held record."""
        held = json.loads((self._directory / f"{zone.name}json").read_bytes())
        for name, data in held.items():
            zone.add_record(Record.new(zone, name, data, source=self, lenient=lenient), lenient=lenient)
        return True

    def _apply(self, plan: Any) -> None:
        raise AssertionError(f"only planning is measured, not {plan}")
