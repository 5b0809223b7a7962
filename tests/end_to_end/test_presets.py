"""Every shipped preset by the real command, shrunk to seconds: it runs, finishes whole, and is found by its name."""

from pathlib import Path

import pytest
from omegaconf import OmegaConf

PRESETS = sorted((Path(__file__).parents[2] / "experiments").glob("*.yaml"))


def studies_of(preset: Path) -> int:
    """Product of what the preset's own file sweeps."""
    count = 1
    for values in (OmegaConf.select(OmegaConf.load(preset), "hydra.sweeper.params") or {}).values():
        count *= len(str(values).split(","))
    return count


@pytest.mark.parametrize("preset", PRESETS, ids=lambda path: path.stem)
def test_a_shipped_preset_runs(run_here, tmp_path, preset):
    fixed = OmegaConf.select(OmegaConf.load(preset), "selection.k")
    ks = sorted({2, 3, fixed or 3})
    small = (
        "data.customers=300",
        f"k={ks}",
        "tracking.models=chosen",
        "tracking.report=false",
        "tracking.figures=false",
    )
    ran = run_here("sweep", f"experiments={preset.stem}", *small, folder=tmp_path)
    assert ran.code == 0, ran.error
    assert "Warning" not in ran.error
    (sweep,) = ran.runs("sweep")
    assert sweep.info.run_name == preset.stem
    assert sweep.data.tags["command"].startswith(f"segment sweep experiments={preset.stem} ")
    studies, candidates = ran.runs("study"), ran.runs("candidate")
    assert len(studies) == studies_of(preset)
    assert len(candidates) == len(studies) * len(ks)
    assert ran.statuses() == {"FINISHED": 1 + len(studies) + len(candidates)}
    if fixed:
        assert sweep.data.metrics["chosen_k"] == fixed


def test_the_readme_of_the_presets_names_them_all():
    text = (PRESETS[0].parent / "README.md").read_text()
    assert [preset.stem for preset in PRESETS if preset.stem not in text] == []
