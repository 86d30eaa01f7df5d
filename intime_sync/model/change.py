"""The changes a plan can hold: a closed union, so that an impossible change cannot be built."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias, assert_never

from intime_sync.model.problem import Origin
from intime_sync.model.resource import Address, Attributes, Json, RemoteId


class Action(StrEnum):
    """A change's name in plan JSON, in the order of a summary line."""

    CREATE = "create"
    UPDATE = "update"
    REPLACE = "replace"
    DELETE = "delete"
    ADOPT = "adopt"
    FORGET = "forget"
    HELD = "held"


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field that differs; `path` is dotted, e.g. `attendant.mobile`."""

    path: str
    before: Json
    after: Json


@dataclass(frozen=True, slots=True, kw_only=True)
class _Change:
    """What every change has.

    `reason` says why where the fields alone do not. `protected` is true where `protect` forbids removing the object,
    `origin` is its place in the configuration. `options` are recorded in the ledger with the object (see Lifecycle).
    """

    address: Address
    reason: str | None = None
    origin: Origin | None = None
    protected: bool = False
    options: Attributes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Create(_Change):
    """Make an object that the account does not have."""

    after: Attributes


@dataclass(frozen=True, slots=True, kw_only=True)
class Update(_Change):
    """Edit an object in place."""

    remote_id: RemoteId
    before: Attributes
    after: Attributes
    fields: tuple[FieldChange, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Replace(_Change):
    """Make the new object, then remove the old one; `fields` is empty when it only has to be made again.

    `restores` is true where the object's fields are as wanted, but a group that it was in was removed and made again.
    """

    remote_id: RemoteId | None
    before: Attributes
    after: Attributes
    fields: tuple[FieldChange, ...]
    restores: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Delete(_Change):
    """Remove an object; `owned` tells the delete guard whether the ledger knows it."""

    remote_id: RemoteId | None
    before: Attributes
    owned: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Adopt(_Change):
    """Record in the ledger an object that already is as wanted; sends nothing."""

    remote_id: RemoteId | None
    after: Attributes


@dataclass(frozen=True, slots=True, kw_only=True)
class Forget(_Change):
    """Remove from the ledger an object that is gone or whose time has passed; sends nothing."""

    remote_id: RemoteId | None
    before: Attributes


@dataclass(frozen=True, slots=True, kw_only=True)
class Manual(_Change):
    """A difference that intime-sync does not resolve; `reason` says what the user can do about it."""

    remote_id: RemoteId | None
    before: Attributes | None
    after: Attributes | None
    fields: tuple[FieldChange, ...] = ()


Change: TypeAlias = Create | Update | Replace | Delete | Adopt | Forget | Manual


def action_of(change: Change) -> Action:
    """The change's name in plan JSON."""
    match change:
        case Create():
            return Action.CREATE
        case Update():
            return Action.UPDATE
        case Replace():
            return Action.REPLACE
        case Delete():
            return Action.DELETE
        case Adopt():
            return Action.ADOPT
        case Forget():
            return Action.FORGET
        case Manual():
            return Action.HELD
    assert_never(change)


def before_of(change: Change) -> Attributes | None:
    """The object as it is, or None for one that is not there yet."""
    return None if isinstance(change, Create | Adopt) else change.before


def after_of(change: Change) -> Attributes | None:
    """The object as it will be, or None for one that is removed or forgotten."""
    return None if isinstance(change, Delete | Forget) else change.after


def fields_of(change: Change) -> tuple[FieldChange, ...]:
    """The fields that differ; empty where a whole object is added or removed."""
    return change.fields if isinstance(change, Update | Replace | Manual) else ()


def remote_id_of(change: Change) -> RemoteId | None:
    """The service's id of the object that the change touches, or None."""
    return None if isinstance(change, Create) else change.remote_id
