"""Models and runs in other programs' formats, and theirs here. What others use is named here."""

from typing import TYPE_CHECKING

from lmcore.lazy import lazy_names

if TYPE_CHECKING:
    from lmcore.interop.gguf import export_gguf
    from lmcore.interop.huggingface import export_huggingface
    from lmcore.interop.opening import Opened, open_model
    from lmcore.interop.tensorboard import export_tensorboard

__all__ = ["Opened", "export_gguf", "export_huggingface", "export_tensorboard", "open_model"]

_HOMES = {
    "Opened": "opening",
    "open_model": "opening",
    "export_gguf": "gguf",
    "export_huggingface": "huggingface",
    "export_tensorboard": "tensorboard",
}

__getattr__ = lazy_names(__name__, _HOMES)
"""Imports a name when it is first used: torch takes a second or two."""
