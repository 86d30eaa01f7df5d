"""Changes are hidden where a reviewer might not look: at the end, in a list, in invisible characters."""

from __future__ import annotations

import html
import json

import pytest
from harness import Workspace

BODY = f"God jul!\nRing oss. {'Vi önskar alla en fin helg. ' * 20}Ring 070-174 06 99 nu"


def comment(space: Workspace, recipients: list[object], **fields: object) -> str:
    """The plan of one message as a comment, as a reader sees its characters."""
    message = {
        "key": "jul",
        "send_at": "2036-12-24T08:00",
        "sender": "Kliniken",
        "body": "God jul!",
        "multisms": True,
    }
    message |= fields
    people = 'contacts: [{key: maja.ek, firstname: Maja, mobile: 0701740605}]\ngroups: ["Jour"]\n'
    space.configure(people + f"messages: [{json.dumps(message | {'recipients': recipients}, ensure_ascii=False)}]\n")
    ran = space.run("plan", "--format", "markdown")
    assert ran.code == 0, ran.err
    return html.unescape(ran.out.replace("<wbr>", "").replace("<code>", "").replace("</code>", ""))


def test_text_is_hidden_at_the_end_of_a_long_message(space: Workspace) -> None:
    shown = comment(space, ["0701740607"], body=BODY)
    assert BODY.replace("\n", "\\n").replace("070-174 06 99", "070•••••99") in shown


def test_the_status_url_is_changed(space: Workspace) -> None:
    url = "https://statuses.mallory.example/take?all=1"
    assert f"statuses to {url}" in comment(space, ["0701740607"], status_url=url)


def test_a_recipient_is_hidden_among_many(space: Workspace) -> None:
    shown = comment(space, ["0701740607", {"contact": "maja.ek"}], groups=["Jour"])
    assert "to 2 recipients and group Jour" in shown
    assert "recipients: maja.ek, +46•••••••07" in shown


def test_recipients_are_changed_without_the_text(space: Workspace) -> None:
    comment(space, ["0701740607"], body=BODY)
    space.apply()
    shown = comment(space, ["0701740608"], body=BODY)
    assert "`~` replace" in shown
    assert "Ring 070•••••99 nu" in shown
    assert "recipients: +46•••••••08" in shown


@pytest.mark.parametrize(
    "unseen", ["\u034f", "\u3164", "\ufe0e", "\U000e0100", "\u2800", "\u2003", "\u00a0", " \u0301"]
)
def test_invisible_characters_are_written(space: Workspace, unseen: str) -> None:
    spelled = "".join(one if one == " " else one.encode("unicode_escape").decode() for one in unseen)
    assert f"God{spelled}jul" in comment(space, ["0701740607"], body=f"God{unseen}jul")
