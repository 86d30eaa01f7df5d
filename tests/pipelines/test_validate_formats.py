"""`validate --format`: reports for CI systems name the right file, are masked, and hold any text."""

from __future__ import annotations

import json
from typing import Any

from golden_files import check_golden
from harness import Workspace
from hypothesis import given
from hypothesis import strategies as st

from intime_sync.model.problem import Origin, Problem, Severity
from intime_sync.render.annotations import problems_to_github, problems_to_gitlab, problems_to_json

PROBLEMS = [
    Problem("duplicate-identity", "`blocklist/+46701740605` is already at intime.yaml:8:13", Origin("a.yaml", 9, 1)),
    Problem("unknown-group", "100 % of\r\nthe group: `A,B`", Origin("people, all: 1.csv", 3, 5)),
    Problem("odd", "twice", Origin("a.yaml", 2, 1), Severity.WARNING),
    Problem("odd", "twice", Origin("a.yaml", 3, 1), Severity.WARNING),
    Problem("nowhere", "::error::no place, mail anna.lind@example.se"),
]
RENDERERS = {"github": problems_to_github, "gitlab": problems_to_gitlab, "json": problems_to_json}
BROKEN = """\
groups: [A, A]
blocklist: [0701740605, 070-174 06 05]
"""


def parsed(line: str) -> tuple[str, dict[str, str], str]:
    """A workflow command as the runner reads it: name, properties, message."""
    line = line.lstrip()
    assert line.startswith("::")
    head, _, data = line[2:].partition("::")
    name, _, rest = head.partition(" ")
    properties = dict(part.split("=", 1) for part in rest.split(",") if part)
    for key, value in properties.items():
        value = value.replace("%0D", "\r").replace("%0A", "\n").replace("%3A", ":").replace("%2C", ",")
        properties[key] = value.replace("%25", "%")
    return name, properties, data.replace("%0D", "\r").replace("%0A", "\n").replace("%25", "%")


def test_the_formats_are_as_they_were_reviewed() -> None:
    for name, render in RENDERERS.items():
        text = render(PROBLEMS, directory="clinic", mask=True)
        check_golden(f"annotations/{name}.txt", text)
        assert render([]) == ("" if name == "github" else "[]\n")


texts = st.text(st.one_of(st.characters(), st.sampled_from("%:,=\r\n\x1b\u202e\u2028")), max_size=30)
found = st.builds(
    Problem,
    st.from_regex(r"\A[a-z]+(-[a-z]+)?\Z"),
    texts,
    st.one_of(st.none(), st.builds(Origin, texts, st.integers(1, 99), st.integers(1, 99))),
    st.sampled_from(Severity),
)


@given(st.lists(found, max_size=4))
def test_any_text_is_one_workflow_command_and_reads_back(problems: list[Problem]) -> None:
    lines = problems_to_github(problems, directory="d").splitlines()
    assert len(lines) == len(problems)
    for line, problem in zip(lines, problems, strict=True):
        name, properties, message = parsed(line)
        assert name == str(problem.severity)
        assert properties["title"] == f"intime-sync: {problem.code}"
        assert ("file" in properties) == (problem.origin is not None)
        if problem.message.isascii() and problem.message.isprintable():
            assert message == problem.message
        if problem.origin:
            assert (properties["line"], properties["col"]) == (str(problem.origin.line), str(problem.origin.column))
            if problem.origin.file.isidentifier() and problem.origin.file.isascii():
                assert properties["file"] == f"d/{problem.origin.file}"


@given(st.lists(found, max_size=6), st.integers(1, 50))
def test_fingerprints_tell_findings_apart_and_stay_when_lines_move(problems: list[Problem], by: int) -> None:
    def prints(of: list[Problem], mask: bool) -> list[str]:
        return [finding["fingerprint"] for finding in json.loads(problems_to_gitlab(of, mask=mask))]

    moved = [
        Problem(one.code, one.message, one.origin and one.origin._replace(line=one.origin.line + by), one.severity)
        for one in problems
    ]
    assert len({*prints(problems, True)}) == len(problems)
    assert prints(problems, True) == prints(moved, True) == prints(problems, False)
    json.loads(problems_to_json(problems)), problems_to_gitlab(problems).encode()


def test_places_are_those_of_the_repository_and_numbers_are_masked(space: Workspace) -> None:
    space.configure(BROKEN)
    space.write("sub/clinic/intime.yaml", (space.path / "intime.yaml").read_bytes())
    absolute = str(space.path / "sub" / "clinic")
    for directory in ("sub/clinic", "./sub/../sub/clinic/", absolute):
        ran = space.run("validate", directory, "--format", "github")
        assert (ran.code, ran.err) == (3, "")
        commands = [parsed(line) for line in ran.out.splitlines()]
        assert [(name, one["file"], one["line"]) for name, one, _ in commands] == [
            ("error", "sub/clinic/intime.yaml", "4"),
            ("error", "sub/clinic/intime.yaml", "5"),
        ]
        assert "+46•••••••05" in commands[1][2]
    quality: list[dict[str, Any]] = space.run("validate", "sub/clinic", "--format", "gitlab").json()
    assert [(one["location"], one["severity"]) for one in quality] == [
        ({"path": "sub/clinic/intime.yaml", "lines": {"begin": line}}, "blocker") for line in (4, 5)
    ]
    listed = space.run("validate", "--format", "json", "--reveal").json()
    assert listed[1]["file"] == "intime.yaml"
    assert "+46701740605" in listed[1]["message"]


def test_a_valid_configuration_is_valid_output(space: Workspace) -> None:
    space.configure("groups: [A]\n")
    for format_, out in (("json", "[]\n"), ("gitlab", "[]\n"), ("github", "")):
        ran = space.run("validate", "--format", format_)
        assert (ran.code, ran.out, ran.err) == (0, out, "")
    space.configure("blocklist: [+46701234]\n")
    for format_ in ("json", "gitlab", "github"):
        assert space.run("validate", "--format", format_).code in (0, 3)
    assert space.run("validate", "nowhere", "--format", "json").code == 3
