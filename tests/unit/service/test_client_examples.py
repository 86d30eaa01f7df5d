"""The examples in the docstrings of Client's methods are true, each against an account of its own."""

from __future__ import annotations

import doctest

import pytest

from intime_sync import service
from intime_sync.emulator import EmulatorOptions, run_in_thread
from intime_sync.service import Client, Credentials, Secret

CALLS = [name for name in vars(Client) if name.startswith(("list_", "add_", "delete_", "edit_", "create_"))]
EXAMPLES = [found for found in doctest.DocTestFinder().find(Client, "Client") if found.examples]


def test_every_call_has_an_example() -> None:
    with_examples = {found.name.removeprefix("Client.") for found in EXAMPLES}
    assert with_examples == {*CALLS} - {"list_rows"}


@pytest.mark.parametrize("found", EXAMPLES, ids=lambda found: found.name)
def test_an_example_is_true(found: doctest.DocTest) -> None:
    printed: list[str] = []
    with (
        run_in_thread(EmulatorOptions()) as emulator,
        Client(emulator.url, Credentials("demo", Secret("demo"))) as client,
    ):
        found.globs = {"client": client, **{name: getattr(service, name) for name in service.__all__}}
        doctest.DocTestRunner().run(found, out=printed.append)
    assert printed == []
