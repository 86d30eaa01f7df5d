"""`init`: a configuration to start from."""

from __future__ import annotations

import json
import re
from pathlib import Path

import click

from intime_sync.cli.new_configuration import GITIGNORE, check_owner, next_steps, write_files
from intime_sync.cli.output import Output
from intime_sync.config.settings import EMBEDDED, ROOT_FILE, url_fault
from intime_sync.config.whole_schema import root_schema
from intime_sync.errors import InvalidInput
from intime_sync.render.style import inert

SCHEMA_FILE = "intime.schema.json"

_ROOT = """\
# yaml-language-server: $schema={schema}
version: 1
owner: {owner}  # names what this configuration owns in the account
account:
  url: {url}  # the emulator inside the command; later https://sms.intime.nu/api/1.0
  timezone: Europe/Stockholm
  region: SE

groups:
  - Personal
contacts:
  - key: anna.lindqvist  # keep the key when the number changes
    firstname: Anna
    lastname: Lindqvist
    mobile: 070-174 06 08
    groups: [Personal]
blocklist: []  # a section that is left out is left alone; [] wants it empty
"""


@click.command("init")
@click.argument("directory", metavar="[DIR]", default=".", type=click.Path(path_type=Path, file_okay=False))
@click.option("--owner", help="Names what the configuration owns in the account. Default: the directory's name.")
@click.option("--url", default=EMBEDDED, show_default=True, help="The service's base address, or `embedded`.")
def command(directory: Path, owner: str | None, url: str) -> int:
    """Start a configuration in DIR: an intime.yaml to change, its JSON Schema for editors, a .gitignore."""
    root = directory / ROOT_FILE
    if root.exists():
        raise InvalidInput(f"{root} is already there", hint="nothing was changed")
    name = owner or re.sub(r"[^A-Za-z0-9._-]+", "-", directory.resolve().name)[:40].strip("-._") or "me"
    check_owner(name)
    fault = url_fault(url)
    if fault:
        raise InvalidInput(f"--url {fault}")
    schema = json.dumps(root_schema(), ensure_ascii=False, indent=2)
    texts = {
        ROOT_FILE: _ROOT.format(schema=f"./{SCHEMA_FILE}", owner=name, url=url),
        SCHEMA_FILE: schema + "\n",
    }
    if not (directory / ".gitignore").exists():
        texts[".gitignore"] = GITIGNORE
    write_files(directory, texts)
    Output.for_stdout().write(f"Wrote {inert(str(root))}. {next_steps(directory)}")
    return 0
