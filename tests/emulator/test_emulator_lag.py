"""Lists that lag: what they show is what they showed some answers ago; what is done is done at once."""

from __future__ import annotations

import pytest

from intime_sync.emulator import EmulatorOptions

GROUP = "<addgroups><groups><group groupname='{}'/></groups></addgroups>"


@pytest.mark.parametrize("lag", [1, 2, 3])
def test_a_change_is_seen_by_the_read_after_as_many_as_the_lag(start, lag: int) -> None:
    with start(list_lag=lag) as api:
        assert api.get("contacts/listgroups").text == "2:ERROR1"
        assert api.say("contacts/addgroup", GROUP.format("Jour")) == "1"
        for _ in range(lag):
            assert api.get("contacts/listgroups").text == "2:ERROR1"
        assert "Jour" in api.get("contacts/listgroups").text
        # Every list for itself, and a removal no sooner than an addition.
        api.store.delete_group(1)
        assert api.store.groups() == []
        for _ in range(lag):
            assert "Jour" in api.get("contacts/listgroups").text
        assert api.get("contacts/listgroups").text == "2:ERROR1"


def test_each_list_lags_by_itself_and_a_wrong_login_is_no_answer_of_it(start) -> None:
    with start(list_lag=1) as api:
        assert api.get("nix/list").text == "2:ERROR1"
        api.store.block("0701740606")
        for _ in range(3):
            assert api.get("nix/list", hash="wrong").text == "0:ERROR3"
            assert api.get("contacts/listgroups").text == "2:ERROR1"
        assert api.get("nix/list").text == "2:ERROR1"
        assert "0701740606" in api.get("nix/list").text


def test_a_test_can_let_the_lists_catch_up(start) -> None:
    with start(list_lag=100) as api:
        assert api.get("nix/list").text == "2:ERROR1"
        api.store.block("0701740606")
        assert api.get("nix/list").text == "2:ERROR1"
        api.emulator.catch_up()
        assert "0701740606" in api.get("nix/list").text


def test_a_lagging_list_never_shows_a_later_state() -> None:
    with pytest.raises(ValueError, match="list_lag"):
        EmulatorOptions(list_lag=-1)
