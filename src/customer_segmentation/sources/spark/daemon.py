"""What Spark on this machine forks its workers of: ``python -m`` this module, in the place of ``pyspark.daemon``.

Measured with pyspark 4.1, a worker spends .2 CPU seconds before each task, however small: it lists the archives of
Spark on its path again, and looks through all that is imported for garbage. Each new worker imports as well.
"""

from __future__ import annotations

import gc
import sys

#: Spark's own archives: of its core, with 5,000 classes and no module; of pyspark, which is installed here.
_ARCHIVES = (".jar", "/pyspark.zip")


def main() -> None:
    """Take the archives from the path, import what every worker needs, and fork workers until Spark ends."""
    for place in [place for place in sys.path if place.endswith(_ARCHIVES)]:
        sys.path.remove(place)
        sys.path_importer_cache.pop(place, None)
    import sklearn.cluster  # noqa: F401 - the workers'
    from pyspark import daemon

    import customer_segmentation.sources.spark.text_worker  # noqa: F401 - the workers'

    gc.freeze()  # of what is there now, none is garbage
    daemon.manager()


if __name__ == "__main__":
    main()
