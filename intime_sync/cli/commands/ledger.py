"""`ledger`: what this configuration owns."""

from __future__ import annotations

import json
from pathlib import Path

import click

from intime_sync.cli.options import directory_argument, environ, reveal_option
from intime_sync.cli.output import Output
from intime_sync.cli.wiring import ledger_store
from intime_sync.config.desired import load_settings
from intime_sync.errors import InvalidInput
from intime_sync.kinds.registry import ORDER
from intime_sync.ledgers.codec import entry_to_dict, ledger_to_json
from intime_sync.model.ledger import Ledger
from intime_sync.model.resource import Address
from intime_sync.render.masking import mask_json, mask_of


@click.group("ledger")
def command() -> None:
    """Look at what this configuration owns in the account, as of the last apply."""


def _ledger(directory: Path) -> Ledger:
    return ledger_store(load_settings(directory, environ())).read().ledger


@command.command("list")
@directory_argument
@click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text", help="How to show it.")
@reveal_option
def list_command(directory: Path, format_: str, reveal: bool | None) -> int:
    """List the addresses that are owned, one a line."""
    ledger = _ledger(directory)
    out = Output.for_stdout(reveal)
    mask = mask_of(out.mask)
    addresses = [
        mask(f"{kind}/{key}")
        for kind in sorted(ledger.objects, key=lambda kind: ORDER.get(kind, len(ORDER)))
        for key in sorted(ledger.objects[kind])
    ]
    if format_ == "json":
        out.write(json.dumps(addresses, ensure_ascii=False, indent=2))
    elif addresses:
        out.write("\n".join(addresses))
    else:
        Output.for_stderr().note("the ledger owns nothing yet")
    return 0


@command.command("show")
@click.argument("arguments", metavar="[DIR] [ADDRESS]", nargs=-1)
@reveal_option
def show_command(arguments: tuple[str, ...], reveal: bool | None) -> int:
    """Show one object of the ledger as JSON, or the whole ledger."""
    directory, address = directory_and_address(arguments)
    ledger = _ledger(directory)
    out = Output.for_stdout(reveal)
    if address is None:
        whole = json.loads("".join(ledger_to_json(ledger)))
        out.write(_pretty(whole, masked=out.mask))
        return 0
    entry = ledger.of(address.kind).get(address.key)
    if entry is None:
        raise InvalidInput(f"the ledger does not know {address}", hint="see `intime-sync ledger list`")
    shown: dict[str, object] = {"address": str(address), **entry_to_dict(entry)}
    carrier = None if entry.carrier is None else ledger.carriers.get(entry.carrier)
    if carrier is not None:
        shown["carrier"] = {"id": entry.carrier, "name": carrier.name}
    out.write(_pretty(shown, masked=out.mask))
    return 0


def directory_and_address(arguments: tuple[str, ...]) -> tuple[Path, Address | None]:
    """`[DIR] [ADDRESS]`: a single argument is an address when it looks like one and is no directory."""
    if len(arguments) > 2:
        raise click.UsageError("Too many arguments: give a directory and an address.")
    rest = list(arguments)
    address = Address.parse(rest[-1]) if rest else None
    if address is not None and len(rest) == 1 and (address.kind not in ORDER or Path(rest[0]).is_dir()):
        address = None
    if len(rest) == 2 and (address is None or address.kind not in ORDER):
        kinds = ", ".join(ORDER)
        raise click.UsageError(f"`{rest[1]}` is not an address: write KIND/KEY with a kind of {kinds}.")
    if address is not None:
        rest.pop()
    return Path(rest[0]) if rest else Path(), address


def _pretty(value: object, *, masked: bool) -> str:
    return json.dumps(mask_json(value) if masked else value, ensure_ascii=False, indent=2)
