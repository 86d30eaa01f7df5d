"""The service's calls as typed methods, each ending in one of four outcomes.

Turns HTTP results and replies into what a caller can act on; knows nothing about plans, ledgers or retrying.
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
from intime_sync.service.transport import DEADLINE, Answer, NoAnswer, NotSent, Result, Transport


@dataclass(frozen=True, slots=True)
class Unknown:
    """The request was sent and it cannot be known what the service did.

    `retry_after` is how long the service asks to be left alone, in seconds; 0 where it does not.
    """

    why: str
    retry_after: float = field(default=0.0, compare=False)


CLOCKS_AGREE: Final = timedelta(minutes=1)
"""Up to here, two clocks count as the same."""

Outcome: TypeAlias = Ids | Refused | NotSent | Unknown

RowT = TypeVar("RowT")


class Client:
    """An account. Use it as a context manager; it is safe to use from several threads.

    Methods that change something return an Outcome and raise only CredentialsError; methods that list something
    return rows, and raise ReadFailed, ServiceUnreachable or CredentialsError. Time limits are in seconds.
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
        """When the last list was made, by the service's clock (aware); None where it does not say."""
        return self._served_at

    @property
    def ahead(self) -> timedelta:
        """How far the service's clock was ahead of this machine's when the last list came; negative when behind.

        Zero for up to a minute either way, and where the service does not say.
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
        """Send once and say what is known. Raises CredentialsError, in which case the service did nothing."""
        self._count()
        result = self.transport.post(request.endpoint.path, request.body or b"", items=request.count)
        if not isinstance(result, Answer):
            return Unknown(result.why) if isinstance(result, NoAnswer) else result
        self._check_login(request.endpoint, result.status)
        if result.status != 200:
            return Unknown(self._status(result), result.retry_after)
        reply = classify_ids(request.endpoint, result.body, request.expected)
        if isinstance(reply, Unexpected):
            return Unknown(self._safely(reply, result.body))
        if isinstance(reply, Refused):
            self._check_login(request.endpoint, code=reply.code)
        return reply

    def read(self, endpoint: Endpoint, params: Mapping[str, str] | None = None) -> Rows:
        """Read a list whole, or raise."""
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
                raise self._read_failed(endpoint, self._safely(reply, result.body))

    def list_rows(
        self,
        endpoint: Endpoint,
        rows_of: Callable[[xml.Element | None], Sequence[RowT] | Unexpected],
        params: Mapping[str, str] | None = None,
    ) -> list[RowT]:
        """The rows of any list, by the function that reads them from its root."""
        rows = rows_of(self.read(endpoint, params).root)
        if isinstance(rows, Unexpected):
            raise self._read_failed(endpoint, self.transport.redact(str(rows)))
        return list(rows)

    def list_groups(self) -> list[listings.GroupRow]:
        """The account's groups."""
        return self.list_rows(endpoints.LIST_GROUPS, listings.group_rows)

    def list_blocklist(self) -> list[listings.BlocklistRow]:
        """The account's blocked numbers."""
        return self.list_rows(endpoints.LIST_BLOCKLIST, listings.blocklist_rows)

    def list_reminders(self, id: RemoteId | None = None) -> list[listings.ReminderRow]:
        """The account's reminders, or only the one with `id`."""
        return self.list_rows(
            endpoints.LIST_REMINDERS, listings.reminder_rows, None if id is None else {"id": str(id)}
        )

    def add_groups(self, names: Sequence[str]) -> Outcome:
        """Create a group for each name."""
        return self.send(build.add_groups(names))

    def delete_groups(self, groups: Sequence[tuple[RemoteId, bool]]) -> Outcome:
        """Delete groups by id, each with (True) or without (False) its contacts."""
        return self.send(build.delete_groups(groups))

    def add_contacts(self, contacts: Sequence[ContactItem]) -> Outcome:
        """Create contacts."""
        return self.send(build.add_contacts(contacts, self.wire))

    def add_blocklist(self, numbers: Sequence[E164]) -> Outcome:
        """Block numbers."""
        return self.send(build.add_blocklist(numbers, self.wire))

    def delete_blocklist(self, mobiles: Sequence[str]) -> Outcome:
        """Unblock numbers, each spelled exactly as the list spells it."""
        return self.send(build.delete_blocklist(mobiles))

    def add_reminders(self, reminders: Sequence[ReminderItem]) -> Outcome:
        """Create reminders."""
        return self.send(build.add_reminders(reminders, self.wire))

    def edit_reminders(self, edits: Sequence[ReminderEdit]) -> Outcome:
        """Change what is given of each reminder; a negative id in the answer was not changed."""
        return self.send(build.edit_reminders(edits, self.wire))

    def create_message(self, message: MessageItem) -> Outcome:
        """Send or schedule a message."""
        return self.send(build.create_message(message, self.wire))

    def delete_message(self, message_id: RemoteId) -> Outcome:
        """Cancel one scheduled message id."""
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

    def _safely(self, reply: Unexpected, body: bytes) -> str:
        shown = self._excerpt(body) if reply.excerpt else ""
        return f"{self.transport.redact(reply.why)}: {shown}" if shown else self.transport.redact(reply.why)

    def _excerpt(self, body: bytes) -> str:
        # Redacted before it is cut: half a secret would no longer be recognised.
        return excerpt(self.transport.redact(xml.decode(body)))

    def _unreachable(self, endpoint: Endpoint, result: Result) -> ServiceUnreachable:
        why = result.why if isinstance(result, NotSent | NoAnswer) else ""
        return ServiceUnreachable(
            f"{endpoint}: {self.transport.host} could not be reached: {why}",
            hint="Check account.url (or INTIME_URL), the network and any proxy, then run the command again.",
        )

    def _read_failed(self, endpoint: Endpoint, why: str) -> ReadFailed:
        return ReadFailed(
            f"{endpoint}: the list from {self.transport.host} could not be read: {why}",
            hint="Nothing was changed. Run the command again; if it stays, check account.url (or INTIME_URL).",
        )
