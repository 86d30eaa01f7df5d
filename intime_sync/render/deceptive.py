"""Characters that are invisible or look like others, and escaping them. Knows no layout.

The only place that decides which they are; every renderer uses it through `style.inert`.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

# Characters that draw nothing. `str.isprintable` covers the categories Cc, Cf, Cs, Co, Cn, Zl, Zp and Zs (but for the
# space) in the version of Unicode that Python has, but not the next two sets.
# The whole of Default_Ignorable_Code_Point, from DerivedCoreProperties.txt of Unicode 17.0.
_DEFAULT_IGNORABLE: Final = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
# Letters and symbols whose glyph is empty by design, and which have no property that says so: the blank braille cell,
# the blanks of hieroglyphs, the Khitan filler, the null notehead, the spaces of SignWriting.
_BLANK: Final = "\u2800\U00013441\U00013442\U00016fe4\U0001d159\U0001da7f\U0001da80"
_INVISIBLE: Final = f"{_DEFAULT_IGNORABLE}{_BLANK}"
# Variants of Latin letters: full-width, mathematical, and numbers and symbols like Ⅰ, ℂ or ⓐ.
_VARIANTS: Final = (
    "\u2102\u2107\u210a-\u2113\u2115\u2119-\u211d\u2124\u2128\u212c\u212d\u212f-\u2139\u2145-\u2149\u2160-\u217f\u24b6-\u24e9"
    "\uff10-\uff19\uff21-\uff3a\uff41-\uff5a\U0001d400-\U0001d7ff"
)
# Scripts with letters that look like Latin ones: Greek, Cyrillic, Armenian, Cherokee, Coptic, Lisu.
_FOREIGN: Final = (
    "\u0370-\u058f\u13a0-\u13ff\u1c80-\u1c8f\u1f00-\u1fff\u2c80-\u2cff\u2de0-\u2dff"
    "\ua4d0-\ua4ff\ua640-\ua69f\uab70-\uabbf"
)
# The Greek and Cyrillic letters that look like Latin ones, so that whole words made of them do.
_LATIN_LOOKING: Final = (
    "\u0391\u0392\u0395-\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a5\u03a7\u03bd\u03bf\u03c1\u03c5\u03f2\u03f3"
    "\u0405\u0406\u0407\u0408\u0410\u0412\u0415\u041a\u041c-\u041e\u0420-\u0422\u0425\u0430\u0435\u043e\u0440\u0441\u0443"
    "\u0445\u0455-\u0458\u0474\u0475\u04ae\u04af\u04ba\u04bb\u04c0\u04cf\u04bc\u04bd\u0501\u051a-\u051d"
)

_ALWAYS: Final = re.compile(f"[{_INVISIBLE}{_VARIANTS}]")
_SOMETIMES: Final = re.compile(f"[{_FOREIGN}]")
# Holds all combining marks; common letters (Latin, Greek, Cyrillic, East Asian), punctuation and symbols are outside.
_MARKED: Final = re.compile(
    "[^\\x00-\u02ff\u0370-\u0482\u048a-\u0590\u1e00-\u20cf\u20f1-\u2cee\u3100-\ua66e\uac00-\ud7ff]"
)
_LATIN: Final = re.compile(
    "[A-Za-z\u00aa\u00ba\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02af\u1d00-\u1d25\u1e00-\u1eff\ua722-\ua7ff]"
)
# A combining mark on a letter, or an invisible character between two, does not end a word.
_WITHIN: Final = (
    "\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f"
    f"\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff{_INVISIBLE}"
)
_LATIN_LOOKING_WORD: Final = re.compile(f"[{_LATIN_LOOKING}{_WITHIN}0-9_]+")
_WORD: Final = re.compile(rf"[\w{_WITHIN}]+")


def escape_deceptive(text: str) -> str:
    r"""`text`, which must be in NFC, with invisible and look-alike characters escaped, as in `\u200b`.

    These are control and direction characters, characters that draw nothing, all spaces but the usual one, combining
    marks without a letter of their script, and variants of Latin letters (Ａ, 𝐀). In a text with Latin letters they
    are also the letters of other scripts that share a word with Latin ones, or make up a word that looks Latin. A
    name wholly in another script stays as it is.
    """
    if _SOMETIMES.search(text) and _LATIN.search(text):
        text = _WORD.sub(_unmixed_word, text)
    if text.isprintable() and not _ALWAYS.search(text) and not _MARKED.search(text):
        return text
    shown, base = [], ""
    for character in text:
        mark = unicodedata.category(character)[0] == "M"
        if (
            character.isprintable()
            and not _ALWAYS.match(character)
            and not (mark and not _is_drawn_on(base, character))
        ):
            shown.append(character)
            base = base if mark else character
        else:
            shown.append(_escaped(character))
            base = ""
    return "".join(shown)


def _is_drawn_on(base: str, mark: str) -> bool:
    """Whether every font draws the combining mark on `base`: a letter of its script, or any for marks of all scripts.

    On nothing, or on a letter of another script, some fonts show the mark and some show nothing.
    """
    if not base or base == " ":
        return False
    script = unicodedata.name(mark, "").partition(" ")[0]
    return script == "COMBINING" or unicodedata.name(base, "").partition(" ")[0] == script


def _unmixed_word(found: re.Match[str]) -> str:
    word = found[0]
    if _LATIN.search(word) or _LATIN_LOOKING_WORD.fullmatch(word):
        return _SOMETIMES.sub(lambda letter: _escaped(letter[0]), word)
    return word


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")
