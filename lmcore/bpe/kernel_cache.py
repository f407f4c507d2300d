"""Where are the compiled kernels? In a folder keyed by their sources, so that none outlives a change.

numba itself looks only at the file of the outermost function, and would run an old kernel after a change in a callee.
"""

import functools
import hashlib
import os
from pathlib import Path
from typing import Final

from lmcore.paths import cache_dir

VARIABLE: Final = "NUMBA_CACHE_DIR"
_INSTRUCTIONS: Final = ("machine.py", "intrinsics.py", "plain.py")


@functools.cache
def sources_key() -> str:
    """A digest of every file that kernels are made of, and of what numba looks at: its folder and the time of change.

    A second copy of the project, or a moved one, has kernels to compile as well.
    """
    digest = hashlib.sha256()
    for source in sorted([*Path(__file__).parent.glob("*.py"), *Path(__file__).parent.parent.glob("training/*.py")]):
        text = source.read_bytes()
        if b"lmcore.bpe.machine" in text or source.name in _INSTRUCTIONS:
            digest.update(text + f"{source} {source.stat().st_mtime_ns}".encode())
    return digest.hexdigest()[:16]


def use_kernel_cache() -> Path:
    """Lets numba keep the kernels in the user's cache, unless it was given a folder; that folder.

    Call it before numba is imported, which reads the variable only then.
    """
    os.environ.setdefault(VARIABLE, str(cache_dir() / "kernels" / sources_key()))
    return Path(os.environ[VARIABLE])


def stamp() -> Path:
    """The file that says that all kernels of these sources are compiled."""
    return use_kernel_cache() / f"compiled-{sources_key()}"
