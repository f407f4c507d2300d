"""Which value is best, and what does a change bring? Sweeps as final loss against the value, and runs side by side."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QPalette, QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QStackedLayout, QVBoxLayout, QWidget

from app.pages.training.sweep_export import ExportButton, Exported
from app.pages.training.sweep_figures import (
    OUTCOMES,
    Group,
    Outcome,
    best_of,
    by_hand,
    differing,
    figure_of,
    figure_of_run,
    gap,
    groups_of,
    short_key,
    side_by_side,
    usual_key,
    values_of,
    wants_log,
    written,
)
from app.tables.run_names import short_names
from app.tables.run_states import has_diverged, stand_of
from app.widgets.choice import Choice
from app.widgets.empty_state import EmptyState
from app.widgets.fact_table import Cell, Column, FactTable, Run, text_cell
from app.widgets.labels import Hairline, label
from app.widgets.segmented import Segmented
from app.widgets.sweep_chart import SweepChart, SweepFigure
from lmcore import figures
from lmcore.training.overview import Overview

MARGIN: Final = 24
LEAST: Final = 300
STATE: Final = 96
"""Pixels that a table has beside what its columns ask for: its margins, and the longest state."""
BY_HAND: Final = "Runs side by side"
BY_NAME: Final = "by name"
HOW: Final = (
    "A sweep trains the same run with several values of a setting, such as three learning rates, one after another. "
    "Choose New run, then Sweep, and name the setting and its values."
)


class SweepPane(QWidget):
    """The pane; `show_runs` is all that it needs to be told."""

    run_chosen = Signal(object)
    """The path of a run whose mark was clicked."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._runs: tuple[Overview, ...] = ()
        self._groups: tuple[Group, ...] = ()
        self._chosen: str | None = None
        self._key = self._hand_key = ""
        self._picked: tuple[Path, ...] = ()
        self.groups = Choice("Sweep")
        self.keys = Choice("Setting along the axis")
        self.outcome = Choice("What came of the runs", [outcome.title for outcome in OUTCOMES])
        self.scale = Segmented(("Linear", "Log x"), "Scale of the axis")
        self.chart = SweepChart()
        self.table = FactTable((Column(""),), "Runs of the sweep", leads=True)
        self.caption = label("", "caption", wrap=True)
        self.empty = EmptyState("chart-line", "No sweep yet", HOW)
        self.export_button = ExportButton(lambda: self.exported)
        self._build()
        self._connect()

    def _build(self) -> None:
        self.setBackgroundRole(QPalette.ColorRole.Base)
        self.setAutoFillBackground(True)
        head = QHBoxLayout()
        head.setContentsMargins(MARGIN, 10, MARGIN, 6)
        head.setSpacing(8)
        self.groups.setMinimumWidth(200)
        self.groups.setMaximumWidth(420)
        self.keys.setMinimumWidth(150)
        self.keys.setMaximumWidth(220)
        head.addWidget(self.groups, 3)
        head.addWidget(self.keys, 1)
        head.addStretch(1)
        self.outcome.setMinimumWidth(130)
        self.outcome.setMaximumWidth(170)
        head.addWidget(self.outcome)
        head.addWidget(self.scale)
        head.addWidget(self.export_button)
        body = QHBoxLayout()
        body.setContentsMargins(0, 0, 0, 0)
        body.setSpacing(0)
        body.addWidget(self.chart, 1)
        body.addWidget(Hairline(Qt.Orientation.Vertical))
        body.addWidget(self._table_area())
        filled = QWidget()
        column = QVBoxLayout(filled)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addLayout(head)
        column.addLayout(body, 1)
        self._stack = QStackedLayout(self)
        self._stack.addWidget(self.empty)
        self._stack.addWidget(filled)

    def _table_area(self) -> QWidget:
        inner = QWidget()
        column = QVBoxLayout(inner)
        column.setContentsMargins(8, 8, 8, 8)
        column.setSpacing(8)
        column.addWidget(self.table)
        column.addWidget(self.caption)
        column.addStretch(1)
        area = QScrollArea()
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(inner)
        self._area = area
        return area

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._share_width()

    def _share_width(self) -> None:
        """The table has what its cells need, but at most half of the pane."""
        self._area.setFixedWidth(min(max(LEAST, self.table.sizeHint().width() + STATE), self.width() // 2))

    def _connect(self) -> None:
        self.groups.activated.connect(self._choose_group)
        self.keys.activated.connect(self._choose_key)
        self.outcome.activated.connect(lambda _place: self._refresh())
        self.scale.chosen.connect(lambda _place: self._refresh())
        self.chart.chosen.connect(self.run_chosen)
        self.table.chosen.connect(self._row_chosen)

    def show_runs(self, runs: Sequence[Overview]) -> None:
        """These are the runs now, oldest first; what was chosen stays, as long as it is there."""
        if tuple(runs) == self._runs:
            return
        self._runs, self._groups = tuple(runs), groups_of(runs)
        paths = {run.path for run in runs}
        self._picked = tuple(path for path in self._picked if path in paths)
        titles = [*(group.title for group in self._groups), BY_HAND]
        if titles != [self.groups.itemText(place) for place in range(self.groups.count())]:
            self.groups.clear()
            self.groups.addItems(titles)
        if self._chosen is None or (self._chosen and self._group is None):
            self._take_group(self._groups[0].id if self._groups else "")
        self.groups.setCurrentIndex(self._place_of_group())
        self._stack.setCurrentIndex(int(bool(self._groups) or len(runs) > 1))
        self._refresh()

    @property
    def _group(self) -> Group | None:
        """The sweep that is drawn; None where runs are picked by hand."""
        return next((group for group in self._groups if group.id == self._chosen), None)

    @property
    def picked(self) -> tuple[Path, ...]:
        """The runs that stand side by side."""
        return self._picked

    def _place_of_group(self) -> int:
        ids = [group.id for group in self._groups]
        return ids.index(self._chosen) if self._chosen in ids else len(ids)

    def _choose_group(self, place: int) -> None:
        self._take_group(self._groups[place].id if place < len(self._groups) else "")
        self._refresh()

    def _take_group(self, chosen: str) -> None:
        """Draw this sweep with the axis that is usual for it; "" for runs picked by hand."""
        self._chosen = chosen
        if (group := self._group) is not None:
            self._take_key(group, usual_key(group))
        elif not self._picked:
            with_loss = [run.path for run in self._runs if figure_of_run(run, self._outcome) is not None]
            self._picked = tuple(with_loss[-2:])

    def _choose_key(self, place: int) -> None:
        if (group := self._group) is not None:
            self._take_key(group, group.keys[place])
        else:
            self._hand_key = self._hand_keys[place - 1] if place else ""
            if self._hand_key:
                group = by_hand(self._shown_by_hand, self._hand_key)
                self.scale.set_current(int(wants_log(group, self._hand_key)))
        self._refresh()

    def _take_key(self, group: Group, key: str) -> None:
        self._key = key
        self.keys.clear()
        self.keys.addItems([short_key(one) for one in group.keys])
        if key in group.keys:
            self.keys.setCurrentIndex(group.keys.index(key))
        self.scale.set_current(int(wants_log(group, key)))

    @property
    def _outcome(self) -> Outcome:
        return OUTCOMES[self.outcome.currentIndex()]

    def _row_chosen(self, row: int) -> None:
        """A run of a sweep leads to that run; one of all runs is put beside the others, or taken away."""
        if (group := self._group) is not None:
            self.run_chosen.emit(self._in_order(group)[row].path)
            return
        path = self._runs[::-1][row].path
        if path in self._picked:
            self._picked = tuple(other for other in self._picked if other != path)
        else:
            self._picked = (*self._picked, path)
        self._refresh()

    def _refresh(self) -> None:
        self._show()
        self._share_width()

    def _show(self) -> None:
        group = self._group
        self.keys.setVisible(len(group.keys) > 1 if group is not None else bool(self._hand_keys))
        self.scale.setVisible(group is not None and not self._is_categorical(group))
        if group is None:
            self._show_by_hand()
        else:
            self.chart.show_figure(figure_of(group, self._key, self._outcome, logarithmic=bool(self.scale.current)))
            self._show_group(group)

    def _is_categorical(self, group: Group) -> bool:
        return bool(figure_of(group, self._key, self._outcome, logarithmic=False).categories)

    def _in_order(self, group: Group) -> list[Overview]:
        """The runs by their values along the axis, then as they were made."""
        numeric = not self._is_categorical(group)
        return sorted(group.runs, key=lambda run: values_of(run).get(self._key, 0) if numeric else 0)

    def _show_group(self, group: Group) -> None:
        best = best_of(group.runs)
        values = [Column(short_key(key), number=True) for key in group.keys]
        self.table.set_columns([*values, *self._last_columns()])
        self.table.show_rows(
            [
                [*(text_cell(written(values_of(run).get(key))) for key in group.keys), *self._cells(run, best, best)]
                for run in self._in_order(group)
            ]
        )
        told = "" if best is None else "In bold the best by its loss on unseen text, from which differences are. "
        self.caption.setText(f"{told}{self._said(group.runs)}".strip())

    @property
    def _shown_by_hand(self) -> list[Overview]:
        """The runs that are picked, in the order in which they were."""
        return [run for path in self._picked for run in self._runs if run.path == path]

    @property
    def _hand_keys(self) -> list[str]:
        """The settings by which they can stand over an axis, instead of by their names."""
        return differing(self._shown_by_hand)

    def _figure_by_hand(self, shown: Sequence[Overview]) -> SweepFigure:
        """By their names, or over a setting in which they differ."""
        keys = self._hand_keys
        names = [BY_NAME, *map(short_key, keys)]
        if names != [self.keys.itemText(place) for place in range(self.keys.count())]:
            self.keys.clear()
            self.keys.addItems(names)
        self.keys.setCurrentIndex(keys.index(self._hand_key) + 1 if self._hand_key in keys else 0)
        if self._hand_key not in keys:
            return side_by_side(shown, self._outcome)
        group = by_hand(shown, self._hand_key)
        made = figure_of(group, self._hand_key, self._outcome, logarithmic=bool(self.scale.current))
        self.scale.setVisible(not made.categories)
        return made

    def _show_by_hand(self) -> None:
        shown = self._shown_by_hand
        self.chart.show_figure(self._figure_by_hand(shown))
        best, base = best_of(shown), shown[0] if shown else None
        self.table.set_columns([Column(""), Column("Run", stretch=True, least=90, weight=2), *self._last_columns()])
        runs = self._runs[::-1]
        names = short_names([run.name for run in runs])  # long ones would be cut where they differ
        self.table.show_rows(
            [
                [
                    text_cell("✓" if run.path in self._picked else "+"),
                    Cell((Run(name),), told=run.name),
                    *self._cells(run, best, base),
                ]
                for run, name in zip(runs, names, strict=True)
            ]
        )
        how = "" if self._groups else f" {HOW}"
        against = "" if base is None else f" Differences are from {base.name}, the first one."
        self.caption.setText(f"Choose runs to put them side by side.{against} {self._said(shown)}{how}".strip())

    def _last_columns(self) -> list[Column]:
        return [
            Column(self._outcome.title, number=True),
            Column("Difference", number=True, spare=1),
            Column("Steps", number=True, spare=2),
            Column("State", stretch=True, least=80),
        ]

    def _cells(self, run: Overview, best: Overview | None, base: Overview | None) -> list[Cell]:
        found = figure_of_run(run, self._outcome)
        text = "–" if found is None else self._outcome.written(found)
        is_best = best is not None and run.path == best.path
        return [
            text_cell(text, face="strong" if is_best else "plain"),
            text_cell(gap(run, base, self._outcome)),
            text_cell(figures.count(run.step)),
            Cell((Run(stand_of(run).words, "error" if has_diverged(run) else "secondary"),), told=run.message),
        ]

    def _said(self, runs: Sequence[Overview]) -> str:
        """What the marks do not show: how many runs have no loss, or have not finished."""
        lost = sum(figure_of_run(run, self._outcome) is None and not has_diverged(run) for run in runs)
        going = sum(run.standing != "finished" and not has_diverged(run) for run in runs)
        found = []
        if going:
            found.append(f"{going} of {len(runs)} {'has' if going == 1 else 'have'} not finished (○).")
        if lost:
            found.append(f"{lost} {'has' if lost == 1 else 'have'} no such figure yet: {self._outcome.name}.")
        return " ".join(found)

    @property
    def exported(self) -> Exported:
        """What is drawn, to be saved or copied."""
        if (group := self._group) is not None:
            runs, keys, base = self._in_order(group), group.keys, best_of(group.runs)
        else:
            runs, keys = self._shown_by_hand, tuple(self._hand_keys)
            base = runs[0] if runs else None
        return Exported(self.groups.currentText(), tuple(runs), keys, self._outcome, base, self.chart.figure)
