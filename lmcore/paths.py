"""Where on this machine does LM Explorer keep and find its files? The user's folders and what is bundled."""

import os
from pathlib import Path
from typing import Final

import platformdirs

from lmcore.errors import LmError

NAME: Final = "lm-explorer"
HOME_VARIABLE: Final = "LM_EXPLORER_HOME"
RESOURCES: Final = Path(__file__).resolve().parent.parent / "resources"


def cache_dir() -> Path:
    """The folder for what can be made again (kernels, counts); created when it is missing."""
    return _folder("cache", platformdirs.user_cache_dir(NAME, appauthor=False))


def config_dir() -> Path:
    """The folder for the user's choices; created when it is missing."""
    return _folder("config", platformdirs.user_config_dir(NAME, appauthor=False))


def data_dir() -> Path:
    """The folder for what the user made and did not place elsewhere; created when it is missing."""
    return _folder("data", platformdirs.user_data_dir(NAME, appauthor=False))


def _folder(kind: str, usual: str) -> Path:
    """`$LM_EXPLORER_HOME/kind` where that variable is set, else the `usual` folder of the platform."""
    home = os.environ.get(HOME_VARIABLE)
    folder = Path(home).expanduser() / kind if home else Path(usual)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise LmError(
            f"{folder}: the folder cannot be made ({error.strerror}); "
            f"set {HOME_VARIABLE} to a folder that can be written."
        ) from error
    return folder


def resource(name: str) -> Path:
    """The bundled file or folder `name`, such as "fonts/Inter-Regular.otf".

    Raises `FileNotFoundError`, with the full path in it, where the installation is incomplete.
    """
    path = RESOURCES / name
    if not path.exists():
        raise FileNotFoundError(f"The bundled file {path} is missing; install LM Explorer again.")
    return path
