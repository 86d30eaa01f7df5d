"""Files and tables that cannot be read as a configuration: each problem has a place, a code and a text."""

from __future__ import annotations

from pathlib import Path

import pytest
from cli_world import assert_no_trace
from harness import HEAD, Workspace
from refusals import Finding, findings, refuses


@pytest.fixture
def space(tmp_path: Path) -> Workspace:
    """No emulator: a bad configuration is refused before anything is asked."""
    return Workspace(tmp_path)


WHOLE: dict[str, tuple[str | bytes, list[Finding]]] = {
    "a list": ("- a\n", [("1:1", "yaml-root", "a mapping of sections, not a list")]),
    "text": ("hello\n", [("1:1", "yaml-root", "a mapping of sections, not text")]),
    "nothing": ("", [("1:1", "missing-field", "`owner`"), ("1:1", "missing-field", "`version`")]),
    "Latin-1": (HEAD.encode() + "groups: [Läkare]\n".encode("latin-1"), [("4:11", "yaml-encoding", "0xe4")]),
    "UTF-16": (HEAD.encode("utf-16"), [("1:1", "yaml-encoding", "UTF-16; save it as UTF-8")]),
    "the next version": (HEAD.replace("1\n", "2\n", 1), [("1:10", "out-of-range", "at most 1, not 2")]),
    "no address": ("version: 1\nowner: a\n", [("1:1", "missing-field", "`account.url` is missing")]),
    "an owner that no carrier can be named after": (
        HEAD.replace("clinic-a", "'~x y'"),
        [("2:8", "bad-format", "one that is: `clinic-a`")],
    ),
    "a long owner": (HEAD.replace("clinic-a", "a" * 41), [("2:8", "too-long", "at most 40")]),
    "a time zone that is none": (
        HEAD.replace("embedded", "embedded, timezone: Europe/Stokholm"),
        [("3:36", "unknown-timezone", "did you mean `Europe/Stockholm`?")],
    ),
    "a time zone that is a file": (
        HEAD.replace("embedded", "embedded, timezone: ../../etc/passwd"),
        [("3:36", "unknown-timezone", "is not a time zone")],
    ),
    "a country that is none": (
        HEAD.replace("embedded", "embedded, region: XX"),
        [("3:34", "unknown-region", "`XX` is not a country")],
    ),
    "a country in small letters": (
        HEAD.replace("embedded", "embedded, region: se"),
        [("3:34", "bad-format", "one that is: `SE`")],
    ),
    "settings that do not exist": (
        HEAD.replace("{url", "{urll") + "policy: {prun: all, max_delete: {percents: 3}}\n",
        [
            ("3:11", "unknown-field", "did you mean `url`?"),
            ("4:10", "unknown-field", "did you mean `prune`?"),
            ("4:34", "unknown-field", "did you mean `percent`?"),
        ],
    ),
    "settings out of range": (
        HEAD + "policy: {prune: al, max_delete: {percent: 101, always_allow: -1}, contacts: {strategy: carier}}\n",
        [
            ("4:17", "not-a-choice", "did you mean `all`?"),
            ("4:43", "out-of-range", "at most 100, not 101"),
            ("4:62", "out-of-range", "at least 0, not -1"),
            ("4:88", "not-a-choice", "did you mean `carrier`?"),
        ],
    ),
    "plain http over the network": (
        HEAD.replace("embedded", "http://sms.intime.nu/api/1.0"),
        [("3:16", "bad-url", "to sms.intime.nu in the clear")],
    ),
    "another scheme": (
        HEAD.replace("embedded", "ftp://sms.intime.nu"),
        [("3:16", "bad-url", "is not an https address")],
    ),
    "credentials in the address": (
        HEAD.replace("embedded", "https://demo:hush@sms.intime.nu/api?hash=hush"),
        [("3:16", "bad-url", "user and hash belong in INTIME_USER and INTIME_HASH")],
    ),
    "wrong settings above wrong sections": (
        HEAD.replace("embedded", "embedded, timezone: Mars") + "policy: {prune: al}\ngroups: [~a, B]\n"
        "contacts:\n  - {key: a, mobile: 12, groups: [C]}\n  - {key: b, mobl: 0701740605}\n",
        [
            ("4:17", "not-a-choice", "did you mean `all`?"),
            ("5:10", "reserved-name", "kept for carriers"),
            ("8:14", "unknown-field", "did you mean `mobile`?"),
        ],
    ),
}


@pytest.mark.parametrize("case", WHOLE)
def test_a_bad_file_is_refused_at_its_place(space: Workspace, case: str) -> None:
    text, expected = WHOLE[case]
    space.write("intime.yaml", text)
    refuses(space, expected)


TABLES: dict[str, tuple[bytes, list[Finding]]] = {
    "an unknown header": (
        b"key;mobil;firstname\na;0701740605;X\n",
        [("1:5", "unknown-field", "`mobil` in the header; did you mean `mobile`?")],
    ),
    "a header twice": (b"key,key\na,b\n", [("1:5", "duplicate-key", "`key` is in the header twice")]),
    "more cells than the header": (
        b"key,mobile\na,0701740605,extra\nb\n",
        [("2:14", "csv-row", "3 cells under a header of 2"), ("3:1", "unreachable", "needs a `mobile`")],
    ),
    "no encoding at all": (b"key,mobile\n\x81\x8d,0701740605\n", [("2:1", "csv-encoding", "0x81")]),
    "Windows-1252 and semicolons are read": (
        "key;firstname;mobile\na;Åsa;12\n".encode("cp1252"),
        [("2:7", "impossible-number", "`12` is not a possible phone number")],
    ),
    "an open quote": (b'key,mobile\n"a,0701740605\nb,0701740606\n', [("2:1", "csv-row", "never closed")]),
    "a NUL": (b"key,mobile\na\0,0701740605\n", [("2:2", "csv-nul", "is this a CSV file?")]),
    "UTF-16": ("key,mobile\n".encode("utf-16"), [("1:1", "csv-encoding", "save it as CSV UTF-8")]),
    "a workbook": (b"PK\x03\x04\x14\x00", [("1:6", "csv-nul", "is this a CSV file?")]),
    "wrong numbers": (
        b"key,firstname,mobile\na,A,0701740605\nb,B,12\nc,C,0701740605x\n",
        [("3:5", "impossible-number", "`12`"), ("4:5", "impossible-number", "not a possible phone number")],
    ),
    "a key twice": (
        b"key,mobile\na,0701740605\na,0701740606\n",
        [("3:1", "duplicate-identity", "`contact/a` is already at p.csv:2:1")],
    ),
}


@pytest.mark.parametrize("case", TABLES)
def test_a_bad_table_is_refused_at_its_cell(space: Workspace, case: str) -> None:
    data, expected = TABLES[case]
    space.configure("include:\n  - contacts: p.csv\n")
    space.write("p.csv", data)
    refuses(space, expected, "p.csv")


def test_settings_in_an_included_file_and_duplicates_across_files_are_refused(space: Workspace) -> None:
    space.configure("blocklist: [0701740605]\ninclude: [x.yaml]\n")
    space.write("x.yaml", "owner: b\nblocklist: ['+46701740605']\nwhat: 5\n")
    refuses(
        space,
        [
            ("1:1", "misplaced-setting", "`owner` belongs in intime.yaml"),
            ("2:13", "duplicate-identity", "already at intime.yaml:4:13"),
            ("3:1", "unknown-field", "unknown field `what`"),
        ],
        "x.yaml",
    )


def test_a_table_for_two_sections_and_a_malformed_workbook_are_refused(space: Workspace) -> None:
    space.configure("include:\n  - contacts: p.csv\n  - blocklist: p.csv\n  - contacts: q.xlsx\n")
    space.write("p.csv", "mobile\n0701740605\n")
    space.write("q.xlsx", b"not a workbook")
    ran = space.run("validate")
    assert_no_trace(ran)
    assert [found[:3] for found in findings(ran)] == [
        ("intime.yaml", "6:5", "bad-include"),
        ("q.xlsx", "1:1", "excel-unreadable"),
    ]


def test_a_link_to_a_file_elsewhere_shows_nothing_of_it(space: Workspace, tmp_path: Path) -> None:
    secret = tmp_path.parent / f"{tmp_path.name}-outside.csv"
    secret.write_text("9f86d081\n")
    space.configure("include: [{contacts: a.csv}]\n")
    (space.path / "a.csv").symlink_to(secret)
    refuses(space, [("4:11", "bad-include", "outside the configuration's directory")])


def test_a_directory_without_a_configuration_says_what_to_do(space: Workspace) -> None:
    ran = space.run("validate", "nowhere")
    assert (ran.code, ran.out) == (3, "")
    assert "there is no intime.yaml in nowhere" in ran.err
    assert "intime-sync init nowhere" in ran.err
    (space.path / "intime.yaml").mkdir()
    ran = space.run("plan")
    assert_no_trace(ran)
    assert ran.code == 3
    assert "intime.yaml cannot be read: Is a directory" in ran.err
