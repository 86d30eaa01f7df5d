"""A share of all histories of the small worlds, always the same one; `make explore` goes through all of them."""

from __future__ import annotations

import pytest
from explore.histories import explore, pairs
from explore.known import KNOWN

SHARE = 500
"""Of the histories with two disturbances, every so manieth is taken."""


@pytest.mark.parametrize(("service", "world"), pairs())
def test_whatever_goes_wrong_the_account_is_put_right(service: str, world: str) -> None:
    wrong = [history for history in explore(service, world, SHARE) if history.fault]
    unknown = [str(history) for history in wrong if (service, world, history.sort) not in KNOWN]
    assert not unknown, "\n".join(unknown)
