# Validate, plan, and show the plan in the summary and in the one comment of the pull request. Sourced by run.sh with
# the arguments for `plan`.
# shellcheck shell=sh disable=SC2154 # common.sh sets the names

# posted [ARGUMENT...]: bring the comment up to date, where there is a pull request to comment on.
posted() {
    if [ "${INTIME_CI_COMMENT:-true}" = true ] && [ -n "${INTIME_CI_PULL:-}" ]; then
        comment put --pull "$INTIME_CI_PULL" --name "$name" --head "${INTIME_CI_HEAD_SHA:-}" "$@"
    fi
}

# failed CODE: an old plan must not stand there as if it were this one.
failed() {
    if [ "${INTIME_CI_FORK:-false}" != true ]; then
        posted --failed "$(meaning "$1")" || true
    fi
    finish "$1" "$(meaning "$1")"
}

code=0
validated || code=$?
if [ "$code" -ne 0 ]; then
    failed "$code"
fi

if [ "${INTIME_CI_FORK:-false}" = true ]; then
    finish 0 'The configuration is valid' \
        'It comes from a fork or a bot that gets no secrets, so there is no plan. To get one, a maintainer pushes it to a branch of this repository.'
fi

ledger load || failed 1
planned "$@"
case $code in
0 | 2) ;;
*) failed "$code" ;;
esac

summarize <"$reports/plan.md"
if ! posted --body "$reports/plan.md" --digest "$digest"; then
    finish 1 'The plan was made, but the comment could not be written, so nothing can be approved by it'
fi
output exit-code "$code"
