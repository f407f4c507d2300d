"""What does each page look like? Draws all of them, filled with sample data, to PNG files without a display."""

import argparse
import os
import re
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from time import monotonic, sleep
from types import TracebackType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication

    from app.main_window import MainWindow

PATIENCE: Final = 60.0
"""Seconds that a page may take to fill itself."""
LAYOUTS: Final = 8
"""Turns of the event loop in which a page that is at rest is laid out: a part whose height follows from its width asks
for another layout behind that of its parents."""
THEMES: Final = ("light", "dark")


def main(argv: Sequence[str] | None = None) -> int:
    """Write `NN-key-theme.png` for each page into the folder named; the exit status."""
    parser = argparse.ArgumentParser(prog="lm-explorer capture", description="Draw every page to a PNG file.")
    parser.add_argument("folder", type=Path, metavar="DIR", help="where the pictures go; made if it is missing")
    parser.add_argument("--theme", choices=THEMES, help="one theme; both if it is left out")
    parser.add_argument("--size", type=_size, default=(1440, 900), metavar="1440x900", help="of the window, in pixels")
    asked = parser.parse_args(argv)
    try:
        asked.folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        print(f"The folder {asked.folder} cannot be made: {error.strerror}. Name another one.", file=sys.stderr)
        return 2
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    return _capture(asked.folder, (asked.theme,) if asked.theme else THEMES, asked.size)


def _size(text: str) -> tuple[int, int]:
    found = re.fullmatch(r"(\d{3,4})x(\d{3,4})", text)
    if found is None:
        raise argparse.ArgumentTypeError(f"a size is written like 1440x900, not {text!r}")
    return int(found[1]), int(found[2])


def _capture(folder: Path, themes: Sequence[str], size: tuple[int, int]) -> int:
    """Qt is imported here, once the platform is chosen."""
    from app.application import make_application
    from app.pages import PAGES
    from lmcore.bpe.kernel_cache import use_kernel_cache
    from lmcore.paths import HOME_VARIABLE

    app = make_application()
    app.setCursorFlashTime(0)
    trouble = _Trouble()
    sys.excepthook = trouble.take
    failures = 0
    use_kernel_cache()  # compiled kernels stay; all else is as on the first day
    with tempfile.TemporaryDirectory(prefix="lm-explorer-") as scratch:
        os.environ[HOME_VARIABLE] = scratch
        for theme in themes:
            window = _window(app, Path(scratch), theme, size)
            for number, spec in enumerate(PAGES, 1):
                failures += not _draw(app, window, trouble, spec.key, folder / f"{number:02}-{spec.key}-{theme}.png")
            window.leave()
    return 1 if failures else 0


def _window(app: "QApplication", scratch: Path, theme: str, size: tuple[int, int]) -> "MainWindow":
    """A window with settings of its own: the picture does not depend on the user's."""
    from app.appearance import Appearance
    from app.jobs import Jobs
    from app.main_window import MainWindow
    from app.pages import PAGES
    from app.session import Session
    from app.settings import Settings

    settings = Settings(scratch / f"{theme}.ini")
    settings.theme = "dark" if theme == "dark" else "light"
    window = MainWindow(Session(settings, Jobs()), Appearance(app, settings), PAGES, scratch / "log")
    window.resize(*size)
    window.show()
    window.activateWindow()
    return window


class _Trouble:
    """An error in a slot: it is printed as usual, and a page that had one is not waited for."""

    def __init__(self) -> None:
        self.seen = False

    def take(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        """In the place of Python's hook."""
        self.seen = True
        sys.__excepthook__(kind, error, trace)


def _draw(app: "QApplication", window: "MainWindow", trouble: _Trouble, key: str, path: Path) -> bool:
    """One page to `path`, and each further state of it beside that; whether all of them could be drawn."""
    window.show_page(key)
    page = window.stack.visit(key)
    done = _draw_state(app, window, trouble, key, path, page.fill_sample)
    for name, show in page.further_samples():
        beside = path.with_name(path.name.replace(key, f"{key}-{name}"))
        done = _draw_state(app, window, trouble, key, beside, show) and done
    return done


def _draw_state(
    app: "QApplication",
    window: "MainWindow",
    trouble: _Trouble,
    key: str,
    path: Path,
    show: Callable[[], object],
) -> bool:
    """The window as `show` leaves it; whether it came to rest in time without an error and could be written."""
    print(f"{path.name} …", file=sys.stderr)
    trouble.seen = False
    show()
    page = window.stack.visit(key)
    until = monotonic() + PATIENCE
    app.processEvents()
    while not page.settled() and not trouble.seen and monotonic() < until:
        sleep(0.005)  # the work itself is on a thread of its own, which needs the processor
        app.processEvents()
    for _ in range(LAYOUTS):
        app.processEvents()
    if trouble.seen or not page.settled():
        reason = "an error came up" if trouble.seen else f"the page did not come to rest in {PATIENCE:.0f} s"
        print(f"{path.name} was not drawn: {reason}.", file=sys.stderr)
        return False
    if not window.grab().save(str(path)):
        print(f"{path} cannot be written. Check the folder's permissions and free space.", file=sys.stderr)
        return False
    return True
