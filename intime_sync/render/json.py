"""Plans and reports as JSON, for scripts and for plan files. One line a change, so that diffs and tools cope."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from intime_sync.kinds.registry import words_of
from intime_sync.model.change import (
    Change,
    Delete,
    FieldChange,
    Replace,
    action_of,
    after_of,
    before_of,
    fields_of,
    remote_id_of,
)
from intime_sync.model.plan import Guard, Plan
from intime_sync.model.problem import Origin, Problem
from intime_sync.model.report import Report
from intime_sync.model.resource import KindName
from intime_sync.render.distinct import distinguishing_mask
from intime_sync.render.masking import mask_json, mask_text
from intime_sync.render.plan_file import FORMAT_VERSION, checksum
from intime_sync.render.problems import message_of

_encode = json.JSONEncoder(ensure_ascii=False).encode
_SURROGATES = re.compile("[\ud800-\udfff]")


def plan_to_dict(
    plan: Plan, *, tool_version: str, created_at: datetime, directory: str | None = None
) -> dict[str, Any]:
    """The plan as a plan file holds it, complete and unmasked. `created_at` is aware.

    `directory` is the configuration's as the user named it, where `apply` finds its settings. `digest` covers the
    requests that the plan leads to, `checksum` the whole document.
    """
    document: dict[str, Any] = {
        "format_version": FORMAT_VERSION,
        "tool_version": tool_version,
        "created_at": created_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "digest": plan.digest(),
        "directory": directory,
        "account": {"url": plan.account.url, "user": plan.account.user, "owner": plan.account.owner},
        "ledger": {"lineage": plan.lineage, "serial": plan.serial},
        "summary": plan.summary(),
        "terms": dict(plan.terms),
        "leftovers": list(plan.leftovers),
        "changes": [_change(change) for change in plan.changes],
        "guards": [_guard(guard) for guard in plan.guards],
        "diagnostics": [_diagnostic(problem) for problem in plan.diagnostics],
    }
    document["checksum"] = checksum(document)
    return document


def plan_to_json(
    plan: Plan, *, tool_version: str, created_at: datetime, mask: bool = False, directory: str | None = None
) -> str:
    """The plan as JSON text. A masked one is for reading only: `read_plan` refuses it."""
    document = plan_to_dict(plan, tool_version=tool_version, created_at=created_at, directory=directory)
    return _layout(document, mask)


def report_to_dict(report: Report) -> dict[str, Any]:
    """The result of each change, complete and unmasked."""
    return {
        "summary": report.summary(),
        "calls": report.calls,
        "stopped": report.stopped,
        "notes": list(report.notes),
        "results": [
            {
                "address": str(result.address),
                "action": str(result.action),
                "status": str(result.status),
                "remote_id": result.remote_id,
                "error": result.error,
                "origin": _origin(result.origin),
            }
            for result in report.results
        ],
    }


def report_to_json(report: Report, *, mask: bool = False) -> str:
    """The report as JSON text."""
    return _layout(report_to_dict(report), mask)


def _change(change: Change) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "address": str(change.address),
        "kind": change.address.kind,
        "key": change.address.key,
        "action": action_of(change).value,
        "reason": change.reason,
        "remote_id": remote_id_of(change),
        "before": _copy(before_of(change)),
        "after": _copy(after_of(change)),
        "fields": [{"path": found.path, "before": found.before, "after": found.after} for found in fields_of(change)],
        "protected": change.protected,
        "options": _copy(change.options),
        "origin": _origin(change.origin),
    }
    if isinstance(change, Delete):
        entry["owned"] = change.owned
    if isinstance(change, Replace):
        entry["restores"] = change.restores
    return entry


def _copy(attributes: Any) -> dict[str, Any] | None:
    return None if attributes is None else dict(attributes)


def _origin(origin: Origin | None) -> dict[str, Any] | None:
    return None if origin is None else {"file": origin.file, "line": origin.line, "column": origin.column}


def _guard(guard: Guard) -> dict[str, Any]:
    return {
        "guard": guard.rule.value,
        "kind": guard.kind,
        "tripped": guard.tripped,
        "override": guard.override,
        "message": guard.message,
    }


def _diagnostic(problem: Problem) -> dict[str, Any]:
    file, line, column = problem.origin or (None, None, None)
    return {
        "severity": problem.severity.value,
        "code": problem.code,
        "message": problem.message,
        "file": file,
        "line": line,
        "column": column,
    }


def _layout(document: dict[str, Any], mask: bool) -> str:
    text = "{\n" + ",\n".join(_members(document, mask)) + "\n}\n"
    # File names may hold undecodable bytes, as lone surrogates: JSON can escape them, UTF-8 cannot encode them.
    return text if text.isascii() else _SURROGATES.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def _masked(change: dict[str, Any]) -> dict[str, Any]:
    fields = [FieldChange(**field) for field in change["fields"]]
    distinct = distinguishing_mask(mask_text, change["before"], change["after"], fields)
    masked: dict[str, Any] = mask_json(_without_hidden_options(change), distinct)
    return masked


def _masked_diagnostic(diagnostic: dict[str, Any]) -> dict[str, Any]:
    problem = Problem(diagnostic["code"], diagnostic["message"])
    masked: dict[str, Any] = mask_json(diagnostic | {"message": message_of(problem, mask_text)})
    return masked


def _without_hidden_options(change: dict[str, Any]) -> dict[str, Any]:
    """Without options that are digests of people's data."""
    return change | {"options": None} if words_of(KindName(change["kind"])).hides_options else change


_MASKS: Final[Mapping[str, Callable[[Any], Any]]] = {
    "changes": lambda changes: [_masked(change) for change in changes],
    "diagnostics": lambda diagnostics: [_masked_diagnostic(diagnostic) for diagnostic in diagnostics],
}
"""How the members of a plan are masked that are not masked by `mask_json`."""


def _members(document: dict[str, Any], mask: bool) -> Iterator[str]:
    for name, value in document.items():
        if mask and name == "checksum":
            continue  # it has no key, so that an unknown number could be found by trying all
        if mask:
            value = _MASKS.get(name, mask_json)(value)
        if isinstance(value, list) and value:
            items = ",\n".join(f"    {_encode(item)}" for item in value)
            yield f"  {_encode(name)}: [\n{items}\n  ]"
        else:
            yield f"  {_encode(name)}: {_encode(value)}"
