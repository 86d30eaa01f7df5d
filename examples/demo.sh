#!/bin/sh
# Plan, apply and plan again a clinic's account, in a temporary folder, against the emulator inside the command.
# Needs `intime-sync` on the PATH; `make demo` sees to that.
set -eu

# Whatever account this shell is set up for, the demo keeps away from it.
unset INTIME_URL INTIME_LEDGER INTIME_USER INTIME_HASH INTIME_HASH_FILE

examples=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
work=$(mktemp -d "${TMPDIR:-/tmp}/intime-sync-demo.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

if [ -t 1 ] && [ -z "${NO_COLOR:-}" ] && [ "${TERM:-dumb}" != dumb ]; then
    bold=$(printf '\033[1m') plain=$(printf '\033[0m')
else
    bold='' plain=''
fi

say() { printf '\n%s\n' "$*"; }

show() { printf '\n%s$ %s%s\n' "$bold" "$*" "$plain"; }

# run CODE COMMAND...: show the command, run it, and insist on its exit code.
run() {
    wanted=$1
    shift
    show "$@"
    code=0
    "$@" || code=$?
    if [ "$code" -ne "$wanted" ]; then
        printf 'demo: exit code %s, expected %s\n' "$code" "$wanted" >&2
        [ "$code" -ne 0 ] || code=1
        exit "$code"
    fi
}

cp -R "$examples/clinic" "$work/clinic"
rm -rf "$work/clinic/.intime"
cd "$work"

say "A clinic keeps its groups, people, opt-outs and reminders in files. What would they change in the account?"
run 0 intime-sync plan clinic

say "Make it so. Without --auto-approve it asks first. It shows the plan once more; this is how it ends:"
show intime-sync apply clinic --auto-approve
intime-sync apply clinic --auto-approve >apply.txt || { code=$?; cat apply.txt; exit "$code"; }
tail -n 1 apply.txt

say "Plan again: exit code 0 says that there is nothing left to do, 2 would say that there is."
run 0 intime-sync plan clinic --detailed-exitcode

say "Åke gets a new number. The service can neither list nor change contacts, and still it is one line:"
people=clinic/people/personal.csv
show sed -i "'s/070-174 06 38/070-174 06 99/'" "$people"
sed 's/070-174 06 38/070-174 06 99/' "$people" >people.csv
mv people.csv "$people"
run 2 intime-sync plan clinic --detailed-exitcode

say "That was all: nothing of it is left on this machine but .venv. README.md says how to go on with an account of your own."
