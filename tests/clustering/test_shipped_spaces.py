"""Every shipped feature set under every shipped scaling: a finite matrix, and one pipeline from raw cells to labels."""

import numpy as np
import pandas as pd
import pytest
from sklearn.cluster import KMeans

from customer_segmentation.clustering.feature_set import declared_features
from customer_segmentation.clustering.space import build_space
from customer_segmentation.config.compose import plan
from customer_segmentation.config.instantiate import make_scaler
from customer_segmentation.config.paths import options_of
from customer_segmentation.data.load import load_customers
from customer_segmentation.sources.samples.telecom import draw_customers

SCALINGS = list(options_of("scaling"))
#: Those that read the orders' contract are swept with their own data.
FEATURES = [name for name in options_of("features") if not name.startswith("rfm")]
CUSTOMERS = 300


@pytest.fixture(scope="module")
def scalers():
    asked = plan("sweep", ["features=value", f"scaling={','.join(SCALINGS)}", f"data.customers={CUSTOMERS}"])
    return {choices["scaling"]: settings for settings, choices in zip(asked.settings, asked.choices_of, strict=True)}


@pytest.fixture(scope="module")
def feature_sets():
    asked = plan("sweep", [f"features={','.join(FEATURES)}", "scaling=standard", f"data.customers={CUSTOMERS}"])
    return {
        choices["features"]: declared_features(settings.features, settings.data.columns, choices["features"])
        for settings, choices in zip(asked.settings, asked.choices_of, strict=True)
    }


@pytest.fixture(scope="module")
def raw():
    return draw_customers(CUSTOMERS, seed=2022)


@pytest.fixture(scope="module")
def clean(scalers):
    settings = scalers["standard"].data
    settings.keep = "all"
    return load_customers(settings).customers


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("scaling", SCALINGS)
@pytest.mark.parametrize("features", FEATURES)
def test_raw_cells_get_the_labels_that_the_clean_table_got(feature_sets, scalers, clean, raw, features, scaling):
    scaler = make_scaler(scalers[scaling].scaling.scaler, scaling)
    space = build_space(clean, feature_sets[features], scaling=scaling, scaler=scaler)
    assert space.matrix.shape == (CUSTOMERS, len(space.dimensions))
    assert space.matrix.flags.c_contiguous
    assert np.isfinite(space.matrix).all()
    model = KMeans(3, n_init=1, random_state=0).fit(space.matrix)
    pipeline = space.pipeline(model)
    columns = list(space.features.specs)
    np.testing.assert_array_equal(pipeline.predict(raw[columns]), model.labels_)
    one_by_one = [int(pipeline.predict(raw[columns].iloc[[row]])[0]) for row in range(5)]
    assert one_by_one == model.labels_[:5].tolist(), "a label depends on who else is scored"


def test_indicators_and_categories_are_the_same_under_every_scaling(feature_sets, scalers, clean):
    matrices = [
        build_space(
            clean,
            feature_sets["services"],
            scaling=scaling,
            scaler=make_scaler(scalers[scaling].scaling.scaler, scaling),
        )
        for scaling in SCALINGS
    ]
    for space in matrices[1:]:
        np.testing.assert_array_equal(space.matrix, matrices[0].matrix)
    dummies = pd.get_dummies(clean["Contract"], dtype=float)
    found = pd.DataFrame(matrices[0].matrix, columns=matrices[0].dimensions)
    for name in dummies:
        np.testing.assert_array_equal(found[f"contract_{name}"], dummies[name])


@pytest.mark.filterwarnings("ignore:Found unknown categories")
def test_a_word_that_was_never_seen_is_no_category(feature_sets, clean):
    space = build_space(clean, feature_sets["services"], scaling="none", scaler=None)
    strange = clean.head(3).assign(**{"Internet Type": "Carrier pigeon"})
    columns = [at for at, name in enumerate(space.dimensions) if name.startswith("internet")]
    assert (space.preparation.transform(strange)[:, columns] == 0).all()
