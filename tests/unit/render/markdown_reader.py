"""Markdown as a code host reads it, down to the text that people see."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from markdown_it import MarkdownIt
from markdown_it.token import Token

OWN_TAGS = {"<code>", "</code>", "<b>", "</b>", "<i>", "</i>", "<br>", "<wbr>"}
OWN_BLOCKS = re.compile(
    r"<!-- intime-sync plan [A-Za-z0-9._~%-]* -->"
    r"|<details>\n<summary><b>[^<>]*</b>: [^<>]*</summary>|</details>"
)


@dataclass
class Read:
    """What a reader sees: the rows of all tables without their headings, list items, headings and notes."""

    rows: list[list[str]] = field(default_factory=list)
    items: list[str] = field(default_factory=list)
    paragraphs: list[str] = field(default_factory=list)
    headings: list[str] = field(default_factory=list)
    blocks: list[str] = field(default_factory=list)
    fences: list[str] = field(default_factory=list)


def read_markdown(text: str) -> Read:
    """`text` read as GitHub Flavored Markdown. Fails on HTML, links or images that are not the renderer's own."""
    # With linkify, whatever could be taken for an address is.
    parser = MarkdownIt("commonmark", {"linkify": True}).enable(["table", "strikethrough", "linkify"])
    parser.linkify.set({"fuzzy_link": False, "fuzzy_email": True})
    read = Read()
    inside: list[str] = []
    for token in parser.parse(text):
        if token.nesting:
            inside = [*inside, token.type] if token.nesting > 0 else inside[:-1]
            if token.type == "tr_open" and "tbody_open" in inside:
                read.rows.append([])
        elif token.type == "html_block":
            block = token.content.strip()
            assert OWN_BLOCKS.fullmatch(block), block
            read.blocks.append(block)
        elif token.type == "fence":
            read.fences.append(token.content)
        else:
            assert token.type == "inline", token.type
            _sort(_seen(token.children or []), inside, read)
    assert inside == []
    return read


def _sort(text: str, inside: list[str], read: Read) -> None:
    if inside[-1] == "td_open":
        read.rows[-1].append(text)
    elif inside[-1] == "heading_open":
        read.headings.append(text)
    elif "list_item_open" in inside:
        read.items.append(text)
    elif inside[-1] == "paragraph_open":
        read.paragraphs.append(text)
    else:
        assert inside[-1] == "th_open", inside


def _seen(tokens: list[Token]) -> str:
    text, open_tags = "", []
    for token in tokens:
        if token.type == "html_inline":
            assert token.content in OWN_TAGS, token.content
            if token.content.startswith("</"):
                assert open_tags.pop() == token.content[2:-1]
            elif token.content not in {"<br>", "<wbr>"}:
                open_tags.append(token.content[1:-1])
            text += "\n" if token.content == "<br>" else ""
        else:
            assert token.type in {"text", "code_inline", "strong_open", "strong_close"}, token
            text += token.content
    assert open_tags == []
    return text
