"""The service's calls as typed methods. A call that changes something returns one of four outcomes.

Turns HTTP results and replies into outcomes, rows and errors; knows nothing about plans, ledgers or retrying.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Final, Self, TypeAlias, TypeVar

from intime_sync.errors import CredentialsError, ReadFailed, ServiceUnreachable
from intime_sync.model.resource import RemoteId
from intime_sync.service import endpoints, listings, xml
from intime_sync.service import requests as build
from intime_sync.service.endpoints import NO_CREDENTIALS, NOT_VERIFIED, Endpoint
from intime_sync.service.phone import E164
from intime_sync.service.reply import Ids, Refused, Rows, Unexpected, classify_ids, classify_list, excerpt
from intime_sync.service.requests import ContactItem, MessageItem, ReminderEdit, ReminderItem, Request, WireFormat
from intime_sync.service.secrets import Credentials
from intime_sync.service.transport import DEADLINE, Answer, NoAnswer, NotSent, Transport


@dataclass(frozen=True, slots=True)
class Unknown:
    """The request was sent and it cannot be known what the service did.

    `retry_after` is how long the service asks to wait before the next request, in seconds; 0 where it does not.
    """

    why: str
    retry_after: float = field(default=0.0, compare=False)


CLOCKS_AGREE: Final = timedelta(minutes=1)
"""The largest difference of two clocks that is ignored."""

Outcome: TypeAlias = Ids | Refused | NotSent | Unknown

RowT = TypeVar("RowT")


class Client:
    """The calls to one account. Use it as a context manager; it is safe to use from several threads.

    A method that changes something sends one request, once, and returns an `Outcome`:

    - `Ids`: it is done. There is an id for each item, in the order of the items.
    - `Refused`: the service said no, with one of the codes that it documents; some items of a batch may be done.
    - `NotSent`: nothing was sent, so it may be tried again.
    - `Unknown`: something was sent, and there was no answer, or none that is documented.

    It raises CredentialsError where user name and hash are refused, and InvalidInput for a text that XML cannot
    carry; then nothing was done.

    A method that lists something returns all rows, or raises ReadFailed, ServiceUnreachable or CredentialsError. It
    tries up to four times if the service is busy or does not answer.

    Raises InvalidInput for an address that is not an https URL; http is for this machine only. `connect_timeout` and
    `read_timeout` bound one silence, `deadline` bounds a whole call, all in seconds. `sleep` waits between attempts.
    """

    def __init__(
        self,
        url: str,
        credentials: Credentials,
        *,
        wire: WireFormat | None = None,
        connect_timeout: float = 10,
        read_timeout: float = 120,
        deadline: float = DEADLINE,
        pool_size: int = 8,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.wire = wire or WireFormat()
        self.transport = Transport(
            url,
            credentials,
            connect_timeout=connect_timeout,
            read_timeout=read_timeout,
            deadline=deadline,
            pool_size=pool_size,
            sleep=sleep,
        )
        self._calls = 0
        self._served_at: datetime | None = None
        self._ahead = timedelta(0)
        self._lock = threading.Lock()

    @property
    def calls(self) -> int:
        """How many calls were made, a retried read counting once."""
        return self._calls

    @property
    def served_at(self) -> datetime | None:
        """The time of the last list by the service's clock (aware); None where its reply had no Date."""
        return self._served_at

    @property
    def ahead(self) -> timedelta:
        """How far the service's clock was ahead of this machine's when the last list came; negative when behind.

        Zero for differences up to CLOCKS_AGREE, and where the reply had no Date.
        """
        return self._ahead

    def close(self) -> None:
        """Close the connections."""
        self.transport.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def send(self, request: Request) -> Outcome:
        """Send any request once. Raises CredentialsError, and then the service did nothing."""
        self._count()
        result = self.transport.post(request.endpoint.path, request.body, items=request.count)
        if not isinstance(result, Answer):
            return Unknown(result.why) if isinstance(result, NoAnswer) else result
        self._check_login(request.endpoint, result.status)
        if result.status != 200:
            return Unknown(self._status(result), result.retry_after)
        reply = classify_ids(request.endpoint, result.body, request.expected)
        if isinstance(reply, Unexpected):
            return Unknown(self._redacted(reply, result.body))
        if isinstance(reply, Refused):
            self._check_login(request.endpoint, code=reply.code)
        return reply

    def read(self, endpoint: Endpoint, params: Mapping[str, str] | None = None) -> Rows:
        """Read any list whole. Raises ReadFailed, ServiceUnreachable or CredentialsError."""
        self._count()
        result = self.transport.get(endpoint.path, params)
        if not isinstance(result, Answer):
            raise self._unreachable(endpoint, result)
        self._served_at = result.date
        differs = timedelta(0) if result.date is None else result.date - datetime.now(UTC)
        self._ahead = differs if abs(differs) > CLOCKS_AGREE else timedelta(0)
        self._check_login(endpoint, result.status)
        if result.status != 200:
            raise self._read_failed(endpoint, self._status(result))
        reply = classify_list(endpoint, result.body)
        match reply:
            case Rows():
                return reply
            case Refused():
                self._check_login(endpoint, code=reply.code)
                raise self._read_failed(endpoint, str(reply))
            case Unexpected():
                raise self._read_failed(endpoint, self._redacted(reply, result.body))

    def list_rows(
        self,
        endpoint: Endpoint,
        rows_of: Callable[[xml.Element | None], Sequence[RowT] | Unexpected],
        params: Mapping[str, str] | None = None,
    ) -> list[RowT]:
        """The rows of any list, as `rows_of` reads them from its root. Raises what `read` raises."""
        rows = rows_of(self.read(endpoint, params).root)
        if isinstance(rows, Unexpected):
            raise self._read_failed(endpoint, self.transport.redact(str(rows)))
        return list(rows)

    def list_groups(self) -> list[listings.GroupRow]:
        """The account's groups, carriers too.

        >>> client.add_groups(["Jour"])
        Ids(ids=(1,))
        >>> client.list_groups()
        [GroupRow(id=1, name='Jour')]
        """
        return self.list_rows(endpoints.LIST_GROUPS, listings.group_rows)

    def list_blocklist(self) -> list[listings.BlocklistRow]:
        """The account's blocked numbers, spelled as the service spells them.

        >>> client.add_blocklist([E164("+46701740605")])
        Ids(ids=(1,))
        >>> client.list_blocklist()
        [BlocklistRow(mobile='0701740605', firstname='', lastname='')]
        """
        return self.list_rows(endpoints.LIST_BLOCKLIST, listings.blocklist_rows)

    def list_reminders(self, id: RemoteId | None = None) -> list[listings.ReminderRow]:
        """The account's reminders, or only the one with `id`, those that were switched off included.

        >>> client.list_reminders()
        []
        """
        return self.list_rows(
            endpoints.LIST_REMINDERS, listings.reminder_rows, None if id is None else {"id": str(id)}
        )

    def add_groups(self, names: Sequence[str]) -> Outcome:
        """Create a group for each name; the ids are the groups'. A name that is taken makes a second group.

        >>> client.add_groups(["Personal", "Jour"])
        Ids(ids=(1, 2))
        >>> client.add_groups([""])
        Refused(code='2:ERROR1', meaning='no group could be created')
        """
        return self.send(build.add_groups(names))

    def delete_groups(self, groups: Sequence[tuple[RemoteId, bool]]) -> Outcome:
        """Delete groups by id, each with (True) or without (False) its contacts.

        The ids are those of the groups that are gone: one that did not exist makes it `Unknown`, since an id is
        missing then, and `Refused` where none existed.

        >>> client.add_groups(["Jour"])
        Ids(ids=(1,))
        >>> client.delete_groups([(RemoteId(1), False)])
        Ids(ids=(1,))
        >>> client.delete_groups([(RemoteId(1), False)])
        Refused(code='2:ERROR1', meaning='no group could be removed')
        """
        return self.send(build.delete_groups(groups))

    def add_contacts(self, contacts: Sequence[ContactItem]) -> Outcome:
        """Create contacts; the ids are the contacts'. They cannot be listed, changed or removed one by one.

        `Refused` with `3:ERROR1` or `3:ERROR2` names an e-mail address or a number that the service does not take,
        but not whose it is.

        >>> john = ContactItem(type=1, firstname="John", lastname="Svensson", mobile=E164("+46701740605"))
        >>> client.add_contacts([john])
        Ids(ids=(1,))
        """
        return self.send(build.add_contacts(contacts, self.wire))

    def add_blocklist(self, numbers: Sequence[E164]) -> Outcome:
        """Block numbers; the ids are the entries'.

        >>> client.add_blocklist([E164("+46701740605"), E164("+46701740606")])
        Ids(ids=(1, 2))
        """
        return self.send(build.add_blocklist(numbers, self.wire))

    def delete_blocklist(self, mobiles: Sequence[str]) -> Outcome:
        """Unblock numbers, each spelled exactly as the list spells it; the ids are those of the entries.

        >>> client.add_blocklist([E164("+46701740605")])
        Ids(ids=(1,))
        >>> client.delete_blocklist([row.mobile for row in client.list_blocklist()])
        Ids(ids=(1,))
        """
        return self.send(build.delete_blocklist(mobiles))

    def add_reminders(self, reminders: Sequence[ReminderItem]) -> Outcome:
        """Create reminders; the ids are the reminders'. Texts that are not needed are "".

        >>> reminder = ReminderItem(
        ...     date=WallTime("2036-12-01T08:30"),
        ...     organizer_title="Dr",
        ...     organizer_firstname="Hans",
        ...     organizer_lastname="Evertsson",
        ...     attendant_firstname="Anna",
        ...     attendant_lastname="Lindqvist",
        ...     attendant_mobile=E164("+46701740605"),
        ... )
        >>> client.add_reminders([reminder])
        Ids(ids=(1,))
        >>> [(row.id, row.date, row.active) for row in client.list_reminders()]
        [(1, '2036-12-01T08:30', True)]
        """
        return self.send(build.add_reminders(reminders, self.wire))

    def edit_reminders(self, edits: Sequence[ReminderEdit]) -> Outcome:
        """Change the given fields of reminders. A negative id was not changed: it is unknown or switched off.

        >>> client.edit_reminders([ReminderEdit(id=RemoteId(7), active=False)])
        Ids(ids=(-7,))
        """
        return self.send(build.edit_reminders(edits, self.wire))

    def create_message(self, message: MessageItem) -> Outcome:
        """Send or schedule a message; there is an id for each recipient, and for each member of its groups.

        After `Unknown` it must not be sent again: it may have been sent, and messages cannot be listed.

        >>> message = MessageItem(
        ...     body="God jul!",
        ...     sender="Kliniken",
        ...     recipients=(Recipient(E164("+46701740605")), Recipient(E164("+46701740606"))),
        ...     send_at=WallTime("2036-12-24T08:00"),
        ... )
        >>> client.create_message(message)
        Ids(ids=(1, 2))
        """
        return self.send(build.create_message(message, self.wire))

    def delete_message(self, message_id: RemoteId) -> Outcome:
        """Cancel one scheduled message id.

        `Refused` with `2:ERROR2` does not say whether it was sent, was cancelled before, or never was.

        >>> client.delete_message(RemoteId(1))
        Refused(code='2:ERROR2', meaning='the message could not be removed')
        """
        return self.send(build.delete_message(message_id))

    def _count(self) -> None:
        with self._lock:
            self._calls += 1

    def _check_login(self, endpoint: Endpoint, status: int = 200, *, code: str = "") -> None:
        if status in (401, 403) or code in (NO_CREDENTIALS, NOT_VERIFIED):
            said = code or f"HTTP {status}"
            raise CredentialsError(
                f"{endpoint}: {self.transport.host} does not accept the user name and hash ({said})",
                hint="Check INTIME_USER and INTIME_HASH (or INTIME_HASH_FILE).",
            )

    def _status(self, answer: Answer) -> str:
        if 300 <= answer.status < 400:
            return f"it answered HTTP {answer.status}, a redirect, which is never followed"
        shown = self._excerpt(answer.body)
        return f"it answered HTTP {answer.status}" + (f": {shown}" if shown else "")

    def _redacted(self, reply: Unexpected, body: bytes) -> str:
        shown = self._excerpt(body) if reply.excerpt else ""
        return f"{self.transport.redact(reply.why)}: {shown}" if shown else self.transport.redact(reply.why)

    def _excerpt(self, body: bytes) -> str:
        # Redacted before it is cut: half a secret would no longer be recognised.
        return excerpt(self.transport.redact(xml.decode(body)))

    def _unreachable(self, endpoint: Endpoint, result: NotSent | NoAnswer) -> ServiceUnreachable:
        return ServiceUnreachable(
            f"{endpoint}: {self.transport.host} could not be reached: {result.why}",
            hint="Check account.url (or INTIME_URL), the network and any proxy, then run the command again.",
        )

    def _read_failed(self, endpoint: Endpoint, why: str) -> ReadFailed:
        return ReadFailed(
            f"{endpoint}: the list from {self.transport.host} could not be read: {why}",
            hint="Nothing was changed. Run the command again; if it stays, check account.url (or INTIME_URL).",
        )
