"""As much of GitHub's REST API as the action uses, over real HTTP: comments of pulls, and pulls of a commit."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

REPOSITORY = "clinic/account"
TOKEN = "a-token"
APPROVAL_KEY = "k3y" * 11
BOT = "github-actions[bot]"
BEFORE, MERGED, AFTER = "2036-01-01T10:00:00Z", "2036-01-01T11:00:00Z", "2036-01-01T12:00:00Z"


@dataclass
class FakeGitHub:
    """What it holds, and what it was asked."""

    url: str = ""
    comments: dict[int, list[dict[str, Any]]] = field(default_factory=dict)
    pulls: list[dict[str, Any]] = field(default_factory=list)
    calls: list[tuple[str, str]] = field(default_factory=list)
    failing: list[int] = field(default_factory=list)
    now: str = BEFORE

    def say(self, pull: int, body: str, author: str = BOT) -> dict[str, Any]:
        """Add a comment."""
        number = 1 + sum(map(len, self.comments.values()))
        comment = {"id": number, "body": body, "user": {"login": author}, "updated_at": self.now}
        self.comments.setdefault(pull, []).append(comment)
        return comment

    def merge(self, pull: int, head: str, commit: str, at: str | None = MERGED, base: str = "main") -> None:
        """A pull request, merged into a branch as a commit, or closed."""
        known = {"number": pull, "head": {"sha": head}, "base": {"ref": base}}
        self.pulls.append({**known, "merge_commit_sha": commit, "merged_at": at})

    def answer(self, method: str, path: str, query: dict[str, list[str]], data: Any) -> tuple[int, Any]:
        """Status and body."""
        if self.failing:
            return self.failing.pop(0), {"message": "no"}
        if len(data.get("body", "")) > 65_536:
            return 422, {"message": "body is too long"}
        if found := re.fullmatch(r"issues/(\d+)/comments", path):
            if method == "POST":
                return 201, self.say(int(found[1]), data["body"])
            return 200, self.page(self.comments.get(int(found[1]), []), query)
        if found := re.fullmatch(r"issues/comments/(\d+)", path):
            comment = next(one for all_ in self.comments.values() for one in all_ if one["id"] == int(found[1]))
            comment |= {"body": data["body"], "updated_at": self.now}
            return 200, comment
        if found := re.fullmatch(r"commits/(\w+)/pulls", path):
            return 200, self.page([pull for pull in self.pulls if pull["merge_commit_sha"] == found[1]], query)
        return 404, {"message": "Not Found"}

    def page(self, items: list[Any], query: dict[str, list[str]]) -> list[Any]:
        """One page of a list."""
        size, number = int(query["per_page"][0]), int(query["page"][0])
        return items[size * (number - 1) : size * number]


@contextmanager
def fake_github() -> Iterator[FakeGitHub]:
    """A server on loopback."""
    hub = FakeGitHub()

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            parts = urlsplit(self.path)
            prefix = f"/repos/{REPOSITORY}/"
            length = int(self.headers.get("Content-Length") or 0)
            data = json.loads(self.rfile.read(length) or b"{}")
            hub.calls.append((self.command, parts.path.removeprefix(prefix)))
            if self.headers["Authorization"] != f"Bearer {TOKEN}" or not parts.path.startswith(prefix):
                status, body = 401, {"message": "Bad credentials"}
            else:
                status, body = hub.answer(self.command, parts.path.removeprefix(prefix), parse_qs(parts.query), data)
            content = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def do_GET(self) -> None:
            self.answer()

        def do_POST(self) -> None:
            self.answer()

        def do_PATCH(self) -> None:
            self.answer()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base's name
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    hub.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
