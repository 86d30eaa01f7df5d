"""What `validate` reports of a bad configuration, as places, codes and messages."""

from __future__ import annotations

import re

from cli_world import assert_no_trace
from harness import Ran, Workspace

Finding = tuple[str, str, str]
"""line:column, code, and a fragment of the message."""


_LINE = re.compile(r"(?P<file>[^:]+):(?P<place>\d+:\d+): (?:error|warning): (?P<message>.*) \[(?P<code>[a-z-]+)\]")


def findings(ran: Ran) -> list[tuple[str, str, str, str]]:
    """(file, place, code, message) of every reported line."""
    found = [_LINE.fullmatch(line) for line in ran.out.splitlines()[:-1]]
    assert all(found), ran.out
    return [(match["file"], match["place"], match["code"], match["message"]) for match in found if match]


def refuses(space: Workspace, expected: list[Finding], file: str = "intime.yaml") -> None:
    """`validate` reports exactly that, in that order, and exits 3."""
    ran = space.run("validate")
    assert_no_trace(ran)
    assert (ran.code, ran.err) == (3, ""), ran
    found = findings(ran)
    assert [entry[:3] for entry in found] == [(file, place, code) for place, code, _ in expected]
    for (_, _, _, message), (_, _, fragment) in zip(found, expected, strict=True):
        assert fragment in message
