"""Which text is learned from? The files and folders of a corpus, the bundled one at first, and the ways to others."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Final

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QVBoxLayout, QWidget

from app.settings import RECENT, Settings
from app.widgets.buttons import Button
from app.widgets.icon_label import IconLabel
from app.widgets.labels import ElidedLabel, row
from app.widgets.menu import Menu
from lmcore import figures
from lmcore.paths import resource

SHOWN: Final = 4
"""Files listed by name; more are counted."""
FILTER: Final = "Text (*.txt *.md *.jsonl *.parquet *.gz *.zst);;All files (*)"


def sample_paths() -> tuple[Path, ...]:
    """The bundled corpus."""
    return tuple(sorted(resource("sample").glob("*.txt")))


class CorpusSection(QWidget):
    """The files of the corpus, and the ways to choose others."""

    changed = Signal()

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self._settings = settings
        self._paths = sample_paths()
        self._add = Button("Add files", icon="plus", small=True)
        self._recent = Button("Recent", trailing="chevron-down", small=True)
        self._names = QVBoxLayout()
        self._size = ElidedLabel("", "caption")
        self._build()
        self._connect()

    @property
    def paths(self) -> tuple[Path, ...]:
        """The files and folders, as the user named them."""
        return self._paths

    @property
    def is_sample(self) -> bool:
        """Whether nothing but the bundled corpus is chosen."""
        return self._paths == sample_paths()

    def set_paths(self, paths: Sequence[Path]) -> None:
        """Take these instead; none means the bundled corpus again. While it is locked, nothing happens."""
        if not self.isEnabled():
            return
        self._paths = tuple(dict.fromkeys(paths)) or sample_paths()
        if not self.is_sample:
            self._settings.add_recent("corpora", self._paths[:RECENT])
        self._show_names()
        self._size.set_text("…")
        self.changed.emit()

    def show_paths(self, paths: Sequence[Path]) -> None:
        """Show these without telling, as what was chosen elsewhere."""
        if tuple(paths) != self._paths:
            self._paths = tuple(paths)
            self._show_names()
            self._size.set_text("…")

    def add_paths(self, paths: Sequence[Path]) -> None:
        """Take these as well; the bundled corpus gives way."""
        self.set_paths(paths if self.is_sample else [*self._paths, *paths])

    def show_size(self, size: int, specials: int = 0, *, exact: bool = True) -> None:
        """Bytes, and the special tokens that divide them. Not exact is what was reckoned from a part."""
        number = figures.count(specials) if exact else f"≈ {figures.significant(specials)}"
        name = "special token" if specials == 1 else "special tokens"
        self._size.set_text(figures.size(size) + (f" · {number} {name}" if specials else ""))

    def show_words(self, words: str) -> None:
        """What is known of its size, in other words than `show_size` has."""
        self._size.set_text(words)

    def show_unread(self) -> None:
        """It could not be read; a message elsewhere says why."""
        self._size.set_text("not read")

    def _build(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(10)
        files = QHBoxLayout()
        files.setSpacing(8)
        icon = QVBoxLayout()
        icon.addSpacing(1)
        icon.addWidget(IconLabel("file-text"))
        icon.addStretch(1)
        words = QVBoxLayout()
        words.setSpacing(0)
        self._names.setSpacing(0)
        words.addLayout(self._names)
        words.addWidget(self._size)
        files.addLayout(icon)
        files.addLayout(words, 1)
        column.addLayout(files)
        column.addLayout(row([self._add, self._recent], 6))
        self._show_names()

    def _connect(self) -> None:
        self._add.clicked.connect(self.choose_files)
        self._recent.clicked.connect(self._open_recent)

    def _show_names(self) -> None:
        while (item := self._names.takeAt(0)) is not None:
            if (shown := item.widget()) is not None:
                shown.hide()
                shown.deleteLater()
        for path in self._paths[:SHOWN]:
            self._names.addWidget(self._name(path))
        if len(self._paths) > SHOWN:
            self._names.addWidget(ElidedLabel(f"and {figures.count(len(self._paths) - SHOWN)} more", "secondary"))

    def _name(self, path: Path) -> QWidget:
        """A file's name; one of several can be taken away."""
        made = QWidget()
        line = QHBoxLayout(made)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(4)
        name = path.absolute().name or str(path)
        words = ElidedLabel(name, "body", Qt.TextElideMode.ElideMiddle)
        made.setToolTip(str(path))
        line.addWidget(words, 1)
        if len(self._paths) > 1:
            cross = Button(icon="x", kind="bare", small=True, name=f"Leave {name} out")
            cross.clicked.connect(partial(self._leave_out, path))
            line.addWidget(cross)
        return made

    def _leave_out(self, path: Path) -> None:
        self.set_paths([other for other in self._paths if other != path])

    def choose_files(self) -> None:
        """Ask for files to add."""
        names, _ = QFileDialog.getOpenFileNames(self.window(), "Add files to the corpus", "", FILTER)
        if names:
            self.add_paths([Path(name) for name in names])

    def choose_folder(self) -> None:
        """Ask for a folder to add."""
        name = QFileDialog.getExistingDirectory(self.window(), "Add a folder to the corpus")
        if name:
            self.add_paths([Path(name)])

    def _open_recent(self) -> None:
        menu = self.recent_menu()
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(self._recent.mapToGlobal(QPoint(0, self._recent.height() + 4)))

    def recent_menu(self) -> Menu:
        """The corpora used last, as far as they are still there, and two ways to others."""
        menu = Menu(self)
        for path in self._settings.recent("corpora"):
            if path.exists():
                action = menu.add(path.name.replace("&", "&&"), partial(self.set_paths, [path]), icon="file-text")
                action.setToolTip(str(path))
        if menu.actions():
            menu.addSeparator()
        menu.add("Add a folder …", self.choose_folder, icon="folder-open")
        menu.add("The bundled sample", partial(self.set_paths, []), icon="list-restart")
        return menu
