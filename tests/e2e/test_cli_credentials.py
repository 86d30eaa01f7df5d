"""The hash goes only where the environment allows it, whatever a configuration says."""

from __future__ import annotations

from pathlib import Path

import pytest
from harness import SECRET, Workspace, workspace

from intime_sync.cli.credentials import credentials_of
from intime_sync.config.settings import Settings, read_settings
from intime_sync.errors import CredentialsError

ELSEWHERE = "version: 1\nowner: clinic-a\naccount: {url: https://collector.example/api/1.0}\n"


def settings(tmp_path: Path, environ: dict[str, str], **account: str) -> Settings:
    found, problems = read_settings(
        tmp_path, {"version": 1, "owner": "a", "account": account}, lambda _: None, environ
    )
    assert found is not None, problems
    return found


@pytest.mark.parametrize(
    "arguments", [("plan",), ("apply", "--auto-approve"), ("drift",), ("destroy", "--auto-approve")]
)
def test_a_configuration_with_another_address_gets_no_credentials(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    space = Workspace(tmp_path, environ={"INTIME_USER": "demo", "INTIME_HASH": SECRET})
    space.configure("groups: [Jour]\n", head=ELSEWHERE)
    ran = space.run(*arguments)
    assert ran.code == 9, ran.err
    assert "collector.example" in ran.err
    assert "INTIME_ALLOWED_HOSTS" in ran.err
    assert "could not be reached" not in ran.err


def test_doctor_says_why_credentials_are_withheld_and_sends_nothing(tmp_path: Path) -> None:
    space = Workspace(tmp_path, environ={"INTIME_USER": "demo", "INTIME_HASH": SECRET})
    space.configure("groups: [Jour]\n", head=ELSEWHERE)
    ran = space.run("doctor")
    assert ran.code != 0
    assert "INTIME_ALLOWED_HOSTS" in ran.out + ran.err
    assert "could not be reached" not in ran.out + ran.err


@pytest.mark.parametrize(
    ("url", "environ"),
    [
        ("https://sms.intime.nu/api/1.0", {}),
        ("http://127.0.0.1:8080/api/1.0", {}),
        ("https://relay.example/api", {"INTIME_ALLOWED_HOSTS": "other.example, Relay.example"}),
        ("https://unused.example/api", {"INTIME_URL": "https://relay.example/api"}),
    ],
)
def test_the_environment_allows_hosts_to_get_the_credentials(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str, environ: dict[str, str]
) -> None:
    for name, value in {"INTIME_USER": "demo", "INTIME_HASH": SECRET, **environ}.items():
        monkeypatch.setenv(name, value)
    user, secret = credentials_of(settings(tmp_path, environ, url=url))
    assert (user, secret.reveal()) == ("demo", SECRET)


@pytest.mark.parametrize("allowed", ["", "relay.example.evil.example", "example", "sms.intime.nu", ","])
def test_an_allowed_host_must_match_as_a_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, allowed: str) -> None:
    for name, value in {"INTIME_USER": "demo", "INTIME_HASH": SECRET, "INTIME_ALLOWED_HOSTS": allowed}.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(CredentialsError, match=r"relay\.example"):
        credentials_of(settings(tmp_path, {}, url="https://relay.example/api"))


def test_named_credentials_are_read_from_their_own_variables_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("INTIME_USER", "INTIME_HASH", "INTIME_HASH_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("INTIME_CLINIC_A_USER", "clinic")
    here = settings(tmp_path, {}, url="https://sms.intime.nu/api/1.0", credentials="CLINIC_A")
    with pytest.raises(CredentialsError, match="INTIME_CLINIC_A_HASH"):
        credentials_of(here)
    (tmp_path / "hash").write_text(SECRET)
    monkeypatch.setenv("INTIME_CLINIC_A_HASH_FILE", str(tmp_path / "hash"))
    user, secret = credentials_of(here)
    assert (user, secret.reveal()) == ("clinic", SECRET)


@pytest.mark.parametrize("line", ["ledger: {url: ../ledger.json}", "receipts: {data: /tmp/receipts.sqlite3}"])
def test_a_configuration_names_no_file_outside_its_directory(tmp_path: Path, line: str) -> None:
    space = Workspace(tmp_path / "clinic")
    space.configure(f"{line}\ngroups: [Jour]\n")
    ran = space.run("validate")
    assert ran.code == 3
    assert "[outside-directory]" in ran.out + ran.err


def test_the_environment_may_name_any_ledger(tmp_path: Path) -> None:
    with workspace(tmp_path / "clinic") as space:
        space.configure("groups: [Jour]\n")
        ran = space.run("apply", "--auto-approve", env={"INTIME_LEDGER": str(tmp_path / "elsewhere.json")})
        assert ran.code == 0, ran.err
        assert (tmp_path / "elsewhere.json").exists()


def test_the_error_of_a_changed_owner_says_to_restore_it(tmp_path: Path) -> None:
    with workspace(tmp_path) as space:
        space.configure("groups: [Jour]\ncontacts: [{key: anna, firstname: Anna, mobile: 0701740605}]\n")
        space.apply()
        calls = len(space.emulator.store.groups()) if space.emulator else 0
        text = (tmp_path / "intime.yaml").read_text().replace("owner: clinic-a", "owner: clinic-b")
        space.write("intime.yaml", text)
        ran = space.run("apply", "--auto-approve")
        assert ran.code == 1
        assert "`owner` changed" in ran.err
        assert "put `owner: clinic-a` back" in ran.err
        assert "contact: 1, group: 1" in ran.err
        assert space.emulator is not None
        assert len(space.emulator.store.groups()) == calls
