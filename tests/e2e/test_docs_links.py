"""Every link in README, docs/ and examples/ leads to a file that is there, and to a heading that is in it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from urllib.parse import unquote

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = sorted({*ROOT.glob("*.md"), *DOCS.rglob("*.md"), *(ROOT / "examples").rglob("*.md")})
MARKDOWN = MarkdownIt().enable("table")


def inline(text: str) -> Iterator[tuple[Token, Token]]:
    """Each piece of text and its block's opening token; not what stands in code."""
    tokens = MARKDOWN.parse(text)
    for before, token in pairwise(tokens):
        if token.type == "inline":
            yield before, token


def links(text: str) -> set[str]:
    """Where its links and pictures lead, without the network."""
    found = set()
    for _, token in inline(text):
        for part in token.children or ():
            target = part.attrGet("href") if part.type == "link_open" else part.attrGet("src")
            if target and not re.match(r"[a-z]+:", str(target)):
                found.add(unquote(str(target)))
    return found


def anchors(text: str) -> set[str]:
    """The names that code hosts give to its headings: lower case, hyphens, the second of a name with -1."""
    found: dict[str, int] = {}
    names = set()
    for before, token in inline(text):
        if before.type == "heading_open":
            plain = "".join(part.content for part in token.children or ())
            name = re.sub(r"[^\w\- ]", "", plain.lower()).replace(" ", "-")
            count = found.get(name, 0)
            found[name] = count + 1
            names.add(f"{name}-{count}" if count else name)
    return names


def leads_somewhere(page: Path, link: str) -> bool:
    """Whether there is such a file in the repository, and such a heading in it."""
    name, _, anchor = link.partition("#")
    target = (page.parent / name).resolve() if name else page
    if not target.is_relative_to(ROOT) or not target.exists():
        return False
    return not anchor or anchor in anchors(target.read_text(encoding="utf-8"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_and_anchors_are_there(page: Path) -> None:
    found = links(page.read_text(encoding="utf-8"))
    assert [link for link in sorted(found) if not leads_somewhere(page, link)] == []


def test_every_page_is_in_the_table_of_contents() -> None:
    listed = links((DOCS / "README.md").read_text(encoding="utf-8"))
    assert {page.name for page in DOCS.glob("*.md")} - {"README.md"} <= listed


def test_every_page_can_be_read_at_a_glance() -> None:
    """One title, at the top."""
    for page in DOCS.glob("*.md"):
        headings = [
            token.tag for token in MARKDOWN.parse(page.read_text(encoding="utf-8")) if token.type == "heading_open"
        ]
        assert headings.count("h1") == 1, page.name
        assert headings[0] == "h1", page.name


def test_the_check_finds_links_and_headings() -> None:
    text = "# A `b` (c)!\n\n## Two\n\n## Two\n\n[x](y.md#z) ![p](p.svg) <https://example.se> `[no](code)`\n"
    assert links(text) == {"y.md#z", "p.svg"}
    assert anchors(text) == {"a-b-c", "two", "two-1"}
