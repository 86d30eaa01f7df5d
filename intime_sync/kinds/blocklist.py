"""The blocklist: numbers that must not get SMS, compared in E.164. A name cannot be set through the service."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from intime_sync.kinds.base import ListedKind, Removal, WireContext
from intime_sync.kinds.exports import ExportContext, ExportedSection
from intime_sync.kinds.fields import ENSURE, PROTECT, Field, FieldType, SectionSpec, text
from intime_sync.kinds.numbers import read_mobile
from intime_sync.kinds.reading import Item, ItemContext, read_lifecycle
from intime_sync.kinds.spelling import spelled_number
from intime_sync.kinds.words import Show
from intime_sync.model.drift import DriftChange
from intime_sync.model.problem import Origin
from intime_sync.model.resource import Attributes, KindName, Resource
from intime_sync.service import endpoints, requests
from intime_sync.service.listings import BlocklistRow, blocklist_rows
from intime_sync.service.phone import E164, format_mobile, parse_listed

BLOCKLIST = KindName("blocklist")

_MOBILE = Field(
    "mobile",
    FieldType.MOBILE,
    "The number that must not get SMS, in any usual spelling.",
    required=True,
    examples=("070-174 06 06", "+46701740607"),
)

SPEC = SectionSpec(
    name="blocklist",
    title="Blocklist (opt-outs)",
    description="Numbers that must not get SMS. A plain number is short for `{mobile: …}`.",
    short=_MOBILE,
    fields=(
        _MOBILE,
        text("note", "Why, for the reader of the file; the service does not get it.", examples=("asked by phone",)),
        ENSURE,
        PROTECT,
    ),
)


@dataclass(frozen=True, slots=True)
class BlockedNumber:
    """A number in E.164, or the account's spelling if it is no number; `spelling` is the list's, None if desired."""

    mobile: str
    spelling: str | None = field(default=None, compare=False)


class BlocklistKind(ListedKind):
    """See `base.ListedKind`."""

    name = BLOCKLIST
    noun = "opt-out"
    spec = SPEC
    endpoint = endpoints.LIST_BLOCKLIST
    lists_ids = False
    stops_messages = True
    removal_consequence = "SMS to this number will be allowed again"
    drift_consequences: ClassVar = {DriftChange.GONE: "SMS to this number is allowed again"}
    export_comment = """\
# Numbers that must not get SMS. To remember why, write {mobile: 070-…, note: …}.
# Removing a line lets SMS reach the number again.
"""
    rows = staticmethod(blocklist_rows)

    def read(self, item: Item, origin: Origin, context: ItemContext) -> Resource[BlockedNumber] | None:
        """A number, or a mapping with one."""
        number = read_mobile(item["mobile"], context, "mobile", any_kind=True)
        context.text(item, "note")
        lifecycle = read_lifecycle(item, context)
        return None if number is None else Resource(number, BlockedNumber(number), origin=origin, lifecycle=lifecycle)

    def attributes(self, value: BlockedNumber) -> dict[str, Any]:
        """The number: names cannot be set through the service."""
        return {"mobile": value.mobile}

    def observed(self, rows: Sequence[BlocklistRow], context: ItemContext) -> tuple[Resource[BlockedNumber], ...]:
        """Keyed by E.164; by its spelling if a row is no number, so that it equals no desired number."""
        found = []
        for row in rows:
            parsed = parse_listed(row.mobile, context.region)
            number = parsed.number if parsed else row.mobile
            found.append(Resource(number, BlockedNumber(number, row.mobile)))
        return tuple(found)

    def identity(self, value: BlockedNumber) -> Hashable:
        """The number."""
        return value.mobile

    def identity_of(self, attributes: Attributes) -> Hashable:
        """The number."""
        return str(attributes["mobile"])

    def summary_cells(self, key: str, attributes: Attributes, show: Show) -> tuple[str, ...]:
        """No cells: the key is the number."""
        return ()

    def create_request(self, objects: Sequence[Attributes], context: WireContext) -> requests.Request:
        """nix/addnix."""
        return requests.add_blocklist([E164(str(attributes["mobile"])) for attributes in objects], context.format)

    def remove_request(self, removals: Sequence[Removal], context: WireContext) -> requests.Request:
        """nix/deletenix, by number: in the list's spelling if a first try with the usual one did not remove it."""
        return requests.delete_blocklist([_spelling(removal, context) for removal in removals])

    def export(self, rows: Sequence[Resource[BlockedNumber]], context: ExportContext) -> ExportedSection:
        """The numbers, sorted by E.164, each once."""
        section = ExportedSection(SPEC.name)
        for number, times in sorted(Counter(row.key for row in rows).items()):
            spelled = spelled_number(number, context.region)
            fault = context.fault(self.read, {"mobile": spelled}, number)
            if fault:
                section.left_out.append(f"blocklist `{number}`: {fault}")
                continue
            section.items.append(spelled)
            if times > 1:
                section.notes.append(f"blocklist `{number}` is there {times} times; one line stands for all")
        return section


def _spelling(removal: Removal, context: WireContext) -> str:
    mobile = str(removal.attributes["mobile"])
    if removal.seen is not None and removal.seen.value.spelling:
        return str(removal.seen.value.spelling)
    return format_mobile(E164(mobile), context.format.mobiles) if mobile.startswith("+") else mobile
