"""The request that adds contacts to their carriers, and the journal's entry that precedes it."""

from __future__ import annotations

from collections.abc import Sequence

from intime_sync.applying.lost import ways_to_reach
from intime_sync.applying.packs import LoadedCarrier
from intime_sync.applying.run import Run
from intime_sync.kinds.base import WireContext
from intime_sync.kinds.registry import CONTACTS
from intime_sync.model.resource import Attributes
from intime_sync.service.requests import Request

ADD = "add"


def intend_add(run: Run, carriers: Sequence[LoadedCarrier]) -> int:
    """Record in the journal that the contacts are about to be added. Returns the number of the intent."""
    keys = [key for carrier in carriers for key in carrier.members]
    reach = ways_to_reach(attributes for carrier in carriers for attributes in carrier.members.values())
    detail = {"carriers": [carrier.id for carrier in carriers], "reach": reach}
    return run.session.intend(ADD, CONTACTS.name, keys, detail)


def add_request(carriers: Sequence[LoadedCarrier], wire: WireContext) -> Request:
    """The request that adds the contacts, each to its carrier and to those of its groups that exist."""
    contacts = [
        (_with_existing_groups(attributes, wire), carrier.id)
        for carrier in carriers
        for attributes in carrier.members.values()
    ]
    return CONTACTS.add_request(contacts, wire)


def _with_existing_groups(attributes: Attributes, wire: WireContext) -> Attributes:
    """The contact without those of its groups that do not exist in the account."""
    names = CONTACTS.group_names(attributes)
    existing = [name for name in names if name in wire.group_ids]
    return attributes if len(existing) == len(names) else {**attributes, "groups": list(existing)}
