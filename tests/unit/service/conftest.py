"""Credentials whose secret is recognised in any spelling, and an environment without proxies."""

from __future__ import annotations

import pytest
from scripted_server import SECRET

from intime_sync.service import Credentials, Secret


@pytest.fixture
def credentials() -> Credentials:
    return Credentials("demo", Secret(SECRET))


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
