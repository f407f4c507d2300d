"""What do keys and the context menu of a text box ask for? The usual edits, of which large ones take several turns."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent, QKeySequence

from app.widgets.menu import Menu

if TYPE_CHECKING:
    from app.widgets.text_box import TextBox


def typed(event: QKeyEvent) -> str | None:
    """What takes the place of a selection when this key is pressed, or None where nothing does."""
    if event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
        return ""
    if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
        return "\n"
    return event.text() if event.text() and event.text().isprintable() else None


def edit_asked(event: QKeyEvent, box: "TextBox") -> Callable[[], object] | None:
    """The edit that the keys stand for, if they stand for one that Qt would do in one go."""
    keys = QKeySequence.StandardKey
    edits = ((keys.Undo, box.undo), (keys.Redo, box.redo), (keys.Cut, box.cut))
    return next((edit for key, edit in edits if event.matches(key)), None)


def edit_menu(box: "TextBox") -> Menu:
    """The menu of a right click; what cannot be done now is greyed."""
    menu, selected, editable = Menu(box), box.textCursor().hasSelection(), not box.isReadOnly()
    menu.add("Undo", box.undo, icon="undo-2", keys="Ctrl+Z").setEnabled(box.can_undo)
    menu.add("Redo", box.redo, icon="redo-2", keys="Ctrl+Y").setEnabled(box.can_redo)
    menu.addSeparator()
    menu.add("Cut", box.cut, keys="Ctrl+X").setEnabled(editable and selected)
    menu.add("Copy", box.copy, icon="copy", keys="Ctrl+C").setEnabled(selected)
    menu.add("Paste", box.paste, keys="Ctrl+V").setEnabled(editable and box.canPaste())
    menu.addSeparator()
    menu.add("Select all", box.selectAll, keys="Ctrl+A")
    return menu
