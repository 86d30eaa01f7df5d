"""The strategy `append`: contacts are added, one per request, and never removed.

Without a carrier nothing can be undone, so each request adds one contact only: its outcome is then that of the
contact.
"""

from __future__ import annotations

from collections.abc import Sequence

from intime_sync.applying.run import Run
from intime_sync.kinds.registry import CONTACTS
from intime_sync.model.change import Create
from intime_sync.model.ledger import Entry, PutEntry
from intime_sync.model.report import Status
from intime_sync.model.resource import Attributes
from intime_sync.service.client import Unknown
from intime_sync.service.reply import Ids, Refused
from intime_sync.service.transport import NotSent

APPEND = "append"


def append_contacts(run: Run, changes: Sequence[Create]) -> None:
    """Add each contact. A contact whose outcome is unknown stays so until a person settles it."""
    for change in changes:
        run.check_stop()
        key = change.address.key
        wire = run.wire_context()
        intent = run.session.intend(APPEND, CONTACTS.name, [key], {"objects": [dict(change.after)]})
        outcome = run.send(CONTACTS.add_request([(change.after, None)], wire))
        match outcome:
            case Ids(ids):
                entry = Entry(change.after, ids[0], change.protected)
                run.session.settle(intent, [PutEntry(CONTACTS.name, key, entry)])
                run.finish(change, Status.DONE, id=ids[0])
            case Refused():
                run.session.settle(intent, [])
                run.finish(change, Status.FAILED, f"the service refuses it: {outcome}")
            case NotSent():
                run.session.settle(intent, [])
                run.finish(change, Status.FAILED, str(outcome))
            case Unknown(why):
                run.session.settle(intent, [unknown_contact(key, change.after)])
                hint = f"look in the service, then `ledger resolve contact/{key} --as sent|not-sent`"
                run.finish(change, Status.UNKNOWN, f"{why}; {hint}")


def unknown_contact(key: str, attributes: Attributes) -> PutEntry:
    """The ledger's entry for a contact that may or may not have been added."""
    return PutEntry(CONTACTS.name, key, Entry(attributes, unknown=True))
