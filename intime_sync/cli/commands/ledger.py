"""`ledger`: what this configuration owns, and the few ways to correct it by hand."""

from __future__ import annotations

import json
from dataclasses import replace
from os import environ
from pathlib import Path

import click

from intime_sync.applying.recovery import deltas_of_receipts
from intime_sync.applying.settling import settle_without_lists
from intime_sync.cli.options import directory_argument, lock_timeout_option, reveal_option, text_or_json_option
from intime_sync.cli.output import Output
from intime_sync.cli.session import clock_of, ledger_store, receipts_for_unknown
from intime_sync.config.desired import load_settings
from intime_sync.config.settings import Settings
from intime_sync.errors import InvalidInput
from intime_sync.kinds.registry import MESSAGES, ORDER
from intime_sync.ledgers.lines import ledger_to_dict
from intime_sync.ledgers.lock import break_lock
from intime_sync.ledgers.parts import entry_to_dict
from intime_sync.model.ledger import Dispatch, DropEntry, Entry, Ledger, PutEntry
from intime_sync.model.resource import Address, RemoteId
from intime_sync.planning.context import Clock
from intime_sync.render.masking import mask_json, mask_of
from intime_sync.render.style import inert


@click.group("ledger")
def command() -> None:
    """Look at what this configuration owns in the account, as of the last apply, and correct it by hand."""


def _ledger(directory: Path) -> Ledger:
    return ledger_store(load_settings(directory, environ)).read().ledger


@command.command("list")
@directory_argument
@text_or_json_option()
@reveal_option
def list_command(directory: Path, format_: str, reveal: bool | None) -> int:
    """List the addresses that are owned, one a line."""
    ledger = _ledger(directory)
    out = Output.for_stdout(reveal)
    mask = mask_of(out.mask)
    addresses = [
        mask(f"{kind}/{key}")
        for kind in sorted(ledger.objects, key=lambda kind: ORDER.get(kind, len(ORDER)))
        for key in sorted(ledger.objects[kind])
    ]
    if format_ == "json":
        out.write(json.dumps(addresses, ensure_ascii=False, indent=2))
    elif addresses:
        out.write("\n".join(map(inert, addresses)))
    else:
        Output.for_stderr().note("the ledger owns nothing yet")
    return 0


@command.command("show")
@click.argument("arguments", metavar="[DIR] [ADDRESS]", nargs=-1)
@reveal_option
def show_command(arguments: tuple[str, ...], reveal: bool | None) -> int:
    """Show one object of the ledger as JSON, or the whole ledger."""
    directory, address = directory_and_address(arguments)
    ledger = _ledger(directory)
    out = Output.for_stdout(reveal)
    if address is None:
        out.write(_pretty(ledger_to_dict(ledger), masked=out.mask))
        return 0
    entry = _known_entry(ledger, address)
    shown: dict[str, object] = {"address": str(address), **entry_to_dict(entry)}
    carrier = None if entry.carrier is None else ledger.carriers.get(entry.carrier)
    if carrier is not None:
        shown["carrier"] = {"id": entry.carrier, "name": carrier.name}
    out.write(_pretty(shown, masked=out.mask))
    return 0


def directory_and_address(arguments: tuple[str, ...]) -> tuple[Path, Address | None]:
    """`[DIR] [ADDRESS]`: a single argument is an address when it looks like one and is no directory."""
    if len(arguments) > 2:
        raise click.UsageError("Too many arguments: give a directory and an address.")
    rest = list(arguments)
    address = Address.parse(rest[-1]) if rest else None
    if address is not None and len(rest) == 1 and (address.kind not in ORDER or Path(rest[0]).is_dir()):
        address = None
    if len(rest) == 2 and (address is None or address.kind not in ORDER):
        kinds = ", ".join(ORDER)
        raise click.UsageError(f"`{rest[1]}` is not an address: write KIND/KEY with a kind of {kinds}.")
    if address is not None:
        rest.pop()
    return Path(rest[0]) if rest else Path(), address


def _directory_and_needed_address(arguments: tuple[str, ...]) -> tuple[Path, Address]:
    directory, address = directory_and_address(arguments)
    if address is None:
        raise click.UsageError("Give the address of an object, as `intime-sync ledger list` shows it.")
    return directory, address


def _known_entry(ledger: Ledger, address: Address) -> Entry:
    entry = ledger.of(address.kind).get(address.key)
    if entry is None:
        raise InvalidInput(f"the ledger does not know {address}", hint="see `intime-sync ledger list`")
    return entry


@command.command("rm")
@click.argument("arguments", metavar="[DIR] ADDRESS", nargs=-1, required=True)
@click.option("--cancelled", is_flag=True, help="A message is not scheduled any more: somebody cancelled it by hand.")
@lock_timeout_option
def rm_command(arguments: tuple[str, ...], cancelled: bool, lock_timeout: float) -> int:
    """Forget an object: it stays in the account and is no longer owned.

    If the configuration still names it, the next apply adopts it again. A contact in a carrier cannot be
    forgotten, since the carrier will be removed with it one day: take it out of the configuration instead.
    Nor can a message that is scheduled, since the next apply would schedule it a second time; --cancelled says that
    it is not, any more.
    """
    directory, address = _directory_and_needed_address(arguments)
    settings = load_settings(directory, environ)
    with ledger_store(settings).hold("ledger rm", lock_timeout) as open_ledger:
        entry = _known_entry(open_ledger.ledger, address)
        _check_message(address, entry, clock_of(settings), cancelled=cancelled)
        if entry.carrier is not None:
            raise InvalidInput(
                f"{address} lives in a carrier with other contacts and would be removed with it one day",
                hint="take it out of the configuration and apply, or make the carrier's contacts again by --replace",
            )
        open_ledger.record([DropEntry(address.kind, address.key)])
    Output.for_stdout().note(f"Forgot {address}; the account was not touched.")
    return 0


def _check_message(address: Address, entry: Entry, clock: Clock, *, cancelled: bool) -> None:
    """Raise InvalidInput for a message that would be sent twice if it were forgotten."""
    if address.kind != MESSAGES.name:
        return
    if entry.unknown:
        raise InvalidInput(
            f"it is not known whether {address} was sent",
            hint=f"look in the service, then `intime-sync ledger resolve {address} --as sent|not-sent`",
        )
    if not cancelled and not MESSAGES.is_past(entry.attributes, clock.now, clock.zone):
        raise InvalidInput(
            f"{address} is scheduled: if it were forgotten, the next apply would schedule it a second time",
            hint="take it out of the configuration and apply; or cancel it in the service, then add --cancelled",
        )


@command.command("resolve")
@click.argument("arguments", metavar="[DIR] ADDRESS", nargs=-1, required=True)
@click.option("--as", "outcome", type=click.Choice(["sent", "not-sent"]), required=True, help="What really happened.")
@click.option("--ids", metavar="ID,ID", default="", help="The ids that the service gave out, if they are known.")
@lock_timeout_option
def resolve_command(arguments: tuple[str, ...], outcome: str, ids: str, lock_timeout: float) -> int:
    """Settle an object whose outcome is unknown, after looking in the service what really happened."""
    directory, address = _directory_and_needed_address(arguments)
    numbers = [RemoteId(int(text)) for text in ids.split(",") if text.strip().isdecimal()]
    if ids and len(numbers) != len(ids.split(",")):
        raise click.UsageError("--ids takes whole numbers with commas between them.")
    if numbers and outcome == "not-sent":
        raise click.UsageError("--ids belongs to --as sent: what was not sent has none.")
    settings = load_settings(directory, environ)
    with ledger_store(settings).hold("ledger resolve", lock_timeout) as open_ledger:
        # Messages that an interrupted run sent count as unknown from now on, so that they can be resolved.
        settle_without_lists(open_ledger)
        entry = _known_entry(open_ledger.ledger, address)
        if not entry.unknown:
            raise InvalidInput(f"the outcome of {address} is known", hint="there is nothing to resolve")
        if outcome == "sent":
            _check_ids(open_ledger.ledger, address, entry, numbers)
            open_ledger.record([PutEntry(address.kind, address.key, _as_sent(entry, numbers))])
        else:
            _check_receipts(settings, open_ledger.ledger, address)
            open_ledger.record([DropEntry(address.kind, address.key)])
    Output.for_stdout().note(f"Settled {address} as {outcome}.")
    return 0


def _check_ids(ledger: Ledger, address: Address, entry: Entry, ids: list[RemoteId]) -> None:
    """Raise InvalidInput for ids that cannot be the object's: cancelling by them would hit others, or miss some."""
    if not ids:
        return
    if 0 in ids or len(set(ids)) < len(ids):
        raise InvalidInput("--ids: an id is a whole number above 0, and each is given once")
    for key, other in ledger.of(address.kind).items():
        known = {other.remote_id, *(other.dispatch.ids if other.dispatch else ())}
        taken = known.intersection(ids)
        if key != address.key and taken:
            raise InvalidInput(f"--ids: {min(id for id in taken if id)} belongs to {address.kind}/{key}")
    wanted, least = 1, False
    if address.kind == MESSAGES.name:
        wanted, least = len(MESSAGES.mobiles(entry.attributes)), bool(MESSAGES.group_names(entry.attributes))
    if len(ids) < wanted or (len(ids) > wanted and not least):
        raise InvalidInput(
            f"--ids: {address} has {wanted} {'recipients besides its groups' if least else 'recipients'}, "
            f"and {len(ids)} ids are given",
            hint="give one for each; or none, and it can no more be taken back",
        )


def _check_receipts(settings: Settings, ledger: Ledger, address: Address) -> None:
    """Raise InvalidInput for a message that a delivery status was received for, so that it was sent."""
    heard = deltas_of_receipts(ledger, receipts_for_unknown(settings, ledger))
    if any(isinstance(delta, PutEntry) and delta.key == address.key for delta in heard):
        raise InvalidInput(
            f"a delivery status has come for {address}, so it was sent",
            hint=f"see `intime-sync message status {address.key}`; the next apply settles it by itself",
        )


def _as_sent(entry: Entry, ids: list[RemoteId]) -> Entry:
    """The entry, no longer unknown, with the ids. Without ids it gets no dispatch, and cannot be cancelled."""
    groups = entry.dispatch.groups if entry.dispatch is not None else {}
    dispatch = Dispatch(tuple(ids), groups) if entry.dispatch is not None and ids else None
    return replace(entry, unknown=False, remote_id=ids[0] if ids else None, dispatch=dispatch)


@command.command("rename-owner")
@click.argument("arguments", metavar="[DIR] OLD NEW", nargs=-1, required=True)
@click.option(
    "--leave-unknown", is_flag=True, help="Leave carriers of OLD that this ledger does not know where they are."
)
@lock_timeout_option
def rename_owner_command(arguments: tuple[str, ...], leave_unknown: bool, lock_timeout: float) -> int:
    """Follow a changed `owner` of the configuration: what OLD owned belongs to NEW from now on.

    Write `owner: NEW` into the configuration first. The account is read and not touched: the next apply makes the
    contacts again in carriers of the new name, then removes the old ones. Scheduled messages stay as they are.
    """
    from intime_sync.cli.owner_change import rename_owner

    if len(arguments) not in (2, 3):
        raise click.UsageError("Give the owner's old name and the new one, after the directory if there is one.")
    directory, (old, new) = Path(*arguments[:-2]), arguments[-2:]
    settings = load_settings(directory, environ)
    said = rename_owner(settings, old, new, lock_timeout, leave_unknown=leave_unknown)
    Output.for_stdout().write(inert(said))
    return 0


@command.command("unlock")
@directory_argument
@click.option("--force", is_flag=True, help="Break the lock although its holder seems to be alive.")
def unlock_command(directory: Path, force: bool) -> int:
    """Remove what a run that is gone left of its lock.

    The operating system frees the lock of a process that ends, so this is rarely needed: where a network file system
    keeps locks of machines that are gone.
    """
    store = ledger_store(load_settings(directory, environ))
    removed = break_lock(store.lock_path, force=force)
    Output.for_stdout().write("The ledger is unlocked." if removed else "The ledger was not locked.")
    return 0


def _pretty(value: object, *, masked: bool) -> str:
    return json.dumps(mask_json(value) if masked else value, ensure_ascii=False, indent=2)
