"""The playbook of a table: a file of ``conf/playbook/``, read once and apart from Hydra, as the contract is."""

from __future__ import annotations

import dataclasses
import functools
from dataclasses import replace
from pathlib import Path
from typing import cast

from customer_segmentation.config.errors import first_words, misfit, suggestion
from customer_segmentation.config.paths import options_of
from customer_segmentation.config.quoting import escaped
from customer_segmentation.config.yaml_file import config_text
from customer_segmentation.errors import SettingsError
from customer_segmentation.secrets import redact_words
from customer_segmentation.segments.playbook import check_playbook
from customer_segmentation.settings.playbook import PlaybookSettings
from customer_segmentation.settings.sweep import SweepSettings

GENERIC = "generic"


#: Artifact of a sweep's run: the playbook as it was when the sweep named its segments.
PLAYBOOK = "playbook.yaml"


def playbook_name(settings: SweepSettings) -> str:
    """The playbook that was asked for, else the one that goes with the table, else the generic one."""
    brought = settings.data.choices.get("playbook")
    return settings.segments.playbook or (str(brought) if brought else GENERIC)


def playbook_of(settings: SweepSettings) -> PlaybookSettings:
    """Read the playbook of a sweep.

    Raises
    ------
    SettingsError
        No such file, an unknown key or a value of the wrong type.
    """
    return _read(playbook_name(settings))


def playbook_text(settings: SweepSettings) -> str:
    """The playbook of a sweep as its run keeps it, defaults written out."""
    import yaml
    from omegaconf._utils import get_omega_conf_dumper

    # as OmegaConf writes it, which would first make a config of each value
    return str(
        yaml.dump(
            escaped(dataclasses.asdict(playbook_of(settings))),
            Dumper=get_omega_conf_dumper(),
            default_flow_style=False,
            allow_unicode=True,
            sort_keys=False,
        )
    )


def check_playbook_of(settings: SweepSettings) -> None:
    """Check the playbook of a sweep against the contract of its table.

    Raises
    ------
    SettingsError
        It cannot be read, or holds a rule that could never hold for this table.
    """
    check_playbook(playbook_of(settings), settings.data.columns, name=playbook_name(settings))


def _read(name: str) -> PlaybookSettings:
    known = options_of("playbook")
    if name not in known:
        raise SettingsError(
            f"playbook={name}: no such file in conf/playbook/; there are {', '.join(known)}."
            + suggestion(name, list(known))
        )
    return _playbook(name, known[name], known[name].stat().st_mtime_ns)


@functools.lru_cache
def _playbook(name: str, path: Path, changed: int) -> PlaybookSettings:  # noqa: ARG001 - read again then
    where = f"playbook={name} ({path})"
    return to_playbook(config_text(path), where=where)


def to_playbook(text: str, *, where: str) -> PlaybookSettings:
    """Typed playbook of a YAML text; ``where`` names the text in an error.

    Parameters
    ----------
    text : YAML
    where : begins the error's sentence

    Raises
    ------
    SettingsError
        It is not YAML, or has a wrong key or type.
    """
    from omegaconf import OmegaConf
    from omegaconf.errors import OmegaConfBaseException
    from yaml import YAMLError

    try:
        schema, content = OmegaConf.structured(PlaybookSettings), OmegaConf.create(text)
        if sentence := misfit(schema, OmegaConf.to_container(content, resolve=False)):
            raise SettingsError(f"{where}: {sentence}.")
        merged = OmegaConf.merge(schema, content)
        found = cast("PlaybookSettings", OmegaConf.to_object(merged))
    except (OmegaConfBaseException, YAMLError, ValueError) as error:
        reason = first_words(error)
        raise SettingsError(f"{where}: {reason}.") from error
    return without_secrets(found)


def without_secrets(playbook: PlaybookSettings) -> PlaybookSettings:
    """Hide what is secret in a playbook's own words: they go into models, lists of customers and labels as they are.

    Parameters
    ----------
    playbook : as it was read
    """
    return replace(
        playbook,
        about=redact_words(playbook.about),
        traits={key: replace(trait, words=redact_words(trait.words)) for key, trait in playbook.traits.items()},
        names=[replace(one, name=redact_words(one.name)) for one in playbook.names],
        actions={key: replace(action, do=redact_words(action.do)) for key, action in playbook.actions.items()},
    )
