"""Models and runs in other programs' formats, and theirs here. What others use is named here."""

from typing import TYPE_CHECKING, Any

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


def __getattr__(name: str) -> Any:
    """Imports a public name when it is first used: torch takes a second or two."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
