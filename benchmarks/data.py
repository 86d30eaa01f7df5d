"""Configurations of any size, made up and the same every time. Only ever written to temporary folders."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

FILES = 20
GROUPS = 25
_DEPARTMENTS = ("Ledningsgrupp", "Mottagning", "Kirurgi", "Medicin", "Röntgen", "Laboratorium", "Reception", "IT")
_SYLLABLES = ("al", "be", "da", "el", "fri", "gu", "ha", "in", "jo", "ka", "li", "ma", "no", "ol", "pe", "ro")


def write_configuration(directory: Path, contacts: int) -> None:
    """A configuration of `contacts` contacts in FILES files of YAML, and the groups that they are in."""
    _write_settings(directory, "people/*.yaml", contacts)
    for part, numbers in enumerate(_parts(contacts)):
        text = "contacts:\n" + "".join(map(_contact, numbers)) if numbers else "contacts: []\n"
        (directory / "people" / f"part-{part:02}.yaml").write_text(text, encoding="utf-8")


def write_tables(directory: Path, contacts: int) -> None:
    """The same people in FILES tables of CSV."""
    _write_settings(directory, "{contacts: people/*.csv}", contacts)
    for part, numbers in enumerate(_parts(contacts)):
        rows = "".join(f"{_row(number)}\n" for number in numbers)
        text = f"key;firstname;lastname;mobile;email;extrafield;groups\n{rows}"
        (directory / "people" / f"part-{part:02}.csv").write_text(text, encoding="utf-8")


def rename_contact(file: Path, old: str, new: str) -> None:
    """Give the first contact in a file of YAML that has the last name `old` the name `new`."""
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace(f"lastname: {old}\n", f"lastname: {new}\n", 1), encoding="utf-8")


def first_lastname(file: Path) -> str:
    """The last name of the first contact in a file of YAML."""
    with file.open(encoding="utf-8") as lines:
        return next(line.partition(": ")[2].strip() for line in lines if "lastname: " in line)


def _write_settings(directory: Path, include: str, contacts: int) -> None:
    (directory / "people").mkdir(parents=True, exist_ok=True)
    groups = "".join(f"  - Group {number:02}\n" for number in range(GROUPS))
    (directory / "intime.yaml").write_text(
        f"version: 1\nowner: bench\naccount: {{url: embedded}}\ninclude: [{include}]\n"
        f"groups:\n{groups if contacts else '  []'}\n",
        encoding="utf-8",
    )


def _parts(count: int) -> Iterator[range]:
    each = math.ceil(count / FILES)
    return (range(min(part * each, count), min((part + 1) * each, count)) for part in range(FILES))


def _contact(number: int) -> str:
    fields = _fields(number)
    groups = ", ".join(fields.pop("groups"))
    lines = "".join(f"    {name}: {value}\n" for name, value in fields.items())
    return f"  - {lines[4:]}    groups: [{groups}]\n"


def _row(number: int) -> str:
    fields = _fields(number)
    return ";".join([*[*fields.values()][:-1], "|".join(fields["groups"])])


def _fields(number: int) -> dict[str, Any]:
    """What the contact of this number is like: text, and two groups at the end."""
    first, last = _name(number), _name(number * 7919 + 13)
    key = f"{first}.{last}.{number}".lower()
    group = number % GROUPS
    return {
        "key": key,
        "firstname": first,
        "lastname": last,
        "mobile": f"070-{number:07}",
        "email": f"{key}@example.se",
        "extrafield": _DEPARTMENTS[number % len(_DEPARTMENTS)],
        "groups": [f"Group {group:02}", f"Group {(group + 1 + number % 7) % GROUPS:02}"],
    }


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


def write_resources(directory: Path, resources: int) -> None:
    """The same people for Terraform: `resources` resources in FILES files, and a state that has them all."""
    directory.mkdir(parents=True, exist_ok=True)
    for part, numbers in enumerate(_parts(resources)):
        wanted = {f"contact_{number}": {"input": _fields(number)} for number in numbers}
        text = json.dumps({"resource": {"terraform_data": wanted}} if wanted else {})
        (directory / f"part-{part:02}.tf.json").write_text(text, encoding="utf-8")
    with (directory / "terraform.tfstate").open("w", encoding="utf-8") as state:
        state.write('{"version": 4, "serial": 1, "lineage": "bench", "outputs": {}, "resources": [\n')
        for number in range(resources):
            state.write(json.dumps(_held_resource(number)) + (",\n" if number < resources - 1 else "\n"))
        state.write("]}\n")


def _held_resource(number: int) -> dict[str, Any]:
    """A `terraform_data` as a state has it: its input, its type and the output, which is the same."""
    fields = _fields(number)
    shape = {name: ["tuple", ["string"] * 2] if name == "groups" else "string" for name in fields}
    value = {"value": fields, "type": ["object", shape]}
    return {
        "mode": "managed",
        "type": "terraform_data",
        "name": f"contact_{number}",
        "provider": 'provider["terraform.io/builtin/terraform"]',
        "instances": [
            {
                "schema_version": 0,
                "attributes": {"id": f"contact-{number}", "input": value, "output": value, "triggers_replace": None},
            }
        ],
    }
