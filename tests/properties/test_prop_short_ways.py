"""The short ways that usual values take must end where the long ones do."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from hypothesis import example, given
from hypothesis import strategies as st

from intime_sync.kinds.reading import ItemContext
from intime_sync.kinds.registry import CONTACTS
from intime_sync.model.problem import Origin
from intime_sync.service.text import clean, forbidden_character

ORIGIN = Origin("intime.yaml", 1, 1)
NAMES = st.text(st.sampled_from("ab Åå\u030a\u00a0\t\x0b~"), max_size=4)


def context() -> ItemContext:
    return ItemContext("SE", ZoneInfo("Europe/Stockholm"), [], lambda *_: ORIGIN)


@given(st.text(max_size=8) | NAMES)
@example("\x7f")
@example(" a ")
def test_a_text_is_cleaned_or_refused(text: str) -> None:
    reading = context()
    read = reading.text({"name": text}, "name")
    if forbidden_character(text):
        assert (read, [problem.code for problem in reading.problems]) == ("", ["forbidden-character"])
    else:
        assert (read, reading.problems) == (clean(text), [])


@given(st.lists(NAMES.filter(bool), max_size=4))
@example(["b", "a"])
@example(["a", "a "])
@example(["a", "b", "a"])
def test_groups_are_those_that_each_name_alone_means(names: list[str]) -> None:
    reading, alone = context(), context()
    resource = CONTACTS.read({"key": "k", "mobile": "0701740605", "groups": names}, ORIGIN, reading)
    each = [alone.text({"groups": name}, "groups") for name in names]
    assert (resource is None) == bool(alone.problems)
    if resource is not None:
        assert resource.value.groups == tuple(sorted(set(each)))
        assert [problem.code for problem in reading.problems] == ["repeated-group"] * (len(set(each)) < len(each))
