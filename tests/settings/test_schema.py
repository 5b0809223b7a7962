"""The schema against the files of ``conf/``: each fits the node it fills and names the command that takes it."""

from pathlib import Path

import pytest
from omegaconf import OmegaConf

from customer_segmentation.settings.data import ColumnSpec, DataSettings, FeaturesSettings
from customer_segmentation.settings.sweep import (
    ClusteringSettings,
    ExplorationSettings,
    ScalingSettings,
    SelectionSettings,
    SweepSettings,
    YardstickSettings,
)
from customer_segmentation.settings.tracking import TrackingSettings

REPOSITORY = Path(__file__).parents[2]
NODES = {
    "clustering": ClusteringSettings,
    "data": DataSettings,
    "exploration": ExplorationSettings,
    "features": FeaturesSettings,
    "scaling": ScalingSettings,
    "selection": SelectionSettings,
    "tracking": TrackingSettings,
    "yardstick": YardstickSettings,
}
FILES = [path for node in NODES for path in sorted((REPOSITORY / "conf" / node).glob("*.yaml"))]


def content(path):
    """What a file says itself, without Hydra's own keys."""
    declared = OmegaConf.load(path)
    return OmegaConf.masked_copy(declared, [key for key in declared if key != "defaults"])


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_shipped_file_fits_its_node(path):
    schema = SweepSettings if "@package _global_" in path.read_text() else NODES[path.parent.name]
    OmegaConf.merge(OmegaConf.structured(schema), content(path))


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_shipped_file_names_the_command_that_takes_it(path):
    comments = [line for line in path.read_text().splitlines()[:3] if line.startswith("#")]
    assert any("segment " in line for line in comments)


@pytest.mark.parametrize("name", [path.stem for path in sorted((REPOSITORY / "conf/contract").glob("*.yaml"))])
def test_a_contract_is_typed_column_by_column(name):
    schema = OmegaConf.structured(ColumnSpec)
    declared = OmegaConf.load(REPOSITORY / "conf" / "contract" / f"{name}.yaml")
    specs = {key: OmegaConf.to_object(OmegaConf.merge(schema, declared[key])) for key in declared}
    assert sum(spec.role.value == "id" for spec in specs.values()) <= 1
    assert sum(spec.role.value == "value" for spec in specs.values()) <= 1
    headers = [header.lower() for key, spec in specs.items() for header in (key, *spec.synonyms)]
    assert len(headers) == len(set(headers)), "a header that two columns claim"
