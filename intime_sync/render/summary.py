"""The gist of one object in a few short cells, from the attributes that its kind gives it. Knows no changes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

from intime_sync.model.resource import Address, Attributes, Json, KindName
from intime_sync.render.masking import Mask
from intime_sync.render.style import counted, inert

_NOTHING: Final[Mapping[str, Any]] = {}

Show: TypeAlias = Callable[[str], str]


def gist_of(address: Address, attributes: Attributes, mask: Mask) -> tuple[str, ...]:
    """What tells the object from others besides its key: always as many cells for one kind, "" where empty."""

    def show(text: str) -> str:
        return inert(mask(text))

    match address.kind:
        case "group" | "blocklist":
            # The key of a group is its name, and that of a blocked number the number.
            return ()
        case "contact":
            return _contact(address.key, attributes, show)
        case "reminder":
            return _reminder(attributes, show)
        case "message":
            return _message(attributes, show)
        case _:
            return _unknown(address.key, attributes, show)


def title_of(kind: KindName, attributes: Attributes, mask: Mask) -> str:
    """The one cell that says who, what or when it is, for objects whose other fields are shown apart."""
    match kind:
        case "contact":
            return inert(mask(_name(attributes)))
        case "reminder":
            return inert(mask(_name(_part(attributes, "attendant"))))
        case "message":
            return ", ".join(part for part in _when_and_to_whom(attributes, lambda text: inert(mask(text))) if part)
        case _:
            return ""


def value_of(value: Json, mask: Mask) -> str:
    """Any attribute's value on one line, never shortened; text that would look like nothing is quoted."""
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
    """A list's member: as `value_of`, with a mapping in braces, so that it is seen where it ends."""
    shown = value_of(value, mask)
    return f"{{{shown}}}" if isinstance(value, dict) else shown


def _contact(key: str, attributes: Attributes, show: Show) -> tuple[str, ...]:
    ways = [str(attributes[name]) for name in ("mobile", "email") if attributes.get(name)]
    groups = attributes.get("groups")
    names = f"[{', '.join([show(str(name)) for name in groups])}]" if isinstance(groups, list) and groups else ""
    return (show(_name(attributes)), ", ".join([show(way) for way in ways if way != key]), names)


def _reminder(attributes: Attributes, show: Show) -> tuple[str, ...]:
    organizer, attendant = _part(attributes, "organizer"), _part(attributes, "attendant")
    title, name = str(organizer.get("title", "")), _name(organizer)
    whose = " ".join(part for part in (title, name) if part)
    return (
        show(str(attributes.get("at", ""))),
        show(_name(attendant)),
        show(str(attendant.get("mobile", ""))),
        f"with {show(whose)}" if whose else "",
    )


def _message(attributes: Attributes, show: Show) -> tuple[str, ...]:
    """To whom comes before the words, which may be long. Whoever approves a message approves every character of it,
    and where it is told what became of it.
    """
    sender, body, url = (str(attributes.get(name) or "") for name in ("sender", "body", "status_url"))
    return (
        *_when_and_to_whom(attributes, show),
        f"from {show(sender)}" if sender else "",
        f"“{show(body)}”" if body else "",
        f"statuses to {show(url)}" if url else "",
    )


def people_of(kind: KindName, attributes: Attributes, mask: Mask) -> tuple[str, ...]:
    """Everybody whom a message goes to besides its groups: contacts by key, others by number."""
    recipients = attributes.get("recipients")
    if kind != "message" or not isinstance(recipients, list):
        return ()
    return tuple(inert(mask(_who(one))) for one in recipients)


def _who(recipient: Json) -> str:
    """A recipient as the configuration has it: the contact's key, or the number."""
    if isinstance(recipient, dict):
        return str(recipient.get("contact") or recipient.get("mobile") or "")
    return str(recipient)


def _when_and_to_whom(attributes: Attributes, show: Show) -> tuple[str, str]:
    recipients, groups = attributes.get("recipients"), attributes.get("groups")
    count = len(set(map(_number, recipients))) if isinstance(recipients, list) else 0
    to = [counted(count, "recipient")] if count else []
    if isinstance(groups, list) and groups:
        to.append(f"group{'' if len(groups) == 1 else 's'} {', '.join(show(str(name)) for name in groups)}")
    return (
        show(str(attributes.get("send_at", ""))),
        "; ".join([*([f"to {' and '.join(to)}"] if to else []), *_manner(attributes)]),
    )


def _manner(attributes: Attributes) -> list[str]:
    """What is not as usual about how a message is sent."""
    odd = {
        "flash": attributes.get("flash") is True,
        "anonymized": attributes.get("anonymize") is True,
        "without the blocklist": attributes.get("check_blocklist") is False,
    }
    return [words for words, is_so in odd.items() if is_so]


def _number(recipient: Json) -> str:
    """What a recipient is counted by: a contact may be there by number as well, and gets one message."""
    return str(recipient.get("mobile") or recipient if isinstance(recipient, dict) else recipient)


def _unknown(key: str, attributes: Attributes, show: Show) -> tuple[str, ...]:
    plain = (str(value) for value in attributes.values() if isinstance(value, str | int) and value != key)
    return (", ".join(show(value) for value in plain),)


def _name(attributes: Mapping[str, Any]) -> str:
    first, last = attributes.get("firstname"), attributes.get("lastname")
    return f"{first} {last}" if first and last else str(first or last or "")


def _part(attributes: Attributes, name: str) -> Mapping[str, Any]:
    part = attributes.get(name)
    return part if isinstance(part, dict) else _NOTHING
