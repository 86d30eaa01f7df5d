"""Draw docs/plan.svg: a real plan of examples/clinic, as a terminal shows it.

The clinic is applied to the emulator as it stands; then a day's work is done in its files, and `intime-sync plan`
runs on a pseudo-terminal with colours. With --check nothing is drawn: it fails if the picture shows another plan.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import termios
from dataclasses import dataclass
from html import escape
from pathlib import Path

from rich.cells import cell_len
from rich.console import Console
from rich.style import Style
from rich.text import Text

ROOT = Path(__file__).parent.parent
_DIGEST = re.compile("sha256:[0-9a-f]{64}")
PICTURE = ROOT / "docs" / "plan.svg"
COLUMNS = 92

# A day at the clinic: somebody has a new number, somebody comes, somebody goes, one wants no SMS, one moves the time.
EDITS = (
    ("people/personal.csv", r"070-174 06 38", "070-174 06 99"),
    ("people/personal.csv", r"\nulf\.wennerstrom;[^\n]*", ""),
    ("people/personal.csv", r"\Z", "hugo.lindahl;Hugo;Lindahl;070-174 06 43;;;Läkare|Jour\n"),
    ("sections/blocklist.yaml", r"\Z", "  - {mobile: 070-174 06 44, note: asked by phone}\n"),
    ("sections/reminders.yaml", r"2031-01-14T09:15", "2031-01-14T10:00"),
)

# Colours that can be told apart on the picture's own dark ground, whatever page it stands on.
GROUND, BAR, EDGE, PLAIN, DIM = "#16191f", "#20242c", "#3a404b", "#d7dce4", "#8b93a1"
COLORS = {1: "#ff7b72", 2: "#7ee08a", 3: "#f2cc60", 4: "#79b8ff", 5: "#d2a8ff", 6: "#6fd6e0"}
_BRIGHT = 8  # terminals number their bright colours from here
ADVANCE, LEADING, SIZE, MARGIN, TOP = 8.4, 21, 14, 22, 62
FONTS = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', 'Liberation Mono', monospace"


def main() -> int:
    """0 when the picture was drawn, or shows the plan that the tool makes."""
    command = "intime-sync plan clinic"
    shown = Text.from_ansi(with_lasting_digest(plan(command)))
    picture = svg(command, shown)
    if "--check" not in sys.argv[1:]:
        PICTURE.write_text(picture, encoding="utf-8")
    elif not PICTURE.exists() or PICTURE.read_text(encoding="utf-8") != picture:
        sys.exit(f"{PICTURE.relative_to(ROOT)} shows another plan; run `python scripts/picture.py`")
    return 0


def with_lasting_digest(text: str) -> str:
    """The plan with a digest that follows from its text: the real one is keyed at random by each new ledger."""
    rest = _DIGEST.sub("", text)
    return _DIGEST.sub(f"sha256:{hashlib.sha256(rest.encode()).hexdigest()}", text)


def plan(command: str) -> str:
    """What the command prints on a terminal, escape sequences and all."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("INTIME_")}
    environ |= {"TERM": "xterm-256color", "PYTHONUTF8": "1", "COLUMNS": str(COLUMNS)}
    environ.pop("NO_COLOR", None)
    tool = [sys.executable, "-m", "intime_sync"]
    with tempfile.TemporaryDirectory() as folder:
        clinic = Path(folder) / "clinic"
        shutil.copytree(ROOT / "examples" / "clinic", clinic, ignore=shutil.ignore_patterns(".intime"))
        apply = [*tool, "apply", "clinic", "--auto-approve"]
        subprocess.run(apply, cwd=folder, env=environ, check=True, stdout=subprocess.DEVNULL)  # noqa: S603 - our own
        for name, pattern, new in EDITS:
            file = clinic / name
            text, count = re.subn(pattern, new, file.read_text(encoding="utf-8"), count=1)
            if not count:
                sys.exit(f"examples/clinic/{name} has no `{pattern}` any more")
            file.write_text(text, encoding="utf-8")
        return on_terminal([*tool, *command.split()[1:]], folder, environ)


def on_terminal(command: list[str], folder: str, environ: dict[str, str]) -> str:
    """Run on a pseudo-terminal; everything that it shows."""
    controller, terminal = os.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 60, COLUMNS, 0, 0))
    process = subprocess.Popen(  # noqa: S603 - our own
        command, cwd=folder, env=environ, stdin=terminal, stdout=terminal, stderr=terminal
    )
    os.close(terminal)
    shown = b""
    while True:
        try:
            part = os.read(controller, 65536)
        except OSError:  # the other side has closed
            break
        if not part:
            break
        shown += part
    os.close(controller)
    if process.wait() != 0:
        sys.exit(f"{' '.join(command)} ended with {process.returncode}")
    return shown.decode().replace("\r\n", "\n")


@dataclass(frozen=True)
class Piece:
    """Text of one style at a column of a line."""

    column: int
    text: str
    style: Style


def pieces(line: Text) -> list[Piece]:
    """The line as pieces that start at known columns; the space between them is left out."""
    found, column = [], 0
    for segment in line.render(Console(color_system="truecolor", width=1000), end=""):
        for part in re.findall(r"\S+(?: \S+)*| +", segment.text):
            if part.strip():
                found.append(Piece(column, part, segment.style or Style()))
            column += cell_len(part)
    return found


def svg(command: str, shown: Text) -> str:
    """A terminal's window with the command and what it shows."""
    lines = [[Piece(0, "$", Style(color="color(2)", bold=True)), Piece(2, command, Style(bold=True))]]
    lines += [pieces(line) for line in shown.split("\n")]
    while not lines[-1]:
        lines.pop()
    width, height = round(2 * MARGIN + COLUMNS * ADVANCE), TOP + len(lines) * LEADING + 8
    title = "A plan in a terminal: what intime-sync would change in a clinic's account"
    text = " / ".join(" ".join(line.split()) for line in [f"$ {command}", *shown.plain.splitlines()] if line.strip())
    dots = "".join(f'<circle cx="{MARGIN + 18 * n}" cy="19" r="5.5" fill="{EDGE}"/>' for n in range(3))
    rows = [
        f'<text x="{MARGIN + piece.column * ADVANCE:.1f}" y="{TOP + row * LEADING}"'
        f' textLength="{cell_len(piece.text) * ADVANCE:.1f}"{_look(piece.style)}>{escape(piece.text)}</text>'
        for row, line in enumerate(lines)
        for piece in line
    ]
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
        ' role="img" aria-labelledby="title text">'
    )
    window = f'width="{width - 1}" height="{height - 1}" rx="10" fill="{GROUND}" stroke="{EDGE}"'
    bar = f"M.5 38V10.5a10 10 0 0 1 10-10h{width - 21}a10 10 0 0 1 10 10V38z"
    body = [
        f'<title id="title">{title}</title>',
        f'<desc id="text">{escape(text)}</desc>',
        f'<rect x=".5" y=".5" {window}/>',
        f'<path d="{bar}" fill="{BAR}" stroke="{EDGE}"/>',
        dots,
        f'<g font-family="{FONTS}" font-size="{SIZE}" fill="{PLAIN}" xml:space="preserve">',
        *rows,
        "</g>",
    ]
    return "\n".join([head, *body, "</svg>", ""])


def _look(style: Style) -> str:
    """Colour and weight, as attributes."""
    look = ""
    number = style.color.number if style.color else None
    if number is not None and number % _BRIGHT in COLORS:
        look += f' fill="{COLORS[number % _BRIGHT]}"'
    elif style.dim:
        look += f' fill="{DIM}"'
    if style.bold:
        look += ' font-weight="bold"'
    return look


if __name__ == "__main__":
    sys.exit(main())
