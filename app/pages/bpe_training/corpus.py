"""Which text is the vocabulary learned from? The corpus section of the inspector."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from PySide6.QtCore import QPoint, Signal
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QVBoxLayout, QWidget

from app.settings import Settings
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
        """Take these instead; none means the bundled corpus again."""
        self._paths = tuple(dict.fromkeys(paths)) or sample_paths()
        if not self.is_sample:
            self._settings.add_recent("corpora", self._paths)
        self._show_names()
        self.show_size(0, 0)
        self.changed.emit()

    def add_paths(self, paths: Sequence[Path]) -> None:
        """Take these as well; the bundled corpus gives way."""
        self.set_paths(paths if self.is_sample else [*self._paths, *paths])

    def show_size(self, size: int, documents: int) -> None:
        """Bytes on the disk and documents, as far as they are known."""
        words = [figures.size(size)] if size else []
        if documents > 1:
            words.append(f"≈ {figures.count(documents)} documents")
        self._size.set_text(" · ".join(words) or "…")

    def show_documents(self, size: int, documents: int) -> None:
        """The same once the whole corpus was read."""
        count = f" · {figures.count(documents)} documents" if documents > 1 else ""
        self._size.set_text(figures.size(size) + count)

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
                shown.deleteLater()
        for path in self._paths[:SHOWN]:
            name = ElidedLabel(path.name or str(path), "body")
            name.setToolTip(str(path))
            self._names.addWidget(name)
        if len(self._paths) > SHOWN:
            self._names.addWidget(ElidedLabel(f"and {figures.count(len(self._paths) - SHOWN)} more", "secondary"))

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
        menu = Menu(self)
        for path in self._settings.recent("corpora"):
            if path.exists():
                menu.add(path.name, lambda path=path: self.set_paths([path]), icon="file-text").setToolTip(str(path))
        if menu.actions():
            menu.addSeparator()
        menu.add("Add a folder …", self.choose_folder, icon="folder-open")
        menu.add("The bundled sample", lambda: self.set_paths([]), icon="list-restart")
        menu.exec(self._recent.mapToGlobal(QPoint(0, self._recent.height() + 4)))
