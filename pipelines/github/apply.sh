# Plan afresh, and apply only what was approved. Sourced by run.sh with the arguments for `plan` and `apply`; those of
# INTIME_CI_APPLY_ARGS are for `apply` alone.
# shellcheck shell=sh disable=SC2154 # common.sh sets the names

case ${GITHUB_EVENT_NAME:-} in
pull_request*) finish 3 'A pull request is planned, never applied: use this on push or workflow_dispatch' ;;
esac
if [ "${INTIME_CI_FORK:-false}" = true ]; then
    finish 3 'What comes from a fork, or from a bot that gets no secrets, is validated, never applied'
fi

code=0
validated || code=$?
if [ "$code" -ne 0 ]; then
    finish "$code" "$(meaning "$code")"
fi

ledger load || finish 1 'The ledger could not be fetched'
planned "$@"
changes=$code
case $changes in
0 | 2) ;;
*) finish "$changes" "$(meaning "$changes")" ;;
esac

# A run that is started again later must not bring back what has been changed since: only the newest commit is applied.
tip=$(authorized git ls-remote origin "${GITHUB_REF:-}" 2>/dev/null | cut -f1) || tip=
if [ -n "${GITHUB_REF:-}" ] && [ -n "$tip" ] && [ "$tip" != "${GITHUB_SHA:-}" ]; then
    summarize <"$reports/plan.md"
    finish 5 "This is not the newest commit of ${GITHUB_REF} any more, so nothing was sent; the newest one's run applies"
fi

# What was approved: what this run was told, else what the merged pull request's comment says. Where nothing would
# change there is nothing to approve.
approved=${INTIME_CI_EXPECT_DIGEST:-}
if [ -z "$approved" ] && { [ "$changes" -eq 0 ] || [ "${INTIME_CI_REQUIRE_APPROVAL:-true}" = false ]; }; then
    approved=$digest
fi
if [ -z "$approved" ]; then
    code=0
    approved=$(comment approved --name "$name" --sha "${GITHUB_SHA:-}" --ref "${GITHUB_REF:-}" \
        2>"$reports/refusal.txt") || code=$?
    if [ -s "$reports/refusal.txt" ]; then inertly cat "$reports/refusal.txt"; fi
    if [ "$code" -ne 0 ]; then
        summarize <"$reports/plan.md"
        if [ "$code" -eq 5 ]; then
            heading='No approval was found, so nothing was sent'
        else
            code=1 heading='The approval could not be looked up, so nothing was sent'
        fi
        finish "$code" "$heading" "$(cat "$reports/refusal.txt")

To approve the plan above, run this workflow by hand with \`expect-digest\`:

    $digest"
    fi
fi

code=0
ledger begin || code=$?
if [ "$code" -ne 0 ]; then
    finish "$code" 'The ledger could not be taken, so nothing was sent; the log says by whom it is held'
fi
# A cancelled run saves what it knows, if it is given the time.
trap : INT TERM

lines=${INTIME_CI_APPLY_ARGS:-}
set -f
IFS='
'
# shellcheck disable=SC2086 # split at line ends is meant
set -- "$@" $lines
unset IFS
set +f
code=0
inertly intime-sync apply "$@" --auto-approve --expect-digest "$approved" --report markdown="$reports/applied.md" \
    --mask -- "$directory" || code=$?

saved=0
ledger end || saved=$?

if [ -f "$reports/applied.md" ]; then
    summarize <"$reports/applied.md"
fi
if [ "$saved" -ne 0 ]; then
    finish 1 'The ledger of this run could not be saved' \
        "The command ended with $code. Until the ledger is put right, no other run can take it."
fi
case $code in
0) finish 0 "$(if [ "$changes" -eq 0 ]; then echo 'Nothing to apply'; else echo 'Applied'; fi)" ;;
5)
    finish 5 "$(meaning 5)" "Approved was \`$(printf %s "$approved" | tr -cd 'a-z0-9:')\`, and the plan is now \`$digest\`. Nothing was sent.
Review the plan above; to approve it, run this workflow by hand with \`expect-digest\`."
    ;;
*) finish "$code" "$(meaning "$code")" ;;
esac
