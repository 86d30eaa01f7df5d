"""The settings at the top of `intime.yaml`, read and checked."""

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
"""The most characters of a time zone's name; the longest real name has 32."""

_UNITS = {"s": timedelta(seconds=1), "m": timedelta(minutes=1), "h": timedelta(hours=1)}
_LONGEST_LEAD = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Include:
    """One glob of `include`, the section of its tables (None for YAML files), and its position in the list."""

    pattern: str
    section: str | None
    index: int


@dataclass(frozen=True, slots=True)
class Settings:
    """The checked settings.

    `url` is `embedded` or a base address. `ledger` (a path or a URL) and `receipts` (a path) are as they were written
    in the file or the environment, but for `{owner}` in `ledger`, which is replaced. `stated_ledger` is `ledger` as
    it was written in the file. `credentials` is the NAME in INTIME_NAME_USER, or None for INTIME_USER.
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
    """Settings from a root that matches `setting_fields.FIELDS`, None if they are wrong, and their problems.

    INTIME_URL, INTIME_LEDGER and INTIME_RECEIPTS in `environ` override the file.
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
        ledger=_of_owner(environ.get("INTIME_LEDGER") or ledger.get("url", DEFAULT_LEDGER), root["owner"]),
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
    """Add problems of files to be written outside the directory, which anyone who can edit a branch could name.

    Nor may they be in `.git`, whose files decide what git runs. The environment may name any path.
    """
    home = Path(os.path.normpath(directory.absolute()))
    for section, name, variable in (("ledger", "url", "INTIME_LEDGER"), ("receipts", "data", "INTIME_RECEIPTS")):
        given = (root.get(section) or {}).get(name)
        if given is None or environ.get(variable):
            continue
        if section == "ledger":
            given = _of_owner(given, root["owner"])
        path = Path(os.path.normpath(home / given))
        if not path.is_relative_to(home) or is_in_git_directory(path.relative_to(home)):
            message = f"`{section}.{name}` must be a path inside this directory; set {variable} for a file elsewhere"
            problems.append(Problem("outside-directory", message, locate((section, name))))


def _of_owner(ledger: str, owner: str) -> str:
    """The ledger's place with the owner's name in it. The name has no `/`, and does not start with a dot."""
    return ledger.replace("{owner}", owner)


def url_fault(url: str) -> str | None:
    """What is wrong with a value of `account.url`, as the end of a sentence; None if it is valid."""
    return None if url == EMBEDDED else account_url_fault(url, alternative=f"`{EMBEDDED}` or ")


def _zone(name: str, locate: Locate, problems: list[Problem]) -> ZoneInfo | None:
    try:
        # The length is limited, since zoneinfo may import a package for each `/` of a name.
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
    """`policy.messages.lead_time`, or the default if it is not given or too long, which adds a problem."""
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
