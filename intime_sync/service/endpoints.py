"""Every call that the service documents: its path, method, root element and error codes.

Owns the names and codes of the service; knows nothing about HTTP, XML or what a call is made for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final, Literal

NO_CREDENTIALS: Final = "0:ERROR1"
"""The request carried no user name or no hash."""

NOT_VERIFIED: Final = "0:ERROR3"
"""The service does not accept the user name and hash."""

EMPTY_LIST: Final = "2:ERROR1"
"""What a list answers when it has nothing to show; the same code means a failure on every POST."""

NOT_REMOVED: Final = "2:ERROR2"
"""What message/delete answers for an id that it does not remove: unknown, sent, or already cancelled."""

_LOGIN: Final = {
    NO_CREDENTIALS: "the user name or the hash is missing from the request",
    NOT_VERIFIED: "the user name and hash are not accepted",
}
_POSTED: Final = {**_LOGIN, "0:ERROR2": "the request had no XML or an empty one"}
_UNREADABLE: Final = "the request's XML could not be opened"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One call. `path` is relative to the base URL; `codes` maps each documented error code to its meaning.

    `root` is the root element of what is sent by a POST and of what is answered to a GET. Where `negative_ids`
    is true, a negated id in the reply means that the object was not changed.
    """

    path: str
    method: Literal["GET", "POST"]
    root: str
    codes: Mapping[str, str] = field(hash=False, repr=False)
    negative_ids: bool = False

    @property
    def name(self) -> str:
        """The path as people read it, e.g. `contacts/add`."""
        return self.path.removesuffix(".ashx")

    def __str__(self) -> str:
        return self.name


def post(path: str, root: str, codes: Mapping[str, str], *, negative_ids: bool = False) -> Endpoint:
    """A call that changes something; `codes` are those besides the codes that all such calls have in common."""
    return Endpoint(path, "POST", root, MappingProxyType({**_POSTED, **codes}), negative_ids)


def listing(path: str, root: str, nothing: str) -> Endpoint:
    """A call that lists something; `nothing` is the meaning of an empty list."""
    return Endpoint(path, "GET", root, MappingProxyType({**_LOGIN, EMPTY_LIST: nothing}))


CREATE_MESSAGE: Final = post(
    "message/create.ashx",
    "message",
    {
        "1:ERROR1": "the XML did not pass the service's validation",
        "1:ERROR2": "the send time has already passed",
        "1:ERROR3": "the recipients have the wrong format",
        "2:ERROR0": "the account's blocklist could not be loaded",
        "2:ERROR1": "the message could not be sent",
        "2:ERROR2": "there is nobody to send the message to",
    },
)
DELETE_MESSAGE: Final = post(
    "message/delete.ashx",
    "message",
    {
        "1:ERROR1": _UNREADABLE,
        "2:ERROR1": "the message id could not be read from the XML",
        NOT_REMOVED: "the message could not be removed",
    },
)

ADD_CONTACTS: Final = post(
    "contacts/add.ashx",
    "contacts",
    {
        "1:ERROR1": "the XML did not pass the service's validation",
        "2:ERROR1": "the contact could not be created",
        "3:ERROR1": "a contact's e-mail address is not valid",
        "3:ERROR2": "a contact's mobile number is not valid",
    },
)
LIST_GROUPS: Final = listing("contacts/listgroups.ashx", "groups", "the account has no groups")
ADD_GROUPS: Final = post(
    "contacts/addgroup.ashx",
    "addgroups",
    {"1:ERROR1": _UNREADABLE, "2:ERROR1": "no group could be created"},
)
DELETE_GROUPS: Final = post(
    "contacts/deletegroup.ashx",
    "deletegroups",
    {"1:ERROR1": _UNREADABLE, "2:ERROR1": "no group could be removed"},
)

LIST_BLOCKLIST: Final = listing("nix/list.ashx", "nixentries", "the account's blocklist is empty")
ADD_BLOCKLIST: Final = post(
    "nix/addnix.ashx",
    "addnixentries",
    {"1:ERROR1": _UNREADABLE, "2:ERROR1": "the blocklist entry could not be created"},
)
DELETE_BLOCKLIST: Final = post(
    "nix/deletenix.ashx",
    "deletenixentries",
    {"1:ERROR1": _UNREADABLE, "2:ERROR1": "the number could not be removed from the blocklist"},
)

LIST_REMINDERS: Final = listing("reminder/list.ashx", "reminderappointments", "the account has no reminders")
ADD_REMINDERS: Final = post(
    "reminder/add.ashx",
    "reminderappointments",
    {"1:ERROR1": _UNREADABLE, "2:ERROR1": "the reminders could not be created"},
)
EDIT_REMINDERS: Final = post(
    "reminder/edit.ashx",
    "reminderappointments",
    {"1:ERROR1": _UNREADABLE, "2:ERROR1": "the reminders could not be changed"},
    negative_ids=True,
)
