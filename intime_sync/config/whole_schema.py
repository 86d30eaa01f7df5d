"""The JSON Schemas of whole files, for editors, made from the settings and the kinds; see schemas/."""

from __future__ import annotations

from typing import Any

from intime_sync.config.schema import configuration_schema
from intime_sync.config.setting_fields import FIELDS
from intime_sync.kinds.registry import KINDS


def root_schema() -> dict[str, Any]:
    """The schema of `intime.yaml`."""
    return configuration_schema(
        FIELDS, [kind.spec for kind in KINDS], require_settings=True, title="intime-sync configuration"
    )


def sections_schema() -> dict[str, Any]:
    """The schema of an included YAML file, which holds sections only."""
    return configuration_schema(
        (), [kind.spec for kind in KINDS], require_settings=False, title="intime-sync included file"
    )


SCHEMAS = {"intime.schema.json": root_schema, "intime.sections.schema.json": sections_schema}
