"""Command to the typed schema of its settings, of all modules of `customer_segmentation.settings`."""

from __future__ import annotations

import importlib
import pkgutil

from customer_segmentation import settings
from customer_segmentation.settings.registry import REGISTERED

for _module in pkgutil.iter_modules(settings.__path__):
    importlib.import_module(f"{settings.__name__}.{_module.name}")

#: The sweep first: what other commands share with it is described there.
SCHEMAS: dict[str, type] = dict(sorted(REGISTERED.items(), key=lambda item: item[0] != "sweep"))
