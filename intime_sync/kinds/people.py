"""Names of people, in the words of whoever lists them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def full_name(fields: Mapping[str, Any]) -> str:
    """`firstname` and `lastname`, or the one of them that is given; "" for neither."""
    first, last = fields.get("firstname"), fields.get("lastname")
    return f"{first} {last}" if first and last else str(first or last or "")
