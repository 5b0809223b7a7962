"""Configs that cost a test less: of what is shipped each file is read once, and then copied."""

import pickle
from collections.abc import Callable
from pathlib import Path

from hydra.core.config_store import ConfigStore
from hydra.core.plugins import Plugins
from hydra.plugins.config_source import ConfigResult, ConfigSource

from customer_segmentation.config.paths import shipped_root


def read_shipped_once() -> None:
    """Let this process, and those forked from it, read the files of Hydra and ours once; a user's every time."""
    Plugins.instance()  # which imports its sources, whoever has imported them before
    from hydra._internal.core_plugins.file_config_source import FileConfigSource
    from hydra._internal.core_plugins.importlib_resources_config_source import ImportlibResourcesConfigSource

    ConfigStore.__deepcopy__ = lambda store, _: store  # copied with every repository, although what it gives is a copy
    for source in (FileConfigSource, ImportlibResourcesConfigSource):
        source.load_config = _once(source.load_config, FileConfigSource)


def _once(
    read: Callable[[ConfigSource, str], ConfigResult], files: type
) -> Callable[[ConfigSource, str], ConfigResult]:
    kept: dict[tuple[object, ...], bytes] = {}

    def load_config(source: ConfigSource, config_path: str) -> ConfigResult:
        if isinstance(source, files) and not Path(source.path).is_relative_to(shipped_root()):
            return read(source, config_path)
        key = (type(source), source.provider, source.path, config_path)
        if key not in kept:
            kept[key] = pickle.dumps(read(source, config_path))
        return pickle.loads(kept[key])

    return load_config
