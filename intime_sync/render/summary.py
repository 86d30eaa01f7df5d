"""One object as a few short cells, in the words of its kind. Knows no kind and no changes."""

from __future__ import annotations

from intime_sync.kinds.registry import words_of
from intime_sync.kinds.words import Show
from intime_sync.model.resource import Address, Attributes, Json, KindName
from intime_sync.render.masking import Mask
from intime_sync.render.style import inert


def gist_of(address: Address, attributes: Attributes, mask: Mask) -> tuple[str, ...]:
    """The cells that identify the object besides its key: as many for every object of a kind, "" where empty."""
    return words_of(address.kind).summary_cells(address.key, attributes, safe_text(mask))


def title_of(kind: KindName, attributes: Attributes, mask: Mask) -> str:
    """The one cell that names the object (who, what or when), for use where its fields are listed."""
    return words_of(kind).title_cell(attributes, safe_text(mask))


def recipients_of(kind: KindName, attributes: Attributes, mask: Mask) -> list[str]:
    """The object's recipients besides its groups."""
    return [*map(safe_text(mask), words_of(kind).recipients(attributes))]


def safe_text(mask: Mask) -> Show:
    """A function that makes text from outside safe to show: masked, then inert."""
    return lambda text: inert(mask(text))


def value_of(value: Json, mask: Mask) -> str:
    """Any attribute's value on one line, never shortened; empty text, and text with spaces around it, is quoted."""
    match value:
        case None:
            return "(none)"
        case bool():
            return "true" if value else "false"
        case str():
            text = inert(mask(value))
            return text if text and text == text.strip() else f'"{text}"'
        case int():
            return str(value)
        case list():
            return f"[{', '.join(member_of(item, mask) for item in value)}]"
        case dict():
            return ", ".join(f"{inert(mask(name))}: {value_of(member, mask)}" for name, member in value.items())


def member_of(value: Json, mask: Mask) -> str:
    """A list's member: as `value_of`, with a mapping in braces to show where it ends."""
    shown = value_of(value, mask)
    return f"{{{shown}}}" if isinstance(value, dict) else shown
