"""Every way in which a file is no YAML for this program: a code, a place, and no exception."""

import pytest

from intime_sync.config.yaml_reader import MAX_DEPTH, read_yaml


def found(data: bytes) -> list[tuple[str, int, int]]:
    _, problems = read_yaml("intime.yaml", data)
    return [(p.code, p.origin.line, p.origin.column) for p in problems if p.origin]


@pytest.mark.parametrize(
    ("text", "code", "line", "column"),
    [
        ("a: [1, 2\n", "yaml-syntax", 2, 1),
        ("a: {b: 1\n", "yaml-syntax", 2, 1),
        ("a: 'open\n", "yaml-syntax", 2, 1),
        ("a: b: c\n", "yaml-syntax", 1, 5),
        ("a:\n\t- b\n", "yaml-syntax", 2, 1),
        ("a: @b\n", "yaml-syntax", 1, 4),
        ("a: `b\n", "yaml-syntax", 1, 4),
        ("a: %b\n", "yaml-syntax", 1, 4),
        ("a:\n  b: 1\n c: 2\n", "yaml-syntax", 3, 2),
        ("a: 1\nb\n", "yaml-syntax", 3, 1),
        ("a: 1\n- b\n", "yaml-syntax", 2, 1),
        ("a: - b\n", "yaml-syntax", 1, 4),
        ('a: "\\q"\n', "yaml-syntax", 1, 5),
        ('a: "\\ud800"\n', "yaml-syntax", 1, 7),
        ("å: 1\nb: x\x07y\n", "yaml-syntax", 2, 5),
        ("a: ]\n", "yaml-syntax", 1, 4),
        ("a: & b\n", "yaml-syntax", 1, 5),
        ("%YAML 3.0\n---\na: b\n", "yaml-syntax", 1, 1),
        ("a: 1\nb: 2\na: 3\n", "duplicate-key", 3, 1),
        ("l:\n  - {k: 1, k: 2}\n", "duplicate-key", 2, 12),
        ("x: &x {a: 1}\ny:\n  <<: *x\n  <<: *x\n", "duplicate-key", 4, 3),
        ("a: !!int 1\n", "yaml-tag", 1, 4),
        ("a: !!python/object:os.system x\n", "yaml-tag", 1, 4),
        ("a: !foo {b: c}\n", "yaml-tag", 1, 4),
        ("a: !e!foo b\n", "yaml-tag", 1, 4),
        ("a: 1\nåb\0: 2\n", "yaml-nul", 2, 3),
        ("a: 1\n---\nb: 2\n", "yaml-documents", 2, 1),
        ("- a\n", "yaml-root", 1, 1),
        ("\n  text\n", "yaml-root", 2, 3),
        ("''\n", "yaml-root", 1, 1),
        ("a:\n  [b]: c\n", "yaml-key", 2, 3),
        ("a: {{ name }}\n", "yaml-key", 1, 5),
        ("? \n: b\n", "yaml-key", 1, 2),
        ("a: *b\n", "yaml-alias", 1, 4),
        ("a: &a\n  b: *a\n", "yaml-alias", 2, 6),
        ("a: &a [*a]\n", "yaml-alias", 1, 8),
        ("a: {<<: text}\n", "yaml-merge", 1, 5),
        ("a: {<<: [[b]]}\n", "yaml-merge", 1, 5),
        ("a: {<<: }\n", "yaml-merge", 1, 5),
        ("a: " + "[" * MAX_DEPTH + "]" * MAX_DEPTH, "yaml-depth", 1, 3 + MAX_DEPTH),
        ("a: " + "[" * 100_000, "yaml-depth", 1, 3 + MAX_DEPTH),
    ],
)
def test_bad_yaml_has_a_code_and_a_place(text: str, code: str, line: int, column: int) -> None:
    assert found(text.encode()) == [(code, line, column)]


@pytest.mark.parametrize(
    ("data", "code", "line", "column"),
    [
        ("a: \N{LATIN SMALL LETTER A WITH RING ABOVE}\n".encode("latin-1"), "yaml-encoding", 1, 4),
        ("å: 1\nb: ".encode() + b"\xff\n", "yaml-encoding", 2, 4),
        ("a: b".encode("utf-16"), "yaml-encoding", 1, 1),
        (b"a: \xed\xa0\x80\n", "yaml-encoding", 1, 4),
    ],
)
def test_bytes_that_are_not_utf_8_have_a_place(data: bytes, code: str, line: int, column: int) -> None:
    assert found(data) == [(code, line, column)]


def test_every_duplicate_key_and_tag_is_reported_at_once_and_the_rest_is_still_read() -> None:
    document, problems = read_yaml("x.yaml", b"a: 1\na: 2\nb: {c: 1, c: 2, c: 3}\nd: !foo x\n")
    assert [str(problem) for problem in problems] == [
        "x.yaml:2:1: error: `a` is already given on line 1 [duplicate-key]",
        "x.yaml:3:11: error: `c` is already given on line 3 [duplicate-key]",
        "x.yaml:3:17: error: `c` is already given on line 3 [duplicate-key]",
        "x.yaml:4:4: error: the tag `!foo` is not used here; write the value without it [yaml-tag]",
    ]
    assert document is not None
    assert document.root["d"] == "x"


def test_duplicates_before_a_syntax_error_are_reported_with_it() -> None:
    assert found(b"a: 1\na: 2\nb: [\n") == [("duplicate-key", 2, 1), ("yaml-syntax", 4, 1)]


def test_a_list_that_a_duplicate_key_replaces_has_no_places() -> None:
    document, _ = read_yaml("x.yaml", b"a: [1, 2]\na: text\n")
    assert document is not None
    assert document.items == {}


def bomb(levels: int, width: int) -> str:
    lines = ["l0: &l0 [lol]"]
    lines += [f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * width)}]" for n in range(1, levels)]
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (bomb(10, 10), "yaml-bomb"),
        (bomb(40, 2), "yaml-bomb"),
        (bomb(MAX_DEPTH + 5, 1), "yaml-depth"),
        (
            "x: &x {" + ", ".join(f"k{n}: 1" for n in range(2000)) + "}\ny:\n" + "- {<<: *x}\n" * 2000,
            "yaml-bomb",
        ),
    ],
)
def test_a_small_file_cannot_expand_to_a_huge_value(text: str, code: str) -> None:
    assert [found_code for found_code, _, _ in found(text.encode())] == [code]


def test_ordinary_aliases_are_accepted() -> None:
    groups = ", ".join(f"group-{n}" for n in range(20))
    text = f"x: &all [{groups}]\ncontacts:\n" + "- {mobile: 070-174 06 05, groups: *all}\n" * 5000
    assert found(text.encode()) == []


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("a:\n\tb: 1\n", "a tab where spaces must indent"),
        ("a: @b\n", "text cannot start with `@` unless it is quoted"),
        ("a: b: c\n", "`:` is not allowed here"),
        ("a: [1,\nb: 2\n", "(what this is part of starts on line 1)"),
        ("a: 'open\n", "the file ends inside a quoted text"),
    ],
)
def test_syntax_errors_are_in_plain_words(text: str, sentence: str) -> None:
    _, problems = read_yaml("x.yaml", text.encode())
    assert sentence in problems[0].message
