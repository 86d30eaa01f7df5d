"""Configurations of any size: made up, and the same every time. Only ever written to temporary folders."""

from __future__ import annotations

import math
from pathlib import Path

FILES = 20
GROUPS = 25
_DEPARTMENTS = ("Ledningsgrupp", "Mottagning", "Kirurgi", "Medicin", "Röntgen", "Laboratorium", "Reception", "IT")
_SYLLABLES = ("al", "be", "da", "el", "fri", "gu", "ha", "in", "jo", "ka", "li", "ma", "no", "ol", "pe", "ro")


def write_configuration(directory: Path, contacts: int, url: str) -> list[Path]:
    """A configuration of `contacts` contacts in FILES files, and the groups they are in; returns its files."""
    (directory / "people").mkdir(parents=True, exist_ok=True)
    groups = "".join(f"  - Group {number:02}\n" for number in range(GROUPS))
    root = directory / "intime.yaml"
    root.write_text(
        f"version: 1\nowner: bench\naccount: {{url: {url}}}\ninclude: [people/*.yaml]\ngroups:\n{groups}",
        encoding="utf-8",
    )
    files = [root]
    each = math.ceil(contacts / FILES)
    for part in range(FILES):
        numbers = range(part * each, min((part + 1) * each, contacts))
        path = directory / "people" / f"part-{part:02}.yaml"
        path.write_text("contacts:\n" + "".join(map(_contact, numbers)) if numbers else "contacts: []\n", "utf-8")
        files.append(path)
    return files


def _contact(number: int) -> str:
    first, last = _name(number), _name(number * 7919 + 13)
    return (
        f"  - key: {first.lower()}.{last.lower()}.{number}\n"
        f"    firstname: {first}\n"
        f"    lastname: {last}\n"
        f"    mobile: 070-{number:07}\n"
        f"    email: {first.lower()}.{last.lower()}.{number}@example.se\n"
        f"    extrafield: {_DEPARTMENTS[number % len(_DEPARTMENTS)]}\n"
        f"    groups: [Group {number % GROUPS:02}, Group {(number % GROUPS + 1 + number % 7) % GROUPS:02}]\n"
    )


def _name(seed: int) -> str:
    count = len(_SYLLABLES)
    return "".join(_SYLLABLES[seed // count**place % count] for place in range(3)).capitalize()
