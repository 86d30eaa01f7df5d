"""The length of a text as SMS: septets, parts, and characters outside the alphabet."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intime_sync.emulator.values import message_length
from intime_sync.service.gsm import MULTI_MAX, MULTI_PART, ONE_SMS, parts, septets, unsupported

TEXTS = st.text(st.sampled_from("aÖ€[\n") | st.characters(codec="utf-8"), max_size=1200)

# GSM 03.38, section 6.2.1: the rows of the table, without the escape to the extension.
BASIC = (
    "@Δ 0¡P¿p£_!1AQaq$Φ\"2BRbr¥Γ#3CScsèΛ¤4DTdtéΩ%5EUeuùΠ&6FVfvìΨ'7GWgwòΣ(8HXhxÇΘ)9IYiy"
    "\nΞ*:JZjzØ+;KÄkäøÆ,<LÖlö\ræ-=MÑmñÅß.>NÜnüåÉ/?O§oà"
)
EXTENSION = "\f^{}\\[~]|€"


def test_the_alphabet_is_the_standard_s() -> None:
    assert len(set(BASIC)) == 127
    assert unsupported(BASIC + EXTENSION) == ()
    assert [septets(character) for character in BASIC] == [1] * 127
    assert [septets(character) for character in EXTENSION] == [2] * 10


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("God jul! 50 €", ()),
        ("Łukasz łł Ł", ("Ł", "ł")),
        ("ça va", ("ç",)),
        ("`´’", ("`", "´", "’")),
        ("a\tb", ("\t",)),
        ("🎄", ("🎄",)),
        ("a\u0300", ("\u0300",)),
    ],
)
def test_characters_outside_the_alphabet_are_named_once_and_in_order(text: str, found: tuple[str, ...]) -> None:
    assert unsupported(text) == found


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 1),
        ("a" * ONE_SMS, 1),
        ("€" * 80, 1),
        ("a" * 161, 2),
        ("€" * 80 + "a", 2),
        ("a" * 268, 2),
        ("a" * 269, 3),
        ("a" * MULTI_MAX, 6),
        ("a" * (MULTI_MAX + 1), 7),
        # 133 and a character of two: the first part keeps a septet free, so that nothing is split.
        ("a" * 133 + "€" + "a" * 132, 2),
        ("a" * 133 + "€" + "a" * 133, 3),
        (("a" * 133 + "€") * 5 + "a" * 129, 7),
        ("€" * 402, 6),
    ],
)
def test_how_many_sms_a_text_is(text: str, count: int) -> None:
    assert parts(text, multisms=True) == count
    assert parts(text, multisms=False) == 1


@given(TEXTS)
def test_parts_hold_the_text_and_waste_a_septet_each_at_most(text: str) -> None:
    length, count = septets(text), parts(text, multisms=True)
    if length <= ONE_SMS:
        assert count == 1
    else:
        assert -(-length // MULTI_PART) <= count <= -(-length // (MULTI_PART - 1))
        if length == len(text):
            assert count == -(-length // MULTI_PART)


@given(TEXTS, TEXTS)
def test_a_longer_text_is_never_fewer_sms(text: str, more: str) -> None:
    assert parts(text + more, multisms=True) >= parts(text, multisms=True)


@given(TEXTS)
def test_the_emulator_counts_the_same_length(text: str) -> None:
    assert septets(text) == message_length(text)
