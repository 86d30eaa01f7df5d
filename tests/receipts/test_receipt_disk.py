"""A full disk: the system refuses every write past a size, until the test makes room."""

from __future__ import annotations

import resource
import subprocess
import sys

import pytest
from harness import PATIENCE, Workspace
from receipt_world import Caller, calling, data_of, page_of, receiving, stored


def limit_files(process: subprocess.Popen[str], size: int) -> None:
    """No file of the process may grow beyond this many bytes; the signal for that is ignored, as Python does."""
    hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
    resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (size, hard))


def post(caller: Caller, number: int) -> int:
    code, text = caller.post({"messageid": number, "status": 20, "transid": f"{number:0>190}"})
    assert text == (str(number) if code == 200 else "the status could not be stored")
    return code


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="prlimit is Linux's")
def test_a_full_disk_is_a_500_and_once_there_is_room_everything_goes_on(alone: Workspace):
    with receiving(alone) as (process, url), calling(url) as caller:
        caller.visit(page_of(process))
        assert post(caller, 1) == 200
        limit_files(process, data_of(alone).with_name("receipts.sqlite3-wal").stat().st_size + 20_000)
        codes = [post(caller, number) for number in range(2, 40)]
        assert codes[0] == 200
        assert codes[-1] == 500
        full = codes.index(500)
        assert set(codes[full:]) == {500}
        assert caller.request("GET", "/health")[:2] == (503, '{"status":"unavailable"}')
        assert caller.request("GET", "/")[0] == 200, "reading needs no room"
        limit_files(process, resource.RLIM_INFINITY)
        assert caller.request("GET", "/health")[0] == 200
        assert [post(caller, number) for number in range(2, 40)] == [200] * 38
        process.terminate()
        _, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0
    assert sorted(kept.message_id for kept in stored(data_of(alone))) == list(range(1, 40))
    lines = err.splitlines()
    assert len(lines) == 2
    assert "statuses are refused until they can be stored" in lines[0]
    assert lines[1] == "statuses are stored again"
