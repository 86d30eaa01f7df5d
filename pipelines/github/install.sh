#!/bin/sh
# A virtual environment with intime-sync, first in the PATH of the steps after this one.
# INTIME_CI_VERSION: "" installs the action's own checkout; else a requirement as pip takes it. What it needs, and what
# builds it, is the locked set of requirements/, whatever an index says today.
set -eu

source=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)
wanted=${INTIME_CI_VERSION:-$source}
case $wanted in
-* | *[[:space:]]*)
    echo "::error title=intime-sync::The input version is a requirement for pip, not an option"
    exit 3
    ;;
esac

# Python looks for modules, and pip for files, in the directory that it is started in: that is the checkout, and what is
# in there may be anybody's. Here nobody needs credentials either.
cd -- "$RUNNER_TEMP"
for variable in $(env | sed -n 's/^\([A-Za-z_][A-Za-z0-9_]*\)=.*/\1/p' | grep -E '^(PYTHON|INTIME_|GITHUB_TOKEN$)'); do
    unset "$variable"
done
export PYTHONSAFEPATH=1 PYTHONNOUSERSITE=1 PYTHONUTF8=1

venv=$RUNNER_TEMP/intime-sync-venv
python3 -I -m venv "$venv"
pip() {
    verb=$1
    shift
    "$venv/bin/python" -I -m pip "$verb" --disable-pip-version-check "$@"
}
# Wheels only: building something would fetch what it is built with, and of that no hash is known.
pip install --quiet --require-hashes --only-binary=:all: \
    --requirement "$source/requirements/runtime.lock" --requirement "$source/requirements/build.lock"
pip install --quiet --no-deps --no-build-isolation "$wanted"
pip check
printf '%s\n' "$venv/bin" >>"$GITHUB_PATH"
"$venv/bin/intime-sync" --version
