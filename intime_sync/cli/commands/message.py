"""`message`: send one message without writing it into the configuration, cancel by id, see what was delivered."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from os import environ
from pathlib import Path
from typing import Any, assert_never

import click

from intime_sync.cli.connection import connect
from intime_sync.cli.credentials import account_of
from intime_sync.cli.one_off import OneOff, one_off
from intime_sync.cli.options import auto_approve_option, directory_argument, reveal_option, text_or_json_option
from intime_sync.cli.output import Output, check_can_ask, is_approved
from intime_sync.cli.places import receipts_path
from intime_sync.cli.session import check_ledger, clock_of, ledger_store, reading_context, settle_messages
from intime_sync.config.desired import load_desired, load_settings
from intime_sync.config.settings import Settings
from intime_sync.errors import AppliedInPart, GuardStopped, InvalidInput, OutcomeUnknown, ServiceError
from intime_sync.fetching import fetch_kind
from intime_sync.kinds.registry import BLOCKLIST, GROUPS, MESSAGES
from intime_sync.model.ledger import Ledger
from intime_sync.model.resource import Address, RemoteId, Snapshot
from intime_sync.planning.account_groups import user_group_ids
from intime_sync.planning.resending import earlier_message, is_in_doubt
from intime_sync.render.masking import mask_of
from intime_sync.render.style import inert
from intime_sync.service.client import Client, Outcome, Unknown
from intime_sync.service.endpoints import NOT_REMOVED
from intime_sync.service.reply import Ids, Refused
from intime_sync.service.transport import NotSent


@click.group("message")
def command() -> None:
    """Send, cancel and follow single messages, besides those that the configuration schedules."""


@command.command("send")
@directory_argument
@click.option(
    "--to", multiple=True, required=True, metavar="RECIPIENT", help="A number, contact/KEY or group/NAME; repeatable."
)
@click.option("--body", required=True, help="The text.")
@click.option("--sender", help="Who it says it is from. Default: the owner's name.")
@click.option("--at", metavar="TIME", help="When, as in 2026-12-24T08:00 on the account's clock. Default: now.")
@click.option("--flash", is_flag=True, help="Shown at once and not kept by the phone.")
@click.option("--multisms", is_flag=True, help="Allow up to 804 characters, as several SMS.")
@click.option("--anonymize", is_flag=True, help="Have the service make the text unreadable once it is sent.")
@click.option("--status-url", metavar="URL", help="Where delivery statuses go; see `intime-sync receive`.")
@click.option("--allow-blocked", is_flag=True, help="Send to numbers on the account's blocklist, too.")
@click.option(
    "--allow-resend",
    is_flag=True,
    help="Send although the ledger has the same text to one of these people as scheduled, or in doubt.",
)
@auto_approve_option
@text_or_json_option("How to report.")
@reveal_option
def send_command(
    directory: Path,
    to: tuple[str, ...],
    allow_blocked: bool,
    allow_resend: bool,
    auto_approve: bool,
    format_: str,
    reveal: bool | None,
    anonymize: bool,
    **given: Any,
) -> int:
    """Send one message, at once or at a time, after showing what goes to whom and what it costs.

    It is not written into the ledger: a message to be kept, changed or taken back later belongs into `messages:`.
    A text that the ledger has as scheduled or in doubt is not sent to the same person again, unless --allow-resend
    is given.
    """
    check_can_ask(auto_approve, "review it, then send")
    settings, desired = _settings_and_people(directory, to)
    ledger = _settled_ledger(settings)
    message = one_off(settings, desired, ledger, datetime.now(UTC), to, given)
    check_ledger(ledger, account_of(settings))
    if not allow_resend:
        _check_earlier(message, settings, ledger)
    notes = Output.for_stderr(reveal)
    for warning in message.warnings:
        notes.note(f"warning: {warning}")
    with connect(settings) as connection:
        client = connection.client
        if not allow_blocked:
            _check_blocklist(message, settings, client)
        rows = fetch_kind(client, GROUPS, reading_context(settings)) if message.groups else ()
        item = message.item(user_group_ids(rows), check_blocklist=not allow_blocked, anonymize=anonymize)
        out = Output.for_stdout(reveal) if format_ == "text" else notes
        out.write(_preview(message, out))
        if not auto_approve:
            if not is_approved("Send this?", "Not sent."):
                return 1
            # Since the first check, another run may have scheduled the text, and a recipient may have opted out.
            if not allow_resend:
                _check_earlier(message, settings, _settled_ledger(settings))
            if not allow_blocked:
                _check_blocklist(message, settings, client)
        notes.note(f"sending as {message.key}")
        outcome = client.create_message(item)
    return _report_sent(message, outcome, format_, reveal)


def _settled_ledger(settings: Settings) -> Ledger:
    """A copy of the ledger, its messages settled by the journal and delivery receipts."""
    ledger = ledger_store(settings).read()
    settle_messages(settings, ledger)
    return ledger.ledger


def _settings_and_people(directory: Path, to: Sequence[str]) -> tuple[Settings, Snapshot]:
    """The settings and the desired objects; these are not read where all recipients are numbers."""
    if all(Address.parse(text) is None for text in to):
        return load_settings(directory, environ), Snapshot({})
    configuration = load_desired(directory, environ)
    return configuration.settings, configuration.desired


def _check_blocklist(message: OneOff, settings: Settings, client: Client) -> None:
    """Raise GuardStopped for recipients on the account's blocklist."""
    blocked = {row.key for row in fetch_kind(client, BLOCKLIST, reading_context(settings))}
    found = [number for number in message.numbers if number in blocked]
    if found:
        raise GuardStopped(
            f"{found[0]} is on the account's blocklist, so nothing was sent",
            hint="leave the number out; --allow-blocked sends to it all the same",
        )


def _check_earlier(message: OneOff, settings: Settings, ledger: Ledger) -> None:
    """Raise GuardStopped for a text that the ledger has as scheduled, or in doubt, for one of the same people."""
    people = message.members.union(message.numbers)
    earlier = earlier_message(ledger, message.body, people, message.groups, clock_of(settings))
    if earlier is None:
        return
    if earlier.entry.unknown:
        how = "it is not known whether it was sent"
        settled = f"look in the service, then `intime-sync ledger resolve message/{earlier.key} --as sent|not-sent`"
    elif is_in_doubt(earlier.entry):
        how, settled = "taking it back was begun and is not finished", "apply, which finishes that"
    else:
        how, settled = f"it is scheduled for {earlier.entry.attributes['send_at']}", "leave the recipient out"
    raise GuardStopped(
        f"message/{earlier.key} says the same to {earlier.reader}, and {how}, so nothing was sent",
        hint=f"{settled}; --allow-resend sends it all the same",
    )


def _preview(message: OneOff, out: Output) -> str:
    mask = mask_of(out.mask)
    to = [*(mask(number) for number in message.numbers), *(f"group {inert(name)}" for name in message.groups)]
    lines = [
        f"From  {inert(message.sender)}",
        f"To    {', '.join(to)}",
        f"When  {message.send_at or 'at once'}",
        f"Text  {inert(mask(message.body))}",
        f"Cost  {message.cost}{', flash' if message.flash else ''}",
    ]
    return "\n".join(lines) + "\n"


def _report_sent(message: OneOff, outcome: Outcome, format_: str, reveal: bool | None) -> int:
    out = Output.for_stdout(reveal)
    match outcome:
        case Ids(ids):
            if format_ == "json":
                transids = [MESSAGES.transid(message.key, number) for number in message.numbers]
                out.write(json.dumps({"key": message.key, "ids": list(ids), "transids": transids}, indent=2))
            else:
                verb = "Scheduled" if message.send_at else "Sent"
                out.write(f"{verb} as {', '.join(map(str, ids))}.")
            return 0
        case Refused():
            raise ServiceError(f"the service refuses it: {outcome}; nothing was sent")
        case NotSent():
            raise ServiceError(f"{outcome}; nothing was sent")
        case Unknown(why):
            raise OutcomeUnknown(
                f"it cannot be known whether the message was sent: {why}",
                hint="look in the service before you send it again",
            )
    assert_never(outcome)


@command.command("cancel")
@click.argument("arguments", metavar="[DIR] ID...", nargs=-1, required=True)
@auto_approve_option
def cancel_command(arguments: tuple[str, ...], auto_approve: bool) -> int:
    """Cancel scheduled messages by the ids that `message send` showed.

    One that the configuration schedules is not cancelled here: take it out of the configuration and apply.
    """
    check_can_ask(auto_approve, "review it, then cancel")
    directory, ids = _directory_and_ids(arguments)
    settings = load_settings(directory, environ)
    ledger = ledger_store(settings).read().ledger
    check_ledger(ledger, account_of(settings))
    owned = _keys_by_id(ledger)
    for id in ids:
        if id in owned:
            raise InvalidInput(
                f"{id} belongs to message/{owned[id]}, which the configuration schedules",
                hint="take it out of the configuration (or write `ensure: absent`), then apply",
            )
    if not auto_approve and not is_approved(f"Cancel {', '.join(map(str, ids))}?", "Not cancelled."):
        return 1
    failed = []
    out = Output.for_stdout()
    with connect(settings) as connection:
        for id in ids:
            said, done = _cancelled(connection.client, id)
            out.write(f"{id}  {inert(said)}")
            failed += [] if done else [id]
    if failed:
        raise AppliedInPart(
            f"{len(failed)} of {len(ids)} could not be cancelled", hint="cancelling again does no harm"
        )
    return 0


def _cancelled(client: Client, id: RemoteId) -> tuple[str, bool]:
    """Cancel one id. Returns what happened, in words, and whether it is certain that it will not be sent."""
    lost = ""
    for _ in range(3):
        match client.delete_message(id):
            case Ids((answered,)) if answered == id:
                return "cancelled", True
            case Refused(code) as refused:
                if code == NOT_REMOVED:
                    return ("cancelled" if lost else "already gone or sent"), True
                return str(refused), False
            case NotSent(why) | Unknown(why):
                lost = why
            case _:
                lost = "it answered with another id"
    return f"it is not known whether it was cancelled: {lost}", False


def _directory_and_ids(arguments: Sequence[str]) -> tuple[Path, list[RemoteId]]:
    rest = list(arguments)
    directory = Path() if rest[0].isdecimal() and not Path(rest[0]).is_dir() else Path(rest.pop(0))
    if not rest or not all(text.isdecimal() for text in rest):
        raise click.UsageError("Give the ids of messages, whole numbers.")
    return directory, [RemoteId(int(text)) for text in dict.fromkeys(rest)]


def _keys_by_id(ledger: Ledger) -> dict[RemoteId, str]:
    entries = ledger.of(MESSAGES.name)
    return {id: key for key, entry in entries.items() if entry.dispatch for id in entry.dispatch.ids}


@command.command("status")
@click.argument("arguments", metavar="[DIR] [KEY|ID]...", nargs=-1)
@click.option("--data", type=click.Path(dir_okay=False, path_type=Path), help="The file that `receive` writes.")
@text_or_json_option()
@reveal_option
def status_command(arguments: tuple[str, ...], data: Path | None, format_: str, reveal: bool | None) -> int:
    """Show what became of messages, from the ledger and from the statuses that `intime-sync receive` took.

    Without arguments, one line for each message of the ledger; with keys (or message/KEY) or ids, each recipient of
    these.
    """
    from intime_sync.cli.deliveries import message_states, states_to_json, states_to_text

    directory, wanted = _directory_and_keys(arguments)
    settings = load_settings(directory, environ)
    ledger = ledger_store(settings).read().ledger
    path = data or receipts_path(settings)
    if data is not None and not data.exists():
        raise InvalidInput(f"there is no file {data}", hint="`intime-sync receive` makes it")
    states = message_states(ledger, path, wanted, datetime.now(UTC), settings.zone)
    out = Output.for_stdout(reveal)
    if format_ == "json":
        out.write(json.dumps(states_to_json(states, masked=out.mask), ensure_ascii=False, indent=2))
    elif states:
        out.write(states_to_text(states, mask_of(out.mask), color=out.color, detailed=bool(wanted)))
    else:
        Output.for_stderr().note("the ledger knows no messages yet")
    return 0


def _directory_and_keys(arguments: Sequence[str]) -> tuple[Path, list[str]]:
    """The directory, if the first argument is one, else the current one; and the keys and ids."""
    rest = list(arguments)
    directory = Path(rest.pop(0)) if rest and Path(rest[0]).is_dir() else Path()
    return directory, [text.removeprefix(f"{MESSAGES.name}/") for text in rest]
