"""An export as files: names and texts. Owns the layout and the comments; reads and writes nothing.

Contacts are written as a table, since hundreds of them are best read in a spreadsheet. It has semicolons and a byte
order mark: without them, Excel in Sweden shows one column with broken å, ä and ö.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import Final

from intime_sync.exporting.people import LIST_SEPARATOR, Person, item_of
from intime_sync.exporting.yaml_text import scalar_text, section_text
from intime_sync.kinds.exports import ExportedSection

PEOPLE_FILE: Final = "people/contacts.csv"
ROOT_SCHEMA: Final = "intime.schema.json"
SECTIONS_SCHEMA: Final = "intime.sections.schema.json"

_SCHEMA_LINE: Final = "# yaml-language-server: $schema=./{schema}\n#\n"
_ALWAYS: Final = ("key", "firstname", "lastname", "mobile", "email", "groups")
_COLUMNS: Final = ("key", "firstname", "lastname", "mobile", "email", "type", "extrafield", "groups")

_ROOT: Final = """\
# An account as it was found. `intime-sync plan` shows what the first apply adopts; after that, change these files.
version: 1
owner: {owner}  # names what this configuration owns in the account; choose once
account:
  url: {url}
  timezone: {zone}  # reminders are in this zone's wall time
  region: {region}  # the country of numbers without a country code

include:
{include}"""


def section_file(name: str) -> str:
    """The file of a section: `groups.yaml`."""
    return f"{name}.yaml"


def section_yaml(section: ExportedSection, comment: str) -> str:
    """The section's file, with the kind's lines of `comment` at its head."""
    head = _SCHEMA_LINE.format(schema=SECTIONS_SCHEMA) + comment
    return head + section_text(section.name, section.items)


def include_lines(sections: Sequence[str], *, people: bool) -> list[str]:
    """The lines of `include` that name an export's files."""
    lines = [f"  - {section_file(name)}" for name in sections]
    return [*lines, "  - contacts: people/*.csv"] if people else lines


def root_yaml(owner: str, url: str, zone: str, region: str, include: Sequence[str]) -> str:
    """`intime.yaml` with these settings and lines of `include`."""
    texts = {"owner": owner, "url": url, "zone": zone, "region": region}
    shown = {name: scalar_text(text) for name, text in texts.items()}
    lines = "".join(f"{line}\n" for line in include)
    return _SCHEMA_LINE.format(schema=ROOT_SCHEMA) + _ROOT.format(**shown, include=lines)


def people_csv(people: Sequence[Person], region: str) -> str:
    """The contacts as a table, in the order given; empty columns are left out."""
    items = [item_of(person, region) for person in people]
    used = set(_ALWAYS).union(*items)
    columns = [name for name in _COLUMNS if name in used]
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator="\n")
    writer.writerow(columns)
    for item in items:
        writer.writerow([_cell(item.get(name, "")) for name in columns])
    return f"\ufeff{text.getvalue()}"


def _cell(value: str | list[str]) -> str:
    return value if isinstance(value, str) else LIST_SEPARATOR.join(value)
