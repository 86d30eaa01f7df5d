"""Golden files: rendered text kept in tests/golden, so that every change of it is seen and meant."""

import difflib
import os
from pathlib import Path

GOLDEN = Path(__file__).parent / "golden"


def check_golden(name: str, text: str) -> None:
    """Fail with a unified diff unless `text` is what tests/golden/NAME holds; UPDATE_GOLDEN=1 rewrites the file."""
    path = GOLDEN / name
    if os.environ.get("UPDATE_GOLDEN") == "1":
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
        return
    expected = path.read_bytes().decode() if path.exists() else ""
    if text != expected:
        lines = difflib.unified_diff(
            expected.splitlines(), text.splitlines(), f"tests/golden/{name}", "rendered now", lineterm=""
        )
        raise AssertionError("\n".join(("set UPDATE_GOLDEN=1 if this is meant:", *lines)))
