"""Drift as text and as JSON: the findings, their consequences, and what cannot be observed."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any, Final, assert_never

from intime_sync.kinds.registry import ORDER, words_of
from intime_sync.model.drift import (
    CARRIER,
    Blind,
    Changed,
    Doubled,
    Drift,
    DriftChange,
    Finding,
    Gone,
    MadeAgain,
    Renamed,
    SwitchedOff,
    UnknownCarrier,
    Unobservable,
    change_of,
    drift_after,
    drift_before,
    drift_fields,
)
from intime_sync.model.ledger import AccountRef
from intime_sync.model.resource import KindName
from intime_sync.render.distinct import distinguishing_mask
from intime_sync.render.fields import field_lines
from intime_sync.render.masking import Mask, mask_json, mask_of, mask_text
from intime_sync.render.style import Paint, Style, counted, inert
from intime_sync.render.summary import gist_of, title_of
from intime_sync.render.wording import header

FORMAT_VERSION: Final = "1"

_PHRASES: Final = {
    DriftChange.GONE: "gone",
    DriftChange.RENAMED: "renamed",
    DriftChange.MADE_AGAIN: "made again",
    DriftChange.CHANGED: "changed",
    DriftChange.SWITCHED_OFF: "switched off",
    DriftChange.DOUBLED: "doubled",
    DriftChange.UNKNOWN: "unknown",
}
_WIDEST_KEY: Final = 48
_NAMED: Final = 3
_WHY: Final = {
    Blind.FIELDS: "the service does not list {noun}s: only their carriers and groups can be seen",
    Blind.APPENDED: "the service does not list {noun}s, and these have no carrier",
    Blind.ADRIFT: "an interrupted apply left open whether they are there; the next one makes them anew",
    Blind.SCHEDULED: "the service does not list {noun}s",
    Blind.AWAITED: "the service confirmed them and does not list them yet",
    Blind.UNKNOWN: "it is not known whether they were sent: `intime-sync ledger resolve` settles that",
}


def drift_to_text(
    drift: Drift, account: AccountRef, *, color: bool = False, mask: bool = False, unowned: bool = False
) -> str:
    """The findings by kind, the objects that are not owned (by name with `unowned`), and what was compared."""
    style, masking = Style(color), mask_of(mask)
    blocks = [[header("Drift of", account, drift.serial, style, masking)]]
    for kind, findings in groupby(drift.findings, key=lambda finding: finding.address.kind):
        blocks.append(list(_section(kind, list(findings), style, masking)))
    blocks.append(list(_unowned(drift, style, masking, named=unowned)))
    blocks.append(list(_ending(drift, style)))
    return "\n\n".join("\n".join(lines) for lines in blocks if lines) + "\n"


def drift_to_json(drift: Drift, account: AccountRef, *, mask: bool = False, unowned: bool = False) -> str:
    """The same as JSON text. Objects that are not owned are counted, and with `unowned` listed."""
    document: dict[str, Any] = {
        "format_version": FORMAT_VERSION,
        "account": {"url": account.url, "user": account.user, "owner": account.owner},
        "ledger": {"lineage": drift.lineage, "serial": drift.serial},
        "summary": {
            "drift": len(drift.findings),
            **drift.summary(),
            "compared": dict(drift.compared),
            "carriers": {"known": drift.carriers, "as_they_were": drift.carriers_there},
            "unowned": dict(_unowned_counts(drift)),
        },
        "drift": [_masked(finding) if mask else _finding(finding) for finding in drift.findings],
        "unobservable": [
            {
                "kind": found.kind,
                "count": found.count,
                "cause": str(found.cause),
                "why": _WHY[found.cause].format(noun=words_of(found.kind).noun),
            }
            for found in drift.unobservable
        ],
    }
    if unowned:
        document["unowned"] = [
            {
                "kind": found.address.kind,
                "key": found.address.key,
                "remote_id": found.remote_id,
                "attributes": dict(found.attributes),
            }
            for found in drift.unowned
        ]
    return json.dumps(mask_json(document) if mask else document, ensure_ascii=False, indent=2) + "\n"


def _mask_for(finding: Finding, mask: Mask) -> Mask:
    return distinguishing_mask(mask, drift_before(finding), drift_after(finding), drift_fields(finding))


def _masked(finding: Finding) -> dict[str, Any]:
    masked: dict[str, Any] = mask_json(_finding(finding), _mask_for(finding, mask_text))
    return masked


def _finding(finding: Finding) -> dict[str, Any]:
    before, after = drift_before(finding), drift_after(finding)
    entry: dict[str, Any] = {
        "address": str(finding.address),
        "kind": finding.address.kind,
        "key": finding.address.key,
        "change": str(change_of(finding)),
        "owned": finding.owned,
        "remote_id": finding.remote_id,
        "before": None if before is None else dict(before),
        "after": None if after is None else dict(after),
        "fields": [
            {"path": field.path, "before": field.before, "after": field.after} for field in drift_fields(finding)
        ],
        "contacts": list(finding.contacts),
        "messages": list(finding.messages),
    }
    match finding:
        case MadeAgain() | Renamed():
            entry["now"] = finding.now
        case Doubled():
            entry["twins"] = list(finding.twins)
        case _:
            pass
    return entry


def _section(kind: KindName, findings: Sequence[Finding], style: Style, mask: Mask) -> Iterator[str]:
    heading = "Carriers" if kind == CARRIER else words_of(kind).title
    yield f"{style.bold(heading)}  {style.dim(_counts(findings))}"
    keys = [inert(mask(finding.address.key)) for finding in findings]
    width = min(max(map(len, keys)), _WIDEST_KEY)
    for finding, key in zip(findings, keys, strict=True):
        symbol, paint = _symbol(finding, style)
        before = drift_before(finding)
        title = title_of(kind, before, mask) if before is not None else ""
        cells = [cell for cell in (title, _what(finding, mask), *_losses(finding, mask)) if cell]
        yield f"  {paint(symbol)} {paint(f'{key:<{width}}')}  {'; '.join(cells)}"
        yield from field_lines(drift_fields(finding), style, _mask_for(finding, mask))


def _counts(findings: Sequence[Finding]) -> str:
    changes = [change_of(finding) for finding in findings]
    return ", ".join(f"{changes.count(change)} {phrase}" for change, phrase in _PHRASES.items() if change in changes)


def _symbol(finding: Finding, style: Style) -> tuple[str, Paint]:
    match finding:
        case Gone() | SwitchedOff():
            return "-", style.red
        case Renamed() | MadeAgain() | Changed():
            return "~", style.yellow
        case Doubled() | UnknownCarrier():
            return "+", style.yellow
    assert_never(finding)


def _what(finding: Finding, mask: Mask) -> str:
    meaning = words_of(finding.address.kind).drift_consequences.get(change_of(finding))
    return f"{_fact(finding, mask)}: {meaning}" if meaning else _fact(finding, mask)


def _fact(finding: Finding, mask: Mask) -> str:
    match finding:
        case Gone():
            return "gone"
        case Renamed():
            new = inert(mask(str(finding.after["name"])))
            other = f", and its old name belongs to id {finding.now}" if finding.now is not None else ""
            return f"is called {new} now{other}"
        case MadeAgain():
            return f"gone, and another one like it was made (id {finding.now})"
        case Changed():
            return "changed"
        case SwitchedOff():
            return "switched off"
        case Doubled():
            ids = ", ".join(map(str, finding.twins))
            one = len(finding.twins) == 1
            return f"there {'is another one' if one else 'are others'} like it (id{'' if one else 's'} {ids})"
        case UnknownCarrier():
            return (
                "not in the ledger: made by hand, or left by an interrupted apply; "
                "the next apply removes it with its contacts"
            )
    assert_never(finding)


def _losses(finding: Finding, mask: Mask) -> Iterator[str]:
    """The contacts and messages that were lost with the object, or that depend on it."""
    if finding.contacts:
        one = len(finding.contacts) == 1
        is_carrier = finding.address.kind == CARRIER
        if isinstance(finding, Renamed):
            what = f"live{'s' if one else ''} in it" if is_carrier else f"{'is' if one else 'are'} in it"
        else:
            what = "went with it" if is_carrier else f"{'was' if one else 'were'} in it"
        yield f"{counted(len(finding.contacts), 'contact')} {what}: {_names(finding.contacts, mask)}"
    if finding.messages:
        verb = "was" if len(finding.messages) == 1 else "were"
        yield f"{counted(len(finding.messages), 'message')} {verb} for it: {_names(finding.messages, mask)}"


def _names(keys: Sequence[str], mask: Mask) -> str:
    shown = ", ".join(inert(mask(key)) for key in keys[:_NAMED])
    return shown if len(keys) <= _NAMED else f"{shown} and {len(keys) - _NAMED} more"


def _unowned_counts(drift: Drift) -> list[tuple[KindName, int]]:
    kinds = [found.address.kind for found in drift.unowned]
    return [(kind, kinds.count(kind)) for kind in ORDER if kind in kinds]


def _counted(count: int, kind: KindName) -> str:
    return counted(count, words_of(kind).noun)


def _unowned(drift: Drift, style: Style, mask: Mask, *, named: bool) -> Iterator[str]:
    counts = ", ".join(_counted(count, kind) for kind, count in _unowned_counts(drift))
    if not counts:
        return
    yield style.dim(f"Not owned, and no drift: {counts}." + ("" if named else " --unowned names them."))
    if named:
        for found in drift.unowned:
            cells = [inert(mask(found.address.key)), *gist_of(found.address, found.attributes, mask)]
            # The key of an object that has no other identity is `#` and its id.
            if found.remote_id is not None and found.address.key != f"#{found.remote_id}":
                cells.append(f"(id {found.remote_id})")
            yield "  ".join((f"  {words_of(found.address.kind).noun}", cells[0], *filter(None, cells[1:])))


def _ending(drift: Drift, style: Style) -> Iterator[str]:
    compared = [_counted(count, kind) for kind, count in drift.compared.items() if count]
    if drift.findings:
        counts = _counts(drift.findings)
        across = f" Compared: {_listed(compared)}." if compared else ""
        yield f"{style.red('Drift:')} {counts}.{across}{_blind_spots(drift)}"
    elif compared:
        yield f"{style.green('No drift')} in {_listed(compared)}.{_blind_spots(drift)}"
    else:
        yield f"The ledger owns nothing that the service lists, so there is nothing to compare.{_blind_spots(drift)}"
    yield style.dim("What the configuration itself would change is shown by `intime-sync plan`.")


def _blind_spots(drift: Drift) -> str:
    """The sentence on what was not compared, so that it is not taken for unchanged; "" for nothing."""
    spots = [_blind_spot(found, drift) for found in drift.unobservable]
    return f" Not observable: {', '.join(spots)}." if spots else ""


def _blind_spot(found: Unobservable, drift: Drift) -> str:
    objects = _counted(found.count, found.kind)
    match found.cause:
        case Blind.FIELDS:
            return f"the fields of {objects} ({_carriers(drift)})"
        case Blind.APPENDED:
            return f"{objects} without a carrier"
        case Blind.ADRIFT:
            return f"{objects} that an interrupted apply left open"
        case Blind.SCHEDULED:
            return counted(found.count, f"scheduled {words_of(found.kind).noun}")
        case Blind.UNKNOWN:
            return f"{objects} of unknown outcome"
        case Blind.AWAITED:
            return f"{objects} not listed yet"
    assert_never(found.cause)


def _carriers(drift: Drift) -> str:
    known, there = drift.carriers, drift.carriers_there
    if known == 1:
        return "their carrier is there" if there else "their carrier is not there"
    if there == known:
        return f"their {known} carriers are there"
    return f"{there or 'none'} of their {known} carriers {'are' if there > 1 else 'is'} there"


def _listed(parts: Sequence[str]) -> str:
    """`a, b and c`."""
    return " and ".join((", ".join(parts[:-1]), parts[-1])) if len(parts) > 1 else "".join(parts)
