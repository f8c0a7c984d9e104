"""The published JSON Schema of ``twin.v1``, for those who read twins without seewhy."""

from __future__ import annotations

from typing import Any

from seewhy.types.twin import TWIN_SCHEMA, Twin

SCHEMA_ID = f"urn:seewhy:schema:{TWIN_SCHEMA}"
DIALECT = "https://json-schema.org/draft/2020-12/schema"


def twin_schema() -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of a twin as it is written to ``twin.json``.

    `docs/schema/twin.v1.json` is this, word for word; a test holds the two together.
    """
    schema = Twin.model_json_schema(mode="serialization")
    return {"$schema": DIALECT, "$id": SCHEMA_ID, **schema, "title": f"seewhy digital twin, {TWIN_SCHEMA}"}
