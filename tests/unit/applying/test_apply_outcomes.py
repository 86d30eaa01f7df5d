"""Every reply has one defined outcome, for every endpoint that changes something."""

from __future__ import annotations

import pytest
from endpoint_list import ALL_ENDPOINTS
from reply_outcomes import REPLIES, ReplyCase

from intime_sync.service.client import Unknown
from intime_sync.service.endpoints import DELETE_MESSAGE, EDIT_REMINDERS, Endpoint
from intime_sync.service.reply import Unexpected, classify_ids

POSTS = [endpoint for endpoint in ALL_ENDPOINTS if endpoint.method == "POST"]
SPOKEN = [reply for reply in REPLIES if reply.sample is not None]


@pytest.mark.parametrize("reply", SPOKEN, ids=lambda reply: reply.name)
@pytest.mark.parametrize("endpoint", POSTS, ids=str)
def test_a_reply_means_what_the_table_says(endpoint: Endpoint, reply: ReplyCase) -> None:
    assert reply.sample is not None
    found = classify_ids(endpoint, reply.sample(3), expected=3)
    # The client turns an undocumented reply into an unknown outcome.
    assert (Unknown if isinstance(found, Unexpected) else type(found)) is reply.outcome


@pytest.mark.parametrize("endpoint", POSTS, ids=str)
def test_only_edits_may_be_answered_with_a_negative_id(endpoint: Endpoint) -> None:
    found = classify_ids(endpoint, b"5,-6", expected=2)
    assert isinstance(found, Unexpected) == (endpoint is not EDIT_REMINDERS)


def test_the_table_covers_every_post_of_the_service() -> None:
    assert len(POSTS) == 9
    assert DELETE_MESSAGE in POSTS
