"""Settings of the C library's memory allocator, for those who ask for them."""

from __future__ import annotations

import ctypes
import sys

# Names and numbers of malloc.h; see `man mallopt`.
_M_TRIM_THRESHOLD, _M_TOP_PAD, _M_MMAP_MAX = -1, -2, -4
_KEEP = 2**31 - 1  # bytes at the end of the heap that are not given back
_GROW = 64 * 2**20  # bytes by which the heap grows at least


def tune_allocator() -> bool:
    """Let the process keep memory that it frees, so that the next array of that size need not be cleared again.

    A training step makes and frees the same large arrays again and again; by default the C library gives their memory
    back to the system each time, and every new page costs as much as computing what goes into it. For the whole
    process, and for good; memory in use stays at its peak. Call it once, at the start of a program.
    Returns whether it had an effect: with glibc (Linux), not elsewhere.
    """
    if not sys.platform.startswith("linux"):
        return False
    try:
        library = ctypes.CDLL(None)
        library.gnu_get_libc_version  # noqa: B018  # only glibc has it; other libraries give these numbers no meaning
        settings = ((_M_MMAP_MAX, 0), (_M_TRIM_THRESHOLD, _KEEP), (_M_TOP_PAD, _GROW))
        return all(library.mallopt(setting, value) == 1 for setting, value in settings)
    except (OSError, AttributeError):
        return False
