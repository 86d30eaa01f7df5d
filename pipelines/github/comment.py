"""The one comment of a pull request that holds its plan, and the digest that merging approved.

Needs Python alone. GITHUB_API_URL, GITHUB_REPOSITORY and INTIME_CI_COMMENT_AUTHOR tell it where, and whose comments
count; standard input has two lines, the token and the approval key (or nothing). The comment's last line is hidden:
which plan it is, of which commit, the digest, and a mark that only who has the key can make. Whoever may comment with
the same author's token, such as any other workflow of the repository, can write the rest, but not the mark.

    comment.py put --pull N --name NAME --head SHA (--body FILE --digest DIGEST | --failed WHY)
    comment.py approved --name NAME --sha SHA --ref REF
                                   prints the digest; exits 5, saying why, where nothing was approved
"""

from __future__ import annotations

import argparse
import hashlib
import hmac
import json
import os
import re
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

LIMIT = 65_536
PAGE = 100
TRIES = 3
MARKER = re.compile(
    r"<!-- intime-sync action name=(?P<name>\S*) head=(?P<head>[0-9a-f]*) digest=(?P<digest>sha256:[0-9a-f]{64})?"
    r"(?: mark=(?P<mark>[0-9a-f]{64}))? -->"
)
UNAPPROVABLE = "_Merging does not approve this plan: the action was given no `approval-key`._"


class Refused(Exception):
    """There is no approval; says why."""


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """The token is for one host alone."""

    def redirect_request(self, *_: Any) -> None:
        return None


class GitHub:
    """The few calls of the REST API that are needed."""

    def __init__(self, token: str, key: str) -> None:
        self.token = token
        self.key = key
        self.url = os.environ.get("GITHUB_API_URL", "https://api.github.com").rstrip("/")
        self.repository = os.environ["GITHUB_REPOSITORY"]
        self.author = os.environ.get("INTIME_CI_COMMENT_AUTHOR") or "github-actions[bot]"
        self.opener = urllib.request.build_opener(_NoRedirect)

    def call(self, method: str, path: str, data: dict[str, Any] | None = None) -> Any:
        """The answer. What may be asked twice is, where the server has trouble."""
        request = urllib.request.Request(  # noqa: S310 - the address is the runner's own
            f"{self.url}/repos/{self.repository}/{path}",
            method=method,
            data=None if data is None else json.dumps(data).encode(),
            headers={
                "Accept": "application/vnd.github+json",
                "Authorization": f"Bearer {self.token}",
                "Content-Type": "application/json",
                "User-Agent": "intime-sync",
                "X-GitHub-Api-Version": "2022-11-28",
            },
        )
        for attempt in range(1, TRIES + 1):
            try:
                with self.opener.open(request, timeout=30) as answer:
                    return json.load(answer)
            except urllib.error.HTTPError as error:
                if error.code < 500 or method == "POST" or attempt == TRIES:
                    raise
            except OSError:
                if method == "POST" or attempt == TRIES:
                    raise
            time.sleep(attempt)
        raise AssertionError

    def pages(self, path: str) -> Iterator[dict[str, Any]]:
        """All items of a list."""
        number = 1
        while True:
            items = self.call("GET", f"{path}?per_page={PAGE}&page={number}")
            yield from items
            if len(items) < PAGE:
                return
            number += 1

    def stickies(self, pull: int, name: str) -> Iterator[dict[str, Any]]:
        """The comments on this plan, by author and last line: ours, and those of others with the author's token."""
        for comment in self.pages(f"issues/{pull}/comments"):
            if (comment.get("user") or {}).get("login") != self.author:
                continue
            found = state(comment.get("body") or "")
            if found is not None and found["name"] == encoded(name):
                yield comment

    def mark(self, pull: int, name: str, head: str, digest: str, text: str) -> str:
        """What only who has the key can say of a plan: where it stands, of which commit it is, and what it shows."""
        shown = text.replace("\r\n", "\n").strip()
        said = json.dumps(["intime-sync approval 1", self.repository, pull, name, head, digest, shown])
        return hmac.new(self.key.encode(), said.encode(), hashlib.sha256).hexdigest()

    def proven(self, pull: int, name: str, head: str, body: str) -> bool:
        """Whether our job wrote exactly this, for exactly this commit of this pull request."""
        found = state(body)
        if not self.key or found is None or not found["mark"] or found["head"] != head:
            return False
        text = body.rstrip().rpartition("\n")[0]
        return hmac.compare_digest(found["mark"], self.mark(pull, name, head, found["digest"] or "", text))


def encoded(name: str) -> str:
    """The name as it stands in a marker: nothing in it can end the comment."""
    return quote(name, safe="/").replace("-", "%2D")


def state(body: str) -> re.Match[str] | None:
    """The marker in the last line: its name, commit, digest and mark."""
    return MARKER.fullmatch(body.rstrip().rsplit("\n", 1)[-1].rstrip("\r"))


def fitted(text: str, room: int) -> str:
    """The text in at most `room` characters; rows of tables go, from the end, where there is no room."""
    lines = text.rstrip().split("\n")
    note = "… and more, which the job's summary shows"
    cut = False
    while len("\n".join(lines)) + len(note) + 2 > room:
        rows = [at for at, line in enumerate(lines) if line.startswith("| `")]
        if not rows:
            raise ValueError("the plan is too long for a comment")
        del lines[rows[-1]]
        cut = True
    return "\n".join([*lines, *(["", note] if cut else [])])


def put(github: GitHub, options: argparse.Namespace) -> None:
    """Write the comment, or bring the one that is there up to date."""
    old = next(github.stickies(options.pull, options.name), None)
    head = re.sub("[^0-9a-f]", "", options.head)
    digest, mark = options.digest or "", ""
    if options.failed is not None:
        if old is None:
            return  # the job says that it failed; a comment would add nothing
        text = f"### No plan\n\n{options.failed}, for commit {head}. The plan that stood here is no longer current."
    else:
        text = options.body.read_text(encoding="utf-8")
        if not github.key:
            text = f"{text.rstrip()}\n\n{UNAPPROVABLE}"
    text = fitted(text, LIMIT - 512 - len(encoded(options.name)))
    if digest and github.key:
        mark = f" mark={github.mark(options.pull, options.name, head, digest, text)}"
    marker = f"<!-- intime-sync action name={encoded(options.name)} head={head} digest={digest}{mark} -->"
    body = f"{text}\n\n{marker}"
    if old is None:
        github.call("POST", f"issues/{options.pull}/comments", {"body": body})
    else:
        github.call("PATCH", f"issues/comments/{int(old['id'])}", {"body": body})


def approved(github: GitHub, options: argparse.Namespace) -> str:
    """The digest that was in the comment when the pull request was merged into this branch. Raises Refused."""
    if not github.key:
        raise Refused("The action was given no `approval-key`, and without one anybody's comment would do.")
    sha = quote(options.sha, safe="")
    pulls = [
        pull
        for pull in github.pages(f"commits/{sha}/pulls")
        if pull.get("merged_at") and pull.get("merge_commit_sha") == options.sha
    ]
    if len(pulls) != 1:
        raise Refused("This commit is not what one pull request was merged as.")
    pull = pulls[0]
    number, head = int(pull["number"]), pull["head"]["sha"]
    if options.ref != f"refs/heads/{pull['base']['ref']}":
        raise Refused(f"Pull request #{number} was merged into another branch.")
    comments = list(github.stickies(number, options.name))
    proven = [comment for comment in comments if github.proven(number, options.name, head, comment["body"])]
    if not proven:
        raise Refused(_unproven(number, head, [state(comment["body"]) for comment in comments]))
    # Both are UTC to the second, in one format.
    seen = [comment for comment in proven if comment["updated_at"] <= pull["merged_at"]]
    if not seen:
        raise Refused(f"The plan in pull request #{number} changed after it was merged, so nobody approved it.")
    digests = {found["digest"] for comment in seen if (found := state(comment["body"]))}
    if len(digests) != 1:
        raise Refused(f"Pull request #{number} has comments with several plans, and nobody knows which one was read.")
    return str(digests.pop())


def _unproven(number: int, head: str, found: list[re.Match[str] | None]) -> str:
    """Why no comment counts. What it says of them is for people: none of them is known to be ours."""
    states = [one for one in found if one is not None]
    if not states:
        return f"Pull request #{number} has no comment with this plan."
    if all(one["digest"] is None for one in states):
        return f"The plan of pull request #{number} failed."
    if all(one["head"] != head for one in states):
        return f"The plan in pull request #{number} is that of an earlier commit."
    return (
        f"The comment in pull request #{number} is not what the plan's job wrote, or not with this `approval-key`. "
        "Somebody may have forged or edited it."
    )


def main(arguments: list[str]) -> int:
    """Run; the exit code."""
    parser = argparse.ArgumentParser(description="The plan's comment on a pull request.")
    verbs = parser.add_subparsers(dest="verb", required=True)
    putting = verbs.add_parser("put")
    putting.add_argument("--pull", type=int, required=True)
    putting.add_argument("--head", required=True)
    putting.add_argument("--digest")
    what = putting.add_mutually_exclusive_group(required=True)
    what.add_argument("--body", type=Path)
    what.add_argument("--failed")
    asking = verbs.add_parser("approved")
    asking.add_argument("--sha", required=True)
    asking.add_argument("--ref", required=True)
    for verb in (putting, asking):
        verb.add_argument("--name", required=True)
    options = parser.parse_args(arguments)
    try:
        github = GitHub(sys.stdin.readline().strip(), sys.stdin.readline().strip())
        if options.verb == "put":
            put(github, options)
        else:
            sys.stdout.write(approved(github, options) + "\n")
    except Refused as refusal:
        sys.stderr.write(f"{refusal}\n")
        return 5
    except urllib.error.HTTPError as error:
        hint = " Does the job have the permission `pull-requests: write`?" if error.code in (401, 403, 404) else ""
        sys.stderr.write(f"GitHub answered {error.code}.{hint}\n")
        return 1
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        sys.stderr.write(
            f"GitHub could not be asked, or did not answer as expected: {type(error).__name__}: {error}\n"
        )
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
