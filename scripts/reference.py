"""Write the tables in docs/ and README.md that come from the code, or with --check say whether they are up to date.

Also sees to it that the table of problem codes names exactly the codes that the code has.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from cli_reference import cli_reference, exit_codes, verb_table
from reply_outcomes import markdown

from intime_sync.config.setting_fields import FIELDS
from intime_sync.kinds.fields import Field, FieldType, SectionSpec
from intime_sync.kinds.registry import KINDS

ROOT = Path(__file__).parent.parent
DOCUMENT = ROOT / "docs" / "configuration.md"

_WORDS = {
    FieldType.TEXT: "text",
    FieldType.MOBILE: "phone number",
    FieldType.EMAIL: "e-mail address",
    FieldType.TIME: "time",
    FieldType.BOOLEAN: "true or false",
    FieldType.INTEGER: "whole number",
    FieldType.OBJECT: "mapping",
}

# Calls whose first argument is a problem's code, and what looks like a code and is none.
_REPORTERS = {"Problem", "error", "warn", "_problem", "AliasRefused"}
_NO_CODES = {"clinic-a", "email-validator", "jsonschema-rs", "opt-out"}
_CODE = re.compile(r"[a-z]+(?:-[a-z]+)*")


def main() -> int:
    """0 when the documents are, or were made, what the code says."""
    refresh(DOCUMENT, "generated", generated())
    refresh(ROOT / "docs" / "reliability.md", "replies", markdown().strip())
    refresh(ROOT / "docs" / "cli.md", "verbs", cli_reference())
    refresh(ROOT / "docs" / "cli.md", "exit codes", exit_codes())
    refresh(ROOT / "README.md", "verbs", verb_table())
    documented, known = documented_codes(DOCUMENT.read_text(encoding="utf-8")), known_codes()
    if documented != known:
        missing, surplus = sorted(known - documented), sorted(documented - known)
        sys.exit(f"{DOCUMENT.relative_to(ROOT)}: problem codes missing {missing}, unknown {surplus}")
    return 0


def refresh(document: Path, name: str, content: str) -> None:
    """Put `content` between the document's marks of this name; with --check, end the run where it is not there."""
    start, end = f"<!-- {name} -->", f"<!-- /{name} -->"
    text = document.read_text(encoding="utf-8")
    before, rest = text.split(start, 1)
    old, after = rest.split(end, 1)
    new = f"\n{content}\n"
    if old != new:
        if "--check" in sys.argv[1:]:
            sys.exit(f"out of date: {document.relative_to(ROOT)}; run `make schema`")
        document.write_text(f"{before}{start}{new}{end}{after}", encoding="utf-8")


def generated() -> str:
    """All tables, a heading each."""
    parts = [
        "### Settings\n\nIn `intime.yaml` only.\n\n" + table(FIELDS),
        *(section(kind.spec) for kind in KINDS),
    ]
    return "\n\n".join(parts)


def section(spec: SectionSpec) -> str:
    """A section's heading, description and table."""
    return f"### `{spec.name}`\n\n{spec.description}\n\n{table(spec.fields)}"


def table(fields: Sequence[Field]) -> str:
    """The fields as a Markdown table, those of mappings below their own."""
    lines = ["| field | takes | meaning |", "|---|---|---|", *rows(fields, "")]
    return "\n".join(lines)


def rows(fields: Sequence[Field], prefix: str) -> Iterator[str]:
    """A line for each field, in depth."""
    for field in fields:
        path = prefix + field.name
        cells = (f"`{path}`", takes(field), field.description + _examples(field))
        yield "| " + " | ".join(cell.replace("|", r"\|") for cell in cells) + " |"
        yield from rows(field.fields, f"{path}.")
        for form in field.forms:
            yield from rows(form.fields, f"{path}.")
        if field.items is not None:
            for form in (field.items, *field.items.forms):
                yield from rows(form.fields, f"{path}[].")


def takes(field: Field) -> str:
    """The kind of value, its bounds, and what stands in for it when it is not given."""
    words = _value(field)
    if field.required:
        words += "; **required**"
    if field.default is not None:
        default = str(field.default).lower() if isinstance(field.default, bool) else field.default
        words += f"; default `{default}`"
    return words


def _value(field: Field) -> str:
    match field.type:
        case FieldType.CHOICE:
            *most, last = (f"`{choice}`" for choice in field.choices)
            return f"{', '.join(most)} or {last}" if most else last
        case FieldType.LIST:
            return "list" if field.items is None else f"list, each: {_value(field.items)}"
        case FieldType.ONE_OF:
            return ", or ".join(_value(form) for form in field.forms)
        case FieldType.INTEGER:
            return f"whole number{_range(field.minimum, field.maximum)}"
        case _:
            return _WORDS[field.type] + _length(field)


def _range(low: int | None, high: int | None) -> str:
    if low is not None and high is not None:
        return f" {low}" if low == high else f" {low}–{high}"
    if low is not None:
        return f" from {low}"
    return "" if high is None else f" up to {high}"


def _length(field: Field) -> str:
    words = "" if field.max_length is None else f", at most {field.max_length} characters"
    return words + ("" if field.pattern is None else f", matching `{field.pattern}`")


def _examples(field: Field) -> str:
    if not field.examples:
        return ""
    return " Example: " + ", ".join(f"`{example}`" for example in field.examples) + "."


def documented_codes(text: str) -> set[str]:
    """The codes in the table under the heading of problems."""
    part = text.partition("\n## Problems\n")[2].partition("\n## ")[0]
    return set(re.findall(rf"^\| `({_CODE.pattern})` \|", part, re.MULTILINE))


def known_codes() -> set[str]:
    """Every code that reading a configuration or planning can report."""
    found: set[str] = set()
    for package in ("config", "kinds", "planning"):
        for path in sorted((ROOT / "intime_sync" / package).glob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                found |= _codes_in(node)
    return found - _NO_CODES


def _codes_in(node: ast.AST) -> set[str]:
    """A reporter's first argument, and any text with hyphens between words."""
    if isinstance(node, ast.Call) and node.args:
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        first = node.args[0]
        if name in _REPORTERS and isinstance(first, ast.Constant) and _CODE.fullmatch(str(first.value)):
            return {str(first.value)}
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return {node.value} if "-" in node.value and _CODE.fullmatch(node.value) else set()
    return set()


if __name__ == "__main__":
    sys.exit(main())
