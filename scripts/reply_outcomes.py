"""What every reply to a POST means, and what follows from it: one table, which docs/reliability.md shows.

The tests hold it against the classification for every endpoint. What follows differs by what can be observed:
objects that can be listed are judged by the list, contacts by whether their carrier was confirmed whole.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from intime_sync.service.client import Unknown
from intime_sync.service.reply import Ids, Refused
from intime_sync.service.transport import NotSent

_READ_BACK = "the list is read; what it shows is done, and what it does not show yet is waited for"
_CONFIRMED = "its carriers are complete; the ledger learns their contacts"
_HALVES = "the list is read; what it lacks is sent again in halves, until the item at fault stands alone"
_UNDO_HALVES = "its carriers are removed with their contacts; halves are tried, then contacts one by one"
_AGAIN = "the list is read, for a while; only what it lacks is sent again, three times at most"
_UNDO_AGAIN = "its carriers are removed with their contacts, then made and filled again, three times at most"
_NEVER_LEFT = "sent again after a pause, three times at most; then reported as failed"


@dataclass(frozen=True, slots=True)
class ReplyCase:
    """One way a POST can end.

    `sample` makes such a reply for an endpoint's number of items (None: there is no reply); `outcome` is what the
    client calls it. `listed` and `contacts` say what follows for objects that can be listed, and for contacts.
    """

    name: str
    sample: Callable[[int], bytes] | None
    outcome: type[Ids] | type[Refused] | type[NotSent] | type[Unknown]
    listed: str
    contacts: str


def _ids(count: int) -> bytes:
    return ",".join(str(number + 1) for number in range(count)).encode()


REPLIES: Final = (
    ReplyCase("as many ids as items", _ids, Ids, _READ_BACK, _CONFIRMED),
    ReplyCase("fewer ids than items", lambda count: _ids(count - 1), Unknown, _AGAIN, _UNDO_AGAIN),
    ReplyCase("more ids than items", lambda count: _ids(count + 1), Unknown, _AGAIN, _UNDO_AGAIN),
    ReplyCase("an id of 0", lambda count: b"0," + _ids(count - 1), Unknown, _AGAIN, _UNDO_AGAIN),
    ReplyCase("a documented error code", lambda _: b"2:ERROR1", Refused, _HALVES, _UNDO_HALVES),
    ReplyCase("an error code that is not documented for it", lambda _: b"9:ERROR9", Unknown, _AGAIN, _UNDO_AGAIN),
    ReplyCase("nothing", lambda _: b"", Unknown, _AGAIN, _UNDO_AGAIN),
    ReplyCase("free text or a web page", lambda _: b"<html>Server Error</html>", Unknown, _AGAIN, _UNDO_AGAIN),
    ReplyCase("any HTTP status but 200", None, Unknown, _AGAIN, _UNDO_AGAIN),
    ReplyCase(
        "no answer: the connection broke after the request, or time ran out", None, Unknown, _AGAIN, _UNDO_AGAIN
    ),
    ReplyCase(
        "nothing was sent: refused connection, unknown name, TLS failure", None, NotSent, _NEVER_LEFT, _NEVER_LEFT
    ),
)

NEGATIVE_IDS: Final = (
    "A negative id means 'not changed' in a reply to reminder/edit, where the list then tells which change failed; "
    "in any other reply it is a number that cannot be an id."
)


def markdown() -> str:
    """The table as docs/reliability.md shows it."""
    head = "| reply | outcome | listed objects | contacts |\n|---|---|---|---|\n"
    rows = (f"| {reply.name} | {_WORDS[reply.outcome]} | {reply.listed} | {reply.contacts} |\n" for reply in REPLIES)
    return f"{head}{''.join(rows)}\n{NEGATIVE_IDS}\n"


_WORDS = {Ids: "done", Refused: "refused", Unknown: "unknown", NotSent: "not sent"}
