"""Reads contacts from columns of text, with the same results as the readers of single items.

A hundred thousand numbers, addresses and names take a few calls of C this way. A function returns None where a value
may be wrong or would be warned about: the caller then reads item by item, and reports what is wrong and where.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import chain
from typing import Any, NamedTuple
from unicodedata import is_normalized

from intime_sync.bulk.lines import MAX_KEY, TYPES, Contact, is_reachable, lines_of_columns, usual_type
from intime_sync.model.resource import Lifecycle
from intime_sync.service.email_address import NoAddress, are_plain_emails, parse_email
from intime_sync.service.phone import parse_mobile, plain_mobiles
from intime_sync.service.text import clean, too_many_marks

_FIELDS = frozenset({"key", "ensure", "protect", *Contact._fields})


class ContactColumns(NamedTuple):
    """Keys and lines of many contacts, lifecycles by position where not PRESENT, and the names of all groups."""

    keys: list[str]
    lines: list[str]
    lifecycles: dict[int, Lifecycle]
    groups: set[str]


def read_contacts(columns: Mapping[str, Sequence[Any]], region: str) -> ContactColumns | None:
    """All contacts, as `ContactKind.read` reads each; None where it would report something about one of them.

    `columns` are the values by field: text, booleans, tuples of text; "" and () where nothing is given. `region` is
    the country of numbers without a prefix.
    """
    if not columns or not columns.keys() <= _FIELDS:
        return None
    count = len(next(iter(columns.values())))
    # The schema reports a text in place of a list, and a list in place of a text.
    if not count or any(isinstance(column[0], tuple) != (name == "groups") for name, column in columns.items()):
        return None
    empty = [""] * count
    keys, firsts, lasts, extras = (
        read_texts(columns.get(name, empty)) for name in ("key", "firstname", "lastname", "extrafield")
    )
    mobiles = read_mobiles(columns.get("mobile", empty), region)
    emails = read_emails(columns.get("email", empty))
    groups = _read_groups(columns.get("groups", [()] * count))
    lifecycles = _read_lifecycles(columns.get("ensure", empty), columns.get("protect", empty))
    if keys is None or firsts is None or lasts is None or extras is None:
        return None
    if mobiles is None or emails is None or groups is None or lifecycles is None:
        return None
    types = _read_types(columns.get("type", empty), mobiles, emails, lifecycles)
    names = [key or mobile or email for key, mobile, email in zip(keys, mobiles, emails, strict=True)]
    if types is None or "" in names or max(map(len, keys)) > MAX_KEY:
        return None
    lines = lines_of_columns(mobiles, types, firsts, lasts, emails, extras, groups)
    return ContactColumns(names, lines, lifecycles, {*chain.from_iterable({*groups})})


def read_texts(texts: Sequence[str]) -> Sequence[str] | None:
    """The texts, if `ItemContext.text` would return each unchanged; else None."""
    joined = "\n".join(texts)
    unchanged = (
        (joined.isascii() or (too_many_marks(joined) is None and is_normalized("NFC", joined)))
        and joined.count("\n") == len(texts) - 1
        and joined.replace("\n", "").isprintable()
        and not any(doubtful in f"\n{joined}\n" for doubtful in ("  ", "\n ", " \n"))
    )
    return texts if unchanged else None


def read_mobiles(texts: Sequence[str], region: str) -> list[str] | None:
    """The numbers in E.164, "" for "" (not given); None if any is not a valid mobile."""
    plain = plain_mobiles(texts, region)
    if plain is not None:
        return [number or "" for number in plain]
    numbers: list[str] = []
    for text in texts:
        parsed = parse_mobile(text, region) if text else None
        if text and (parsed is None or not parsed.valid or parsed.other):
            return None
        numbers.append(parsed.number if parsed else "")
    return numbers


def read_emails(texts: Sequence[str]) -> Sequence[str] | None:
    """The addresses as `parse_email` returns them, "" for "" (not given); None if any is no address."""
    if are_plain_emails(texts):
        return texts
    addresses: list[str] = []
    for text in texts:
        address = parse_email(text) if text else ""
        if isinstance(address, NoAddress):
            return None
        addresses.append(address)
    return addresses


@lru_cache(maxsize=1024)
def plain_group_names(given: tuple[str, ...]) -> tuple[str, ...] | None:
    """The names of groups, cleaned and sorted, or None where something must be reported about them.

    Cached, since many contacts are in the same groups.
    """
    names = sorted({clean(name) for name in given if name.isprintable() and too_many_marks(name) is None})
    return tuple(names) if len(names) == len(given) and all(names) else None


def _read_groups(given: Sequence[tuple[str, ...]]) -> list[tuple[str, ...]] | None:
    """The names of each contact's groups, cleaned and sorted; None as from `plain_group_names`."""
    known: dict[tuple[str, ...], tuple[str, ...]] = {}
    for names in {*given}:
        plain = plain_group_names(names)
        if plain is None:
            return None
        known[names] = plain
    return [known[names] for names in given]


def _read_types(
    given: Sequence[str], mobiles: Sequence[str], emails: Sequence[str], lifecycles: Mapping[int, Lifecycle]
) -> list[str] | None:
    """The type of each contact; None if one is unknown, or needs a mobile or e-mail address that is not given."""
    # Worked out once for each combination of type, mobile and e-mail address: there are few.
    combinations = [*zip(given, map(bool, mobiles), map(bool, emails), strict=True)]
    types = {case: case[0] or usual_type(*case[1:]) for case in {*combinations}}
    absent = {at for at, lifecycle in lifecycles.items() if lifecycle.absent}
    present = (case for at, case in enumerate(combinations) if at not in absent) if absent else combinations
    if not {*types.values()}.issubset(TYPES):
        return None
    if not all(is_reachable(types[case], *case[1:]) for case in {*present}):
        return None
    return [*map(types.__getitem__, combinations)]


def _read_lifecycles(ensure: Sequence[str], protect: Sequence[bool | str]) -> dict[int, Lifecycle] | None:
    """The lifecycle of each pair, by position where not PRESENT; None where `read_lifecycle` would report one."""
    for wanted, kept in {*zip(ensure, protect, strict=True)}:
        if wanted not in ("", "present", "absent") or kept not in ("", True, False):
            return None
        if wanted == "absent" and kept is True:
            return None
    return {
        at: Lifecycle(absent=wanted == "absent", protect=kept if isinstance(kept, bool) else None)
        for at, (wanted, kept) in enumerate(zip(ensure, protect, strict=True))
        if wanted == "absent" or kept != ""
    }
