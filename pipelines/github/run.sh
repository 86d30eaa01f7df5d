#!/bin/sh
# The action's one step: validate, plan or apply, as INTIME_CI_COMMAND says. Everything it is told comes in the
# environment (action.yml lists it), so no value is ever part of a script. It runs the same outside GitHub.
set -eu

INTIME_CI_HOME=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
export INTIME_CI_HOME
# shellcheck source=pipelines/github/common.sh
. "$INTIME_CI_HOME/github/common.sh"

# Arguments are one a line: nothing else in them is special.
set -f
IFS='
'
case ${INTIME_CI_COMMAND:-} in
validate | plan | apply)
    # shellcheck disable=SC2086 # split at line ends is meant
    set -- ${INTIME_CI_ARGS:-}
    unset IFS
    set +f
    # shellcheck source=/dev/null
    . "$here/$INTIME_CI_COMMAND.sh"
    ;;
*) finish 3 'The input command must be validate, plan or apply' ;;
esac
