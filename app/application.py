"""How does the window come up? QApplication, fonts, theme, error hook and window, in this order and quickly.

Nothing heavy is imported before the window is painted: no torch, no numba, no pyqtgraph, and no page.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QLocale, QLoggingCategory, Qt
from PySide6.QtGui import QGuiApplication, QIcon
from PySide6.QtWidgets import QApplication

from app import fonts
from app.appearance import Appearance
from app.collector import Collector
from app.errors import ErrorReporter
from app.interrupts import Interrupts
from app.jobs import Jobs
from app.main_window import MainWindow
from app.pages import PAGES
from app.session import Session
from app.settings import Settings
from lmcore.paths import config_dir, data_dir, resource

NAME = "LM Explorer"
NO_DISPLAY = (
    "There is no display. Run it on a desktop, or use a command that needs none, for example:\n"
    "  python3 main.py bpe-train CORPUS --vocab-size 10000 --out DIR\n"
    "  python3 main.py capture DIR"
)


def main(argv: Sequence[str] | None = None) -> int:
    """Show the window until it is closed; the exit status. `argv` may name files to open."""
    parser = argparse.ArgumentParser(prog="lm-explorer", description="See how a small language model works.")
    parser.add_argument("paths", nargs="*", type=Path, metavar="FILE", help="corpora or tokenizers to open")
    asked = parser.parse_args(argv)
    if not has_display():
        print(NO_DISPLAY, file=sys.stderr)
        return 1
    return _run(make_application(), [path.absolute() for path in asked.paths])


def make_application() -> QApplication:
    """The QApplication with names, icon and fonts, before any widget is made."""
    QApplication.setApplicationName("lm-explorer")
    QApplication.setApplicationDisplayName(NAME)
    QGuiApplication.setDesktopFileName("lm-explorer")
    QLocale.setDefault(QLocale.c())
    # Dozens of warnings else, for every script of a text that no installed font can write.
    QLoggingCategory.setFilterRules("qt.text.font.db=false")
    app = QApplication([NAME])
    app.setWindowIcon(QIcon(str(resource("icons/lm-explorer.svg"))))
    fonts.load_fonts()
    return app


def has_display() -> bool:
    """Whether a window can be shown: always, except on a Unix with neither Wayland nor X."""
    if sys.platform in ("win32", "darwin") or os.environ.get("QT_QPA_PLATFORM"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _run(app: QApplication, paths: list[Path]) -> int:
    settings = Settings(config_dir() / "lm-explorer.ini")
    log = data_dir() / "lm-explorer.log"
    reporter = ErrorReporter(log)
    reporter.install()
    jobs = Jobs()
    collector = Collector(jobs)
    window = MainWindow(Session(settings, jobs), Appearance(app, settings), PAGES, log)
    reporter.reported.connect(window.show_problem)
    interrupts = Interrupts(window.leave)
    window.page_shown.connect(collector.settle_soon, Qt.ConnectionType.SingleShotConnection)
    if paths:
        window.page_shown.connect(lambda _key: window.open_paths(paths), Qt.ConnectionType.SingleShotConnection)
    window.show()
    window.open_first()
    try:
        return app.exec()
    finally:
        collector.remove()
        interrupts.restore()
        reporter.remove()
