"""Which tokens are to be looked at? The views and scripts at the left, and why such tokens exist."""

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QScrollArea, QVBoxLayout, QWidget

from app import fonts
from app.widgets.buttons import Button
from app.widgets.count_list import CountList, Named
from app.widgets.labels import Hairline, label
from lmcore import figures
from lmcore.bpe.vocabulary.scripts import script_name
from lmcore.bpe.vocabulary.views import WORDING, View, script_counts

if TYPE_CHECKING:
    from app.pages.vocabulary.work import Shown

WIDTH: Final = 232
SIDE: Final = 8
INSET: Final = 8
SCRIPTS_FIRST: Final = 7
"""Scripts listed at once; a button lists the others."""
VIEWS: Final = tuple(View)


class ViewsPanel(QScrollArea):
    """Two lists and a sentence; signals give the View, and the script or None, that the user chose."""

    view_chosen = Signal(object)
    script_chosen = Signal(object)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.views = CountList("Views")
        self.scripts = CountList("Scripts", fonts.TABLE, 25, optional=True)
        self._why = label("", "caption", wrap=True)
        self._more = Button("more", kind="quiet", small=True, trailing="chevron-down")
        self._scripts: list[tuple[int, int]] = []
        self._build()
        self._connect()
        self.show_counts(None)  # a view can be chosen before there is anything to count

    @property
    def view(self) -> View:
        """The view that is chosen."""
        return VIEWS[max(0, self.views.current)]

    @property
    def script(self) -> int | None:
        """The script that is chosen, if any."""
        place = self.scripts.current
        return self._scripts[place][0] if 0 <= place < len(self._scripts) else None

    @property
    def why(self) -> str:
        """The sentence that is shown."""
        return WORDING[self.view].why

    def show_shown(self, shown: "Shown | None") -> None:
        """The counts of another vocabulary; the view stays, the script goes."""
        self._scripts = script_counts(shown.vocabulary) if shown else []
        self.scripts.choose(-1)
        self._list_scripts(SCRIPTS_FIRST)
        self.show_counts(shown)

    def _list_scripts(self, most: int) -> None:
        """List the most frequent scripts, and offer the others."""
        listed = self._scripts[:most]
        self.scripts.show_lines([Named(script_name(script), figures.count(count)) for script, count in listed])
        self._more.setVisible(len(listed) < len(self._scripts))
        self._more.set_look(f"{len(self._scripts) - len(listed)} more")

    def show_counts(self, shown: "Shown | None") -> None:
        """How many tokens each view has now."""
        counts = [shown.views.count(view) if shown else None for view in VIEWS]
        names = (WORDING[view].name for view in VIEWS)
        written = ("…" if count is None else figures.count(count) for count in counts)
        self.views.show_lines([Named(name, count) for name, count in zip(names, written, strict=True)])
        if self.views.current < 0:
            self.views.choose(0)
        self._show_why()

    def choose(self, view: View) -> None:
        """Choose a view, as if it had been clicked."""
        self.views.choose(VIEWS.index(view))
        self._view_changed()

    def _build(self) -> None:
        content = QWidget(self.viewport())
        column = QVBoxLayout(content)
        column.setContentsMargins(SIDE, 16, SIDE, 16)
        column.setSpacing(0)
        column.addWidget(_heading("Views"))
        column.addSpacing(8)
        column.addWidget(self.views)
        column.addSpacing(10)
        column.addWidget(_inset(self._why))
        column.addSpacing(14)
        column.addWidget(_inset(Hairline()))
        column.addSpacing(14)
        column.addWidget(_heading("Script"))
        column.addSpacing(8)
        column.addWidget(self.scripts)
        column.addWidget(_inset(self._more))
        column.addStretch(1)
        self.setWidget(content)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.viewport().setBackgroundRole(QPalette.ColorRole.Window)
        self.setBackgroundRole(QPalette.ColorRole.Window)
        self.setAutoFillBackground(True)
        self.setFixedWidth(fonts.scaled(WIDTH))
        self.setAccessibleName("Views and scripts")

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self.setFixedWidth(fonts.scaled(WIDTH))

    def _connect(self) -> None:
        self.views.chosen.connect(lambda _place: self._view_changed())
        self.scripts.chosen.connect(lambda _place: self.script_chosen.emit(self.script))
        self._more.clicked.connect(lambda: self._list_scripts(len(self._scripts)))

    def _view_changed(self) -> None:
        self._show_why()
        self.view_chosen.emit(self.view)

    def _show_why(self) -> None:
        self._why.setText(self.why)


def _heading(title: str) -> QWidget:
    return _inset(label(title, "section"))


def _inset(widget: QWidget) -> QWidget:
    made = QWidget()
    column = QVBoxLayout(made)
    column.setContentsMargins(INSET, 0, INSET, 0)
    column.addWidget(widget)
    return made
