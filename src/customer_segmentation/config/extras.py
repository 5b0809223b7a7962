"""Launchers that need a package of an optional extra."""

from __future__ import annotations

import importlib.util

from customer_segmentation.errors import SettingsError

#: Launcher to the plugin of Hydra that it needs; the extra that brings it has the launcher's name.
PLUGINS = {
    "ray": "hydra_plugins.hydra_ray_launcher",
    "slurm": "hydra_plugins.hydra_submitit_launcher",
}

#: Plugin that no extra can bring, as its pins do not go with joblib's, although it works beside it.
RAY = "pip install --no-deps hydra-ray-launcher==1.2.2"

#: Names of Hydra's own launchers that ours stand for.
OURS = {"submitit_slurm": "slurm", "submitit_local": "slurm"}


def installed(kind: str) -> bool:
    """Whether a launcher's plugin is there; those without an extra always are."""
    try:
        return kind not in PLUGINS or importlib.util.find_spec(PLUGINS[kind]) is not None
    except ModuleNotFoundError:
        return False


def missing_extra(launcher: str) -> str:
    """Sentence for a launcher that is not installed.

    >>> missing_extra("submitit_slurm").split(";")[0]
    'launcher=slurm needs a package that is not installed'
    """
    kind = OURS.get(launcher, launcher)
    if kind not in PLUGINS:
        return f"hydra/launcher={launcher}: no such launcher; take launcher=auto, in_process, local, ray or slurm."
    further = f" && {RAY}" if kind == "ray" else ""
    return (
        f"launcher={kind} needs a package that is not installed; install it with `pip install "
        f"'customer-segmentation[{kind}]'{further}` (in a checkout: `pip install -e '.[{kind}]'{further}`)."
    )


def check_launcher(kind: str) -> None:
    """Refuse a launcher that is not installed.

    Raises
    ------
    SettingsError
        With the command that installs it.
    """
    if not installed(kind):
        raise SettingsError(missing_extra(kind))
