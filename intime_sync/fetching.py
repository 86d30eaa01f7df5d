"""Reading an account: lists → Snapshot. A list that cannot be read whole raises, so nothing is planned from it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from intime_sync.kinds.base import ItemContext, ListedKind
from intime_sync.kinds.registry import BY_NAME, CONTACTS, GROUPS, MESSAGES
from intime_sync.model.resource import KindName, Resource, Snapshot
from intime_sync.service.client import Client


def fetch_kind(client: Client, kind: ListedKind, context: ItemContext) -> tuple[Resource[Any], ...]:
    """One list. Raises ReadFailed, ServiceUnreachable or CredentialsError."""
    return kind.observed(client.list_rows(kind.endpoint, kind.rows), context)


def fetch_actual(client: Client, kinds: Iterable[KindName], context: ItemContext) -> Snapshot:
    """What the account holds of `kinds`; contacts and messages cannot be listed, but need the groups' ids."""
    names = dict.fromkeys(GROUPS.name if name in (CONTACTS.name, MESSAGES.name) else name for name in kinds)
    listed = {name: kind for name in names if isinstance(kind := BY_NAME[name], ListedKind)}
    return Snapshot({name: fetch_kind(client, kind, context) for name, kind in listed.items()})
