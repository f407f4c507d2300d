"""How does one do anything by a few letters? The command palette: a line to type in over the list of commands."""

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QAbstractItemView, QHBoxLayout, QLineEdit, QListView, QWidget

from app.commands import Command
from app.widgets.icon_label import IconLabel
from app.widgets.labels import Hairline, KeyCap, label
from app.widgets.overlay import Overlay
from app.widgets.palette_rows import PaletteDelegate, PaletteModel, rows_for

Sections = Sequence[tuple[str, Sequence[Command]]]
HEAD, FOOT = 46, 36


class CommandPalette(Overlay):
    """Lists the commands of `sections` that fit what is typed; Enter or a click runs one.

    What is listed may be places to go to as well: `name` says what one is, `hint` what is to be typed, `verb` what
    Enter does.
    """

    def __init__(
        self, parent: QWidget, name: str = "Command", hint: str = "What do you want to do?", verb: str = "run"
    ) -> None:
        super().__init__(parent)
        self._sections: Sections = ()
        self._model = PaletteModel()
        self._delegate = PaletteDelegate(self._model)
        self._line = QLineEdit()
        self._list = QListView()
        self._counts = label("", "caption")
        self._build(name, hint, verb)
        self._connect()

    def open_with(self, sections: Sections) -> None:
        """Show the palette, empty, over these commands."""
        self._sections = sections
        counted = (f"{len(commands):,} {_named(name, len(commands))}" for name, commands in sections)
        self._counts.setText(" · ".join(counted))
        self._line.clear()
        self._filter("")
        self.open()

    def type_text(self, text: str) -> None:
        """Put `text` in the line, as if typed."""
        self._line.setText(text)

    @property
    def chosen(self) -> Command | None:
        """The command that Enter would run."""
        row = self._model.row(self._list.currentIndex().row())
        return row.command if row is not None else None

    def focus_target(self) -> QWidget:
        return self._line

    def panel_height(self, available: int) -> int:
        return min(available, HEAD + FOOT + 4 + self._model.height() + 14, 620)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._line and isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            return self._pressed(event)
        return super().eventFilter(watched, event)

    def _build(self, name: str, hint: str, verb: str) -> None:
        self._line.setAccessibleName(name)
        self._line.setPlaceholderText(hint)
        self._line.setProperty("bare", True)
        self._list.setModel(self._model)
        self._list.setItemDelegate(self._delegate)
        self._list.setAccessibleName(f"{name}s found")
        self._list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._list.setProperty("floating", True)
        self._list.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self._list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._list.setMouseTracking(True)
        self.column.addWidget(_bar(HEAD, [IconLabel("search"), self._line], [KeyCap("Esc")]))
        self.column.addWidget(Hairline())
        self.column.addWidget(self._list, 1)
        self.column.addWidget(Hairline())
        keys = [KeyCap("↑"), KeyCap("↓"), label("choose", "caption"), KeyCap("Enter"), label(verb, "caption")]
        self.column.addWidget(_bar(FOOT, keys, [self._counts]))

    def _connect(self) -> None:
        self._line.installEventFilter(self)
        self._line.textChanged.connect(self._filter)
        self._list.entered.connect(self._list.setCurrentIndex)
        self._list.clicked.connect(lambda _index: self._run())

    def _filter(self, query: str) -> None:
        self._model.show_rows(rows_for(query, self._sections))
        self._choose(self._model.step(-1, 0))
        self.refit()

    def _choose(self, place: int) -> None:
        self._list.setCurrentIndex(self._model.index(place))
        if place == self._model.step(-1, 0):
            self._list.scrollToTop()

    def _pressed(self, event: QKeyEvent) -> bool:
        """Keys that the line does not keep; whether the key was one."""
        here = self._list.currentIndex().row()
        steps = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1, Qt.Key.Key_Backtab: -1, Qt.Key.Key_Tab: 1}
        key = Qt.Key(event.key())
        if key in steps:
            self._choose(self._model.step(here, steps[key]))
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._run()
        elif key == Qt.Key.Key_Escape:
            self.close_overlay()
        else:
            return False
        return True

    def _run(self) -> None:
        """Close first: the command may open something itself."""
        command = self.chosen
        if command is not None:
            self.close_overlay()
            command.run()


def _bar(height: int, left: Sequence[QWidget], right: Sequence[QWidget]) -> QWidget:
    made = QWidget()
    made.setFixedHeight(height)
    line = QHBoxLayout(made)
    line.setContentsMargins(16, 0, 16, 0)
    line.setSpacing(8)
    stretched = False
    for widget in left:
        typed = isinstance(widget, QLineEdit)
        line.addWidget(widget, 1 if typed else 0)
        stretched = stretched or typed
    if not stretched:
        line.addStretch(1)
    for widget in right:
        line.addWidget(widget)
    return made


def _named(section: str, number: int) -> str:
    """What a section holds, in the number that it has."""
    return section.lower().removesuffix("s" if number == 1 else "")
