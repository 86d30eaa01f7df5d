# Every problem as an annotation on its line. Needs neither network nor secrets. Sourced by run.sh.
# shellcheck shell=sh disable=SC2154 # common.sh sets the names

code=0
validated || code=$?
if [ "$code" -ne 0 ]; then
    finish "$code" "$(meaning "$code")"
fi
finish 0 'The configuration is valid'
