"""What the configuration allows: pruning, the delete guard, the way contacts are kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

from intime_sync.model.resource import KindName


class Prune(StrEnum):
    """What happens to objects that the configuration does not name."""

    OWNED = "owned"
    ALL = "all"
    NEVER = "never"


class ContactStrategy(StrEnum):
    """How contacts are kept: through carriers, or only ever added."""

    CARRIER = "carrier"
    APPEND = "append"


class Numbers(StrEnum):
    """Which numbers are accepted: valid ones only (and mobiles, except on the blocklist), or all possible ones."""

    VALID = "valid"
    POSSIBLE = "possible"


@dataclass(frozen=True)
class Policy:
    """The `policy` section of the configuration.

    `max_delete_percent` is of a kind's owned objects; `max_delete_always_allow`, `carrier_size` and `batch_size` are
    counts of objects. `message_lead_time` is how far ahead a message must be to be scheduled or changed.
    """

    prune: Mapping[KindName, Prune] = field(default_factory=dict)
    max_delete_percent: int = 30
    max_delete_always_allow: int = 5
    contact_strategy: ContactStrategy = ContactStrategy.CARRIER
    carrier_size: int = 50
    batch_size: int = 200
    message_lead_time: timedelta = timedelta(minutes=5)
    numbers: Numbers = Numbers.VALID

    def prune_of(self, kind: KindName) -> Prune:
        """The kind's pruning; `owned` where the configuration does not set it."""
        return self.prune.get(kind, Prune.OWNED)
