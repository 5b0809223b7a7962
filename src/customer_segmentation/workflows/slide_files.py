"""Slides of a report as files in a folder: looked at before any work, and never in the place of what is not ours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from customer_segmentation.errors import SettingsError
from customer_segmentation.paths import typed_path
from customer_segmentation.settings.commands import ReportSettings
from customer_segmentation.sources.new_file import NewFile

if TYPE_CHECKING:
    from customer_segmentation.report.slides import Slide


@dataclass(frozen=True)
class SlideFiles:
    """Files that slides may take, by their names."""

    files: Mapping[str, NewFile]

    def write(self, slides: Sequence[Slide]) -> None:
        """Write the slides; those of an earlier report that are not among them go."""
        for slide in slides:
            self.files[slide.file].write_bytes(slide.png)
        for name in set(self.files) - {slide.file for slide in slides}:
            self.files[name].remove()


def slide_files(settings: ReportSettings) -> SlideFiles | None:
    """Where the slides go; None where nobody asked for them.

    Raises
    ------
    SettingsError
        The folder cannot be made, or holds files of their names that may not be replaced.
    """
    if settings.slides is None:
        return None
    from customer_segmentation.figures.slides import is_slide
    from customer_segmentation.report.slides import FILES

    if not settings.slides.strip():
        raise SettingsError("slides is empty; name a folder with slides=FOLDER.")
    folder = typed_path(settings.slides)
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise SettingsError(f"slides={folder} cannot be made: {error.strerror or error}.") from error
    ours = "a slide that segment wrote"
    return SlideFiles(
        {
            name: NewFile(
                folder / name, overwrite=settings.overwrite, is_ours=is_slide, key="slides", what=ours, said=False
            )
            for name in FILES
        }
    )
