"""YAML of a run without its secrets."""

from __future__ import annotations

from typing import Any

import yaml

from customer_segmentation.secrets import redact


def redact_yaml(text: str) -> str:
    """YAML without its secrets, which is YAML still: hidden keys and values would be read as aliases."""
    clean = redact(text)
    if clean == text:
        return text
    return yaml.safe_dump(_redacted(yaml.safe_load(text)), sort_keys=False, allow_unicode=True, width=1000)


def _redacted(value: Any) -> Any:
    """Plain values without their secrets; of two keys that are hidden both stay."""
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, list):
        return [_redacted(item) for item in value]
    if not isinstance(value, dict):
        return value
    found: dict[Any, Any] = {}
    for key, item in value.items():
        shown = redact(key) if isinstance(key, str) else key
        while shown in found:
            shown += "*"
        found[shown] = _redacted(item)
    return found
