"""Command to the typed schema of its settings."""

from __future__ import annotations

from customer_segmentation.settings.commands import ExploreSettings, InitSettings, MigrateSettings, ReportSettings
from customer_segmentation.settings.export import ExportSettings
from customer_segmentation.settings.promotion import HistorySettings, PromoteSettings, RollbackSettings
from customer_segmentation.settings.score import ScoreSettings, ServeSettings
from customer_segmentation.settings.sweep import SweepSettings
from customer_segmentation.settings.tracking import UiSettings

SCHEMAS: dict[str, type] = {
    "sweep": SweepSettings,
    "explore": ExploreSettings,
    "init": InitSettings,
    "report": ReportSettings,
    "migrate": MigrateSettings,
    "score": ScoreSettings,
    "export": ExportSettings,
    "serve": ServeSettings,
    "ui": UiSettings,
    "promote": PromoteSettings,
    "rollback": RollbackSettings,
    "history": HistorySettings,
}
