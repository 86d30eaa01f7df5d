"""Settings that are more than a copy of their field."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from intime_sync.config.desired import load_desired, load_settings
from intime_sync.config.settings import Settings
from intime_sync.errors import InvalidConfiguration
from intime_sync.model.policy import Policy

HEAD = "version: 1\nowner: clinic-a\naccount: {url: embedded}\n"


def load(folder: Path, text: str, **environ: str) -> Settings:
    (folder / "intime.yaml").write_text(HEAD + text, encoding="utf-8")
    assert load_settings(folder, environ) == load_desired(folder, environ).settings
    return load_settings(folder, environ)


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("0", timedelta()),
        ("0s", timedelta()),
        ("7", timedelta(minutes=7)),
        ('"7"', timedelta(minutes=7)),
        ("007", timedelta(minutes=7)),
        ("90s", timedelta(seconds=90)),
        ("10m", timedelta(minutes=10)),
        ("2h", timedelta(hours=2)),
        ("168h", timedelta(days=7)),
        ("10080", timedelta(days=7)),
        ("604800s", timedelta(days=7)),
        ("", timedelta(minutes=5)),
    ],
)
def test_the_lead_time_of_messages(tmp_path: Path, given: str, meant: timedelta) -> None:
    assert load(tmp_path, f"policy: {{messages: {{lead_time: {given}}}}}\n").policy.message_lead_time == meant


def test_the_default_lead_time_is_five_minutes(tmp_path: Path) -> None:
    assert load(tmp_path, "").policy.message_lead_time == Policy().message_lead_time == timedelta(minutes=5)


@pytest.mark.parametrize(
    ("given", "code"),
    [
        *(("10081", "out-of-range"), ("169h", "out-of-range"), ("604801s", "out-of-range")),
        *(
            ("2d", "bad-format"),
            ("-5", "bad-format"),
            ("1.5h", "bad-format"),
            ("soon", "bad-format"),
            ('""', "bad-format"),
        ),
        ("[5]", "wrong-type"),
    ],
)
def test_an_invalid_lead_time_is_one_error_beside_those_of_items(tmp_path: Path, given: str, code: str) -> None:
    text = f"policy: {{messages: {{lead_time: {given}}}}}\ngroups: [~x]\n"
    with pytest.raises(InvalidConfiguration) as raised:
        load(tmp_path, text)
    assert str(raised.value.problems[0]).startswith("intime.yaml:4:32: error: `policy.messages.lead_time` ")
    with pytest.raises(InvalidConfiguration) as raised:
        load_desired(tmp_path, {})
    assert [problem.code for problem in raised.value.problems] == [code, "reserved-name"]


def test_the_file_of_delivery_statuses(tmp_path: Path) -> None:
    assert load(tmp_path, "").receipts == ".intime/receipts.sqlite3"
    text = "receipts: {data: statuses.sqlite3}\n"
    assert load(tmp_path, text).receipts == "statuses.sqlite3"
    assert load(tmp_path, text, INTIME_RECEIPTS="/tmp/r.sqlite3").receipts == "/tmp/r.sqlite3"
    assert load(tmp_path, "receipts:\n  data:\n").receipts == ".intime/receipts.sqlite3"
