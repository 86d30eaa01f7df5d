"""The states of messages: scheduled ones from the ledger, delivered ones from the receipts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from intime_sync.errors import InvalidInput
from intime_sync.kinds.registry import MESSAGES
from intime_sync.model.ledger import Entry, Ledger
from intime_sync.model.resource import RemoteId
from intime_sync.receipts.deliveries import Delivery, deliveries_of
from intime_sync.receipts.store import ReceiptStore
from intime_sync.render.masking import Mask, mask_json
from intime_sync.render.style import Style, inert
from intime_sync.service.statuses import DeliveryOutcome, status_level


@dataclass(frozen=True, slots=True)
class RecipientState:
    """One SMS: its id (None while unknown), its number ("" for a member of a group), its delivery if any came."""

    id: int | None
    number: str
    delivery: Delivery | None


@dataclass(frozen=True, slots=True)
class MessageState:
    """One message. `state` is `scheduled`, `sent`, `unknown`, or `once` for an id that no ledger entry has."""

    key: str
    send_at: str
    state: str
    recipients: tuple[RecipientState, ...]


def message_states(
    ledger: Ledger, receipts: Path, wanted: Sequence[str], now: datetime, zone: ZoneInfo
) -> list[MessageState]:
    """The states of all messages of the ledger, or of the wanted keys and ids.

    Raises InvalidInput for a key that the ledger does not know.
    """
    entries = ledger.of(MESSAGES.name)
    chosen = {key: entries[key] for key in (wanted or sorted(entries)) if key in entries}
    ids = [int(text) for text in wanted if text not in entries and text.isdecimal()]
    unknown = [text for text in wanted if text not in entries and not text.isdecimal()]
    if unknown:
        raise InvalidInput(f"the ledger knows no message `{unknown[0]}`", hint="see `intime-sync message status`")
    all_ids = [*ids, *(id for entry in chosen.values() if entry.dispatch for id in entry.dispatch.ids)]
    transids = {
        MESSAGES.transid(key, mobile)
        for key, entry in chosen.items()
        for mobile in MESSAGES.mobiles(entry.attributes)
    }
    by_id: dict[int, Delivery] = {}
    store = ReceiptStore.open_existing(receipts)
    if store is not None:
        with store:
            reported = (receipt.message_id for receipt in store.of_transids(transids))
            by_id = deliveries_of(store.of_messages([*all_ids, *reported]))
    states = [_state(key, entry, by_id, now, zone) for key, entry in chosen.items()]
    once = [MessageState("", "", "once", (RecipientState(id, "", by_id.get(id)),)) for id in ids]
    return [*states, *once]


def _state(
    key: str,
    entry: Entry,
    by_id: Mapping[int, Delivery],
    now: datetime,
    zone: ZoneInfo,
) -> MessageState:
    mine = {MESSAGES.transid(key, mobile): mobile for mobile in MESSAGES.mobiles(entry.attributes)}
    earlier = set(entry.dispatch.earlier) if entry.dispatch else set()
    ids = list(entry.dispatch.ids) if entry.dispatch else []
    since = entry.dispatch.since if entry.dispatch else None
    if not ids:
        found = (
            RemoteId(id)
            for id, delivery in by_id.items()
            if delivery.current.transid in mine
            and (since is None or delivery.current.received_at >= datetime.fromisoformat(since))
        )
        ids = sorted(id for id in found if id not in earlier)
    numbers = list(mine.values())
    recipients = []
    for index, id in enumerate(ids):
        delivery = by_id.get(id)
        # The reply has direct recipients first, in the order in which they were sent; a receipt names its recipient.
        number = numbers[index] if index < len(numbers) else ""
        known = mine.get(delivery.current.transid, "") if delivery else number
        recipients.append(RecipientState(id, known, delivery))
    reported = any(recipient.delivery for recipient in recipients)
    state = "sent" if reported or MESSAGES.is_past(entry.attributes, now, zone) else "scheduled"
    return MessageState(
        key, str(entry.attributes["send_at"]), "unknown" if entry.unknown else state, tuple(recipients)
    )


def states_to_text(states: Sequence[MessageState], mask: Mask, *, color: bool, detailed: bool) -> str:
    """One line a message; `detailed` adds one for each recipient."""
    style = Style(color)
    width = max(len(inert(mask(state.key))) for state in states)
    lines = []
    for state in states:
        if state.key:
            key = inert(mask(state.key)).ljust(width)
            lines.append(f"{style.bold(key)}  {state.send_at}  {state.state:<9}  {_summary(state)}".rstrip())
        if detailed:
            lines += _details(state, mask, indent="  " if state.key else "")
    return "\n".join(lines)


def _summary(state: MessageState) -> str:
    outcomes = Counter(
        status_level(recipient.delivery.current.status).outcome
        for recipient in state.recipients
        if recipient.delivery
    )
    waiting = len(state.recipients) - sum(outcomes.values())
    shown = [f"{outcomes[outcome]} {outcome}" for outcome in DeliveryOutcome if outcomes[outcome]]
    if waiting:
        shown.append(f"{waiting} without a receipt" if state.state == "sent" else f"{waiting} to send")
    return ", ".join(shown)


def _details(state: MessageState, mask: Mask, indent: str) -> Iterator[str]:
    width = max((len(str(recipient.id)) for recipient in state.recipients), default=0)
    for recipient in state.recipients:
        who = mask(recipient.number) if recipient.number else "member of a group" if state.key else ""
        delivery = recipient.delivery
        if delivery is None:
            what = "no receipt yet" if state.key else "no receipt, if there is such a message"
        else:
            level = status_level(delivery.current.status)
            what = f"{level.meaning}  {delivery.current.received_at:%Y-%m-%d %H:%M:%S} UTC"
        cells = [str(recipient.id).rjust(width), *([who.ljust(17)] if state.key else []), what]
        yield indent + "  ".join(cells).rstrip()


def states_to_json(states: Sequence[MessageState], *, masked: bool) -> dict[str, Any]:
    """`{"messages": [{address, send_at, state, recipients}]}`, a recipient with id, number, status and history."""
    shown: dict[str, Any] = {"messages": [_to_json(state) for state in states]}
    return dict(mask_json(shown)) if masked else shown


def _to_json(state: MessageState) -> dict[str, Any]:
    recipients = []
    for recipient in state.recipients:
        history = [
            {"status": receipt.status, "received_at": receipt.received_at.isoformat()}
            for receipt in (recipient.delivery.receipts if recipient.delivery else ())
        ]
        current = recipient.delivery.current if recipient.delivery else None
        level = status_level(current.status) if current else None
        recipients.append(
            {
                "id": recipient.id,
                "number": recipient.number or None,
                "status": current.status if current else None,
                "outcome": str(level.outcome) if level else None,
                "meaning": level.meaning if level else None,
                "received_at": current.received_at.isoformat() if current else None,
                "history": history,
            }
        )
    address = f"{MESSAGES.name}/{state.key}" if state.key else None
    return {"address": address, "send_at": state.send_at or None, "state": state.state, "recipients": recipients}
