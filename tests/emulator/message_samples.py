"""Hand-written XML of messages."""

from __future__ import annotations

from xml.sax.saxutils import escape

HEAD = {"flash": "0", "multisms": "0", "senddate": None, "sendertitle": "Byggvaruh", "body": "Hej!"}
TO = '<recipients><recipient transid="12">+46701740605</recipient><recipient>0701740606</recipient></recipients>'


def message(to: str = TO, **fields: str | None) -> str:
    """A message in documented order; None leaves an element out."""
    order = [*HEAD, "statusurl", "checknix", "anonymize"]
    given = HEAD | fields
    values = {name: escape(given.get(name) or "") for name in order if given.get(name) is not None}
    return "<message>" + "".join(f"<{name}>{value}</{name}>" for name, value in values.items()) + f"{to}</message>"


def to_numbers(*numbers: str) -> str:
    """Recipients, each with a transid of its own: t1, t2 …"""
    items = (f'<recipient transid="t{n}">{number}</recipient>' for n, number in enumerate(numbers, 1))
    return f"<recipients>{''.join(items)}</recipients>"


def to_groups(*groups: int) -> str:
    return "<groups>" + "".join(f'<group groupid="{group}"/>' for group in groups) + "</groups>"


def cancel(key: object) -> str:
    return f"<message><messageid>{key}</messageid></message>"
