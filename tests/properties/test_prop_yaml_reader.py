"""Any bytes are read without an exception, as plain values with places inside the file."""

import yaml
from hypothesis import given
from hypothesis import strategies as st

from intime_sync.config.yaml_reader import read_yaml

SIGNS = """a b : - [ ] { } , " ' # > ? % @ | \\ å &x *x <<: !t !!str """
SPACED = [": ", "- ", "? ", "&x ", "*x ", "<<: ", "!t ", "\n", "  ", "\t", "\r", "---\n", "...\n", "|\n"]
PIECES = st.sampled_from([*SIGNS.split(), *SPACED, "\u2028", "\ufeff", "\x07"])
TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=20)
VALUES = st.recursive(
    TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=20,
)


def assert_sane(data: bytes) -> None:
    document, problems = read_yaml("f.yaml", data)
    assert document is not None or problems
    lines = len(data.decode(errors="replace").splitlines()) + 1
    for problem in problems:
        assert problem.origin is not None
        assert 1 <= problem.origin.line <= lines
        assert problem.origin.column >= 1
        assert problem.message.isprintable()
    if document is not None:
        for key, places in document.items.items():
            value = document.root[key]
            assert isinstance(value, list)
            assert len(places) == len(value)
            for index in range(len(value)):
                assert document.locate((key, index, "a", 0)).line >= 1
        for key in document.root:
            assert document.locate((key, "a"), key=True).line >= 1


@given(st.binary(max_size=200))
def test_any_bytes(data: bytes) -> None:
    assert_sane(data)


@given(st.lists(PIECES, max_size=40).map("".join))
def test_any_text_made_of_yaml(text: str) -> None:
    assert_sane(text.encode())


@given(st.text(max_size=100))
def test_any_text(text: str) -> None:
    assert_sane(text.encode(errors="surrogatepass"))


@given(st.dictionaries(TEXTS, VALUES, max_size=5), st.booleans())
def test_what_a_yaml_writer_writes_is_read_back(root: dict[str, object], flow: bool) -> None:
    written = yaml.dump(root, allow_unicode=True, default_style='"', default_flow_style=flow)
    document, problems = read_yaml("f.yaml", written.replace("!!str ", "").encode())
    assert problems == []
    assert document is not None
    assert document.root == root
