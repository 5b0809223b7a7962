"""Which schema is the whole of which command's settings: said over the schema."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

Schema = TypeVar("Schema", bound=type)

#: Command to its schema, of the modules that have been imported; see `customer_segmentation.config.schemas`.
REGISTERED: dict[str, type] = {}


def settings_of(command: str) -> Callable[[Schema], Schema]:
    """Register a schema as the whole of a command's settings."""

    def register(schema: Schema) -> Schema:
        REGISTERED[command] = schema
        return schema

    return register
