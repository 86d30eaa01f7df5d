"""Configurations of any size, made up and the same every time. Only ever written to temporary folders."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from pathlib import Path

FILES = 20
GROUPS = 25
_DEPARTMENTS = ("Ledningsgrupp", "Mottagning", "Kirurgi", "Medicin", "Röntgen", "Laboratorium", "Reception", "IT")
_SYLLABLES = ("al", "be", "da", "el", "fri", "gu", "ha", "in", "jo", "ka", "li", "ma", "no", "ol", "pe", "ro")


def write_configuration(directory: Path, contacts: int) -> list[Path]:
    """A configuration of `contacts` contacts in FILES files, and the groups that they are in; returns the FILES."""
    (directory / "people").mkdir(parents=True, exist_ok=True)
    groups = "".join(f"  - Group {number:02}\n" for number in range(GROUPS))
    (directory / "intime.yaml").write_text(
        "version: 1\nowner: bench\naccount: {url: embedded}\ninclude: [people/*.yaml]\n"
        f"groups:\n{groups if contacts else '  []'}\n",
        encoding="utf-8",
    )
    files = []
    for part, numbers in enumerate(_parts(contacts)):
        path = directory / "people" / f"part-{part:02}.yaml"
        text = "contacts:\n" + "".join(map(_contact, numbers)) if numbers else "contacts: []\n"
        path.write_text(text, encoding="utf-8")
        files.append(path)
    return files


def write_tables(directory: Path, contacts: int) -> None:
    """The same people in FILES tables."""
    (directory / "people").mkdir(parents=True, exist_ok=True)
    groups = "".join(f"  - Group {number:02}\n" for number in range(GROUPS))
    (directory / "intime.yaml").write_text(
        "version: 1\nowner: bench\naccount: {url: embedded}\ninclude: [{contacts: people/*.csv}]\n"
        f"groups:\n{groups}",
        encoding="utf-8",
    )
    for part, numbers in enumerate(_parts(contacts)):
        rows = "".join(f"{_row(number)}\n" for number in numbers)
        text = f"key;firstname;lastname;mobile;email;extrafield;groups\n{rows}"
        (directory / "people" / f"part-{part:02}.csv").write_text(text, encoding="utf-8")


def _row(number: int) -> str:
    """The contact's values, as its YAML has them."""
    values = [line.partition(": ")[2] for line in _contact(number).splitlines()]
    return ";".join(value.strip("[]").replace(", ", "|") for value in values)


def _parts(count: int) -> Iterator[range]:
    each = math.ceil(count / FILES)
    return (range(min(part * each, count), min((part + 1) * each, count)) for part in range(FILES))


def _contact(number: int) -> str:
    first, last = _name(number), _name(number * 7919 + 13)
    key = f"{first}.{last}.{number}".lower()
    group = number % GROUPS
    return (
        f"  - key: {key}\n"
        f"    firstname: {first}\n"
        f"    lastname: {last}\n"
        f"    mobile: 070-{number:07}\n"
        f"    email: {key}@example.se\n"
        f"    extrafield: {_DEPARTMENTS[number % len(_DEPARTMENTS)]}\n"
        f"    groups: [Group {group:02}, Group {(group + 1 + number % 7) % GROUPS:02}]\n"
    )


def _name(seed: int) -> str:
    count = len(_SYLLABLES)
    return "".join(_SYLLABLES[seed // count**place % count] for place in range(3)).capitalize()


def write_zones(directory: Path, records: int) -> None:
    """The same volume for octoDNS: `records` records in FILES zones, and JSON with what the target holds."""
    for name in ("source", "target"):
        (directory / name).mkdir(parents=True, exist_ok=True)
    zones = []
    for part, numbers in enumerate(_parts(records)):
        zone = f"part-{part:02}.example."
        zones.append(zone)
        held = {
            f"host-{number:06}": {
                "ttl": 3600,
                "type": "A",
                "value": f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}",
            }
            for number in numbers
        }
        lines = (
            f"{name}:\n  ttl: {record['ttl']}\n  type: {record['type']}\n  value: {record['value']}\n"
            for name, record in held.items()
        )
        (directory / "source" / f"{zone}yaml").write_text("---\n" + ("".join(lines) or "{}\n"), encoding="utf-8")
        (directory / "target" / f"{zone}json").write_text(json.dumps(held), encoding="utf-8")
    (directory / "config.yaml").write_text(
        "providers:\n"
        f"  source: {{class: octodns.provider.yaml.YamlProvider, directory: {directory / 'source'}}}\n"
        f"  target: {{class: octodns_target.HeldRecords, directory: {directory / 'target'}}}\n"
        "zones:\n" + "".join(f"  {zone}: {{sources: [source], targets: [target]}}\n" for zone in zones),
        encoding="utf-8",
    )
