"""`export`: an existing account as a configuration."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from os import environ
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from intime_sync.cli.connection import connect
from intime_sync.cli.new_configuration import GITIGNORE, check_owner, next_steps, write_files
from intime_sync.cli.options import reveal_option
from intime_sync.cli.output import Output
from intime_sync.cli.session import check_ledger, clock_of, ledger_store, reading_context
from intime_sync.config.desired import load_desired, load_settings
from intime_sync.config.files import find_files
from intime_sync.config.settings import EMBEDDED, ROOT_FILE, Settings, read_settings
from intime_sync.config.whole_schema import SCHEMAS
from intime_sync.errors import InvalidConfiguration, InvalidInput
from intime_sync.fetching import fetch_actual
from intime_sync.kinds.registry import BY_NAME, BY_SECTION, CONTACTS, LISTED
from intime_sync.model.policy import Prune
from intime_sync.model.problem import Origin
from intime_sync.model.resource import KindName
from intime_sync.render.style import counted, inert

if TYPE_CHECKING:
    from intime_sync.exporting.export import Export
    from intime_sync.exporting.people import People

_PROVISIONAL = "provisional"

_EPILOG = """\
\b
For example, with INTIME_USER and INTIME_HASH set:
  intime-sync export clinic --url https://sms.intime.nu/api/1.0 --contacts outlook.csv
  intime-sync plan clinic

\b
Exit codes: 0 written, also when rows were left out (stderr names them); 1 failed;
3 refused, or the directory does not validate; 9 credentials.
"""


def _choices() -> list[str]:
    """The sections that can be exported, in the order of their files."""
    return [*(kind.spec.name for kind in LISTED), CONTACTS.spec.name]


class _Sections(click.ParamType[tuple[str, ...]]):
    """`groups,blocklist`."""

    name = "SECTION,…"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, ...]:
        """The sections named. Fails for anything that cannot be exported."""
        names = tuple(part.strip() for part in str(value).split(","))
        for name in names:
            if name not in _choices():
                self.fail(f"`{name}` must be one of {', '.join(_choices())}; part several with commas", param, ctx)
        return names


@click.command("export", epilog=_EPILOG)
@click.argument("directory", metavar="DIR", type=click.Path(path_type=Path, file_okay=False))
@click.option("--owner", help="What the configuration owns goes by this name. Default: made from the user name.")
@click.option("--url", help="The service's base address. Default: INTIME_URL.")
@click.option(
    "--contacts",
    "sources",
    multiple=True,
    metavar="FILE",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="A CSV, XLSX or vCard file of people, since the service cannot list contacts; may be repeated.",
)
@click.option("--only", type=_Sections(), help=f"Export nothing else: {', '.join(_choices())}.")
@click.option("--force", is_flag=True, help="Overwrite files that are there; never intime.yaml.")
@reveal_option
def command(
    directory: Path,
    owner: str | None,
    url: str | None,
    sources: tuple[Path, ...],
    only: tuple[str, ...] | None,
    force: bool,
    reveal: bool | None,
) -> int:
    """Write an existing account to DIR as a configuration that plans clean. Changes nothing in the account.

    Groups, the blocklist and the reminders to come are read from the service: the first apply adopts them. Contacts
    come from files, and the first apply creates them. An intime.yaml that is there is used, and stays as it is.
    """
    root = directory / ROOT_FILE
    is_new = not root.exists()
    if not is_new and (owner or url):
        raise InvalidInput(
            f"{root} says owner and address already",
            hint="leave --owner and --url out, or name another directory",
        )
    if only and CONTACTS.spec.name in only and not sources:
        raise InvalidInput(
            "the service cannot list contacts", hint="name a file that holds them with --contacts FILE"
        )
    settings = _new_settings(directory, owner, url) if is_new else load_settings(directory, environ)
    wanted = tuple(name for name in only or _choices() if name != CONTACTS.spec.name)
    _refuse_overwriting(directory, wanted, people=bool(sources), force=force)
    people = _people(sources, settings) if sources else None
    export, settings = _export(settings, people, wanted, find_owner=is_new and owner is None)
    if not is_new:
        _refuse_doubling(directory, export)
    _write(settings, export, wanted, people=people is not None, is_new=is_new)
    _report(settings, export, reveal)
    return 0


def _new_settings(directory: Path, owner: str | None, url: str | None) -> Settings:
    """Settings for a directory without an intime.yaml."""
    environment = {name: value for name, value in environ.items() if name != "INTIME_URL" or url is None}
    if url is None and not environment.get("INTIME_URL"):
        raise InvalidInput(
            f"there is no {ROOT_FILE} in {directory} to say where the account is",
            hint="name its address with --url https://sms.intime.nu/api/1.0, or set INTIME_URL",
        )
    name = _PROVISIONAL if owner is None else owner
    check_owner(name)
    account = {} if url is None else {"url": url}
    found, problems = read_settings(directory, {"owner": name, "account": account}, _nowhere, environment)
    if found is None:
        message = "; ".join(problem.message.replace("`account.url`", "--url") for problem in problems)
        raise InvalidInput(message)
    return found


def _nowhere(path: Sequence[str | int], *, key: bool = False) -> Origin:
    del path, key
    return Origin(ROOT_FILE, 1, 1)


def _refuse_overwriting(directory: Path, wanted: Sequence[str], *, people: bool, force: bool) -> None:
    from intime_sync.exporting.files import PEOPLE_FILE, section_file

    names = [section_file(name) for name in wanted] + ([PEOPLE_FILE] if people else [])
    there = [str(directory / name) for name in names if (directory / name).exists()]
    if there and not force:
        raise InvalidInput(
            f"{', '.join(there)} would be overwritten; nothing was written",
            hint="name another directory and compare, or overwrite with --force",
        )


def _people(sources: Sequence[Path], settings: Settings) -> People:
    from intime_sync.exporting.people import contacts_from
    from intime_sync.exporting.sources import read_people

    found, left_out = [], []
    for source in sources:
        try:
            data = source.read_bytes()
        except OSError as error:
            raise InvalidInput(f"{source} cannot be read: {error.strerror}") from None
        some, unread = read_people(str(source), data)
        found += some
        left_out += unread
    people = contacts_from(found, settings.region)
    people.left_out[:0] = left_out
    return people


def _export(
    settings: Settings, people: People | None, wanted: Sequence[str], *, find_owner: bool
) -> tuple[Export, Settings]:
    """The export of the account and `people`, and the settings; with `find_owner`, under an owner that is free."""
    from intime_sync.exporting.export import default_owner, export_account, owners
    from intime_sync.kinds.exports import ExportContext

    kinds = [BY_SECTION[name].name for name in wanted] + [CONTACTS.name]
    if settings.url == EMBEDDED:
        settings.directory.mkdir(parents=True, exist_ok=True)
    with connect(settings) as connection:
        view = ledger_store(settings).read()
        known = view.ledger.account
        # The new owner is found from the account's groups, so the first check uses the owner that the ledger names.
        asked = known.owner if find_owner and known is not None else settings.owner
        check_ledger(view.ledger, replace(connection.account, owner=asked))
        actual = fetch_actual(connection.client, kinds, reading_context(settings))
        user = connection.account.user
    if find_owner:
        settings = replace(settings, owner=default_owner(user, actual))
        check_ledger(view.ledger, replace(connection.account, owner=settings.owner))
    keys = {
        kind.name: {
            entry.remote_id: key for key, entry in view.ledger.of(kind.name).items() if entry.remote_id is not None
        }
        for kind in LISTED
    }
    account = ExportContext(settings.region, settings.zone, clock_of(settings).now)
    prunes_all = [name for name in wanted if settings.policy.prune_of(BY_SECTION[name].name) is Prune.ALL]
    export = export_account(actual, people, wanted, account, keys, prunes_all)
    if people and settings.owner in owners(actual) and not view.ledger.carriers:
        export = replace(export, notes=(*export.notes, _carriers_warning(settings.owner)))
    return export, settings


def _carriers_warning(owner: str) -> str:
    return (
        f"warning: the account has carriers of `{owner}` that this directory's ledger does not know: the first apply "
        "removes them with the contacts in them. Unless the files name all of these, choose another owner"
    )


def _refuse_doubling(directory: Path, export: Export) -> None:
    """Refuse sections that the existing configuration has in other files already. Raises InvalidInput."""
    try:
        desired = load_desired(directory, environ).desired
    except InvalidConfiguration:
        return  # it may include files that are about to be written; `_report` validates it after that
    for kind, resources in desired.resources.items():
        section = BY_NAME[KindName(kind)].spec.name
        files = {resource.origin.file for resource in resources if resource.origin} - export.files.keys()
        if section in export.counts and files:
            raise InvalidInput(
                f"{', '.join(sorted(str(directory / file) for file in files))} already holds {section}; "
                "nothing was written",
                hint="export to another directory and compare, or leave the section out with --only",
            )


def _write(settings: Settings, export: Export, wanted: Sequence[str], *, people: bool, is_new: bool) -> None:
    """Write the files, intime.yaml last, so that an interrupted export does not leave a configuration."""
    from intime_sync.exporting.files import include_lines, root_yaml

    directory = settings.directory
    texts = dict(export.files)
    aids = {name: json.dumps(make(), ensure_ascii=False, indent=2) + "\n" for name, make in SCHEMAS.items()}
    aids[".gitignore"] = GITIGNORE
    texts |= {name: text for name, text in aids.items() if not (directory / name).exists()}
    if is_new:
        include = include_lines([name for name in _choices() if name in wanted], people=people)
        texts[ROOT_FILE] = root_yaml(settings.owner, settings.url, settings.zone.key, settings.region, include)
    write_files(directory, texts)


def _report(settings: Settings, export: Export, reveal: bool | None) -> None:
    """Say what was written and what to do next, and on stderr what was left out. Raises InvalidConfiguration."""
    notes = Output.for_stderr(reveal)
    for remark in export.left_out:
        notes.note(f"left out: {remark}")
    for remark in export.notes:
        notes.note(remark if remark.startswith("warning: ") else f"note: {remark}")
    count = export.counts.get(CONTACTS.spec.name)
    if count:
        notes.note(
            f"warning: the first apply creates {counted(count, 'contact')}, since the service cannot say which "
            "it has: whoever was added there by hand is then there twice, unless the service merges them "
            "(docs/export.md says what to do first)"
        )
    directory = settings.directory
    unread = sorted(
        export.files.keys() - {file.name for file in find_files(load_settings(directory, environ), _nowhere)[0]}
    )
    for name in unread:
        line = f"- contacts: {name}" if name.endswith(".csv") else f"- {name}"
        notes.note(f"note: {directory / ROOT_FILE} does not include {name}; add `{line}` under `include`")
    try:
        load_desired(directory, environ)
    except InvalidConfiguration:
        notes.note(f"The files are written, but together with what was there {directory} does not validate:")
        raise
    counts = ", ".join(f"{name}: {number}" for name, number in export.counts.items())
    Output.for_stdout(reveal).write(f"Wrote {inert(str(directory))} ({counts}). {next_steps(directory)}")
