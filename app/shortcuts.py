"""Which keys work now? One QShortcut for each chord of the commands that are offered."""

from collections.abc import Iterable
from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QWidget

from app.commands import Command


class Shortcuts:
    """The chords of a window. A chord that two commands want goes to the one named first."""

    def __init__(self, window: QWidget) -> None:
        self._window = window
        self._bound: list[QShortcut] = []

    def bind(self, commands: Iterable[Command]) -> None:
        """Let the chords of `commands` work, and no others."""
        for shortcut in self._bound:
            shortcut.setEnabled(False)
            shortcut.deleteLater()
        self._bound = []
        taken: set[str] = set()
        for command in commands:
            for keys in QKeySequence.listFromString(command.shortcut):
                if keys.toString() not in taken:
                    taken.add(keys.toString())
                    self._bound.append(self._shortcut(keys, command))

    def _shortcut(self, keys: QKeySequence, command: Command) -> QShortcut:
        made = QShortcut(keys, self._window)
        made.setContext(Qt.ShortcutContext.WindowShortcut)
        made.activated.connect(partial(_call, command))
        return made


def _call(command: Command) -> None:
    command.run()
