"""Carrying out what other people do, and noting what is theirs from then on."""

from __future__ import annotations

import tempfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import assert_never

from explore.account import REMINDERS, Account, State, is_mine
from explore.disturbing import Trial
from explore.hands import (
    AddsContact,
    AnotherOwner,
    AppliesElsewhere,
    CopiesCarriers,
    Hand,
    InService,
    LosesLedger,
    RemovesCarriers,
    RemovesGroup,
    RestoresLedger,
    SwitchesOff,
    Unblocks,
)
from explore.worlds import Config
from properties.account_lab import REF, desired_from

from intime_sync.emulator import tables
from intime_sync.kinds.registry import CONTACTS, GROUPS
from intime_sync.ledgers.file import FileLedgerStore


def act(hand: Hand, account: Account, earlier: State, before: Config) -> None:
    """Do what `hand` says. `earlier` is the state when `before` had just been applied."""
    match hand:
        case LosesLedger():
            _excuse_all(account)
            account.put_files({})
        case RestoresLedger():
            _excuse_all(account)
            account.put_files({name: data for name, data in earlier.files.items() if name == "ledger.json"})
        case AppliesElsewhere(extrafield):
            people = [{**item, "extrafield": extrafield} for item in before.get("contacts", ())]
            version = {**before, "contacts": people} if extrafield else before
            with _another_ledger(account):
                account.apply(desired_from(version), Trial())
            _excuse_all(account)
        case AnotherOwner():
            was = account.ids()
            people = [{**item, "groups": []} for item in before["contacts"]]
            with _another_ledger(account, "clinic-c"):
                account.apply(desired_from({"contacts": people}), Trial())
            for kind, ids in account.ids().items():
                account.theirs[kind] |= ids - was[kind]
        case RemovesCarriers() | CopiesCarriers() | RemovesGroup() | AddsContact() | Unblocks() | SwitchesOff():
            _act_in_service(hand, account)
        case _:
            assert_never(hand)


def _act_in_service(hand: InService, account: Account) -> None:
    store = account.store
    carriers = {id: name for id, name in store.groups() if is_mine(name)}
    match hand:
        case RemovesCarriers(with_contacts, instead):
            _remove_carriers(account, carriers, with_contacts, instead)
        case CopiesCarriers():
            for name in carriers.values():
                store.add_group(name)
        case RemovesGroup(name, with_contacts):
            for id in _called(account, name):
                store.delete_group(id, with_contacts=with_contacts)
        case AddsContact(mobile, group):
            account.theirs[CONTACTS.name].add(
                store.add_contact("Hand", mobile=mobile, groups=_called(account, group))
            )
        case Unblocks(mobiles):
            for mobile in mobiles:
                store.unblock(mobile)
        case SwitchesOff():
            for id in account.ids()[REMINDERS.name] - account.others[REMINDERS.name]:
                store.change_reminder(id, active=False)
        case _:
            assert_never(hand)


def _remove_carriers(account: Account, carriers: Collection[int], with_contacts: bool, instead: str) -> None:
    members = {contact.id for contact in account.store.contacts() if not set(carriers).isdisjoint(contact.groups)}
    for id in carriers:
        account.store.delete_group(id, with_contacts=with_contacts)
    if not with_contacts:
        # Nobody can find them again.
        account.theirs[CONTACTS.name] |= members
    if instead:
        _make_groups(account, [f"{instead} {id}" for id in carriers])


def _called(account: Account, name: str) -> list[int]:
    """The ids of the groups of a name, also where the service made it capitals."""
    return [id for id, each in account.store.groups() if each.lower() == name.lower()]


def _make_groups(account: Account, names: list[str]) -> None:
    """Make groups as the service makes them, so with ids of removed ones if it gives those out again."""
    with account.store.transaction() as db:
        account.theirs[GROUPS.name] |= {*tables.insert_groups(db, names, reuse_ids=account.options.reuse_ids)}


def _excuse_all(account: Account) -> None:
    """What is there, carriers and contacts aside, may stay: the ledger will not know that it is ours."""
    for kind, ids in account.ids().items():
        if kind != CONTACTS.name:
            account.excused[kind] |= ids
    account.excused[GROUPS.name] -= {id for id, name in account.store.groups() if is_mine(name)}


@contextmanager
def _another_ledger(account: Account, owner: str = "clinic-a") -> Iterator[None]:
    """Let the account be worked on with an empty ledger of this owner."""
    ours, trial, ref = account.ledgers, account.wire.trial, replace(REF, owner=owner)
    with tempfile.TemporaryDirectory() as folder:
        account.ledgers, account.ref = FileLedgerStore(Path(folder) / "ledger.json", ref), ref
        try:
            yield
        finally:
            account.ledgers, account.ref, account.wire.trial = ours, REF, trial
