"""Characters that cannot be seen, or look like others: which they are, and how they are spelled out. Knows no layout.

The one place that decides this; every renderer comes here through `style.inert`.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

# What draws nothing, by property. `str.isprintable` knows the categories Cc, Cf, Cs, Co, Cn, Zl, Zp and Zs (but for
# the space) in the version of Unicode that Python has; the next two it does not know.
# The whole of Default_Ignorable_Code_Point, from DerivedCoreProperties.txt of Unicode 17.0.
_DEFAULT_IGNORABLE: Final = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
# Letters and symbols whose glyph is empty by design, and which have no property that says so: the blank braille cell,
# the blanks of hieroglyphs, the Khitan filler, the null notehead, the spaces of SignWriting.
_BLANK: Final = "\u2800\U00013441\U00013442\U00016fe4\U0001d159\U0001da7f\U0001da80"
_INKLESS: Final = f"{_DEFAULT_IGNORABLE}{_BLANK}"
# Letters of the Latin alphabet in another dress: full-width, mathematical, and numbers and symbols like Ⅰ, ℂ or ⓐ.
_DISGUISED: Final = (
    "\u2102\u2107\u210a-\u2113\u2115\u2119-\u211d\u2124\u2128\u212c\u212d\u212f-\u2139\u2145-\u2149\u2160-\u217f\u24b6-\u24e9"
    "\uff10-\uff19\uff21-\uff3a\uff41-\uff5a\U0001d400-\U0001d7ff"
)
# Scripts with letters that look like Latin ones: Greek, Cyrillic, Armenian, Cherokee, Coptic, Lisu.
_FOREIGN: Final = (
    "\u0370-\u058f\u13a0-\u13ff\u1c80-\u1c8f\u1f00-\u1fff\u2c80-\u2cff\u2de0-\u2dff"
    "\ua4d0-\ua4ff\ua640-\ua69f\uab70-\uabbf"
)
# Those of Greek and Cyrillic of which a whole word can be made that looks Latin.
_TWINS: Final = (
    "\u0391\u0392\u0395-\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a5\u03a7\u03bd\u03bf\u03c1\u03c5\u03f2\u03f3"
    "\u0405\u0406\u0407\u0408\u0410\u0412\u0415\u041a\u041c-\u041e\u0420-\u0422\u0425\u0430\u0435\u043e\u0440\u0441\u0443"
    "\u0445\u0455-\u0458\u0474\u0475\u04ae\u04af\u04ba\u04bb\u04c0\u04cf\u04bc\u04bd\u0501\u051a-\u051d"
)

_ALWAYS: Final = re.compile(f"[{_INKLESS}{_DISGUISED}]")
_SOMETIMES: Final = re.compile(f"[{_FOREIGN}]")
# All marks lie here; Latin, Greek and Cyrillic letters, punctuation and symbols, and those of East Asia do not.
_MARKED: Final = re.compile(
    "[^\\x00-\u02ff\u0370-\u0482\u048a-\u0590\u1e00-\u20cf\u20f1-\u2cee\u3100-\ua66e\uac00-\ud7ff]"
)
_LATIN: Final = re.compile(
    "[A-Za-z\u00aa\u00ba\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02af\u1d00-\u1d25\u1e00-\u1eff\ua722-\ua7ff]"
)
# A mark on a letter, or something unseen between two, does not end a word.
_WITHIN: Final = (
    "\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f"
    f"\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff{_INKLESS}"
)
_TWIN_WORD: Final = re.compile(f"[{_TWINS}{_WITHIN}0-9_]+")
_WORD: Final = re.compile(rf"[\w{_WITHIN}]+")


def spelled_out(text: str) -> str:
    r"""`text`, which must be in NFC, with what cannot be seen or believed written as `\u200b`.

    That is: control and direction characters, whatever leaves no ink, spaces but the usual one, marks with no letter
    of their script to stand on, letters in disguise (Ａ, 𝐀), and where Latin letters stand also those of other
    scripts that are among them in one word, or that make up a word which looks like a Latin one. A name in another
    script altogether stays as it is.
    """
    if _SOMETIMES.search(text) and _LATIN.search(text):
        text = _WORD.sub(_honest_word, text)
    if text.isprintable() and not _ALWAYS.search(text) and not _MARKED.search(text):
        return text
    shown, base = [], ""
    for character in text:
        mark = unicodedata.category(character)[0] == "M"
        if character.isprintable() and not _ALWAYS.match(character) and not (mark and not _carries(base, character)):
            shown.append(character)
            base = base if mark else character
        else:
            shown.append(_escaped(character))
            base = ""
    return "".join(shown)


def _carries(base: str, mark: str) -> bool:
    """Whether a mark is drawn on this character: any mark of all scripts on any letter or sign, others on their own.

    Where it is drawn on nothing, or on a letter of another script, some fonts show it and some show nothing.
    """
    if not base or base == " ":
        return False
    script = unicodedata.name(mark, "").partition(" ")[0]
    return script == "COMBINING" or unicodedata.name(base, "").partition(" ")[0] == script


def _honest_word(found: re.Match[str]) -> str:
    word = found[0]
    if _LATIN.search(word) or _TWIN_WORD.fullmatch(word):
        return _SOMETIMES.sub(lambda letter: _escaped(letter[0]), word)
    return word


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")
