"""Which settings and figures of the runs are columns? A menu of all that occur, a sub-menu a table of the config."""

from collections.abc import Iterable, Sequence
from typing import Final

from PySide6.QtCore import QPointF, QRectF, Signal
from PySide6.QtGui import QAction, QMouseEvent, QPainter
from PySide6.QtWidgets import QWidget

from app.icons import paint_icon
from app.tables.run_columns import DEFAULT, KNOWN, RUN, column_of, keys_of
from app.theme import Theme
from app.widgets.menu import Menu
from lmcore.training.overview import Overview

GROUPS: Final = {"last": "Figures", "about": "Data and machine"}
ARROW: Final = 14


class ColumnsMenu(Menu):
    """The menu; it stays open while several are chosen. `chosen` gives the keys of all columns, in their order."""

    chosen = Signal(tuple)

    def __init__(self, parent: QWidget, runs: Iterable[Overview], shown: Sequence[str]) -> None:
        super().__init__(parent)
        self._shown = list(shown)
        runs = list(runs)
        keys = [key for key in keys_of(runs) if key != RUN]
        self.boxes: dict[str, QAction] = {}
        for key in keys:
            if _group(key) == "":
                self._box(self, key)
        self.addSeparator()
        for group in dict.fromkeys(map(_group, keys)):
            if group:
                self._add_group(group, [key for key in keys if _group(key) == group])
        self.addSeparator()
        self.add("As at first", lambda: self._choose(list(DEFAULT)), icon="rotate-ccw")

    def _add_group(self, group: str, keys: Sequence[str]) -> None:
        menu = ColumnsPart(self)
        menu.setTitle(group)
        for key in keys:
            self._box(menu, key)
        self.addMenu(menu)

    def _box(self, menu: Menu, key: str) -> None:
        action = menu.add(column_of(key).title, lambda: self._toggle(key))
        action.setCheckable(True)
        action.setChecked(key in self._shown)
        self.boxes[key] = action

    def _toggle(self, key: str) -> None:
        kept = [one for one in self._shown if one != key]
        self._choose(kept if key in self._shown else [*kept, key])

    def _choose(self, keys: list[str]) -> None:
        self._shown = keys
        for key, action in self.boxes.items():
            action.setChecked(key in keys)
        self.chosen.emit(tuple(keys))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if not _pressed(self, event):
            super().mouseReleaseEvent(event)

    def _paint_action(self, painter: QPainter, theme: Theme, action: QAction, area: QRectF) -> None:
        super()._paint_action(painter, theme, action, area)
        if action.menu() is not None:
            at = QPointF(area.right() - ARROW - 6, area.center().y() - ARROW / 2)
            paint_icon(painter, at, "chevron-right", theme.secondary, ARROW)


class ColumnsPart(Menu):
    """A sub-menu that stays open as well."""

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if not _pressed(self, event):
            super().mouseReleaseEvent(event)


def _pressed(menu: Menu, event: QMouseEvent) -> bool:
    """Press the box under the pointer without closing the menu; whether there is one."""
    action = menu.actionAt(event.position().toPoint())
    found: QAction | None = action
    if found is None or not found.isCheckable():
        return False
    found.trigger()
    return True


def _group(key: str) -> str:
    """The sub-menu of a key, "" for those that stand in the first menu: model.d_model stands in Model."""
    if key in KNOWN:
        return "" if key in DEFAULT or "." not in key else GROUPS.get(key.partition(".")[0], "")
    table, dot, _ = key.partition(".")
    return GROUPS.get(table, table.capitalize()) if dot else ""
