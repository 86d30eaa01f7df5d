"""docs/messages.md and docs/library.md are true: what they say runs, ends as they say, and prints what they show."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from guides import ROOT, Step, free_ports, shell_in, steps

from intime_sync.emulator import EmulatorOptions, run_in_thread

GUIDE = ROOT / "docs" / "messages.md"
LIBRARY = ROOT / "docs" / "library.md"
PORTS = ("8046", "8047", "8048")


def test_the_guide_does_what_it_says(tmp_path: Path) -> None:
    text = GUIDE.read_text(encoding="utf-8")
    for documented, free in zip(PORTS, free_ports(len(PORTS)), strict=True):
        assert documented in text
        text = text.replace(documented, free)
    with shell_in(tmp_path, ("curl", "sed"), terminal=False) as shell:
        shell.follow(text)
        assert len(shell.running) == len(PORTS)


def test_the_librarys_examples_run(capsys: pytest.CaptureFixture[str]) -> None:
    text = LIBRARY.read_text(encoding="utf-8")
    examples = re.findall(r"^```python\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    with run_in_thread(EmulatorOptions()) as emulator:
        for example in examples:
            example = example.replace("http://127.0.0.1:8080/api/1.0", emulator.url)
            exec(compile(example, LIBRARY.name, "exec"), {})
        assert [message.status for message in emulator.store.messages()] == ["cancelled"]
    printed = capsys.readouterr().out
    assert printed.startswith("created (1, 2)\n")
    assert "scheduled as (1,)\ncancelled: Ids(ids=(1,))\n" in printed
    assert printed.endswith(
        "ParsedMobile(number='+46701740605', valid=True, other='')\n2036-12-24T08:00 2036-12-24 07:00:00+00:00\n"
    )


def test_the_library_is_imported_from_one_place() -> None:
    text = LIBRARY.read_text(encoding="utf-8")
    modules = {*re.findall(r"^from (intime_sync[\w.]*) import", text, re.MULTILINE)}
    assert modules == {"intime_sync.service"}
    assert "intime_sync." not in text.replace("intime_sync.service", "").replace("intime_sync.service.", "")


def test_the_guide_is_read_whole() -> None:
    text = GUIDE.read_text(encoding="utf-8")
    found = [step for step in steps(text) if isinstance(step, Step)]
    assert len(found) == len(re.findall(r"^\$ ", text, re.MULTILINE)) > 20
    assert {0, 4, 8} == {step.code for step in found}
    assert all(step.output for step in found if step.command.startswith("intime-sync"))
