"""No input causes a traceback: every problem has a place, a code and a text, and all are reported at once."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from cli_world import assert_no_trace, posts
from golden_files import check_golden
from harness import HEAD, SECRET, Ran, Workspace, workspace

Finding = tuple[str, str, str]
"""line:column, code, and a fragment of the message."""

_LINE = re.compile(r"(?P<file>[^:]+):(?P<place>\d+:\d+): (?:error|warning): (?P<message>.*) \[(?P<code>[a-z-]+)\]")


@pytest.fixture
def space(tmp_path: Path) -> Workspace:
    """No emulator: a bad configuration is refused before anything is asked."""
    return Workspace(tmp_path)


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


def bomb(levels: int) -> str:
    """A list of lists of … that doubles tenfold with every line."""
    lines = [f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 10)}]\n" for level in range(1, levels)]
    return f"a: &a0 [{', '.join('x' * 10)}]\n{''.join(lines)}groups: *a{levels - 1}\n"


SECTIONS: dict[str, tuple[str, list[Finding]]] = {
    "a section twice": (
        "groups: [A]\ngroups: [B]\n",
        [("5:1", "duplicate-key", "`groups` is already given on line 4")],
    ),
    "a field twice": (
        "contacts:\n  - {key: a, mobile: 0701740605, key: b}\n",
        [("5:34", "duplicate-key", "`key` is already given on line 5")],
    ),
    "one number in three spellings": (
        "blocklist:\n  - 0701740605\n  - +46 70-174 06 05\n  - 0046701740605\n",
        [
            ("6:5", "duplicate-identity", "already at intime.yaml:5:5"),
            ("7:5", "duplicate-identity", "already at intime.yaml:5:5"),
        ],
    ),
    "one contact under its number in two spellings": (
        "contacts:\n  - mobile: 0701740605\n  - {mobile: +46 70 174 06 05, firstname: B}\n",
        [("6:5", "duplicate-identity", "already at intime.yaml:5:5")],
    ),
    "one key for two contacts": (
        "contacts:\n  - {key: a, mobile: 0701740605}\n  - {key: a, mobile: 0701740606}\n",
        [("6:5", "duplicate-identity", "`contact/a` is already at intime.yaml:5:5")],
    ),
    "one group name in two normal forms and with two spaces": (
        'groups: ["Sk\u00e5ne", "Ska\u030ane", "A  B", "A B"]\n',
        [
            ("4:19", "duplicate-identity", "`group/Skåne` is already at intime.yaml:4:10"),
            ("4:37", "duplicate-identity", "`group/A B` is already at intime.yaml:4:29"),
        ],
    ),
    "two keys for one reminder": (
        "reminders:\n  - {key: a, at: 2036-12-01T08:30, attendant: {mobile: 0701740605}}\n"
        "  - {key: b, at: 2036-12-01 08:30:00, attendant: {mobile: '+46701740605'}}\n",
        [("6:5", "duplicate-identity", "`reminder/b` is the same reminder as `a`")],
    ),
    "sections that do not exist": (
        "group: []\ncontact: []\nblocklst: []\n",
        [
            ("4:1", "unknown-field", "did you mean `groups`?"),
            ("5:1", "unknown-field", "did you mean `contacts`?"),
            ("6:1", "unknown-field", "did you mean `blocklist`?"),
        ],
    ),
    "fields that do not exist": (
        "contacts:\n  - {key: a, mobil: 0701740605, firtname: X}\n",
        [
            ("5:14", "unknown-field", "`mobil`; did you mean `mobile`?"),
            ("5:33", "unknown-field", "`firtname`; did you mean `firstname`?"),
        ],
    ),
    "a field inside a field that does not exist": (
        "reminders:\n  - {key: a, at: 2036-12-01T08:30, attendant: {mobil: 0701740605}}\n",
        [
            ("5:47", "missing-field", "`attendant.mobile` is missing"),
            ("5:48", "unknown-field", "did you mean `mobile`?"),
        ],
    ),
    "groups that nobody declares": (
        "groups: [Personal, Jour]\ncontacts:\n  - {key: a, mobile: 0701740605, groups: [Personal, Personel, jour]}\n",
        [
            ("6:42", "unknown-group", "`Personel` is not declared in `groups`; did you mean `Personal`?"),
            ("6:42", "unknown-group", "`jour` is not declared in `groups`; did you mean `Jour`?"),
        ],
    ),
    "numbers that no phone has": (
        "blocklist: [12, 070174060512345678, abc, 0701-x, '', '+', 070174060]\n",
        [
            ("4:13", "impossible-number", "`12` is not a possible phone number in region SE"),
            ("4:17", "impossible-number", "not a possible phone number"),
            ("4:37", "impossible-number", "`abc`"),
            ("4:42", "impossible-number", "`0701-x`"),
            ("4:50", "impossible-number", "``"),
            ("4:54", "impossible-number", "`+`"),
            ("4:59", "impossible-number", "is not a phone number: it is too short"),
        ],
    ),
    "times that no clock shows": (
        "reminders:\n"
        + "".join(
            f"  - {{key: k{number}, at: {time}, attendant: {{mobile: 0701740605}}}}\n"
            for number, time in enumerate(
                (
                    "2026-03-29T02:30",
                    "2026-10-25T02:30",
                    "2026-02-30T08:00",
                    "2026-12-01T24:30",
                    "tomorrow",
                    "2026-12-01T08:30:15",
                    "2026-12-01",
                    "'2026-12-01 08:30+25:00'",
                )
            )
        ),
        [
            ("5:19", "time-in-gap", "does not exist in Europe/Stockholm"),
            ("6:19", "ambiguous-time", "comes twice in Europe/Stockholm"),
            ("7:19", "impossible-time", "is not a time that exists"),
            ("8:19", "impossible-time", "is not a time that exists"),
            ("9:19", "malformed-time", "write it as 2026-12-01T08:30"),
            ("10:19", "time-with-seconds", "the service knows minutes only"),
            ("11:19", "malformed-time", "is not a time"),
            ("12:19", "impossible-time", "is not a time that exists"),
        ],
    ),
    "characters that XML cannot carry": (
        'groups: ["a\\u0007b", "x\\ny", "\\u0000", "\\uFFFE"]\n',
        [
            ("4:10", "forbidden-character", "U+0007 at position 2"),
            ("4:22", "forbidden-character", "U+000A at position 2"),
            ("4:30", "forbidden-character", "U+0000 at position 1"),
            ("4:40", "forbidden-character", "U+FFFE at position 1"),
        ],
    ),
    "a control character in the file": ("groups: [a\x07b]\n", [("4:11", "yaml-syntax", "a control character")]),
    "a bomb of aliases": (bomb(9), [("8:45", "yaml-bomb", "stand for too many values")]),
    "an alias of itself": ("groups: &g [*g]\n", [("4:13", "yaml-alias", "`*g` would hold itself")]),
    "an alias of nothing": (
        "groups: [*g]\n",
        [("4:10", "wrong-type", "not empty"), ("4:10", "yaml-alias", "there is no `&g` above")],
    ),
    "a hundred thousand brackets": ("groups: " + "[" * 100_000, [("4:58", "yaml-depth", "nested deeper than 50")]),
    "a NUL": ("groups: [a\0b]\n", [("4:11", "yaml-nul", "is this a text file?")]),
    "lists that are something else": (
        "groups: yes\ncontacts: {a: b}\nblocklist:\n  - [1]\nreminders: 5\n",
        [
            ("4:9", "wrong-type", "`groups` must be a list, not text"),
            ("5:11", "wrong-type", "`contacts` must be a list, not a mapping"),
            ("7:5", "wrong-type", "item 1 of `blocklist` must be text or a mapping, not a list"),
            ("8:12", "wrong-type", "`reminders` must be a list, not text"),
        ],
    ),
    "items that are something else": (
        "groups: [[A], {name: [x]}, {name: }]\ncontacts: [text, 5]\nreminders: [null]\n",
        [
            ("4:10", "wrong-type", "item 1 of `groups` must be text or a mapping, not a list"),
            ("4:22", "wrong-type", "`name` must be text, not a list"),
            ("4:28", "missing-field", "`name` is missing"),
            ("5:12", "wrong-type", "item 1 of `contacts` must be a mapping, not text"),
            ("5:18", "wrong-type", "item 2 of `contacts`"),
            ("6:13", "wrong-type", "item 1 of `reminders`"),
        ],
    ),
    "sections with nothing in them": (
        "groups:\ncontacts:   # none\n",
        [
            ("4:1", "empty-section", "write `groups: []` to want none of them, or remove the line"),
            ("5:1", "empty-section", "write `contacts: []`"),
        ],
    ),
    "a tag that would run a program": (
        "groups: [!!python/object/apply:os.system ['id']]\n",
        [
            ("4:10", "wrong-type", "not a list"),
            ("4:10", "yaml-tag", "python/object/apply:os.system` is not used here"),
        ],
    ),
    "a second document": ("---\ngroups: []\n", [("4:1", "yaml-documents", "a file holds one")]),
    "a tab": ("groups:\n\t- A\n", [("5:1", "yaml-syntax", "a tab where spaces must indent")]),
    "an open bracket": ("groups: [A\n", [("5:1", "yaml-syntax", "starts on line 4")]),
    "a colon in text": ("groups:\n  - name: a: b\n", [("5:12", "yaml-syntax", "quote text with `: ` in it")]),
    "a template": ("groups: {{ groups }}\n", [("4:10", "yaml-key", "a key must be text")]),
    "a contact without a way to reach it": (
        "contacts:\n  - {key: a, firstname: B}\n",
        [("5:5", "unreachable", "needs a `mobile`, an `email` or both")],
    ),
    "types that do not fit": (
        "contacts:\n  - {key: a, type: email, mobile: 0701740605}\n  - {key: c, type: mail, email: a@b.se}\n",
        [("5:20", "no-email", "type `email` needs an `email`"), ("6:20", "not-a-choice", "sms, email, sms+email")],
    ),
    "addresses that are none": (
        "contacts:\n  - {key: a, email: not-an-address}\n  - {key: b, email: a@b@c.se}\n  - {email: x@localhost}\n",
        [
            ("5:21", "impossible-email", "`not-an-address` is not an e-mail address"),
            ("6:21", "impossible-email", "is not an e-mail address"),
            ("7:13", "impossible-email", "is not an e-mail address"),
        ],
    ),
    "wishes that contradict": (
        "groups:\n  - {name: A, ensure: absent, protect: true}\n  - {name: B, ensure: gone}\n"
        "  - {name: C, protect: maybe}\n",
        [
            ("5:40", "contradiction", "contradict each other"),
            ("6:23", "not-a-choice", "one of present, absent, not `gone`"),
            ("7:24", "wrong-type", "must be true or false, not `maybe`"),
        ],
    ),
    "names kept for carriers": ("groups: [~clinic-a/all-1]\n", [("4:10", "reserved-name", "kept for carriers")]),
    "groups without a name": (
        "groups:\n  - {name: A, id: 0}\n  - {name: B, id: x}\n  - {name: ''}\n  - '   '\n",
        [
            ("5:19", "out-of-range", "`id` must be at least 1, not 0"),
            ("6:19", "wrong-type", "`id` must be a whole number, not `x`"),
            ("7:12", "too-short", "`name` must not be empty"),
            ("8:5", "empty-name", "a group needs a name"),
        ],
    ),
    "an endless key": (
        f"contacts:\n  - {{key: {'k' * 201}, mobile: 0701740605}}\n",
        [("5:11", "too-long", "201 characters, and must have at most 200")],
    ),
    "a reminder of nothing": (
        "reminders:\n  - {key: a}\n",
        [("5:5", "missing-field", "`at` is missing"), ("5:5", "missing-field", "`attendant` is missing")],
    ),
    "includes that cannot be": (
        "include:\n  - /etc/passwd\n  - ../x.yaml\n  - clinic/*.yaml\n  - a.txt\n  - p.csv\n  - a**b.yaml\n"
        '  - "x\\0.yaml"\n  - contacts: p.yaml\n  - "*.yaml"\n',
        [
            ("5:5", "bad-include", "leaves the configuration's directory"),
            ("6:5", "bad-include", "leaves the configuration's directory"),
            ("7:5", "nothing-included", "no file matches `clinic/*.yaml`"),
            ("8:5", "bad-include", "must end in .yaml or .yml"),
            ("9:5", "bad-include", "for example `contacts: p.csv`"),
            ("10:5", "bad-include", "`a**b.yaml` is not a pattern"),
            ("11:5", "bad-include", "leaves the configuration's directory"),
            ("12:5", "bad-include", "must end in .csv or .xlsx"),
            ("13:5", "nothing-included", "no file matches `*.yaml`"),
        ],
    ),
    "includes that are something else": (
        "include:\n  - contcts: p.csv\n  - [a]\n  - ''\n",
        [
            ("5:5", "unknown-field", "`contcts`; did you mean `contacts`?"),
            ("6:5", "wrong-type", "must be text or a mapping, not a list"),
            ("7:5", "too-short", "must not be empty"),
        ],
    ),
}


@pytest.mark.parametrize("case", SECTIONS)
def test_a_bad_section_is_refused_at_its_place(space: Workspace, case: str) -> None:
    text, expected = SECTIONS[case]
    space.configure(text)
    refuses(space, expected)


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
    "a header that nobody knows": (
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


@pytest.mark.parametrize("verb", [("plan",), ("apply", "--auto-approve"), ("ledger", "list")])
def test_every_verb_refuses_a_bad_address_without_sending_or_repeating_it(
    space: Workspace, verb: tuple[str, ...]
) -> None:
    space.configure("groups: [A]\n")
    for url in (f"http://demo:{SECRET}@example.com", f"ftp://example.com/?hash={SECRET}", "http://[::1", "nonsense"):
        ran = space.run(*verb, env={"INTIME_URL": url, "INTIME_USER": "demo", "INTIME_HASH": SECRET})
        assert_no_trace(ran)
        assert (ran.code, ran.out) == (3, "")
        assert "error: INTIME_URL" in ran.err
        assert SECRET not in ran.err


def test_a_bad_configuration_stops_plan_and_apply_before_anything_is_sent(tmp_path: Path) -> None:
    with workspace(tmp_path) as space:
        space.configure("groups: [A, A]\nblocklist: [0701740605, 12]\n")
        for verb in (("plan",), ("apply", "--auto-approve"), ("apply", "--auto-approve", "--format", "json")):
            ran = space.run(*verb)
            assert (ran.code, ran.out) == (3, ""), "stdout is for the result, and there is none"
            assert "intime.yaml:4:13: error: `group/A` is already at" in ran.err
            assert "intime.yaml:5:25: error: `12` is not a possible phone number" in ran.err
            assert "Found 2 errors." in ran.err
        assert posts(space) == []


BROKEN = {
    "intime.yaml": """\
version: 1
owner: clinic-a
account: {url: embedded}
include:
  - clinic/*.yaml
  - contacts: people/*.csv
  - reminders/*.yaml
groups:
  - Personal
  - Personal
  - {name: Jour, ondelete: delete_contacts}
  - ~clinic-a/all-000000000000
contacts:
  - {key: john.svensson, firstname: John, mobile: 070-174 06 05, groups: [Personel]}
  - {key: anna, mobile: 0701740605, firstname: "A\\u0001nna"}
  - {firstname: Nobody}
blocklist: 0701740606
blocklsit: []
""",
    "clinic/a.yaml": """\
reminders:
  - {key: a, at: 2026-03-29T02:30, attendant: {mobile: 0701740608}}
  - {key: a, at: 2026-10-25T02:30, attendant: {mobile: 0701740608}}
  - {key: b, at: 2036-10-25, attendant: {mobile: 123}}
  - {key: c, at: 2036-01-07T10:00, attendant: {mobile: 0701740608}}
  - {key: d, at: 2036-01-07T10:00, attendant: {mobile: "+46 70 174 06 08"}}
""",
    "clinic/b.yaml": "owner: clinic-b\ngroups: [Jour]\ngroups: [Natt]\n",
    "clinic/c.yaml": "groups: [Dag\n",
    "people/dag.csv": "key;firstname;mobile;email\nmaja;Maja;0701740609;maja@example.se\n"
    "ole;Ole;;ole.example.se\n;;;\nx;y\n",
    "people/natt.csv": "key,phone\nper,0701740610\n",
}


def test_all_problems_of_a_configuration_are_reported_in_order(space: Workspace) -> None:
    for name, text in BROKEN.items():
        space.write(name, text)
    ran = space.run("validate")
    assert ran.code == 3
    assert_no_trace(ran)
    check_golden("cli/broken-configuration.txt", ran.out)
    places = [(file, *map(int, place.split(":"))) for file, place, _, _ in findings(ran)]
    assert places == sorted(places)


def test_an_unknown_field_does_not_hide_other_problems_of_its_item(space: Workspace) -> None:
    space.configure("groups: [Personal]\ncontacts:\n  - {fistname: Anna, mobile: 0701740605, groups: [Personall]}\n")
    ran = space.run("validate")
    assert ran.code == 3
    assert "[unknown-field]" in ran.out
    assert "did you mean `firstname`" in ran.out
    assert "[unknown-group]" in ran.out
    assert "did you mean `Personal`" in ran.out
