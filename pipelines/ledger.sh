#!/bin/sh
# A ledger in a branch of its own, for runners that keep nothing. Needs git, in a clone whose remote may be pushed to.
#
#     ledger.sh load   BRANCH NAME FILE    fetch the ledger to FILE; nothing where there is none yet
#     ledger.sh begin  BRANCH NAME FILE    the same, and mark it as in use; exits 6 where another run has it
#     ledger.sh end    BRANCH NAME FILE    save FILE, and take the mark away
#     ledger.sh unlock BRANCH NAME         take away the mark of a run that is gone, after you have looked into it
#
# Every change is a commit, pushed only if nobody else pushed in the meantime. The mark is there before anything is
# sent: a run that is killed leaves it, so that no other goes on with a ledger that does not know what that one did.
set -eu
umask 077

verb=$1 branch=$2 name=$3 file=${4:-}
remote=${INTIME_CI_REMOTE:-origin}
if [ -n "${GITHUB_RUN_ID:-}" ]; then
    me="${GITHUB_SERVER_URL:-}/${GITHUB_REPOSITORY:-}/actions/runs/$GITHUB_RUN_ID attempt ${GITHUB_RUN_ATTEMPT:-1}"
else
    me=${CI_JOB_URL:-"process $PPID on $(uname -n)"}
fi
place=ledger-$(printf %s "$name" | tr -c 'A-Za-z0-9._-' '_')
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export GIT_INDEX_FILE="$work/index" GIT_TERMINAL_PROMPT=0
export GIT_AUTHOR_NAME=intime-sync GIT_AUTHOR_EMAIL=intime-sync@localhost
export GIT_COMMITTER_NAME=intime-sync GIT_COMMITTER_EMAIL=intime-sync@localhost

# fetch: sets $tip to the branch's commit, or to "" where there is no such branch.
fetch() {
    tip=
    found=0
    git ls-remote --exit-code "$remote" "refs/heads/$branch" >/dev/null || found=$?
    case $found in
    0)
        git fetch --quiet --no-tags --no-recurse-submodules "$remote" "refs/heads/$branch"
        tip=$(git rev-parse FETCH_HEAD)
        ;;
    2) ;; # git's word for: asked, and there is none
    *)
        echo "ledger: $remote cannot be read" >&2
        exit 1
        ;;
    esac
}

has() { [ -n "$tip" ] && git cat-file -e "$tip:$place/$1" 2>/dev/null; }

# Functions that are asked whether they worked run without `set -e`, so each step that may fail says what then.

load() {
    rm -f "$file" "$file.journal" || exit 1
    for part in "" .journal; do
        if has "ledger.json$part"; then
            git cat-file blob "$tip:$place/ledger.json$part" >"$file$part" || exit 1
        fi
    done
}

# keep FILE as NAME in the next commit, byte for byte: the checkout's .gitattributes have no say; drop NAME: not in it.
keep() {
    blob=$(git hash-object -w --no-filters -- "$1") || exit 1
    git update-index --add --cacheinfo "100644,$blob,$place/$2" || exit 1
}
drop() { git update-index --force-remove -- "$place/$1" || exit 1; }

start() {
    rm -f "$GIT_INDEX_FILE" || exit 1
    git read-tree "${tip:---empty}" || exit 1
}

# push MESSAGE: commit what was kept and dropped; false where somebody else was faster.
push() {
    tree=$(git write-tree) || exit 1
    commit=$(git commit-tree "$tree" ${tip:+-p "$tip"} -m "$1") || exit 1
    git push --quiet "$remote" "$commit:refs/heads/$branch"
}

begin() {
    if has applying; then
        echo "ledger: in use by $(git cat-file blob "$tip:$place/applying")" >&2
        echo "ledger: if that run is gone, look into what it did, then: ledger.sh unlock $branch $name" >&2
        exit 6
    fi
    printf '%s\n' "$me" >"$work/applying"
    start
    keep "$work/applying" applying
    push "$name: applying" || return 1
    load
}

end() {
    if ! has applying || [ "$(git cat-file blob "$tip:$place/applying")" != "$me" ]; then
        echo "ledger: it is not this run's any more, so nothing was saved" >&2
        exit 1
    fi
    start
    drop applying
    if [ -f "$file" ]; then keep "$file" ledger.json; fi
    if [ -f "$file.journal" ]; then keep "$file.journal" ledger.json.journal; else drop ledger.json.journal; fi
    push "$name: done"
}

# arrived: whether the last push did come in, though its answer was lost; what was taken must still be this run's.
arrived() {
    if [ -z "$commit" ] || [ -z "$tip" ] || ! git merge-base --is-ancestor "$commit" "$tip"; then return 1; fi
    if [ "$verb" != begin ]; then return 0; fi
    has applying && [ "$(git cat-file blob "$tip:$place/applying")" = "$me" ] && load
}

unlock() {
    start
    drop applying
    push "$name: unlocked"
}

case $verb in
load)
    fetch
    load
    ;;
begin | end | unlock)
    commit=
    for attempt in 1 2 3 4 5; do
        fetch
        if arrived; then exit 0; fi
        if "$verb"; then exit 0; fi
        sleep "$attempt"
    done
    echo "ledger: $branch cannot be pushed" >&2
    exit 1
    ;;
*)
    echo "ledger: there is no verb $verb" >&2
    exit 3
    ;;
esac
