"""Reading an account: lists → Snapshot. A list that cannot be read whole raises, so nothing is planned from it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from intime_sync.kinds.base import ListedKind
from intime_sync.kinds.reading import ItemContext
from intime_sync.kinds.registry import GROUPS, LISTED_BY_NAME
from intime_sync.model.resource import KindName, Resource, Snapshot
from intime_sync.service.client import Client


def fetch_kind(client: Client, kind: ListedKind, context: ItemContext) -> tuple[Resource[Any], ...]:
    """One list. Raises ReadFailed, ServiceUnreachable or CredentialsError."""
    return kind.observed(client.list_rows(kind.endpoint, kind.rows), context)


def fetch_actual(client: Client, kinds: Iterable[KindName], context: ItemContext) -> Snapshot:
    """What the account holds of `kinds`; those that cannot be listed need the ids of the groups."""
    names = dict.fromkeys(name if name in LISTED_BY_NAME else GROUPS.name for name in kinds)
    return Snapshot({name: fetch_kind(client, LISTED_BY_NAME[name], context) for name in names})
