"""What is in this vocabulary? Views at the left, the table in the middle, the page of one token at the right."""

from collections.abc import Generator
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Self

import numpy as np
from PySide6.QtCore import QEvent, Qt, QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QSplitter, QStackedWidget, QVBoxLayout, QWidget

from app import fonts
from app.pages.vocabulary import wording
from app.pages.vocabulary.knowledge import Knowledge
from app.pages.vocabulary.searches import Search
from app.pages.vocabulary.token_panel import TokenPanel
from app.pages.vocabulary.views_panel import ViewsPanel
from app.session import Session
from app.tables.vocabulary import COLUMNS, VocabularyModel, VocabularyTable
from app.widgets.empty_state import EmptyState
from app.widgets.filter_field import FilterField
from app.widgets.labels import ElidedLabel, Hairline, label, set_role
from app.widgets.segmented import Segmented
from app.widgets.turns import Chore, Turns
from lmcore.bpe.vocabulary.columns import NONE
from lmcore.bpe.vocabulary.filters import Mode
from lmcore.bpe.vocabulary.ordering import Column
from lmcore.bpe.vocabulary.views import WORDING, View

if TYPE_CHECKING:
    from app.pages.vocabulary.work import Shown
    from lmcore.bpe.vocabulary.characters import Bools, Ints

MODES: Final = tuple(Mode)
HINTS: Final = {
    Mode.TEXT: "Filter",
    Mode.HEX: "Bytes, such as E2 80",
    Mode.REGEX: "Expression, such as ^[A-Z]+$",
}
NONE_SUCH: Final = "No token of this vocabulary is in the chosen view and script and fits what is typed."
READING, TABLE, EMPTY = range(3)
SETTLED: Final = 200
"""Milliseconds after which another token is selected where the former is not among the rows: not at each letter."""
SPLITTER: Final = "vocabulary-browse"
RIGHT: Final = 364
LEFT, RIGHT_LEAST = 384, 280
"""The least widths of the table and of a token's page; all fit into the smallest window."""
FALLING: Final = frozenset((Column.BYTES, Column.CHARACTERS, Column.MADE, Column.GAIN, Column.USED))
"""Columns of which the greatest are looked for first."""


class Browse(QWidget):
    """The tab, made by `making`. `menu_asked` gives the place where the header's menu was asked for."""

    menu_asked = Signal(object)

    def __init__(self, session: Session, knowledge: Knowledge, parent: QWidget) -> None:
        super().__init__(parent)
        self._session, self._knowledge = session, knowledge
        self._order: Ints = np.zeros(0, np.int64)
        self._sorted: tuple[Column, bool] = (Column.ID, False)
        self._matching: Bools | None = None
        self._so_far = False
        self._selected = NONE
        self._due = QTimer(self, singleShot=True, interval=SETTLED)
        self._turns = Turns(self)
        self._shaping = Chore(self._turns, lambda: self.table.shape_first(self._middle.height()))
        self._revealing = Chore(self._turns, lambda: self._reveal(soon=self.search.running))
        self.filter = FilterField("Filter tokens", HINTS[Mode.TEXT], "Ctrl+F")
        self.modes = Segmented([mode.value for mode in MODES], "Filter by")
        self.counted = ElidedLabel("", "caption")
        self.problem = label("", "error", wrap=True)
        self.model = VocabularyModel()
        self.search = Search(session.jobs)
        self._whole = False

    @classmethod
    def making(cls, session: Session, knowledge: Knowledge, parent: QWidget) -> Generator[None, None, Self]:
        """The tab, made a pane a turn."""
        tab = cls(session, knowledge, parent)
        yield from tab._filling()
        return tab

    def _filling(self) -> Generator[None, None, None]:
        """The panes, made where they will be seen."""
        self.panel = ViewsPanel(self)
        yield
        panes = QSplitter(self)
        self._table = QWidget(panes)  # which is how a splitter takes it
        self._middle = QStackedWidget(self._table)
        self.table = VocabularyTable(self._middle)
        self._fill_table()
        yield
        self.token = TokenPanel(self._knowledge, panes)
        yield
        self._build(panes)
        self._connect()

    @property
    def mode(self) -> Mode:
        """How what is typed is meant."""
        return MODES[self.modes.current]

    @property
    def rows(self) -> "Ints":
        """The rows of the vocabulary that the table shows, in its order."""
        return self.model.rows

    @property
    def pane(self) -> int:
        """What stands in the middle: READING, TABLE or EMPTY."""
        return self._middle.currentIndex()

    @property
    def busy(self) -> bool:
        """Whether something is looked for, or about to be shown, or another token about to be selected."""
        return self.search.running or not self._turns.rest or self._due.isActive()

    @property
    def answered(self) -> bool:
        """Whether what was typed is found, or some of it."""
        return not self.search.running or self._so_far

    @property
    def selected(self) -> int:
        """The row whose page is shown, or -1."""
        return self._selected

    def show_shown(self, shown: "Shown | None") -> None:
        """Another vocabulary, or none while it is read."""
        self.search.stop()
        self.model.show_vocabulary(shown.vocabulary if shown else None)
        self._selected, self._matching, self._so_far = NONE, None, False
        self.panel.show_shown(shown)
        self.token.show_row(NONE)
        self._due.stop()
        self._middle.setCurrentIndex(READING)
        if shown is not None:
            self._shaping.ask()
            self._revealing.ask()
            self._order = np.arange(len(shown.vocabulary))
            self._sort_for(self.panel.view)
            self._type()

    def show_usage(self) -> None:
        """The corpus was counted, or is being counted anew."""
        usage, shown = self._knowledge.usage, self._knowledge.shown
        self.model.show_used(usage.counts if usage else None)
        if shown is not None:
            self.panel.show_counts(shown)
            if self._sorted[0] is Column.USED:
                self._sort(*self._sorted)
            self._show_rows()
        self.token.show_usage()

    def show_reach(self) -> None:
        """It is known now which tokens no text reaches."""
        self.panel.show_counts(self._knowledge.shown)
        self._show_rows()
        self.token.show_usage()

    def choose_view(self, view: View) -> None:
        """Show a view."""
        self.panel.choose(view)

    def go_to_id(self, token_id: int) -> None:
        """Show the page of a token; where the table leaves it out, all tokens are shown first."""
        shown = self._knowledge.shown
        if shown is None or (row := shown.vocabulary.row_of_id(token_id)) == NONE:
            return
        if self.model.line_of(row) == NONE:
            self.filter.clear()
            self.panel.scripts.choose(-1)
            self.panel.choose(View.ALL)
        self.table.go_to(self.model.line_of(row))

    def sort_by(self, column: Column) -> None:
        """Sort by a column; once more turns the order round."""
        same = self._sorted[0] is column
        self._sort(column, not self._sorted[1] if same else column in FALLING)
        self._show_rows()

    def _build(self, panes: QSplitter) -> None:
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(0)
        line.addWidget(self.panel)
        line.addWidget(Hairline(Qt.Orientation.Vertical))
        line.addWidget(panes, 1)
        panes.setHandleWidth(1)
        panes.setChildrenCollapsible(False)
        panes.setStretchFactor(0, 1)
        self._whole = True
        self._fit_panes()
        if not panes.restoreState(self._session.settings.splitter(SPLITTER)):
            panes.setSizes([3 * RIGHT, RIGHT])
        panes.splitterMoved.connect(lambda: self._session.settings.set_splitter(SPLITTER, panes.saveState()))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange and self._whole:  # it may come while the tab is made
            self._fit_panes()

    def _fit_panes(self) -> None:
        """Narrower than this neither pane can be read."""
        self._table.setMinimumWidth(fonts.scaled(LEFT))
        self.token.setMinimumWidth(fonts.scaled(RIGHT_LEAST))

    def _fill_table(self) -> None:
        column = QVBoxLayout(self._table)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        bar = QHBoxLayout()
        bar.setContentsMargins(16, 12, 16, 12)
        bar.setSpacing(8)
        bar.addWidget(self.filter, 1)
        bar.addWidget(self.modes)
        bar.addSpacing(8)
        bar.addWidget(self.counted)
        self.counted.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        column.addLayout(bar)
        column.addWidget(self.problem)
        self.problem.setContentsMargins(16, 0, 16, 10)
        self.problem.hide()
        self.table.setModel(self.model)
        reading = EmptyState("table-2", "Reading the vocabulary", "Its tokens will be listed here in a moment.")
        for pane in (reading, self.table, EmptyState("search", "No such tokens", NONE_SUCH)):
            self._middle.addWidget(pane)
        column.addWidget(Hairline())
        inset = QHBoxLayout()
        inset.setContentsMargins(6, 0, 0, 0)
        inset.addWidget(self._middle)
        column.addLayout(inset, 1)

    def _connect(self) -> None:
        self.panel.view_chosen.connect(self._view_chosen)
        self.panel.script_chosen.connect(lambda _script: self._show_rows())
        self.filter.textChanged.connect(lambda _text: self._type())
        self.modes.chosen.connect(self._mode_chosen)
        self.table.header.sort_asked.connect(lambda place: self.sort_by(COLUMNS[place]))
        self.table.header.menu_asked.connect(self.menu_asked)
        self.table.selectionModel().currentRowChanged.connect(self._current_changed)
        self.search.found.connect(self._found)
        self.search.begun.connect(partial(self._found, so_far=True))
        self.search.refused.connect(self._refused)
        self.token.token_asked.connect(self.go_to_id)
        self._due.timeout.connect(self._select_first)

    def _mode_chosen(self, _place: int) -> None:
        self.filter.setPlaceholderText(HINTS[self.mode])
        self.filter.setToolTip(HINTS[self.mode])
        self._type()

    def _type(self) -> None:
        """Look for what is in the filter field."""
        if self._knowledge.shown is not None:
            self.search.look(self._knowledge.shown.vocabulary, self.mode, self.filter.text())

    def _found(self, matching: Any, so_far: bool = False) -> None:
        """The rows that fit what was typed, or None for all; `so_far` those of them that were found by now."""
        self._matching, self._so_far = matching, so_far
        self._say("")
        self._show_rows()

    def _refused(self, sentence: str) -> None:
        """What was typed cannot be looked for, or took too long: the rows before stay, of another vocabulary all."""
        self._say(sentence)
        self._show_rows()

    def _say(self, sentence: str) -> None:
        if not sentence and self.problem.isHidden():
            return
        self.problem.setText(sentence)
        self.problem.setVisible(bool(sentence))
        set_role(self.problem, "error")
        self.filter.setProperty("invalid", bool(sentence))
        self.filter.style().polish(self.filter)

    def _view_chosen(self, view: View) -> None:
        self._sort_for(view)
        self._show_rows()

    def _sort_for(self, view: View) -> None:
        """The order in which a view is best looked at; its equals by rising id."""
        shown = self._knowledge.shown
        if shown is not None:
            self._order = np.arange(len(shown.vocabulary))
            self._sort(WORDING[view].column, WORDING[view].descending)

    def _sort(self, column: Column, descending: bool) -> None:
        shown = self._knowledge.shown
        if shown is not None:
            self._order = shown.ordering.sorted_rows(self._order, column, descending=descending)
            self._sorted = (column, descending)
            self.table.header.show_order(COLUMNS.index(column), descending)

    def _show_rows(self) -> None:
        """Bring the table to the view, script, filter and order that are chosen; what was selected stays so."""
        shown = self._knowledge.shown
        if shown is None:
            return
        kept = shown.views.mask(self.panel.view)
        if kept is None:
            kept = np.zeros(len(shown.vocabulary), bool)
        if self.panel.script is not None:
            kept = kept & (shown.vocabulary.scripts == self.panel.script)
        if self._matching is not None:
            kept = kept & self._matching
        rows = self._order[kept[self._order]]
        selected = self._selected
        self.model.show_rows(rows)
        self.counted.set_text(wording.counted(len(rows), len(shown.vocabulary), so_far=self._so_far))
        if self._turns.rest:
            self._reveal()
        line = self.model.line_of(selected) if selected != NONE else NONE
        if line != NONE:
            self._due.stop()
            self.table.go_to(line)
        else:
            self.table.clearSelection()
            self._due.start()

    def _reveal(self, soon: bool = False) -> None:
        """Show the rows, or that there are none, unless some come `soon`; of another vocabulary once the first are
        shaped.
        """
        if self._knowledge.shown is not None:
            self._middle.setCurrentIndex(TABLE if len(self.model.rows) or self._so_far or soon else EMPTY)

    def _select_first(self) -> None:
        """What was selected is not among the rows: the first of them is, or no token is shown."""
        if len(self.model.rows):
            self.table.go_to(0)
        else:
            self._selected = NONE
            self.token.show_row(NONE)

    def _current_changed(self, current: Any, _before: Any) -> None:
        if current.isValid():
            row = int(self.model.rows[current.row()])
            if row != self._selected:
                self._selected = row
                self.token.show_row(row)
