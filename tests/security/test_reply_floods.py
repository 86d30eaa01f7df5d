"""A reply that is too large, in any part of it, ends the run with a clear error and does not fill the memory."""

from __future__ import annotations

import gzip
import zlib
from functools import cache

import pytest
from harness import SECRET, Workspace
from hostile_server import Attack, Talk, hostile_server
from measured import MEBIBYTE, measured

from intime_sync.service import Credentials, Secret
from intime_sync.service.transport import Answer, NoAnswer, Transport

HEAD = b"HTTP/1.1 200 OK\r\n"
PATH = "contacts/getgroups.ashx"
BLOCK = b"x" * 65536
TIMES = 16384
"""A gibibyte of blocks."""


@cache
def bomb() -> bytes:
    """A gibibyte of spaces before a list, as a megabyte."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
    return b"".join(packer.compress(b" " * MEBIBYTE) for _ in range(1024)) + packer.flush()


def status_line(talk: Talk) -> None:
    talk.send(b"HTTP/1.1 200 ")
    talk.flood(BLOCK, TIMES)


def one_header(talk: Talk) -> None:
    talk.send(HEAD + b"X-Padding: ")
    talk.flood(BLOCK, TIMES)


def many_headers(talk: Talk) -> None:
    talk.send(HEAD)
    talk.flood(b"X: y\r\n" * 10000, TIMES)


def interim_replies(talk: Talk) -> None:
    talk.flood(b"HTTP/1.1 100 Continue\r\n\r\n" * 2000, TIMES)


def early_hints(talk: Talk) -> None:
    talk.flood(b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" * 2000, TIMES)


def body_until_the_end(talk: Talk) -> None:
    talk.send(HEAD + b"Connection: close\r\n\r\n")
    talk.flood(BLOCK, TIMES)


def body_with_a_length(talk: Talk) -> None:
    talk.send(HEAD + b"Content-Length: %d\r\n\r\n" % (len(BLOCK) * TIMES))
    talk.flood(BLOCK, TIMES)


def chunks(talk: Talk) -> None:
    talk.send(HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
    talk.flood(b"10000\r\n" + BLOCK + b"\r\n", TIMES)


def size_of_a_chunk(talk: Talk) -> None:
    talk.send(HEAD + b"Transfer-Encoding: chunked\r\n\r\n1;")
    talk.flood(BLOCK, TIMES)


def one_trailer(talk: Talk) -> None:
    talk.send(HEAD + b"Transfer-Encoding: chunked\r\n\r\n1\r\n \r\n0\r\nX: ")
    talk.flood(BLOCK, TIMES)


def many_trailers(talk: Talk) -> None:
    talk.send(HEAD + b"Transfer-Encoding: chunked\r\n\r\n1\r\n \r\n0\r\n")
    talk.flood(b"X: y\r\n" * 10000, TIMES)


def compressed(talk: Talk) -> None:
    talk.send(HEAD + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(bomb()) + bomb())


def compressed_twice(talk: Talk) -> None:
    body = gzip.compress(bomb())
    talk.send(HEAD + b"Content-Encoding: gzip, gzip\r\nContent-Length: %d\r\n\r\n" % len(body) + body)


def a_compressed_redirect(talk: Talk) -> None:
    head = b"HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n"
    talk.send(head % len(bomb()) + bomb())


FLOODS: list[Attack] = [
    status_line,
    one_header,
    many_headers,
    interim_replies,
    early_hints,
    body_until_the_end,
    body_with_a_length,
    chunks,
    size_of_a_chunk,
    one_trailer,
    many_trailers,
    compressed,
    compressed_twice,
    a_compressed_redirect,
]


@pytest.mark.parametrize("flood", FLOODS, ids=lambda attack: attack.__name__)
def test_a_flood_is_refused_within_bounded_memory(flood: Attack, space: Workspace) -> None:
    space.configure("groups: [Jour]\n")
    bomb()
    with hostile_server(flood) as server:
        ran = measured(space, "plan", env={"INTIME_URL": server.url})
    assert ran.code == 1, ran.out + ran.err
    assert ran.err.startswith("error: ")
    assert "Traceback" not in ran.err
    assert ran.memory < 400 * MEBIBYTE


@pytest.mark.parametrize("flood", FLOODS, ids=lambda attack: attack.__name__)
def test_a_flood_leaves_the_outcome_of_a_post_unknown(flood: Attack) -> None:
    with hostile_server(flood) as server, Transport(server.url, Credentials("demo", Secret(SECRET))) as made:
        assert isinstance(made.post(PATH, b"<x/>"), NoAnswer)
    assert server.requests == 1


@pytest.mark.parametrize(
    ("body", "content"),
    [
        (gzip.compress(b"<groups/>"), b"<groups/>"),
        (gzip.compress(b"<groups>") + gzip.compress(b"</groups>"), b"<groups></groups>"),
        (gzip.compress(b" " * 5 * MEBIBYTE), b" " * 5 * MEBIBYTE),
        (gzip.compress(b"<groups/>") + b"\0" * 100, b"<groups/>"),
        (b"", b""),
    ],
    ids=["one file", "two files", "much", "padded", "nothing"],
)
def test_what_is_compressed_honestly_is_read(body: bytes, content: bytes) -> None:
    def attack(talk: Talk) -> None:
        talk.send(HEAD + b"Content-Encoding: gzip\r\nConnection: close\r\n\r\n" + body)

    with hostile_server(attack) as server, Transport(server.url, Credentials("demo", Secret(SECRET))) as made:
        assert made.get(PATH) == Answer(200, content)


def test_a_compressed_reply_that_is_cut_off_is_noticed() -> None:
    """Only its own end mark shows it: the reply ends where the connection does."""
    body = gzip.compress(b"1,22222")[:-9]

    def attack(talk: Talk) -> None:
        talk.send(HEAD + b"Content-Encoding: gzip\r\nConnection: close\r\n\r\n" + body)

    with hostile_server(attack) as server, Transport(server.url, Credentials("demo", Secret(SECRET))) as made:
        assert made.post(PATH, b"<x/>") == NoAnswer("the reply was cut off")
