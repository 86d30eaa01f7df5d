"""Others' plans over as many objects: octoDNS in an environment of its own, Terraform or OpenTofu where it is."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from benchmarks.data import write_resources, write_zones
from benchmarks.processes import Command

HOME = Path(".benchmarks/octodns")
_QUIET = {"CHECKPOINT_DISABLE": "1", "TF_IN_AUTOMATION": "1"}


@dataclass(frozen=True)
class Peers:
    """Those to compare with, by their names and versions; None for who is not there."""

    octodns: str | None = None
    terraform: str | None = None


def find(directory: Path) -> Peers:
    """All that can be had on this machine; `directory` is for trying them."""
    return Peers(_install_octodns(), _find_terraform(directory))


def _install_octodns() -> str | None:
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
    return f"octoDNS {octodns} with PyYAML {yaml}"


def octodns_plan(directory: Path, records: int) -> Command:
    """`octodns-sync` over `records` records that the target holds already."""
    write_zones(directory, records)
    return Command(
        f"octodns-sync, {records:,} records",
        (HOME.absolute() / "bin" / "octodns-sync", "--quiet", "--config-file", directory / "config.yaml"),
        directory,
        {"PYTHONPATH": str(Path(__file__).parent)},
    )


def _find_terraform(directory: Path) -> str | None:
    """The version of this machine's Terraform or OpenTofu, when it can plan what we want to ask of it."""
    tool = _terraform()
    if tool is None:
        return None
    try:
        said = subprocess.run([tool, "version"], check=True, capture_output=True, text=True).stdout
        terraform_plan(directory, 20).measure()
    except (OSError, subprocess.CalledProcessError, SystemExit) as error:
        print(f"{tool} is left out: {error}", file=sys.stderr)
        return None
    return said.partition("\n")[0]


def terraform_plan(directory: Path, resources: int) -> Command:
    """`terraform plan` over `resources` resources that its state has already; it fails if it finds a difference.

    They are `terraform_data`, whose provider is part of the tool, so that nothing is downloaded and nobody is asked.
    """
    tool = _terraform()
    assert tool is not None
    write_resources(directory, resources)
    Command("terraform init", (tool, "init", "-input=false"), directory, _QUIET).measure()
    plan = (tool, "plan", "-input=false", "-no-color", "-detailed-exitcode")
    return Command(f"{Path(tool).name} plan, {resources:,} resources", plan, directory, _QUIET)


def _terraform() -> str | None:
    return shutil.which("terraform") or shutil.which("tofu")
