"""Which piece of a FlowView does a key lead to? The next, the one above or below, the first, the last, or none."""

from typing import TYPE_CHECKING, Any, Final

from PySide6.QtCore import Qt

if TYPE_CHECKING:
    from app.widgets.flow_view import FlowView

NOWHERE: Final = -1


def reached_by(view: "FlowView", key: Qt.Key, at: int) -> int | None:
    """The piece that a key leads to from `at`, not yet confined to those there are; -1: none, None: no such key."""
    if key == Qt.Key.Key_Escape:
        return NOWHERE if at != NOWHERE else None
    if key in (Qt.Key.Key_Up, Qt.Key.Key_Down):
        return _beside(view, at, 1 if key == Qt.Key.Key_Down else -1)
    steps: dict[Any, int] = {
        Qt.Key.Key_Right: at + 1,
        Qt.Key.Key_Left: max(0, at - 1),
        Qt.Key.Key_Home: 0,
        Qt.Key.Key_End: view.last,
    }
    return steps.get(key)


def _beside(view: "FlowView", at: int, lines: int) -> int:
    """The piece on a line above or below that stands nearest to piece `at`."""
    if at == NOWHERE or view.last < 0:
        return 0
    line, middle = view.line_of(at) + lines, view.box_of(at).center().x()
    if not 0 <= line < view.lines:
        return at
    return min(view.on_line(line), key=lambda piece: abs(piece.x + piece.width / 2 - middle)).number
