"""A user's folder as Hydra reads it: every file is looked at before anything is made of it."""

from __future__ import annotations

import os
from pathlib import Path

from hydra._internal.core_plugins.file_config_source import FileConfigSource
from hydra.plugins.config_source import ConfigResult
from omegaconf import OmegaConf
from typing_extensions import override

from customer_segmentation.config.folder_files import check_file
from customer_segmentation.config.yaml_file import config_text
from customer_segmentation.errors import SettingsError


class FolderConfigSource(FileConfigSource):
    """A folder of the user's, or of whoever made the project: what Hydra reads of it is looked at first."""

    @staticmethod
    @override
    def scheme() -> str:
        return "folder"

    @override
    def load_config(self, config_path: str) -> ConfigResult:
        path = Path(self.path) / self._normalize_file_name(config_path)
        if ".." in config_path.split("/"):
            raise SettingsError(f"{os.path.relpath(path)}: a config is named within its folder; give its name alone.")
        if self.is_config(config_path):
            config_text(path)
        found = super().load_config(config_path)
        content = OmegaConf.to_container(found.config, resolve=False)
        check_file(Path(self.path), config_path, found.header.get("package"), content)
        return found


class PresetsConfigSource(FolderConfigSource):
    """The folder that holds ``experiments/``: nothing else in it is a config."""

    @staticmethod
    @override
    def scheme() -> str:
        return "presets"

    @override
    def is_group(self, config_path: str) -> bool:
        return config_path.split("/")[0] in ("", "experiments") and super().is_group(config_path)

    @override
    def is_config(self, config_path: str) -> bool:
        return config_path.startswith("experiments/") and super().is_config(config_path)
