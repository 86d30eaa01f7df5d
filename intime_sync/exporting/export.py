"""The export of an account and of people: the files to write, and remarks about them. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from intime_sync.errors import InvalidInput
from intime_sync.exporting.files import PEOPLE_FILE, people_csv, section_file, section_yaml
from intime_sync.exporting.people import People
from intime_sync.kinds.exports import ExportContext
from intime_sync.kinds.registry import CONTACTS, GROUPS, LISTED
from intime_sync.kinds.spelling import Keys, folded
from intime_sync.model.resource import KindName, RemoteId, Snapshot

_CARRIER: Final = re.compile("~([^/]+)/")
_LONGEST_OWNER: Final = 40
_ROOM_FOR_NUMBER: Final = 4


@dataclass(frozen=True, slots=True)
class Export:
    """`files` are texts by name, `counts` items by section.

    `left_out` are remarks on data that no file holds, and why; `notes` are other remarks.
    """

    files: Mapping[str, str]
    counts: Mapping[str, int]
    left_out: tuple[str, ...]
    notes: tuple[str, ...]


def export_account(
    actual: Snapshot,
    people: People | None,
    wanted: Collection[str],
    account: ExportContext,
    keys: Mapping[KindName, Mapping[RemoteId, str]],
    prunes_all: Collection[str] = (),
) -> Export:
    """The files of the `wanted` sections and of `people`.

    `actual` holds the kinds of these sections, and the groups when there are people. `keys` are those that a ledger
    has given to objects already. `prunes_all` are sections whose undeclared objects are removed. Raises
    InvalidInput when people are in groups that no file would declare.
    """
    named = people.group_names() if people else set()
    if people and GROUPS.spec.name not in wanted:
        _check_groups(actual, named)
    files, sections = {}, []
    for kind in LISTED:
        if kind.spec.name in wanted:
            context = replace(account, keys=keys.get(kind.name, {}), named_groups=named)
            section = kind.export(actual.of(kind.name), context)
            sections.append(section)
            files[section_file(section.name)] = section_yaml(section, kind.export_comment)
    counts = {section.name: len(section.items) for section in sections}
    left_out = [remark for section in sections for remark in section.left_out]
    notes = [remark for section in sections for remark in section.notes]
    notes += [
        f"warning: `policy.prune` is `all` for {section.name}: the first apply would remove what was left out of them"
        for section in sections
        if section.left_out and section.name in prunes_all
    ]
    if people:
        files[PEOPLE_FILE] = people_csv(people.contacts, account.region)
        counts[CONTACTS.spec.name] = len(people.contacts)
        left_out += people.left_out
        notes += people.notes
        notes += _new_groups_note(actual, named) if GROUPS.spec.name in wanted else ()
    return Export(files, counts, tuple(left_out), tuple(notes))


def default_owner(user: str, actual: Snapshot) -> str:
    """An owner named after the account's user, with a number if the account already has carriers of that name."""
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", user if user.isascii() else folded(user))
    name = name.lstrip("._-")[: _LONGEST_OWNER - _ROOM_FOR_NUMBER].rstrip("._-") or "me"
    return Keys(owners(actual)).take(name)


def owners(actual: Snapshot) -> set[str]:
    """The owners of the carriers in the account."""
    found = (_CARRIER.match(group.key) for group in actual.of(GROUPS.name))
    return {match[1] for match in found if match}


def _new_groups_note(actual: Snapshot, named: Collection[str]) -> Sequence[str]:
    """A note on groups that contacts are in and the account lacks; empty if there are none."""
    new = sorted(set(named) - {group.key for group in actual.of(GROUPS.name)})
    if not new:
        return ()
    names = ", ".join(f"`{name}`" for name in new)
    file, one = section_file(GROUPS.spec.name), len(new) == 1
    return (
        f"{file} also declares {names}, which contacts are in and the account does not have: "
        f"the first apply creates {'it' if one else 'them'}",
    )


def _check_groups(actual: Snapshot, named: Collection[str]) -> None:
    there = [group.key for group in actual.of(GROUPS.name)]
    wrong = sorted(name for name in named if there.count(name) != 1)
    if wrong:
        names = ", ".join(f"`{name}`" for name in wrong)
        raise InvalidInput(
            f"contacts are in groups that the account does not have exactly once ({names}), and --only leaves groups "
            "out, so that nothing would say which are meant",
            hint="add groups to --only",
        )
