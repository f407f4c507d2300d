"""What is said where a package is missing that only the extra `training` brings?"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from lmcore.errors import LmError

REQUIREMENTS: Final = {"torch": "torch>=2.13,<2.14", "safetensors": "safetensors>=0.8", "gguf": "gguf>=0.19"}
"""By the module that is imported; as in pyproject.toml."""


def spin_briefly() -> None:
    """Before torch is loaded: let its threads spin but briefly while they wait for one another.

    On processors that others use too, spinning takes the time from the one that is waited for: a step of training took
    two to six times as long, a token up to fifty. Threads that sleep at once write half as many tokens where nothing
    else runs.
    """
    os.environ.setdefault("GOMP_SPINCOUNT", "10000")


@contextmanager
def needed_for(work: str) -> Iterator[None]:
    """Turns a failed import of one of these into a sentence that begins with `work`. Raises `LmError`."""
    try:
        yield
    except ModuleNotFoundError as error:
        requirement = REQUIREMENTS.get(error.name or "")
        if not requirement:
            raise
        raise LmError(
            f"{work} needs {error.name}, which is not installed here. Install it with: pip install '{requirement}'"
        ) from error
