"""What K-means alone can do, refused for every other algorithm: exact steps over all rows, and given starts."""

from __future__ import annotations

from typing import Any

from customer_segmentation.errors import SettingsError
from customer_segmentation.formatting import cut
from customer_segmentation.settings.sweep import SweepSettings


def check_polish(passes: int, estimator: Any, clustering: str) -> None:
    """Refuse steps of K-means for an algorithm that they would not move.

    Parameters
    ----------
    passes : `engine.polish_passes`
    estimator : the algorithm, unfitted
    clustering : its name, for messages

    Raises
    ------
    SettingsError
        Names it.
    """
    if not passes:
        return
    from customer_segmentation.clustering.polish import can_be_polished  # it imports scikit-learn

    if not can_be_polished(estimator):
        raise SettingsError(
            f"engine.polish_passes={passes} has an effect with K-means alone, whose segments are those nearest to a "
            f"centre; clustering={clustering} is {type(estimator).__name__}: leave it out, or take clustering=kmeans."
        )


def check_start(settings: SweepSettings, estimator: Any, clustering: str) -> None:
    """Refuse to start at the segments of what is no model of the store, or an algorithm that starts nowhere.

    Parameters
    ----------
    settings : of one study
    estimator : its algorithm, unfitted
    clustering : name of the algorithm, for messages

    Raises
    ------
    SettingsError
        Says what is expected.
    """
    from customer_segmentation.clustering.polish import can_be_polished  # it imports scikit-learn
    from customer_segmentation.scoring.load import meant

    asked = settings.clustering.init
    if asked is not None and not asked.startswith(("models:/", "runs:/")):
        raise SettingsError(
            f"clustering.init={cut(' '.join(asked.split()))}: expected a model of the store, as models:/NAME@ALIAS, "
            f"models:/NAME/VERSION or runs:/RUN_ID/NAME.{meant(asked)}"
        )
    if not can_be_polished(estimator):
        raise SettingsError(
            f"clustering.init has an effect with K-means alone, which can be started at the means of segments; "
            f"clustering={clustering} is {type(estimator).__name__}: leave it out, or take clustering=kmeans."
        )
    if settings.engine.starts > 1:
        raise SettingsError(
            f"engine.starts={settings.engine.starts} takes the best of several starts, and clustering.init the "
            "segments of a model; give one of them."
        )
