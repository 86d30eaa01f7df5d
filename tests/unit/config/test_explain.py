"""Every way not to fit a schema has a sentence at a place."""

import pytest

from intime_sync.config.convert import converter_for
from intime_sync.config.document import Path
from intime_sync.config.explain import Checker
from intime_sync.config.schema import section_schema
from intime_sync.config.yaml_reader import read_yaml
from intime_sync.kinds.fields import Field, FieldType, SectionSpec, boolean, choice, text
from intime_sync.model.problem import Origin, Problem

NAME = text("name", "Name.", required=True, min_length=1)
PERSON = Field("person", FieldType.OBJECT, "Somebody.", fields=(NAME, text("mobile", "Mobile.", required=True)))
RECIPIENT = Field(
    "",
    FieldType.ONE_OF,
    "A number or a contact.",
    forms=(
        Field("", FieldType.MOBILE, "A number.", pattern=r"^[+0-9 -]+$"),
        Field("", FieldType.OBJECT, "A contact.", fields=(text("contact", "Its key.", required=True),)),
        Field("", FieldType.OBJECT, "A group.", fields=(text("group", "Its name.", required=True), NAME)),
    ),
)
PRUNE = Field(
    "prune",
    FieldType.ONE_OF,
    "Prune.",
    forms=(
        choice("", "For all.", ("owned", "all", "never")),
        Field("", FieldType.OBJECT, "By kind.", fields=(choice("group", "Groups.", ("owned", "never")),)),
    ),
)
THINGS = SectionSpec(
    "things",
    "Things",
    "Things.",
    fields=(
        text("key", "Key.", pattern=r"^[a-z.]+$", max_length=12, min_length=2, examples=("john.svensson",)),
        text("mobile", "Mobile."),
        choice("type", "Type.", ("sms", "email", "sms+email")),
        choice("only", "Only.", ("one",)),
        boolean("active", "Active."),
        Field("id", FieldType.INTEGER, "Id.", minimum=1, maximum=9),
        Field("groups", FieldType.LIST, "Groups.", items=text("", "", min_length=1), min_length=1, max_length=2),
        Field("recipients", FieldType.LIST, "To.", items=RECIPIENT),
        PERSON,
        PRUNE,
    ),
    short=text("mobile", "Mobile."),
)
CHECKER = Checker(section_schema(THINGS))


def at_the_start(path: Path, *, key: bool = False) -> Origin:
    return Origin("f.yaml", 1, 1)


def problems_of(text: str) -> list[Problem]:
    document, problems = read_yaml("f.yaml", text.encode())
    assert problems == []
    assert document is not None
    things = document.root["things"]
    assert isinstance(things, list)
    converter_for(THINGS)(things)
    return CHECKER.explain(things, document.locate, ["things"])


@pytest.mark.parametrize(
    ("item", "code", "column", "message"),
    [
        ("{moblie: x}", "unknown-field", 4, "unknown field `moblie`; did you mean `mobile`?"),
        ("{Mobile: x}", "unknown-field", 4, "unknown field `Mobile`; did you mean `mobile`?"),
        ("{zzz: x}", "unknown-field", 4, "unknown field `zzz`"),
        ("{moblie: x, mobile: y}", "unknown-field", 4, "unknown field `moblie`"),
        ("{person: {name: A}}", "missing-field", 12, "`person.mobile` is missing"),
        ("{person: {name: , mobile: x}}", "missing-field", 12, "`person.name` is missing"),
        ("{person: {name: '', mobile: x}}", "too-short", 19, "`person.name` must not be empty"),
        ("{person: Anna}", "wrong-type", 12, "`person` must be a mapping, not text"),
        ("{groups: Jour}", "wrong-type", 12, "`groups` must be a list, not text"),
        ("{groups: {a: b}}", "wrong-type", 12, "`groups` must be a list, not a mapping"),
        ("{groups: [[a]]}", "wrong-type", 13, "item 1 of `groups` must be text, not a list"),
        ("{groups: [a, '']}", "too-short", 16, "item 2 of `groups` must not be empty"),
        ("{groups: []}", "too-short", 12, "`groups` must not be empty"),
        ("{groups: [a, b, c]}", "too-long", 12, "`groups` has 3 items, and must have at most 2"),
        ("{mobile: [070]}", "wrong-type", 12, "`mobile` must be text, not a list"),
        (
            "{type: smss}",
            "not-a-choice",
            10,
            "`type` must be one of sms, email, sms+email, not `smss`; did you mean `sms`?",
        ),
        ("{type: '1'}", "not-a-choice", 10, "`type` must be one of sms, email, sms+email, not `1`"),
        ("{type: [sms]}", "wrong-type", 10, "`type` must be one of sms, email, sms+email, not a list"),
        ("{only: two}", "not-a-choice", 10, "`only` must be one, not `two`"),
        ("{active: maybe}", "wrong-type", 12, "`active` must be true or false, not `maybe`"),
        ("{active: [true]}", "wrong-type", 12, "`active` must be true or false, not a list"),
        ("{id: '007'}", "wrong-type", 8, "`id` must be a whole number, not `007`"),
        ("{id: 0}", "out-of-range", 8, "`id` must be at least 1, not 0"),
        ("{id: 10}", "out-of-range", 8, "`id` must be at most 9, not 10"),
        ("{key: AB}", "bad-format", 9, "`key` is not in the right form: `AB`; one that is: `john.svensson`"),
        ("{key: abcdefghijklm}", "too-long", 9, "`key` has 13 characters, and must have at most 12"),
        ("{key: a}", "too-short", 9, "`key` has 1 character, and must have at least 2"),
        (
            "{recipients: [x]}",
            "bad-format",
            17,
            "item 1 of `recipients` is not in the right form: `x`",
        ),
        ("{recipients: [{contcat: x}]}", "unknown-field", 18, "unknown field `contcat`; did you mean `contact`?"),
        ("{recipients: [{group: x}]}", "missing-field", 17, "`name` is missing"),
        ("{recipients: [[x]]}", "wrong-type", 17, "item 1 of `recipients` must be text or a mapping, not a list"),
        (
            "{prune: nver}",
            "not-a-choice",
            11,
            "`prune` must be one of owned, all, never or a mapping, not `nver`; did you mean `never`?",
        ),
        ("{prune: {group: all}}", "not-a-choice", 19, "`prune.group` must be one of owned, never, not `all`"),
        ("{prune: {gruop: never}}", "unknown-field", 12, "unknown field `gruop`; did you mean `group`?"),
        ("[x]", "wrong-type", 3, "item 1 of `things` must be text or a mapping, not a list"),
        ("", "wrong-type", 2, "item 1 of `things` must be text or a mapping, not empty"),
    ],
)
def test_each_mistake_has_a_sentence_and_a_place(item: str, code: str, column: int, message: str) -> None:
    found = [
        problem for problem in problems_of(f"things:\n- {item}\n") if "`contact` is missing" not in problem.message
    ]
    assert [(p.code, p.message) for p in found] == [(code, message)]
    assert found[0].origin == Origin("f.yaml", 2, column)


def test_every_mistake_is_reported_once() -> None:
    found = problems_of(
        "things:\n- {moblie: x, typo: y, person: {}}\n- 070-174 06 05\n- {active: maybe, person: 1}\n"
    )
    assert sorted(str(problem) for problem in found) == [
        "f.yaml:2:15: error: unknown field `typo`; did you mean `type`? [unknown-field]",
        "f.yaml:2:32: error: `person.mobile` is missing [missing-field]",
        "f.yaml:2:32: error: `person.name` is missing [missing-field]",
        "f.yaml:2:4: error: unknown field `moblie`; did you mean `mobile`? [unknown-field]",
        "f.yaml:4:12: error: `active` must be true or false, not `maybe` [wrong-type]",
        "f.yaml:4:27: error: `person` must be a mapping, not text [wrong-type]",
    ]


def test_valid_values_have_no_problems() -> None:
    assert problems_of("things:\n- {key: ab, type: sms, active: no, id: 3, groups: [a], prune: all}\n- x\n") == []


def test_long_values_are_cut_and_control_characters_escaped() -> None:
    [problem] = problems_of(f'things:\n- type: "\\e[31m{"x" * 100}"\n')
    assert problem.message == f"`type` must be one of sms, email, sms+email, not `\\x1b[31m{'x' * 35}…`"


def test_a_disagreement_of_the_two_libraries_is_reported() -> None:
    # Python's `$` matches before a last line feed, Rust's does not: the refusal still gets a sentence.
    checker = Checker({"type": "string", "pattern": "^a$"})
    assert not checker.is_valid("a\n")
    found = checker.explain("a\n", at_the_start, ["owner"])
    assert [(problem.code, problem.message.partition(":")[0]) for problem in found] == [
        ("bad-format", "`owner` is not as it should be")
    ]


def test_a_section_that_is_no_list_is_reported() -> None:
    found = CHECKER.explain("x", at_the_start, ["things"])
    assert [problem.message for problem in found] == ["`things` must be a list, not text"]
