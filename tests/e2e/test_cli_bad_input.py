"""No input causes a traceback: every problem has a place, a code and a text, and all are reported at once."""

from __future__ import annotations

from pathlib import Path

import pytest
from cli_world import assert_no_trace, posts
from golden_files import check_golden
from harness import SECRET, Workspace, workspace
from refusals import Finding, findings, refuses


@pytest.fixture
def space(tmp_path: Path) -> Workspace:
    """No emulator: a bad configuration is refused before anything is asked."""
    return Workspace(tmp_path)


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
    "groups that are not declared": (
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
