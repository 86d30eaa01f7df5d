"""A YAML language server as editors run it: LSP over stdio, as far as the tests speak it."""

from __future__ import annotations

import json
import queue
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

PATIENCE = 60

# What an editor offers a server that gets its schema from the file's own first line and nothing from the network.
SETTINGS = {
    "yaml": {"validate": True, "completion": True, "hover": True, "schemaStore": {"enable": False}},
    "http": {},
    "[yaml]": {},
}


class LanguageServer:
    """A session with a running server."""

    def __init__(self, process: subprocess.Popen[bytes], root: Path) -> None:
        self.process = process
        self.received: queue.Queue[dict[str, Any] | None] = queue.Queue()
        self.numbers = iter(range(1, 1_000_000))
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()
        self.request(
            "initialize",
            {
                "processId": None,
                "rootUri": root.as_uri(),
                "workspaceFolders": [{"uri": root.as_uri(), "name": root.name}],
                "capabilities": {
                    "workspace": {"configuration": True},
                    "textDocument": {
                        "completion": {"completionItem": {"snippetSupport": True}},
                        "hover": {"contentFormat": ["markdown"]},
                    },
                },
            },
        )
        self.notify("initialized", {})
        self.notify("workspace/didChangeConfiguration", {"settings": SETTINGS})

    def open(self, file: Path, text: str | None = None) -> str:
        """Open a file, with another text than it has if that is given; its address."""
        uri = file.as_uri()
        text = file.read_text(encoding="utf-8") if text is None else text
        self.notify("textDocument/didOpen", {"textDocument": _document(uri) | {"text": text}})
        return uri

    def diagnostics(self, file: Path, text: str | None = None) -> list[dict[str, Any]]:
        """What the server says is wrong with a file, in its order."""
        uri = self.open(file, text)
        while True:
            message = self._next()
            if message.get("method") == "textDocument/publishDiagnostics" and message["params"]["uri"] == uri:
                found: list[dict[str, Any]] = message["params"]["diagnostics"]
                return sorted(found, key=lambda one: (one["range"]["start"]["line"], one["message"]))

    def complete(self, uri: str, line: int, character: int) -> dict[str, dict[str, Any]]:
        """What is offered at a place, by label."""
        answer = self.request("textDocument/completion", _at(uri, line, character))
        return {item["label"]: item for item in answer["items"]}

    def hover(self, uri: str, line: int, character: int) -> str:
        """The text shown over a place."""
        answer = self.request("textDocument/hover", _at(uri, line, character))
        return "" if answer is None else str(answer["contents"]["value"])

    def request(self, method: str, params: dict[str, Any]) -> Any:
        """Ask, and wait for the answer."""
        number = next(self.numbers)
        self._send({"id": number, "method": method, "params": params})
        while True:
            message = self._next()
            if message.get("id") == number and "method" not in message:
                assert "error" not in message, message
                return message["result"]

    def notify(self, method: str, params: Any) -> None:
        """Tell."""
        self._send({"method": method, "params": params})

    def close(self) -> None:
        """Ask the server to end, and see to it that it does."""
        try:
            self.request("shutdown", {})
            self.notify("exit", None)
            self.process.wait(5)
        finally:
            self.process.kill()
            self.process.wait()
            self.reader.join(5)
            for stream in (self.process.stdin, self.process.stdout):
                assert stream is not None
                stream.close()

    def _send(self, message: dict[str, Any]) -> None:
        assert self.process.stdin is not None
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
        self.process.stdin.flush()

    def _next(self) -> dict[str, Any]:
        """The next message that is not a question of the server, which is answered here."""
        while True:
            message = self.received.get(timeout=PATIENCE)
            assert message is not None, "the language server has ended"
            if "id" not in message or "method" not in message:
                return message
            asked = message["params"].get("items", ()) if message["method"] == "workspace/configuration" else None
            result = None if asked is None else [SETTINGS.get(item.get("section")) for item in asked]
            self._send({"id": message["id"], "result": result})

    def _read(self) -> None:
        stream = self.process.stdout
        assert stream is not None
        while True:
            length = 0
            while (line := stream.readline().strip()) != b"":
                name, _, value = line.partition(b":")
                length = int(value) if name.lower() == b"content-length" else length
            if not length:
                self.received.put(None)
                return
            self.received.put(json.loads(stream.read(length)))


@contextmanager
def language_server(command: list[str], root: Path) -> Iterator[LanguageServer]:
    """A server of its own process, ended with the block."""
    process = subprocess.Popen(
        command, cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    try:
        server = LanguageServer(process, root)
        yield server
        server.close()
    finally:
        process.kill()
        process.wait()


def _document(uri: str) -> dict[str, Any]:
    return {"uri": uri, "languageId": "yaml", "version": 1}


def _at(uri: str, line: int, character: int) -> dict[str, Any]:
    return {"textDocument": {"uri": uri}, "position": {"line": line, "character": character}}
