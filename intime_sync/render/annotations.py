"""Problems of a configuration as CI systems take them: GitHub's annotations, GitLab's code quality, plain JSON.

Owns the three formats and their escaping. `directory` is the configuration's, as seen from the root of the
repository, so that each finding lands on its file there.
"""

from __future__ import annotations

import hashlib
import json
import posixpath
import re
from collections import Counter
from collections.abc import Sequence
from typing import Any, Final

from intime_sync.model.problem import Problem, Severity
from intime_sync.render.masking import Mask, mask_of, mask_text
from intime_sync.render.problems import message_of
from intime_sync.render.style import inert

# A problem without a line is about the configuration as a whole, and GitLab shows none without a place.
_WHOLE: Final = "intime.yaml"

_GITLAB_SEVERITY: Final = {Severity.ERROR: "blocker", Severity.WARNING: "minor"}
_PLACE: Final = re.compile(r":\d++:\d++")
_SURROGATES: Final = re.compile("[\ud800-\udfff]")


def problems_to_github(problems: Sequence[Problem], *, directory: str = ".", mask: bool = False) -> str:
    """GitHub's workflow commands, `::error file=…,line=…,col=…,title=…::message`, a line each; "" for none."""
    masking = mask_of(mask)
    return "".join(f"{_command(problem, directory, masking)}\n" for problem in problems)


def problems_to_gitlab(problems: Sequence[Problem], *, directory: str = ".", mask: bool = False) -> str:
    """GitLab's code quality report: a JSON array, `[]` for none. An error is a blocker, a warning is minor.

    A fingerprint tells a finding from every other and stays when lines move, also those that its text names. It is
    made of masked text alone: from a digest of a phone number the number could be found.
    """
    masking, seen = mask_of(mask), Counter[str]()
    findings = []
    for problem in problems:
        path = _path(problem, directory)
        alike = "\0".join((mask_text(path), problem.code, _PLACE.sub("", message_of(problem, mask_text))))
        seen[alike] += 1
        print_ = hashlib.sha256(f"{alike}\0{seen[alike]}".encode("utf-8", "surrogatepass")).hexdigest()
        finding = {
            "description": inert(message_of(problem, masking)),
            "check_name": problem.code,
            "fingerprint": print_,
            "severity": _GITLAB_SEVERITY[problem.severity],
            "location": {
                "path": inert(masking(path)),
                "lines": {"begin": max(problem.origin.line, 1) if problem.origin else 1},
            },
        }
        findings.append(finding)
    return _listed(findings)


def problems_to_json(problems: Sequence[Problem], *, directory: str = ".", mask: bool = False) -> str:
    """A JSON array of `{severity, code, message, file, line, column}`; the last three are null without a place."""
    masking = mask_of(mask)
    return _listed(
        [
            {
                "severity": str(problem.severity),
                "code": problem.code,
                "message": message_of(problem, masking),
                "file": masking(_path(problem, directory)) if problem.origin else None,
                "line": problem.origin.line if problem.origin else None,
                "column": problem.origin.column if problem.origin else None,
            }
            for problem in problems
        ]
    )


def _command(problem: Problem, directory: str, mask: Mask) -> str:
    properties = {"title": f"intime-sync: {problem.code}"}
    if problem.origin:
        place = {
            "file": mask(_path(problem, directory)),
            "line": str(problem.origin.line),
            "col": str(problem.origin.column),
        }
        properties = place | properties
    given = ",".join(f"{name}={_property(inert(value))}" for name, value in properties.items())
    name = "error" if problem.severity is Severity.ERROR else "warning"
    return f"::{name} {given}::{_data(inert(message_of(problem, mask)))}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def _path(problem: Problem, directory: str) -> str:
    return posixpath.normpath(posixpath.join(directory, problem.origin.file if problem.origin else _WHOLE))


def _listed(items: Sequence[dict[str, Any]]) -> str:
    """One item a line, so that diffs and tools cope."""
    if not items:
        return "[]\n"
    lines = ",\n".join(json.dumps(item, ensure_ascii=False) for item in items)
    return _SURROGATES.sub("\ufffd", f"[\n{lines}\n]\n")
