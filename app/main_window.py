"""What is the window? Rail, header, page and status bar; it brings pages, commands and dropped files together.

It closes in order: the user is asked about what is unsaved, jobs are told to stop, the state is kept, then the threads
are waited for.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from PySide6.QtCore import QMimeData, QPoint, Qt, QUrl, Signal
from PySide6.QtGui import (
    QCloseEvent,
    QDesktopServices,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDropEvent,
    QGuiApplication,
    QPalette,
    QResizeEvent,
)
from PySide6.QtWidgets import QApplication, QGridLayout, QVBoxLayout, QWidget

from app import fonts, icons
from app.appearance import Appearance
from app.closing import Closing
from app.commands import Command
from app.page_stack import PageStack
from app.pages import PageSpec
from app.session import Activity, Session
from app.shortcuts import Shortcuts
from app.widgets.command_palette import CommandPalette
from app.widgets.drop_hint import DropHint
from app.widgets.focus_ring import FocusRing
from app.widgets.header import PageHeader
from app.widgets.labels import Hairline
from app.widgets.message import MessageStrip
from app.widgets.rail import Rail
from app.widgets.shortcut_list import ShortcutList
from app.widgets.status_bar import StatusBar
from app.widgets.turns import Steps, Turns
from app.window_commands import WindowActions, page_commands, view_menu, window_commands
from lmcore.figures import count

USUAL_SIZE: Final = (1440, 900)
SMALLEST_SIZE: Final = (960, 600)
NARROW: Final = 1360
"""Below this many pixels, grown with the text, the rail shows icons alone."""
PATIENCE: Final = 2.0
"""Seconds that closing the window waits for jobs."""


class MainWindow(QWidget):
    """The window of LM Explorer, showing pages of `specs`. `log` is the file that errors are written to."""

    page_shown = Signal(str)
    """The key of a page that is on the screen now."""

    def __init__(self, session: Session, appearance: Appearance, specs: Sequence[PageSpec], log: Path) -> None:
        super().__init__()
        self.session = session
        self.appearance, self._specs, self._log = appearance, tuple(specs), log
        self._key, self._shown, self._first, self._awaited, self._details = "", "", "", "", ""
        self._said: dict[str, str] = {}  # the last message on each page
        self.stack = PageStack(self._specs, session)
        self._closing = Closing(self, self.stack, self.show_page)
        self._rail = Rail(self._specs)
        self._header = PageHeader()
        actions = (("Copy details", self._copy_details), ("Open the log", self.open_log))
        self._problem = MessageStrip("error", "", actions=actions, closable=True, wide=True)
        self._status = StatusBar()
        self._palette = CommandPalette(self)
        self._keys = ShortcutList(self)
        self._hint = DropHint(self)
        self._ring = FocusRing(self)
        self._shortcuts = Shortcuts(self)
        self._turns = Turns(self)
        reach = WindowActions(self.go_to, self.show_palette, self.show_keys, self.open_log, self.close)
        self._commands = window_commands(appearance, reach)
        self._page_commands = page_commands(self._specs, self.go_to)
        self._build()
        self._connect()

    def _build(self) -> None:
        self.setWindowTitle("LM Explorer")
        self.setAcceptDrops(True)
        self.setMinimumSize(*SMALLEST_SIZE)
        self.setBackgroundRole(QPalette.ColorRole.Base)
        self._problem.hide()
        content = QVBoxLayout()
        content.setSpacing(0)
        content.addWidget(self._header)
        content.addWidget(self._problem)
        content.addWidget(self.stack, 1)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(0)
        grid.addWidget(self._rail, 0, 0)
        grid.addWidget(Hairline(Qt.Orientation.Vertical), 0, 1)
        grid.addLayout(content, 0, 2)
        grid.addWidget(self._status, 1, 0, 1, 3)
        grid.setColumnStretch(2, 1)
        grid.setRowStretch(0, 1)
        self.stack.setFocus()  # else the first item of the rail would have it, with a ring that nobody asked for
        self._fill_foot()
        self._restore()

    def _connect(self) -> None:
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        self._ring.follow_focus(application)
        self.appearance.changed.connect(self._fit_rail)
        self._rail.chosen.connect(self.go_to)
        self._status.commands_asked.connect(self.show_palette)
        self._status.view_asked.connect(self._show_view_menu)
        self.session.status.connect(self._say)
        self.session.activity_changed.connect(self._show_activity)
        self.session.busy.connect(self._rail.set_busy)
        self.session.handed_over.connect(lambda key: self.go_to(key) if key in self.stack.specs else None)
        for signal in (self.session.busy, self.session.tokenizer_changed):
            signal.connect(self._fill_foot)
        for signal in (self.session.shape_changed, self.session.run_changed):
            signal.connect(self._fill_foot)
        self.stack.painted.connect(self._prepare_first, Qt.ConnectionType.QueuedConnection)
        self.stack.prepared.connect(self._show_prepared)
        self.stack.not_prepared.connect(self._not_prepared)
        self.page_shown.connect(self._draw_icons, Qt.ConnectionType.SingleShotConnection)
        self._shortcuts.bind(self.commands())

    @property
    def current(self) -> str:
        """The key of the page shown, or on its way."""
        return self._key

    @property
    def status_text(self) -> str:
        """What the left of the status bar says."""
        return self._status.words

    def open_first(self, key: str = "") -> None:
        """Name the first page in the header now, and make it once the window has been painted with that."""
        wanted = key or self.session.settings.last_page
        spec = self.stack.specs.get(wanted) or self._specs[0]
        self._announce(spec)
        self._first = spec.key
        self.stack.update()

    def go_to(self, key: str) -> None:
        """Show the page `key`; a new one is named now and made while the window goes on, with nothing in its place."""
        if self.stack.page(key) is not None:
            self.show_page(key)
            return
        self._announce(self.stack.specs[key])
        self._first, self._awaited = "", key
        self.stack.clear()
        self.stack.setFocus()
        self._shortcuts.bind(self.commands())
        self.stack.prepare(key)

    def show_page(self, key: str) -> None:
        """Show the page `key` now. The page before stays where this one cannot be made."""
        self._first = self._awaited = ""
        before, self._key = self._key, key  # what a page says while it is made is its own
        try:
            page = self.stack.visit(key)
        except BaseException:
            self._key = before
            raise
        finally:
            self._rail.set_current(self._key)
        self._shown, spec = key, self.stack.specs[key]
        self._announce(spec)
        self._header.show_page(spec.title, spec.question, self.stack.actions_of(key))
        self._shortcuts.bind(self.commands())
        page.setFocus()
        self.page_shown.emit(key)

    def open_paths(self, paths: Sequence[Path]) -> None:
        """Give files and folders to the page shown, or to another that can open them."""
        key = self.stack.accepting(paths, self._key)
        if key is None:
            self.session.say(f"No page can open {_named(paths)}.")
            return
        if key != self._key:
            self.show_page(key)
        self.stack.visit(key).open_paths(paths)

    def show_problem(self, sentence: str, details: str) -> None:
        """Say that something went wrong; `details` can be copied."""
        self._details = details
        self._problem.show_message("error", sentence, "What you made is kept. The details are in the log file.")

    def commands(self) -> list[Command]:
        """Everything that can be done now, the page's own first."""
        return [*self._own_commands(), *self._page_commands, *self._commands]

    def show_palette(self) -> None:
        """Open the command palette."""
        offered = [command for command in self._commands if command.run != self.show_palette]
        self._palette.open_with([("Commands", [*self._own_commands(), *offered]), ("Pages", self._page_commands)])

    def show_keys(self) -> None:
        """Open the list of all keys."""
        self._keys.open_with(self.commands())

    def open_log(self) -> None:
        """Open the log file with the system's viewer."""
        if not self._log.exists():
            self.session.say("Nothing has been logged yet.")
        elif not QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._log))):
            self.session.say(f"The log file is {self._log}.")

    def leave(self) -> None:
        """Close without asking about what is unsaved, as when the process is told to end."""
        self._closing.discard_all()
        self.close()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit_rail()

    def closeEvent(self, event: QCloseEvent) -> None:
        if not self._closing.may_close():
            event.ignore()
            return
        self.stack.stop()
        for page in self.stack.pages:
            page.close_jobs()
        settings = self.session.settings
        settings.geometry = self.saveGeometry()
        settings.last_page = self._key
        settings.save()
        self.session.jobs.stop_all(PATIENCE)
        super().closeEvent(event)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        paths = _local_paths(event.mimeData())
        if not paths:
            return
        key = self.stack.accepting(paths, self._key)
        title = self.stack.specs[key].title if key is not None else ""
        text = f"Drop to open in {title}" if title else f"No page can open {_named(paths)}"
        self._hint.show_text(text, welcome=bool(title))
        event.acceptProposedAction()

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self._hint.hide()

    def dropEvent(self, event: QDropEvent) -> None:
        self._hint.hide()
        event.acceptProposedAction()
        self.open_paths(_local_paths(event.mimeData()))

    def _fit_rail(self) -> None:
        self._rail.set_collapsed(self.width() < fonts.scaled(NARROW))

    def _prepare_first(self) -> None:
        if self._first:
            self.go_to(self._first)

    def _draw_icons(self) -> None:
        """The first page is there, and nobody waits: what the others will show is drawn."""
        self._turns.ask(Steps(icons.drawing(self.devicePixelRatio())))

    def _show_prepared(self, key: str) -> None:
        """Unless something else was asked for meanwhile."""
        if key == self._awaited:
            self.show_page(key)

    def _not_prepared(self, key: str, error: BaseException) -> None:
        """The page before is shown again, or none where there was none."""
        if key == self._awaited:
            self._awaited = ""
            if self._shown:
                self.show_page(self._shown)
        raise error

    def _own_commands(self) -> list[Command]:
        page = self.stack.page(self._key)
        return page.commands() if page is not None else []

    def _say(self, text: str) -> None:
        self._said[self._key] = text
        self._status.say(text)

    def _announce(self, spec: PageSpec) -> None:
        self._key = spec.key
        self._status.say(self._said.get(spec.key, ""))  # what was said of another page is not true of this one
        self._rail.set_current(spec.key)
        self._header.show_page(spec.title, spec.question)

    def _fill_foot(self) -> None:
        info = self.session.tokenizer
        if info is not None:
            self._rail.foot.set_line("Tokenizer", info.name, f"{count(info.vocab_size)} tokens")
        else:
            words = "none yet: training …" if self.session.is_busy("bpe") else "none yet"
            self._rail.foot.set_line("Tokenizer", words)
        self._rail.foot.set_line("Shape", self.session.shape)
        self._rail.foot.set_line("Run", self.session.run)

    def _show_activity(self, activity: Activity | None) -> None:
        if activity is None:
            self._status.show_activity()
        else:
            self._status.show_activity(activity.title, activity.words, activity.fraction)

    def _show_view_menu(self) -> None:
        keys = Command("Show all keys", self.show_keys, "keyboard", shortcut="F1")
        menu = view_menu(self, self.appearance, keys)
        menu.aboutToHide.connect(menu.deleteLater)
        button = self._status.view_button
        menu.popup(button.mapToGlobal(QPoint(0, -menu.sizeHint().height() - 4)))

    def _copy_details(self) -> None:
        QGuiApplication.clipboard().setText(self._details)
        self.session.say("Details copied.")

    def _restore(self) -> None:
        """The size and place of last time, or the usual size as far as the screen allows."""
        if not self.restoreGeometry(self.session.settings.geometry):
            screen = QGuiApplication.primaryScreen().availableGeometry()
            self.resize(min(USUAL_SIZE[0], screen.width()), min(USUAL_SIZE[1], screen.height()))


def _local_paths(data: QMimeData) -> list[Path]:
    return [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()]


def _named(paths: Sequence[Path]) -> str:
    return paths[0].name if len(paths) == 1 else f"these {count(len(paths))} files"
