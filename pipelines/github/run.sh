#!/bin/sh
# The action's one step: validate, plan or apply, as INTIME_CI_COMMAND says. Everything it is told comes in the
# environment (action.yml lists it), so no value is ever part of a script. It runs the same outside GitHub.
set -eu

# Whatever this script starts can read, in /proc, the environment that the script itself was started with. So it first
# starts itself again without what only some may have: the token and the approval key go through a pipe, and the run of a
# fork, or one that only validates, has no credentials at all. Python's own variables go because they say where to import
# from. A variable that came with the environment would be exported whatever is assigned to it, hence `unset`.
unset token key
if [ "${1:-}" != inside ]; then
    token=${GITHUB_TOKEN:-} key=${INTIME_CI_APPROVAL_KEY:-}
    case ${INTIME_CI_FORK:-false}:${INTIME_CI_COMMAND:-} in
    false:plan | false:apply) private=PYTHON ;;
    *) private='PYTHON|INTIME_' token='' key='' ;;
    esac
    set -- -u GITHUB_TOKEN -u INTIME_CI_APPROVAL_KEY
    for variable in $(env | sed -n 's/^\([A-Za-z_][A-Za-z0-9_]*\)=.*/\1/p' | grep -E "^($private)"); do
        case $variable in
        INTIME_CI_*) ;;
        *) set -- "$@" -u "$variable" ;;
        esac
    done
    exec env "$@" PYTHONSAFEPATH=1 PYTHONNOUSERSITE=1 PYTHONUTF8=1 sh "$0" inside 9<<END
$token
$key
END
fi
shift
IFS= read -r token <&9
IFS= read -r key <&9
exec 9<&-

INTIME_CI_HOME=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
export INTIME_CI_HOME
# shellcheck source=pipelines/github/common.sh
. "$INTIME_CI_HOME/github/common.sh"

if [ -n "$key" ] && [ "${#key}" -lt 32 ]; then
    finish 3 'The input approval-key has fewer than 32 characters; make one with: openssl rand -hex 32'
fi

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
