"""How does the code of a page come in while the window goes on? A module a turn, each behind those that it needs.

Only the GUI's thread may import what defines or names Qt's classes: PySide makes its types when they are first named,
and hangs or crashes now and then where two threads are at that. So a thread reads the sources for what they import,
without running them, and imports what knows no Qt (`needed`); the rest is imported on the GUI's thread, in that order
(`importing`), and the one package that takes longer than a turn in several (`stepwise`).
"""

import ast
import sys
from collections.abc import Generator, Iterator
from importlib import import_module
from pathlib import Path
from typing import Final

from app.stepwise import import_stepwise

ROOT: Final = Path(__file__).resolve().parents[1]
OURS: Final = "app"
QT: Final = ("PySide6", "shiboken6")
CHARTS: Final = "pyqtgraph"
BELOW_CHARTS: Final = (
    "colorama",
    "decimal",
    "importlib.resources",
    "locale",
    "multiprocessing.connection",
    "numpy",
    "pydoc",
)
"""What `CHARTS` imports that knows no Qt; so do these what they need."""
NAMED_BY_CHARTS: Final = ("QtCore", "QtGui", "QtWidgets")
"""The modules of Qt of which it names every class."""
AT_ONCE: Final = 100
"""Names of Qt's for which there is time in a turn."""


def needed(module: str) -> Generator[None, None, list[str]]:
    """On a thread: import what a module needs that knows no Qt; the modules that are left, the needed ones first."""
    left: list[str] = []
    for name in _in_order(module, set()):
        yield
        if name.partition(".")[0] == OURS:
            left.append(name)
        elif name == CHARTS:
            left.append(name)
            for below in BELOW_CHARTS:
                import_module(below)
                yield
        else:
            import_module(name)
    return left


def importing(modules: list[str]) -> Generator[None, None, None]:
    """On the GUI's thread: import what `needed` has left."""
    for name in modules:
        if name == CHARTS:
            if name not in sys.modules:
                yield from _naming()
            yield from import_stepwise(name)
        elif name not in sys.modules:
            import_module(name)
            yield


def _naming() -> Generator[None, None, None]:
    """Name every class of Qt's, so that each is made by now."""
    for part in NAMED_BY_CHARTS:
        module = import_module(f"{QT[0]}.{part}")
        for place, name in enumerate(dir(module)):
            getattr(module, name)
            if place % AT_ONCE == 0:
                yield


def _in_order(module: str, seen: set[str]) -> Iterator[str]:
    """A module behind all that it imports where it is loaded, each once; those of Qt, and those of others that are
    imported anyway, are left out.
    """
    if module in seen or module in sys.modules or module.partition(".")[0] in QT:
        return
    seen.add(module)
    file = _file_of(module)
    for name in _imports(file) if file is not None else ():
        yield from _in_order(name, seen)
    yield module


def _imports(file: Path) -> Iterator[str]:
    """The modules that a file of the application imports where it is loaded."""
    for line in ast.parse(file.read_bytes()).body:
        if isinstance(line, ast.Import):
            yield from (name.name for name in line.names)
        elif isinstance(line, ast.ImportFrom) and line.module:
            inner = [f"{line.module}.{name.name}" for name in line.names]
            yield from (name for name in inner if _file_of(name) is not None)
            yield line.module


def _file_of(module: str) -> Path | None:
    """The file of a module of the application."""
    if module.partition(".")[0] != OURS:
        return None
    place = ROOT.joinpath(*module.split("."))
    return next((file for file in (place.with_suffix(".py"), place / "__init__.py") if file.is_file()), None)
