# What the steps share. Sourced by run.sh; reads nothing but the environment, so every value stays data.
# shellcheck shell=sh

here=$INTIME_CI_HOME/github
directory=${INTIME_CI_DIRECTORY:-.}
name=${INTIME_CI_NAME:-$directory}

reports=$(mktemp -d "${RUNNER_TEMP:-${TMPDIR:-/tmp}}/intime-sync.XXXXXX")

# inertly COMMAND...: run it; what it prints is text to the runner, even where it looks like a workflow command.
inertly() {
    stop=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
    printf '::stop-commands::%s\n' "$stop"
    inert_code=0
    "$@" 2>&1 || inert_code=$?
    printf '\n::%s::\n' "$stop"
    return "$inert_code"
}

# output NAME VALUE: an output of the step.
output() {
    printf '%s=%s\n' "$1" "$2" >>"${GITHUB_OUTPUT:-/dev/null}"
}

# summarize: add Markdown from standard input to the job's summary.
summarize() {
    cat >>"${GITHUB_STEP_SUMMARY:-/dev/null}"
}

# finish CODE HEADING [TEXT]: say in log and summary how it ended, and end.
finish() {
    output exit-code "$1"
    { printf '\n### %s\n' "$2" && if [ -n "${3:-}" ]; then printf '\n%s\n' "$3"; fi; } | summarize
    printf '%s\n' "$2"
    if [ "$1" -ne 0 ]; then
        printf '::error title=intime-sync::%s (exit %s)\n' "$2" "$1"
    fi
    exit "$1"
}

# meaning CODE: what an exit code of the command says.
meaning() {
    case $1 in
    3) echo 'The configuration or the command line is invalid' ;;
    4) echo 'A guard stopped the plan' ;;
    5) echo 'The plan is not the one that was approved' ;;
    6) echo 'Another run holds the ledger' ;;
    7) echo 'Applied in part' ;;
    8) echo 'The outcome of something is unknown and needs ledger resolve' ;;
    9) echo 'The credentials are missing or were refused' ;;
    *) echo 'It failed; the log says why' ;;
    esac
}

# validated: annotate every problem; where there are errors, also list them in the summary.
validated() {
    code=0
    # Standard output is nothing but commands to the runner; what is wrong with the directory itself is not.
    intime-sync validate --format github --mask -- "$directory" 2>"$reports/refusal.txt" || code=$?
    if [ -s "$reports/refusal.txt" ]; then inertly cat "$reports/refusal.txt"; fi
    if [ "$code" -ne 0 ]; then
        inertly intime-sync validate --mask -- "$directory" | tee "$reports/problems.txt" || true
        {
            printf '\n<pre>\n'
            sed -e '/^::/d' -e 's/&/\&amp;/g' -e 's/</\&lt;/g' -e 's/>/\&gt;/g' "$reports/problems.txt"
            printf '</pre>\n'
        } | summarize
    fi
    return "$code"
}

# planned [ARGUMENT...]: plan into $reports; sets $code, $digest and the outputs. Masked, whatever the arguments say.
planned() {
    code=0
    inertly intime-sync plan --detailed-exitcode "$@" --report markdown="$reports/plan.md" \
        --report html="$reports/plan.html" --report json="$reports/plan.json" --mask -- "$directory" || code=$?
    digest=
    case $code in
    0 | 2)
        digest=$(python3 -I -c 'import json, sys; print(json.load(open(sys.argv[1], encoding="utf-8"))["digest"])' \
            "$reports/plan.json")
        output digest "$digest"
        output has-changes "$(if [ "$code" -eq 2 ]; then echo true; else echo false; fi)"
        output plan-json "$reports/plan.json"
        output plan-markdown "$reports/plan.md"
        output plan-html "$reports/plan.html"
        ;;
    esac
}

# comment ARGUMENT...: comment.py with token and key, which are in no environment and in no list of processes.
comment() {
    printf '%s\n' "$token" "$key" | python3 -I "$here/comment.py" "$@"
}

# authorized COMMAND...: run it so that git may use the token at GitHub, where the checkout has left no credentials.
authorized() {
    if [ -z "$token" ] || git config --get-regexp '^http\..*\.extraheader$' >/dev/null 2>&1; then
        "$@"
        return
    fi
    (
        count=${GIT_CONFIG_COUNT:-0}
        export "GIT_CONFIG_COUNT=$((count + 1))"
        export "GIT_CONFIG_KEY_$count=http.${GITHUB_SERVER_URL:-https://github.com}/.extraheader"
        export "GIT_CONFIG_VALUE_$count=AUTHORIZATION: basic $(printf 'x-access-token:%s' "$token" | base64 | tr -d '\n')"
        "$@"
    )
}

# ledger VERB: load, begin or end, where the ledger lives in a branch; otherwise nothing.
ledger() {
    if [ -n "${INTIME_CI_LEDGER_BRANCH:-}" ]; then
        export INTIME_LEDGER="$reports/ledger.json"
        inertly authorized sh "$INTIME_CI_HOME/ledger.sh" "$1" "$INTIME_CI_LEDGER_BRANCH" "$name" "$INTIME_LEDGER"
    fi
}
