#!/bin/sh
# A virtual environment with intime-sync, first in the PATH of the steps after this one.
# INTIME_CI_VERSION: "" installs the action's own checkout; else a requirement as pip takes it.
set -eu

source=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)
wanted=${INTIME_CI_VERSION:-${source}[emulator,excel]}
case $wanted in
-*)
    echo "::error title=intime-sync::The input version is a requirement for pip, not an option"
    exit 3
    ;;
esac
venv=$RUNNER_TEMP/intime-sync-venv
python3 -m venv "$venv"
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check "$wanted"
printf '%s\n' "$venv/bin" >>"$GITHUB_PATH"
"$venv/bin/intime-sync" --version
