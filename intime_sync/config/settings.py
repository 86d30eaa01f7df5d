"""The settings at the top of `intime.yaml`: their fields, and the checked value they become."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from intime_sync.addresses import account_url_fault
from intime_sync.config.document import Locate
from intime_sync.config.wording import did_you_mean, shown
from intime_sync.kinds.fields import Field, FieldType, choice, text
from intime_sync.kinds.registry import KINDS
from intime_sync.links import is_in_git_directory
from intime_sync.model.policy import ContactStrategy, Numbers, Policy, Prune
from intime_sync.model.problem import Problem
from intime_sync.model.resource import KindName
from intime_sync.service.requests import WireFormat

ROOT_FILE = "intime.yaml"
EMBEDDED = "embedded"
DEFAULT_LEDGER = ".intime/ledger.json"
DEFAULT_RECEIPTS = ".intime/receipts.sqlite3"
DEFAULT_ZONE = "Europe/Stockholm"

_LONGEST_ZONE = 64
"""Characters of a time zone's name; the longest there is has 32."""

_UNITS = {"s": timedelta(seconds=1), "m": timedelta(minutes=1), "h": timedelta(hours=1)}
_LONGEST_LEAD = timedelta(days=7)

_PRUNE = tuple(str(prune) for prune in Prune)


def _integer(name: str, description: str, *, default: int, minimum: int, maximum: int) -> Field:
    return Field(name, FieldType.INTEGER, description, default=default, minimum=minimum, maximum=maximum)


def _object(name: str, description: str, *fields: Field) -> Field:
    return Field(name, FieldType.OBJECT, description, fields=fields)


FIELDS: tuple[Field, ...] = (
    Field(
        "version",
        FieldType.INTEGER,
        "The version of this file format; always 1.",
        required=True,
        minimum=1,
        maximum=1,
        examples=(1,),
    ),
    text(
        "owner",
        "Names what this configuration owns in the account; part of the names of its carriers. "
        "Two configurations of one account need different owners.",
        required=True,
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$",
        max_length=40,
        examples=("clinic-a",),
    ),
    _object(
        "account",
        "The account in the service.",
        text(
            "url",
            "Where the service is: `embedded` for the emulator inside the command, else its base address. "
            "INTIME_URL overrides it.",
            min_length=1,
            title="Address of the service",
            examples=(EMBEDDED, "https://sms.intime.nu/api/1.0"),
        ),
        text(
            "credentials",
            "Whose credentials to use: `CLINIC_A` reads INTIME_CLINIC_A_USER and INTIME_CLINIC_A_HASH (or "
            "INTIME_CLINIC_A_HASH_FILE) instead of INTIME_USER and INTIME_HASH.",
            pattern=r"^[A-Z][A-Z0-9_]*$",
            max_length=40,
            examples=("CLINIC_A",),
        ),
        text(
            "timezone",
            "The zone in which this file and the service speak of time.",
            default=DEFAULT_ZONE,
            examples=(DEFAULT_ZONE,),
        ),
        text(
            "region",
            "The country, as two letters, of numbers that are written without a country code.",
            default="SE",
            pattern="^[A-Z]{2}$",
            examples=("SE",),
        ),
        _object(
            "wire",
            "How requests spell what the service's documentation leaves open.",
            choice("dates", "2026-12-01T08:30:00, or 20261201T08:30:00.", ("extended", "basic"), default="extended"),
            choice("mobiles", "+46701740605, or 0701740605.", ("e164", "national"), default="e164"),
        ),
    ),
    _object(
        "ledger",
        "Where it is remembered what this configuration owns.",
        text(
            "url",
            "A file, relative to this directory. INTIME_LEDGER overrides it.",
            default=DEFAULT_LEDGER,
            min_length=1,
            title="File of the ledger",
        ),
    ),
    _object(
        "receipts",
        "Where delivery statuses are kept.",
        text(
            "data",
            "The file that `intime-sync receive` writes delivery statuses to, relative to this directory. "
            "INTIME_RECEIPTS overrides it.",
            default=DEFAULT_RECEIPTS,
            min_length=1,
            title="File of the statuses",
        ),
    ),
    _object(
        "policy",
        "What a plan may do.",
        Field(
            "prune",
            FieldType.ONE_OF,
            "What happens to objects that are not in the configuration: `owned` removes what it made or adopted, "
            "`all` also what it never made, `never` removes nothing. One word for all kinds, or a map per kind.",
            default=str(Prune.OWNED),
            forms=(
                choice("prune", "For all kinds.", _PRUNE),
                _object(
                    "prune",
                    "Per kind.",
                    *(choice(kind.name, f"For {kind.spec.name}.", _PRUNE) for kind in KINDS),
                ),
            ),
        ),
        _object(
            "max_delete",
            "The guard against plans that delete too much of one kind.",
            _integer(
                "percent", "More than this share of the owned objects stops.", default=30, minimum=0, maximum=100
            ),
            _integer("always_allow", "This many may always be deleted.", default=5, minimum=0, maximum=1_000_000),
        ),
        _object(
            "contacts",
            "How contacts are kept, since the service can only add them.",
            choice(
                "strategy",
                "`carrier` makes contacts fully declarative; `append` only ever adds them.",
                tuple(str(strategy) for strategy in ContactStrategy),
                default=str(ContactStrategy.CARRIER),
            ),
            _integer("carrier_size", "The most contacts in one carrier.", default=50, minimum=1, maximum=1000),
        ),
        _object(
            "messages",
            "How messages are scheduled.",
            text(
                "lead_time",
                "How far ahead a message's time must be for it to be scheduled or changed: whole minutes, or `90s`, "
                "`10m`, `2h`; at most 7 days.",
                default="5m",
                pattern=r"^[0-9]{1,6}[smh]?$",
                examples=("10m", "90s", "2h"),
            ),
        ),
        choice(
            "numbers",
            "What a phone number must be: `valid`, a mobile number in use (on the blocklist, any number in use), or "
            "`possible`, which warns about others.",
            tuple(str(numbers) for numbers in Numbers),
            default=str(Numbers.VALID),
        ),
        _integer("batch_size", "The most objects in one request.", default=200, minimum=1, maximum=1000),
    ),
    Field(
        "include",
        FieldType.LIST,
        "More files, relative to this directory: a YAML glob, or a kind's section with a glob of tables (CSV, XLSX).",
        items=Field(
            "file",
            FieldType.ONE_OF,
            "A YAML glob, or a section and a glob of tables.",
            forms=(
                text("file", "A glob of YAML files.", min_length=1, examples=("clinic/*.yaml",)),
                _object(
                    "file",
                    "A section and a glob of tables.",
                    *(
                        text(
                            kind.spec.name,
                            f"Tables of {kind.spec.name}.",
                            min_length=1,
                            examples=(f"{kind.spec.name}/*.csv",),
                        )
                        for kind in KINDS
                    ),
                ),
            ),
        ),
    ),
)

NAMES = frozenset(field.name for field in FIELDS)


@dataclass(frozen=True, slots=True)
class Include:
    """One line of `include`: a glob, and the section its tables belong to (None for YAML files)."""

    pattern: str
    section: str | None
    index: int


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings, checked. `url` is `embedded` or a base address, `ledger` a path or a URL as written.

    `receipts` is a path as written. `credentials` is the NAME in INTIME_NAME_USER, or None for INTIME_USER.
    `stated_ledger` is `ledger` as the file has it, without the environment.
    """

    directory: Path
    owner: str
    url: str
    zone: ZoneInfo
    region: str
    wire: WireFormat
    ledger: str
    receipts: str
    policy: Policy
    includes: tuple[Include, ...]
    credentials: str | None = None
    stated_ledger: str = DEFAULT_LEDGER


def read_settings(
    directory: Path, root: Mapping[str, Any], locate: Locate, environ: Mapping[str, str]
) -> tuple[Settings | None, list[Problem]]:
    """Settings from a root that matches FIELDS, and all that is wrong with them.

    INTIME_URL, INTIME_LEDGER and INTIME_RECEIPTS in `environ` win over the file.
    """
    account: Mapping[str, Any] = root.get("account") or {}
    problems: list[Problem] = []
    url = environ.get("INTIME_URL") or account.get("url")
    if url is None:
        message = "`account.url` is missing; write `embedded` or the service's base address, or set INTIME_URL"
        problems.append(Problem("missing-field", message, locate(("account",))))
    elif fault := url_fault(url):
        origin = None if environ.get("INTIME_URL") else locate(("account", "url"))
        problems.append(Problem("bad-url", f"{'`account.url`' if origin else 'INTIME_URL'} {fault}", origin))
    zone = _zone(account.get("timezone", DEFAULT_ZONE), locate, problems)
    region = account.get("region", "SE")
    if not _known_region(region):
        message = f"`{region}` is not a country that phone numbers are known of"
        problems.append(Problem("unknown-region", message, locate(("account", "region"))))
    if problems or zone is None or url is None:
        return None, problems
    wire: Mapping[str, Any] = account.get("wire") or {}
    ledger: Mapping[str, Any] = root.get("ledger") or {}
    receipts: Mapping[str, Any] = root.get("receipts") or {}
    policy: Mapping[str, Any] = root.get("policy") or {}
    settings = Settings(
        directory=directory,
        owner=root["owner"],
        url=url,
        zone=zone,
        region=region,
        wire=WireFormat(dates=wire.get("dates", "extended"), mobiles=wire.get("mobiles", "e164")),
        ledger=environ.get("INTIME_LEDGER") or ledger.get("url", DEFAULT_LEDGER),
        receipts=environ.get("INTIME_RECEIPTS") or receipts.get("data", DEFAULT_RECEIPTS),
        policy=_policy(policy, _lead_time(policy, locate, problems)),
        includes=tuple(_includes(root.get("include") or ())),
        credentials=account.get("credentials"),
        stated_ledger=ledger.get("url", DEFAULT_LEDGER),
    )
    _check_inside(directory, root, environ, locate, problems)
    return settings, problems


def _check_inside(
    directory: Path, root: Mapping[str, Any], environ: Mapping[str, str], locate: Locate, problems: list[Problem]
) -> None:
    """Note files to be written that are outside the directory: anyone who can edit a branch can name them.

    They may not be in `.git` either, which says what git does and runs. The environment may name any path.
    """
    home = Path(os.path.normpath(directory.absolute()))
    for section, name, variable in (("ledger", "url", "INTIME_LEDGER"), ("receipts", "data", "INTIME_RECEIPTS")):
        given = (root.get(section) or {}).get(name)
        if given is None or environ.get(variable):
            continue
        path = Path(os.path.normpath(home / given))
        if not path.is_relative_to(home) or is_in_git_directory(path.relative_to(home)):
            message = f"`{section}.{name}` must be a path inside this directory; set {variable} for a file elsewhere"
            problems.append(Problem("outside-directory", message, locate((section, name))))


def url_fault(url: str) -> str | None:
    """What is wrong with `account.url`, as the end of a sentence; None for nothing."""
    return None if url == EMBEDDED else account_url_fault(url, alternative=f"`{EMBEDDED}` or ")


def _zone(name: str, locate: Locate, problems: list[Problem]) -> ZoneInfo | None:
    try:
        # zoneinfo may import a package for each `/` of a name.
        if len(name) <= _LONGEST_ZONE:
            return ZoneInfo(name)
        near = ""
    except (KeyError, OSError, ValueError):
        near = did_you_mean(name, available_timezones())
    message = f"`{shown(name)}` is not a time zone{near}"
    problems.append(Problem("unknown-timezone", message, locate(("account", "timezone"))))
    return None


def _known_region(region: str) -> bool:
    if region == "SE":
        return True
    from phonenumbers import SUPPORTED_REGIONS

    return region in SUPPORTED_REGIONS


def _lead_time(policy: Mapping[str, Any], locate: Locate, problems: list[Problem]) -> timedelta:
    """`policy.messages.lead_time`, or the default after noting that it is too long."""
    messages: Mapping[str, Any] = policy.get("messages") or {}
    given = messages.get("lead_time")
    if given is None:
        return Policy.message_lead_time
    unit = _UNITS.get(given[-1])
    found = timedelta(minutes=int(given)) if unit is None else int(given[:-1]) * unit
    if found <= _LONGEST_LEAD:
        return found
    message = f"`policy.messages.lead_time` must be at most {_LONGEST_LEAD.days} days, not `{given}`"
    problems.append(Problem("out-of-range", message, locate(("policy", "messages", "lead_time"))))
    return Policy.message_lead_time


def _policy(policy: Mapping[str, Any], message_lead_time: timedelta) -> Policy:
    prune = policy.get("prune", str(Prune.OWNED))
    per_kind = prune if isinstance(prune, dict) else {kind.name: prune for kind in KINDS}
    max_delete: Mapping[str, Any] = policy.get("max_delete") or {}
    contacts: Mapping[str, Any] = policy.get("contacts") or {}
    return Policy(
        prune={KindName(kind): Prune(word) for kind, word in per_kind.items()},
        max_delete_percent=max_delete.get("percent", Policy.max_delete_percent),
        max_delete_always_allow=max_delete.get("always_allow", Policy.max_delete_always_allow),
        contact_strategy=ContactStrategy(contacts.get("strategy", ContactStrategy.CARRIER)),
        carrier_size=contacts.get("carrier_size", Policy.carrier_size),
        batch_size=policy.get("batch_size", Policy.batch_size),
        message_lead_time=message_lead_time,
        numbers=Numbers(policy.get("numbers", Numbers.VALID)),
    )


def _includes(lines: Iterable[Any]) -> Iterator[Include]:
    for index, line in enumerate(lines):
        if isinstance(line, str):
            yield Include(line, None, index)
        else:
            for section, pattern in line.items():
                yield Include(pattern, section, index)
