"""Numbers as people write them are read as the right number, or are an error that says why."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from harness import Workspace

HEAD = "version: 1\nowner: clinic-a\naccount: {url: embedded}\n"

UNDERSTOOD = {
    "46701740605.0": "+46701740605",
    "701740606.0": "+46701740606",
    "0701740607.00": "+46701740607",
    "701740608,00": "+46701740608",
    "'0701740609": "+46701740609",
    '="0701740610"': "+46701740610",
    "+46 (0)70-174 06 11": "+46701740611",
    "tel:+46-70-174-06-12": "+46701740612",
    "0046 70 174 06 13": "+46701740613",
    "070/174 06 14": "+46701740614",
    "\u2068+46 70 174 06 15\u2069": "+46701740615",
    "\u202d070-174 06 16\u202c": "+46701740616",
    "070\ufe0d-174 06 17": "+46701740617",
    "070-174\u00ad06 18": "+46701740618",
    "070-174 06 19\u200c": "+46701740619",
    "\u061c070-174 06 20": "+46701740620",
    "０７０１７４０６２１": "+46701740621",
    "070.174.06.22": "+46701740622",
}
REFUSED = {
    "900101-1234": "looks like a personal number",
    "19900101-1234": "looks like a personal number",
    "2026-12-01": "looks like a date",
    "01/12/2026": "looks like a date",
    "2026.12.01": "looks like a date",
    "070-174 06 05/06": "is it two numbers?",
    "070-174 06 07 - 08": "is it two numbers?",
    "070-174 06 06 (2)": "parentheses that are not around an area code",
    "4,67017E+10": "rounded by a spreadsheet",
    "`0701740609": "the character grave accent",
    "070-174 06 0x": "the letter x",
}
NOT_IN_USE = {"070-174 06": "too short"}
NO_MOBILES = {"0900-123 45 67": "premium-rate", "08-123 456 78": "landline"}


def cell(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def sheet(space: Workspace, section: str, cells: list[str]) -> None:
    space.configure(f"include: [{{{section}: list.csv}}]\n", head=HEAD)
    header, row = ("key;mobile\n", "k{};{}\n") if section == "contacts" else ("mobile\n", "{1}\n")
    space.write("list.csv", header + "".join(row.format(at, cell(text)) for at, text in enumerate(cells)))


@pytest.mark.parametrize("section", ["contacts", "blocklist"])
def test_common_spellings_are_read_as_their_number(tmp_path: Path, section: str) -> None:
    space = Workspace(tmp_path)
    sheet(space, section, list(UNDERSTOOD))
    ran = space.run("plan", "--format", "json", "--reveal")
    assert ran.code == 0, ran.err
    made = [change["after"]["mobile"] for change in json.loads(ran.out)["changes"]]
    assert sorted(made) == sorted(UNDERSTOOD.values())


@pytest.mark.parametrize("section", ["contacts", "blocklist"])
@pytest.mark.parametrize("numbers", ["valid", "possible"])
def test_text_that_is_no_number_is_an_error_that_says_why(tmp_path: Path, section: str, numbers: str) -> None:
    space = Workspace(tmp_path)
    wrong = REFUSED | (NOT_IN_USE if numbers == "valid" else {})
    wrong |= NO_MOBILES if (section, numbers) == ("contacts", "valid") else {}
    sheet(space, section, list(wrong))
    if numbers == "possible":
        root = space.path / "intime.yaml"
        root.write_text(root.read_text() + "policy: {numbers: possible}\n")
    for shown in ([], ["--reveal"]):
        ran = space.run("validate", "--format", "json", *shown)
        assert ran.code == 3
        found = {problem["line"]: problem["message"] for problem in json.loads(ran.out)}
        for line, (text, why) in enumerate(wrong.items(), 2):
            assert why in found.get(line, "nothing"), f"{text}: {found.get(line)}"
            assert not shown or text.strip("`") in found[line]
