"""Reading a plan file, strictly: anything but a plan that this tool wrote is refused, with the reason."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any, Final, NoReturn, TypeVar

from intime_sync.errors import InvalidInput
from intime_sync.model.change import (
    Action,
    Adopt,
    Change,
    Create,
    Delete,
    FieldChange,
    Forget,
    Manual,
    Replace,
    Update,
)
from intime_sync.model.ledger import AccountRef
from intime_sync.model.plan import Guard, GuardRule, Plan
from intime_sync.model.problem import Origin, Problem, Severity
from intime_sync.model.resource import Address, KindName, RemoteId
from intime_sync.render.masking import HIDDEN

FORMAT_VERSION: Final = "1"

T = TypeVar("T")

_encode_canonical = json.JSONEncoder(ensure_ascii=True, sort_keys=True, separators=(",", ":")).encode


def read_plan(text: str) -> tuple[Plan, str | None]:
    """The plan in a plan file, and the directory it was planned in, if any; unknown members are ignored.

    Raises InvalidInput for text that is not JSON, and for a plan of another format version, or one that is
    incomplete, mistyped or edited.
    """
    top = _Member(_parse(text), "the plan file")
    version = top.get("format_version").value
    if version != FORMAT_VERSION:
        _refuse(
            f"it has format version {_brief(version)}, and this version of intime-sync reads {FORMAT_VERSION!r} only"
        )
    account, ledger = top.get("account"), top.get("ledger")
    plan = Plan(
        account=AccountRef(account.text("url"), account.text("user"), account.text("owner")),
        lineage=ledger.text("lineage"),
        serial=ledger.integer("serial"),
        changes=top.each("changes", _change),
        unchanged=top.get("summary").integer("unchanged"),
        guards=top.each("guards", _guard),
        diagnostics=top.each("diagnostics", _diagnostic),
        leftovers=top.each("leftovers", _id),
        terms=top.attributes("terms"),
        stated=top.text("digest"),
    )
    _check_unedited(plan, top)
    directory = top.value.get("directory")
    return plan, directory if isinstance(directory, str) else None


def checksum(document: dict[str, Any]) -> str:
    """`sha256:…` over a whole plan file but for the checksum itself; layout and order of members do not matter."""
    digest = hashlib.sha256()
    for name in sorted(document):
        value = document[name]
        if name != "checksum":
            for part in (name, *(value if isinstance(value, list) else (value,))):
                digest.update(_encode_canonical(part).encode("ascii"))
                digest.update(b"\n")
    return f"sha256:{digest.hexdigest()}"


def _check_unedited(plan: Plan, top: _Member) -> None:
    """Raise InvalidInput for a masked or edited plan.

    The checksum finds accidents and careless edits; the digest is checked with the ledger's key when the plan is
    applied. A plan that was made without a ledger has a digest without a key.
    """
    if "checksum" not in top.value and HIDDEN in json.dumps(top.value["changes"], ensure_ascii=False):
        _refuse("it was printed masked, for reading only", hint="write plan files with `plan --out FILE`")
    try:
        same = top.text("checksum") == checksum(top.value)
        same = same and (bool(plan.lineage) or plan.stated == plan.recomputed(""))
    except UnicodeEncodeError:
        same = False
    if same:
        return
    _refuse("its digest does not match its contents: it was edited", hint="make it again with `plan --out FILE`")


def _parse(text: str) -> Any:
    try:
        return json.loads(text, object_pairs_hook=_object, parse_float=_no_such_value, parse_constant=_no_such_value)
    except (ValueError, RecursionError) as error:
        reason = "it is nested too deeply" if isinstance(error, RecursionError) else f"it is not JSON: {error}"
        raise InvalidInput(f"not a plan file: {reason}") from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a member is given twice")
    return members


def _no_such_value(text: str) -> NoReturn:
    raise ValueError(f"{_brief(text)} is no value of a plan")


def _refuse(reason: str, *, hint: str | None = None) -> NoReturn:
    raise InvalidInput(f"not a plan that can be applied: {reason}", hint=hint)


def _brief(value: object) -> str:
    shown = repr(value)
    return shown if len(shown) <= 40 else f"{shown[:39]}…"


class _Member:
    """A value in the file and its place, which error messages name."""

    __slots__ = ("_name", "_parent", "value")

    def __init__(self, value: Any, name: str, parent: _Member | None = None) -> None:
        self.value = value
        self._name = name
        self._parent = parent

    @property
    def name(self) -> str:
        return f"{self._name} of {self._parent.name}" if self._parent else self._name

    def expect(self, type_: type[T], noun: str) -> T:
        # True and False are integers to Python, but not to people.
        if not isinstance(self.value, type_) or (type_ is int and isinstance(self.value, bool)):
            _refuse(f"{self.name} is not {noun}")
        return self.value

    def get(self, name: str) -> _Member:
        members = self.expect(dict, "an object")
        if name not in members:
            _refuse(f"{self.name} has no `{name}`")
        return _Member(members[name], f"`{name}`", self)

    def optional(self, name: str) -> _Member | None:
        member = self.get(name)
        return None if member.value is None else member

    def text(self, name: str) -> str:
        return self.get(name).expect(str, "a string")

    def integer(self, name: str) -> int:
        return self.get(name).expect(int, "a whole number")

    def boolean(self, name: str) -> bool:
        return self.get(name).expect(bool, "true or false")

    def attributes(self, name: str) -> dict[str, Any]:
        return self.get(name).expect(dict, "an object")

    def each(self, name: str, read: Callable[[_Member], T]) -> tuple[T, ...]:
        items = self.get(name).expect(list, "a list")
        return tuple(read(_Member(item, f"`{name}` {number}", self)) for number, item in enumerate(items, 1))


def _change(member: _Member) -> Change:
    change = _build(member, _action(member))
    for name, wanted in (("kind", change.address.kind), ("key", change.address.key)):
        if member.text(name) != wanted:
            _refuse(f"`{name}` of {member.name} does not match its address")
    return change


def _id(member: _Member) -> RemoteId:
    return RemoteId(member.expect(int, "an id"))


def _action(member: _Member) -> Action:
    action = member.text("action")
    try:
        return Action(action)
    except ValueError:
        _refuse(f"{member.name} has the unknown action {_brief(action)}")


def _build(member: _Member, action: Action) -> Change:
    common = _common(member)
    remote_id = _remote_id(member)
    match action:
        case Action.CREATE:
            return Create(after=member.attributes("after"), **common)
        case Action.UPDATE:
            if remote_id is None:
                _refuse(f"{member.name} updates an object without `remote_id`")
            before, after = member.attributes("before"), member.attributes("after")
            return Update(remote_id=remote_id, before=before, after=after, fields=_fields(member), **common)
        case Action.REPLACE:
            before, after = member.attributes("before"), member.attributes("after")
            restores = member.boolean("restores")
            return Replace(
                remote_id=remote_id, before=before, after=after, fields=_fields(member), restores=restores, **common
            )
        case Action.DELETE:
            before = member.attributes("before")
            return Delete(remote_id=remote_id, before=before, owned=member.boolean("owned"), **common)
        case Action.ADOPT:
            return Adopt(remote_id=remote_id, after=member.attributes("after"), **common)
        case Action.FORGET:
            return Forget(remote_id=remote_id, before=member.attributes("before"), **common)
        case Action.HELD:
            there = member.attributes("before") if member.optional("before") else None
            wanted = member.attributes("after") if member.optional("after") else None
            return Manual(remote_id=remote_id, before=there, after=wanted, fields=_fields(member), **common)


def _common(member: _Member) -> dict[str, Any]:
    text = member.text("address")
    address = Address.parse(text)
    if address is None:
        _refuse(f"{member.name} has the impossible address {_brief(text)}")
    origin = member.optional("origin")
    return {
        "address": address,
        "reason": member.text("reason") if member.optional("reason") else None,
        "origin": _origin(origin) if origin else None,
        "protected": member.boolean("protected"),
        "options": member.attributes("options") if member.optional("options") else None,
    }


def _remote_id(member: _Member) -> RemoteId | None:
    return RemoteId(member.integer("remote_id")) if member.optional("remote_id") else None


def _fields(member: _Member) -> tuple[FieldChange, ...]:
    return member.each(
        "fields",
        lambda field: FieldChange(field.text("path"), field.get("before").value, field.get("after").value),
    )


def _origin(member: _Member) -> Origin:
    return Origin(member.text("file"), member.integer("line"), member.integer("column"))


def _guard(member: _Member) -> Guard:
    """A guard; its `override` must be the one that its rule has."""
    rule, kind, override = _rule(member), KindName(member.text("kind")), member.text("override")
    guard = Guard(rule, kind, member.boolean("tripped"), member.text("message"))
    if rule is GuardRule.MAX_DELETE:
        with suppress(ValueError):
            guard = replace(guard, count=int(override.rpartition("=")[2]))
    elif guard.option is None:
        guard = replace(guard, remedy=override)
    if guard.override != override:
        _refuse(f"{member.name} has the impossible override {_brief(override)}")
    return guard


def _rule(member: _Member) -> GuardRule:
    rule = member.text("guard")
    try:
        return GuardRule(rule)
    except ValueError:
        _refuse(f"{member.name} has the unknown guard {_brief(rule)}")


def _diagnostic(member: _Member) -> Problem:
    severity = member.text("severity")
    if severity not in set(Severity):
        _refuse(f"{member.name} has the unknown severity {_brief(severity)}")
    origin = _origin(member) if member.optional("file") else None
    return Problem(member.text("code"), member.text("message"), origin, Severity(severity))
