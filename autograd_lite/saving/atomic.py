"""Write a file such that at any moment its name stands for the whole old or the whole new content."""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """A stream whose content takes the place of the file when the block ends; if that fails, the old one stays.

    The new file has the permissions of the old one; a symbolic link stays, and the file it points to is replaced.
    A process that is killed leaves the old file too, and a hidden ``.name.*.tmp`` beside it, which may be deleted.
    Raises OSError if there is no such folder, or a folder in the file's place.
    """
    target = Path(os.path.realpath(path))
    if not target.parent.is_dir():
        raise FileNotFoundError(f"save: there is no folder {str(target.parent)!r} for {target.name!r}; make it first")
    if target.is_dir():
        raise IsADirectoryError(f"save: {str(target)!r} is a folder; choose another name")
    # In the same folder, because only within one file system a file can take the place of another at once.
    temporary = target.with_name(f".{target.name[:100]}.{os.urandom(8).hex()}.tmp")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    descriptor = os.open(temporary, flags, 0o666)  # less what the process's umask takes away
    try:
        with os.fdopen(descriptor, "wb") as stream:
            if target.exists():
                os.chmod(temporary, stat.S_IMODE(target.stat().st_mode))
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(temporary, target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    _sync_folder(target.parent)


def _sync_folder(folder: Path) -> None:
    """Bring the new name onto the disk, where folders can be opened; elsewhere the system does it in its own time."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
