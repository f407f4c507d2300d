"""How does a set-up come and go as a file? TOML is read and written by dialog, copied, and dropped."""

from pathlib import Path
from typing import Final

from PySide6.QtCore import QObject, QPoint, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog, QWidget

from app.pages.training.setup.state import SetupState
from app.pages.training.setup.toml_text import toml_of
from app.widgets.menu import Menu
from app.widgets.save_place import ask_save_place
from lmcore.atomic import writing_aside
from lmcore.errors import LmError
from lmcore.training.config import read_tables

FILTER: Final = "Set-ups (*.toml);;All files (*)"


class Transfer(QObject):
    """The menu of the button, and what it does."""

    imported = Signal()
    """The set-up is that of a file."""
    said = Signal(str)
    failed = Signal(str)

    def __init__(self, view: QWidget, state: SetupState, button: QWidget) -> None:
        super().__init__(view)
        self._view, self._state, self._button = view, state, button

    def open_menu(self) -> None:
        """Show it below the button."""
        menu = self.menu()
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(self._button.mapToGlobal(QPoint(0, self._button.height() + 4)))

    def menu(self) -> Menu:
        """What can be done with the set-up as a file."""
        made = Menu(self._view)
        made.add("Import a TOML file …", self.ask_import, icon="folder-open")
        made.add("Export as TOML …", self.ask_export, icon="download")
        made.add("Copy as TOML", self.copy, icon="copy")
        return made

    def copy(self) -> None:
        """Put the file on the clipboard."""
        QGuiApplication.clipboard().setText(toml_of(self._state.now))
        self.said.emit("Copied the set-up as TOML")

    def ask_import(self) -> None:
        """Ask for a file to import."""
        name, _ = QFileDialog.getOpenFileName(self._view.window(), "Import a set-up", "", FILTER)
        if name:
            self.read(Path(name))

    def ask_export(self) -> None:
        """Ask for a file to export to."""
        suggested = f"{self._state.now.config.name or 'training'}.toml"
        if path := ask_save_place(self._view, "Export the set-up", suggested, FILTER):
            self.write(path)

    def read(self, path: Path) -> None:
        """Have what a file says; what is wrong with it is told with the key."""
        try:
            self._state.take(read_tables(path), path.parent)
        except LmError as error:
            self.failed.emit(str(error))
        else:
            self.imported.emit()
            self.said.emit(f"Imported {path.name}")

    def write(self, path: Path) -> None:
        """Write the file, aside and renamed."""
        try:
            with writing_aside(path) as file:
                file.write(toml_of(self._state.now))
        except LmError as error:
            self.failed.emit(str(error))
        except OSError as error:
            self.failed.emit(f"{path} cannot be written ({error.strerror}); choose another folder.")
        else:
            self.said.emit(f"Saved {path}")
