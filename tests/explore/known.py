"""What the present code gets wrong, and why: service, world and sort of fault. To be emptied, never to be filled."""

from __future__ import annotations

from collections.abc import Mapping

KNOWN: Mapping[tuple[str, str, str], str] = {
    ("blocks-twice", "blocklist", "twice"): (
        "a request that a proxy repeats blocks a number twice where the service keeps both, and nobody takes one away"
    ),
}
