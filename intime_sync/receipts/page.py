"""The page of delivery receipts: values to HTML. The page runs no script and loads nothing.

All text from outside passes through `_safe`, which masks phone numbers in it.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from html import escape
from typing import Final

from intime_sync.receipts.deliveries import Delivery, DeliveryCounts, Receipt
from intime_sync.receipts.options import MessageRecipient
from intime_sync.receipts.style import STYLE
from intime_sync.render.masking import mask_text
from intime_sync.render.style import grouped, inert
from intime_sync.service.statuses import DeliveryOutcome, status_level

PAGE_SIZE: Final = 100

STYLE_SOURCE: Final = f"'sha256-{base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()}'"
"""What a Content-Security-Policy must allow as `style-src`."""

_CLASSES: Final = {
    DeliveryOutcome.DELIVERED: "yes",
    DeliveryOutcome.NOT_DELIVERED: "no",
    DeliveryOutcome.UNKNOWN: "open",
}
_SIGNS: Final = {DeliveryOutcome.DELIVERED: "✓", DeliveryOutcome.NOT_DELIVERED: "✕", DeliveryOutcome.UNKNOWN: "?"}


@dataclass(frozen=True, slots=True)
class PageView:
    """What one page shows: page `number` of `pages`, both from 1, with its deliveries newest first.

    `names` are the known messages and recipients by transid, None if they could not be read. `now` is the time of the
    view, and `zone` the one that times are shown in.
    """

    deliveries: Sequence[Delivery]
    counts: DeliveryCounts
    number: int
    pages: int
    names: Mapping[str, MessageRecipient] | None
    now: datetime
    zone: tzinfo


def render_page(view: PageView) -> str:
    """The whole document."""
    content = _content(view) if view.deliveries else _NOTHING_YET
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f"<title>{_title(view)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n"
        f"<header>\n<h1>Delivery receipts</h1>\n<p>{_as_of(view)}</p>\n</header>\n"
        f"{content}</main>\n</body>\n</html>\n"
    )


def _content(view: PageView) -> str:
    rows = "".join(_row(delivery, view) for delivery in view.deliveries)
    listed = f'<h2>Messages</h2>\n<ol class="list">\n{rows}</ol>\n'
    return f"{_counts(view.counts)}{_names_missing(view)}{listed}{_pager(view)}"


def _title(view: PageView) -> str:
    return "Delivery receipts" if view.number == 1 else f"Delivery receipts, page {view.number}"


def _as_of(view: PageView) -> str:
    zone = _safe(str(view.zone))
    return f"As of {_time(view.now, view.zone)}, times in {zone}. Reload the page to see what has come since."


def _counts(counts: DeliveryCounts) -> str:
    numbers = (counts.delivered, counts.not_delivered, counts.unknown)
    tiles = "".join(
        f'<div class="{_CLASSES[outcome]}"><dt>{_sign(outcome)}{str(outcome).capitalize()}</dt>'
        f"<dd>{grouped(number)}</dd></div>\n"
        for outcome, number in zip(DeliveryOutcome, numbers, strict=True)
    )
    return f'<dl class="counts" aria-label="Messages by state">\n{tiles}</dl>\n'


def _names_missing(view: PageView) -> str:
    if view.names is not None:
        return ""
    return '<p class="note">The ledger could not be read, so messages are shown without their names.</p>\n'


def _row(delivery: Delivery, view: PageView) -> str:
    current = delivery.current
    level = status_level(current.status)
    return (
        f'<li class="{_CLASSES[level.outcome]}">\n{_who(delivery, view.names or {})}\n'
        f'<p class="state"><strong>{_sign(level.outcome)}{str(level.outcome).capitalize()}</strong>'
        f" <span>{_safe(level.remark or level.meaning)}</span></p>\n"
        f'<p class="when">{_time(current.received_at, view.zone)}</p>\n{_history(delivery, view.zone)}</li>\n'
    )


def _who(delivery: Delivery, names: Mapping[str, MessageRecipient]) -> str:
    named = names.get(delivery.current.transid)
    if named is None:
        return f'<h3>Message {delivery.message_id} <span class="to">recipient not known</span></h3>'
    return f'<h3>{_safe(named.message)} <span class="to">to {_safe(named.recipient)}</span></h3>'


def _history(delivery: Delivery, zone: tzinfo) -> str:
    count = len(delivery.receipts)
    steps = "".join(_step(receipt, zone) for receipt in delivery.receipts)
    transid = delivery.current.transid
    sent_with = f"transid <code>{_safe(transid)}</code>" if transid else "no transid"
    ids = f"message id <code>{delivery.message_id}</code>, {sent_with}"
    return (
        f"<details>\n<summary>{count} status{'' if count == 1 else 'es'}"
        f'<span class="unseen"> of message {delivery.message_id}</span></summary>\n'
        f'<ol>\n{steps}</ol>\n<p class="ids">{ids}</p>\n</details>\n'
    )


def _step(receipt: Receipt, zone: tzinfo) -> str:
    level = status_level(receipt.status)
    number = "" if level.meaning == f"status {level.level}" else f' <span class="level">({level.level})</span>'
    return f"<li>{_time(receipt.received_at, zone)} {_safe(level.meaning)}{number}</li>\n"


def _pager(view: PageView) -> str:
    if view.pages == 1:
        return ""
    newer = f'<a href="?page={view.number - 1}" rel="prev">← Newer</a>' if view.number > 1 else "<span></span>"
    older = (
        f'<a href="?page={view.number + 1}" rel="next">Older →</a>' if view.number < view.pages else "<span></span>"
    )
    return f'<nav aria-label="Pages">{newer}<span>Page {view.number} of {view.pages}</span>{older}</nav>\n'


def _sign(outcome: DeliveryOutcome) -> str:
    return f'<span class="sign" aria-hidden="true">{_SIGNS[outcome]}</span>'


def _time(moment: datetime, zone: tzinfo) -> str:
    """Whole seconds in the zone; the exact moment is in the attribute."""
    exact = moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    return f'<time datetime="{exact}">{moment.astimezone(zone):%Y-%m-%d %H:%M:%S}</time>'


def _safe(text: str) -> str:
    """`text`, masked, inert and with markup escaped."""
    return escape(inert(mask_text(text)))


_NOTHING_YET: Final = """\
<section class="empty">
<h2>Nothing has been received yet</h2>
<p>Statuses appear here when the service reports them. For that,</p>
<ol>
<li>let your TLS proxy pass on the path that <code>intime-sync receive</code> printed when it started, and nothing
else;</li>
<li>give messages the public address of that path as <code>status_url</code>, in <code>intime.yaml</code>;</li>
<li>send one. The service reports only on recipients that were sent with a transid, which this tool always
gives.</li>
</ol>
<p>How to set it up, and how to try it without the service, is in <code>docs/receipts.md</code>.</p>
</section>
"""
