"""A directory of many contacts says the same however it is read: at once or one by one."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from many_files import contact_files, tables

from intime_sync.config import desired as desired_module
from intime_sync.config import tables as tables_module
from intime_sync.config import yaml_reader
from intime_sync.config.desired import load_desired
from intime_sync.errors import InvalidConfiguration
from intime_sync.model.resource import Resource

NEVER = 10**9
ROOT = """\
version: 1
owner: o
account: {{url: embedded, region: {region}}}
include: [one.yaml, two.yaml, {{contacts: table.csv}}]
"""


class Directories:
    """Directories that differ in nothing but what is under them."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.made = 0

    def make(self, files: Mapping[str, str | bytes]) -> Path:
        self.made += 1
        directory = self.path / str(self.made)
        directory.mkdir()
        for name, text in files.items():
            data = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
            (directory / name).write_bytes(data)
        return directory

    def outcome(self, directory: Path, *, at_once: bool) -> Any:
        """The configuration, or its problems; read by columns where that can be, or else item by item."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(tables_module, "_MANY", 1 if at_once else NEVER)
            if not at_once:
                patch.setattr(yaml_reader, "read_plain", lambda _text: None)
                patch.setattr(desired_module, "read_contacts", lambda _columns, _region: None)
            try:
                read = load_desired(directory, {})
            except InvalidConfiguration as error:
                return [(str(problem), problem) for problem in error.problems]
        found: dict[str, list[Resource[Any]]] = {kind: [*items] for kind, items in read.desired.resources.items()}
        return found, read.warnings


@pytest.fixture(scope="module")
def directories(tmp_path_factory: pytest.TempPathFactory) -> Directories:
    return Directories(tmp_path_factory.mktemp("configurations"))


ONE = 'contacts:\n- key: "a"\n  mobile: "0701740605"\n- key: "b"\n  mobile: "0701740605"\n'


@settings(max_examples=120)
@given(contact_files(), contact_files(), tables(odd=True), st.sampled_from(["SE", "SE", "NO"]))
@example(ONE, ONE.replace('"', ""), b"key;mobile\na;0701740605\nd;0701740606\n", "SE")
@example("contacts: []\n", ONE, b"key;mobile;groups\nc;0701740607;Jour|Jour\n", "SE")
@example(ONE.replace("key", "groups"), ONE, b"key;mobile;groups\nc;0701740607;x\n", "SE")
def test_what_a_directory_says_does_not_depend_on_how_it_is_read(
    directories: Directories, one: str, two: str, table: bytes, region: str
) -> None:
    directory = directories.make(
        {"intime.yaml": ROOT.format(region=region), "one.yaml": one, "two.yaml": two, "table.csv": table}
    )
    one_by_one = directories.outcome(directory, at_once=False)
    assert directories.outcome(directory, at_once=True) == one_by_one, "at once"


def test_what_is_right_alone_keeps_its_places(directories: Directories) -> None:
    """Without an error anywhere, so that the comparison above cannot be one of problems alone."""
    files = {"intime.yaml": ROOT.format(region="SE"), "one.yaml": ONE, "two.yaml": ONE.replace('"a"', "c")}
    files["two.yaml"] = files["two.yaml"].replace('"b"', "d\n  protect: true\n  groups: [Z, A]")
    directory = directories.make({**files, "table.csv": b"key;mobile;ensure\ne;0701740609;absent\nf;+46701740608;\n"})
    read = directories.outcome(directory, at_once=False)
    (found, warnings) = read
    assert [item.key for item in found["contact"]] == ["a", "b", "e", "f", "c", "d"]
    assert {item.origin.file for item in found["contact"] if item.origin} == {"one.yaml", "two.yaml", "table.csv"}
    assert {problem.code for problem in warnings} == {"shared-mobile"}
    assert directories.outcome(directory, at_once=True) == read


@pytest.mark.parametrize("name", ["include", "prune", "unknown"])
def test_a_long_list_where_a_setting_stands_is_refused_like_a_short_one(directories: Directories, name: str) -> None:
    text = f"version: 1\nowner: o\n{name}:\n" + "- contacts: a\n  sheet: b\n" * 3
    directory = directories.make({"intime.yaml": text})
    problems = directories.outcome(directory, at_once=False)
    assert problems
    assert directories.outcome(directory, at_once=True) == problems
    plain = text.replace("version: 1\nowner: o\n", "")
    directory = directories.make({"intime.yaml": plain})
    problems = directories.outcome(directory, at_once=False)
    assert directories.outcome(directory, at_once=True) == problems


@pytest.mark.parametrize("section", ["groups", "blocklist", "reminders", "messages"])
def test_other_sections_are_read_as_ever(directories: Directories, section: str) -> None:
    item = {
        "groups": "- name: {0}\n  on_delete: delete_contacts\n",
        "blocklist": "- mobile: 070174060{0}\n  ensure: present\n",
        "reminders": "- key: k{0}\n  active: false\n",
        "messages": "- key: k{0}\n  body: b\n",
    }[section]
    text = f"{section}:\n" + "".join(item.format(at) for at in range(5, 9))
    head = "version: 1\nowner: o\naccount: {url: embedded}\ninclude: [one.yaml]\n"
    directory = directories.make({"intime.yaml": head, "one.yaml": text})
    assert directories.outcome(directory, at_once=True) == directories.outcome(directory, at_once=False)


@pytest.mark.parametrize("at_once", [True, False])
@pytest.mark.parametrize("name", ["Akut", "Juor"])
def test_a_group_that_shall_not_be_there_or_is_not_declared_is_named_where_it_stands(
    directories: Directories, at_once: bool, name: str
) -> None:
    groups = "groups:\n- Jour\n- {name: Akut, ensure: absent}\n"
    people = "contacts:\n- mobile: 0701740605\n  groups: [Jour]\n- mobile: 0701740606\n"
    head = "version: 1\nowner: o\naccount: {url: embedded}\ninclude: [one.yaml]\n"
    directory = directories.make({"intime.yaml": head + groups, "one.yaml": f"{people}  groups: [{name}]\n"})
    ((text, problem),) = directories.outcome(directory, at_once=at_once)
    assert text.startswith("one.yaml:5:11: error: ")
    assert problem.code == "unknown-group"
