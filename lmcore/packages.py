"""What is said where a package is missing that only the extra `training` brings?"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from lmcore.errors import LmError

REQUIREMENTS: Final = {"torch": "torch>=2.13,<2.14", "safetensors": "safetensors>=0.8", "gguf": "gguf>=0.19"}
"""By the module that is imported; as in pyproject.toml."""


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
