"""Files that commands write: whole or not at all, and never in the place of what is not ours.

What exists stays, unless ``overwrite=true`` is said and an earlier command wrote it; each command tells its own files
by their content, and a seal in them tells whether anybody has edited them since. A new file is written beside its
target under a name that cannot be guessed, readable by its owner alone, and takes its name in one step.
"""

from __future__ import annotations

import glob
import os
import shutil
import stat
import tempfile
from collections.abc import Callable
from pathlib import Path

from customer_segmentation.errors import SettingsError
from customer_segmentation.paths import typed_path
from customer_segmentation.sources.seal import is_intact, sealed

_LONGEST = 100  # characters of the target's name in that of the file aside: file systems allow 255 bytes


def same_file(one: Path, other: Path) -> bool:
    """Whether two paths lead to one file, however they are spelt; of files that are not there yet the places count.

    Parameters
    ----------
    one : a path
    other : another one
    """
    try:
        return os.path.samefile(one, other)
    except OSError:
        return os.path.realpath(one) == os.path.realpath(other)


class NewFile:
    """A file that is there whole or not at all.

    Parameters
    ----------
    path : Path
    overwrite : bool
        Whether a file that ``is_ours`` may be replaced.
    is_ours : callable
        Tells by its content whether an earlier command wrote a file.
    key : str
        The setting that named it, for messages.
    what : str
        What an earlier command would have written, for messages.
    said : bool
        Whether the user gave the name.
    seals : bool
        Whether the files carry a seal; False where ``is_ours`` knows their bytes.

    Raises
    ------
    SettingsError
        The folder is not there or may not be written, or a file is there that may not be replaced.
    """

    def __init__(
        self,
        path: Path,
        *,
        overwrite: bool,
        is_ours: Callable[[Path], bool],
        key: str,
        what: str,
        said: bool = True,
        seals: bool = True,
    ) -> None:
        self.path = typed_path(path)
        folder = self.path.parent
        self._name = f"{key}={path}" if said else f"{path}, the place for {key},"
        if not folder.is_dir():
            raise SettingsError(f"{self._name}: there is no folder {folder}; create it first.")
        if self.path.is_dir():
            raise SettingsError(f"{self._name} is a folder; expected a file.")
        self.replaces = os.path.lexists(self.path)
        if self.replaces and not overwrite:
            ours = f" ({what})" if self.path.is_file() and is_ours(self.path) else ""
            raise SettingsError(f"{self._name} exists already{ours}; give another name with {key}=, or overwrite=true.")
        if self.replaces and self.path.exists() and not self.path.is_file():  # reading a pipe would never end
            raise SettingsError(
                f"{self._name} is a pipe or a device, which is not replaced; give another name with {key}=."
            )
        if self.replaces and not (self.path.exists() and is_ours(self.path)):
            raise SettingsError(
                f"{self._name} exists and is not {what}, so that overwrite=true does not replace it; give another name "
                f"with {key}=."
            )
        if self.replaces and seals and not is_intact(self.path.read_bytes()):
            raise SettingsError(
                f"{self._name} was edited since segment wrote it, so that overwrite=true does not replace it; move it, "
                f"or give another name with {key}=."
            )
        if not os.access(folder, os.W_OK):
            raise SettingsError(f"{self._name}: the folder {folder} may not be written by this user.")
        _remove_leftovers(self.path)
        self._found = _signature(self.path)
        self._aside: Path | None = None

    @property
    def aside(self) -> Path:
        """Where it is written until it is whole; made, empty, when first asked for."""
        if self._aside is None:
            prefix = f"{_prefix(self.path)}{os.getpid()}."
            handle, name = tempfile.mkstemp(prefix=prefix, suffix=".part", dir=self.path.parent)
            os.close(handle)
            self._aside = Path(name)
        return self._aside

    def publish(self) -> None:
        """Give the file its name. What was there is replaced if it was when the command began, and not otherwise.

        Raises
        ------
        SettingsError
            A file of that name has appeared or changed in the meantime.
        """
        if self.replaces:
            self._refuse_changed()
            if not self.path.is_symlink() and self.path.exists():
                os.chmod(self.aside, stat.S_IMODE(self.path.stat().st_mode))
            os.replace(self.aside, self.path)
        else:
            try:
                os.link(self.aside, self.path)  # unlike a renaming it replaces nothing
            except FileExistsError as error:
                raise SettingsError(
                    f"{self._name} has appeared while the command ran and was left as it is; give another name."
                ) from error
            except OSError:  # a file system without links
                os.rename(self.aside, self.path)
            else:
                self.aside.unlink()
        self._aside = None

    def keep(self, kept: Path) -> None:
        """Keep what is to be replaced or removed, if it is there, under another name too.

        Parameters
        ----------
        kept : that name, beside its own
        """
        if not self.replaces or self._found is None:
            return
        self._refuse_changed()
        try:
            os.link(self.path, kept, follow_symlinks=False)
        except FileNotFoundError:
            return
        except OSError:  # a file system without links
            shutil.copy2(self.path, kept, follow_symlinks=False)
        again = _signature(self.path)
        if again is not None and again[:-1] == self._found[:-1]:  # a new link changes the last of it
            self._found = again

    def _refuse_changed(self) -> None:
        """Refuse to replace or remove a file that is no longer as the command found it.

        Raises
        ------
        SettingsError
            It is not.
        """
        if _signature(self.path) not in (self._found, None):
            raise SettingsError(
                f"{self._name} was changed while the command ran and was left as it is; give another name."
            )

    def remove(self) -> None:
        """Remove the file of an earlier command that this one would have replaced, see `publish`."""
        if self.replaces:
            self._refuse_changed()
            self.path.unlink(missing_ok=True)

    def discard(self) -> None:
        """Remove what was written."""
        if self._aside is not None:
            self._aside.unlink(missing_ok=True)
        self._aside = None

    def fill(self, content: bytes) -> None:
        """Write the whole content, with its seal, aside.

        Raises
        ------
        OSError
            It cannot be written; the error names the file.
        """
        try:
            self.aside.write_bytes(content if is_intact(content) else sealed(content, self.path.name))
        except OSError as error:
            error.filename = str(self.path)  # a write does not say of which file it is
            raise

    def write_text(self, text: str) -> None:
        """Write the whole file at once."""
        self.write_bytes(text.encode())

    def write_bytes(self, content: bytes) -> None:
        """Write the whole file at once."""
        try:
            self.fill(content)
            self.publish()
        finally:
            self.discard()


def _signature(path: Path) -> tuple[int, ...] | None:
    """By what a change of a file is seen; None where there is none."""
    try:
        found = path.lstat()
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns


def _prefix(path: Path) -> str:
    return f".{path.name[:_LONGEST]}."


def _remove_leftovers(path: Path) -> None:
    """Remove what killed commands of this user have written aside for a file; those of live processes are left."""
    for found in path.parent.glob(f"{glob.escape(_prefix(path))}*.part"):
        process = found.name.removeprefix(_prefix(path)).split(".")[0]
        if not process.isdigit() or Path(f"/proc/{process}").exists() or not Path("/proc/self").exists():
            continue
        if not found.is_symlink() and found.is_file() and found.stat().st_uid == os.getuid():
            found.unlink(missing_ok=True)
