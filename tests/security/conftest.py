"""Makes what the command line's, the pipelines' and the emulator's tests share importable here."""

import sys
from pathlib import Path

for part in ("e2e", "pipelines", "emulator"):
    sys.path.append(str(Path(__file__).parents[1] / part))
