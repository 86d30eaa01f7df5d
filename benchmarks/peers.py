"""octoDNS in an environment of its own: the closest thing to compare a plan from YAML with."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from benchmarks.data import write_zones
from benchmarks.processes import Command

HOME = Path(".benchmarks/octodns")


def install() -> str | None:
    """Install octoDNS where it is not yet; its version, or None after saying why there is none."""
    python = HOME / "bin" / "python"
    try:
        if not (HOME / "bin" / "octodns-sync").exists():
            subprocess.run([sys.executable, "-m", "venv", HOME], check=True)
            pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "octodns"]
            subprocess.run(pip, check=True, stderr=subprocess.DEVNULL)
        asked = "import json, octodns, yaml; print(json.dumps([octodns.__version__, yaml.__version__]))"
        octodns, yaml = json.loads(subprocess.run([python, "-c", asked], check=True, capture_output=True).stdout)
    except (OSError, subprocess.CalledProcessError) as error:
        print(f"octoDNS cannot be installed, so it is left out: {error}", file=sys.stderr)
        return None
    return f"{octodns} with PyYAML {yaml}"


def octodns_plan(directory: Path, records: int) -> Command:
    """`octodns-sync` over `records` records that the target holds already."""
    write_zones(directory, records)
    return Command(
        f"octodns-sync, {records:,} records",
        (HOME.absolute() / "bin" / "octodns-sync", "--quiet", "--config-file", directory / "config.yaml"),
        directory,
        {"PYTHONPATH": str(Path(__file__).parent)},
    )
