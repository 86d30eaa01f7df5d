"""Plans in every format of `--format` and `--report`, as text and as files.

Loads a renderer only when its format is asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, assert_never

from intime_sync import __version__
from intime_sync.cli.output import UNLIMITED_WIDTH
from intime_sync.errors import IntimeSyncError
from intime_sync.files import PRIVATE, SHARED, replace_file

if TYPE_CHECKING:
    from intime_sync.model.plan import Guard, Plan


class ReportFormat(StrEnum):
    """What `plan --format` and `--report FORMAT=FILE` take."""

    TEXT = "text"
    JSON = "json"
    MARKDOWN = "markdown"
    HTML = "html"
    GITLAB = "gitlab"


@dataclass(frozen=True, slots=True)
class ReportFile:
    """A report to write: `--report FORMAT=FILE`."""

    format: ReportFormat
    path: Path


def render_plan(
    plan: Plan,
    format_: ReportFormat,
    *,
    mask: bool,
    color: bool = False,
    width: int = UNLIMITED_WIDTH,
    stopping: Sequence[Guard] | None = None,
) -> str:
    """The plan in a format; `color` and `width` are for text only.

    `stopping` are the guards that no override has lifted; by default all that tripped.
    """
    match format_:
        case ReportFormat.TEXT:
            from intime_sync.render.text import plan_to_text

            return plan_to_text(plan, color=color, width=width, mask=mask, stopping=stopping)
        case ReportFormat.JSON:
            from intime_sync.render.json import plan_to_json

            return plan_to_json(plan, tool_version=__version__, created_at=datetime.now(UTC), mask=mask)
        case ReportFormat.MARKDOWN:
            from intime_sync.render.markdown import plan_to_markdown

            return plan_to_markdown(plan, mask=mask, stopping=stopping)
        case ReportFormat.HTML:
            from intime_sync.render.html import plan_to_html

            now = datetime.now(UTC)
            return plan_to_html(plan, mask=mask, tool_version=__version__, created_at=now, stopping=stopping)
        case ReportFormat.GITLAB:
            from intime_sync.render.gitlab import plan_to_gitlab

            return plan_to_gitlab(plan)
    assert_never(format_)


def write_reports(
    plan: Plan, reports: Iterable[ReportFile], reveal: bool | None, stopping: Sequence[Guard] | None = None
) -> None:
    """Write each report: masked and with the usual rights, or with `reveal` in full and readable by its owner alone.

    Raises IntimeSyncError for a file that cannot be written.
    """
    revealed = reveal is True
    for report in reports:
        text = render_plan(plan, report.format, mask=not revealed, stopping=stopping)
        try:
            replace_file(report.path, [text.encode("utf-8", "replace")], PRIVATE if revealed else SHARED)
        except OSError as error:
            raise IntimeSyncError(
                f"the report {report.path} cannot be written: {error.strerror}", hint="nothing was sent"
            ) from None
