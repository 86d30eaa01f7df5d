"""Reads an account: lists → Snapshot. A list that cannot be read whole raises, so nothing is planned from it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from intime_sync.kinds.base import ListedKind
from intime_sync.kinds.reading import ItemContext
from intime_sync.kinds.registry import GROUPS, LISTED_BY_NAME
from intime_sync.model.resource import KindName, Resource, Snapshot
from intime_sync.service.client import Client


def fetch_kind(client: Client, kind: ListedKind, context: ItemContext) -> tuple[Resource[Any], ...]:
    """The resources of a kind in the account. Raises ReadFailed, ServiceUnreachable or CredentialsError."""
    return kind.observed(client.list_rows(kind.endpoint, kind.rows), context)


def fetch_actual(client: Client, kinds: Iterable[KindName], context: ItemContext) -> Snapshot:
    """The resources of `kinds` in the account, with errors as `fetch_kind`.

    For a kind that cannot be listed, the groups are read: its objects refer to them by id.
    """
    names = dict.fromkeys(name if name in LISTED_BY_NAME else GROUPS.name for name in kinds)
    return Snapshot({name: fetch_kind(client, LISTED_BY_NAME[name], context) for name in names})
