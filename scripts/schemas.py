"""Write schemas/ from the kinds, or with --check say whether it is up to date."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from intime_sync.config.whole_schema import SCHEMAS

FOLDER = Path(__file__).parent.parent / "schemas"


def main() -> int:
    """0 when the files are, or were made, what the kinds say."""
    check = "--check" in sys.argv[1:]
    stale = []
    for name, schema in SCHEMAS.items():
        text = json.dumps(schema(), ensure_ascii=False, indent=2) + "\n"
        path = FOLDER / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            stale.append(name)
            if not check:
                FOLDER.mkdir(exist_ok=True)
                path.write_text(text, encoding="utf-8")
    if check and stale:
        sys.exit(f"out of date: {', '.join(stale)}; run `make schema`")
    return 0


if __name__ == "__main__":
    sys.exit(main())
