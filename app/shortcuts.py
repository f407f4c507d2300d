"""Which keys work now? One QShortcut for each chord of the commands that are offered."""

from collections.abc import Iterable
from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QWidget

from app.commands import Command


class Shortcuts:
    """The chords of a window. A chord that two commands want goes to the one named first.

    A QShortcut is kept for each chord that was ever wanted: all filters of the window's events look at each new one.
    """

    def __init__(self, window: QWidget) -> None:
        self._window = window
        self._made: dict[str, QShortcut] = {}
        self._wanted: dict[str, Command] = {}

    def bind(self, commands: Iterable[Command]) -> None:
        """Let the chords of `commands` work, and no others."""
        wanted: dict[str, Command] = {}
        for command in commands:
            for chord in QKeySequence.listFromString(command.shortcut):
                wanted.setdefault(chord.toString(), command)
        for keys in self._wanted.keys() - wanted.keys():
            self._made[keys].setEnabled(False)
        for keys in wanted.keys() - self._wanted.keys():
            if keys in self._made:
                self._made[keys].setEnabled(True)
            else:
                self._made[keys] = self._shortcut(keys)
        self._wanted = wanted

    def _shortcut(self, keys: str) -> QShortcut:
        made = QShortcut(QKeySequence(keys), self._window)
        made.setContext(Qt.ShortcutContext.WindowShortcut)
        made.activated.connect(partial(self._run, keys))
        return made

    def _run(self, keys: str) -> None:
        self._wanted[keys].run()
