"""What the documentation leaves open, as options. Knows nothing of HTTP, XML or storage."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, get_args

Echo = Literal["raw", "national", "e164"]
Declare = Literal["iso-8859-1", "iso88591", "utf-8"]
Duplicates = Literal["merge", "keep"]
Names = Literal["keep", "latin1", "upper", "cut50"]
OnKnownMobile = Literal["add", "replace", "union", "keep"]

_CHOICES: Final = {
    "echo": get_args(Echo),
    "declare": get_args(Declare),
    "duplicates": get_args(Duplicates),
    "on_known_mobile": get_args(OnKnownMobile),
    "names": get_args(Names),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Behaviour:
    """What the endpoints do where the documentation leaves a choice.

    - `user`: the account's user name, which lists of reminders repeat.
    - `echo`: how lists spell mobiles: as sent (`raw`), `0701740605` (`national`) or `+46701740605` (`e164`).
    - `declare`: the encoding that lists declare; with `utf-8` their bytes are UTF-8 too, else ISO-8859-1.
    - `on_known_mobile`: adding a contact whose mobile (else e-mail) is known makes another one (`add`), or returns
      the known one's id: with the new fields and only the new groups (`replace`), with the new fields and the groups
      of both (`union`), or as it was (`keep`).
    - `names`: what becomes of a new group's name: it stays (`keep`), letters beyond ISO-8859-1 become `?` (`latin1`),
      all letters become capitals (`upper`), or it is cut after 50 characters (`cut50`).
    - `reuse_ids`: the ids of removed groups are given out again.
    - `duplicates`: adding a number that is already blocked returns its entry (`merge`) or adds another (`keep`).

    Raises ValueError for a value outside these.
    """

    user: str = "demo"
    echo: Echo = "national"
    declare: Declare = "iso-8859-1"
    on_known_mobile: OnKnownMobile = "add"
    names: Names = "keep"
    reuse_ids: bool = False
    duplicates: Duplicates = "merge"

    def __post_init__(self) -> None:
        for name, allowed in _CHOICES.items():
            value = getattr(self, name)
            if value not in allowed:
                raise ValueError(f"{name} must be one of {', '.join(allowed)}, not {value!r}")
