"""Settings of where studies run and of what reads the table: each takes effect, or is refused."""

from __future__ import annotations

from customer_segmentation.errors import SettingsError
from customer_segmentation.secrets import redact
from customer_segmentation.settings.engine import EngineSettings
from customer_segmentation.settings.sweep import LauncherSettings

#: Settings of a launcher, and which launchers read them.
_LAUNCHER_KEYS = (("processes", ("auto", "ray", "local")), ("address", ("ray",)))


def check_launcher_keys(launcher: LauncherSettings, threads: int = 1, *, configures_hydra: bool = False) -> None:
    """Refuse settings of a launcher that would have no effect.

    Parameters
    ----------
    launcher : LauncherSettings
    threads : of one process
    configures_hydra : whether the user says how Hydra runs jobs

    Raises
    ------
    SettingsError
        Names the first of them.
    """
    for name, kinds in _LAUNCHER_KEYS:
        value = getattr(launcher, name)
        if value is not None and launcher.kind not in kinds:
            raise SettingsError(
                f"launcher.{name}={redact(str(value))} has no effect with launcher={launcher.kind}; give "
                f"launcher={kinds[-1]}, or leave it out."
            )
    if launcher.kind == "local" and threads > 1:
        raise SettingsError(
            f"threads={threads} has no effect with launcher=local, whose processes take one thread each; give "
            "launcher.processes=N, or launcher=in_process."
        )
    if launcher.kind == "local" and configures_hydra:
        raise SettingsError(
            "settings of hydra have no effect with launcher=local, whose processes run the studies without it; leave "
            "them out, or give launcher=in_process."
        )


#: Settings of an engine, and where alone they have an effect.
_ENGINE_KEYS = (
    ("remote", "spark"),
    ("partitions", "spark"),
    ("polish_passes", "spark"),
    ("starts", "spark"),
    ("threads", "local"),
    ("memory", "local"),
)


def check_engine(engine: EngineSettings, launcher: LauncherSettings | None = None) -> None:
    """Refuse settings of an engine that would have no effect, and a launcher that does not go with it.

    Parameters
    ----------
    engine : EngineSettings
    launcher : of a sweep

    Raises
    ------
    SettingsError
        Names the first of them.
    """
    usual = EngineSettings()
    for name, where in _ENGINE_KEYS:
        value = getattr(engine, name)
        if value == getattr(usual, name):
            continue
        if engine.kind != "spark":
            raise SettingsError(f"engine.{name}={redact(str(value))} has an effect with engine=spark alone; add it.")
        if where == "local" and engine.remote != "local":
            raise SettingsError(
                f"engine.{name}={value} has an effect with engine.remote=local alone, where Spark is started here; "
                "leave it out."
            )
    if engine.starts > 1 and not engine.polish_passes:
        raise SettingsError(
            f"engine.starts={engine.starts} has an effect with engine.polish_passes alone, which moves the best of "
            "them; add it."
        )
    if engine.kind != "local" and launcher is not None and launcher.kind not in ("auto", "in_process"):
        raise SettingsError(
            f"launcher={launcher.kind} does not go with engine={engine.kind}: one process speaks to Spark; leave the "
            "launcher out."
        )
