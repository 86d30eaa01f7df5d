"""Makes what the pipelines' and the command line's tests share importable here."""

import sys
from pathlib import Path

sys.path += [str(Path(__file__).parents[1] / name) for name in ("pipelines", "e2e")]
