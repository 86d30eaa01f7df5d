"""A plan's counts for the widget that GitLab shows in merge requests. Holds no text, so it has nothing to mask."""

from __future__ import annotations

import json

from intime_sync.model.change import Action
from intime_sync.model.plan import Plan


def plan_to_gitlab(plan: Plan) -> str:
    """`{"create":n,"update":n,"delete":n}`, as `artifacts:reports:terraform` takes it.

    `create` and `delete` count those changes, `update` counts updates and replaces. What makes no call is not
    counted: adopted, forgotten and held objects. Neither are leftover carriers, which belong to no address. The
    widget has no room for a digest.
    """
    counts = plan.summary()
    document = {
        "create": counts[Action.CREATE],
        "update": counts[Action.UPDATE] + counts[Action.REPLACE],
        "delete": counts[Action.DELETE],
    }
    return json.dumps(document, separators=(",", ":")) + "\n"
