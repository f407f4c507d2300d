"""Do widgets in a wrapping line keep their sizes and their order, whatever room they have?"""

from itertools import pairwise

import pytest
from PySide6.QtCore import QRect
from PySide6.QtWidgets import QPushButton, QWidget
from pytestqt.qtbot import QtBot

from app.widgets.wrapping import WrappingLayout

SIZES = ((60, 20), (100, 30), (40, 20), (90, 20))


@pytest.mark.parametrize(("width", "lines"), [(400, 1), (314, 1), (313, 2), (170, 2), (140, 3), (100, 4)])
@pytest.mark.parametrize("right", [False, True])
def test_a_line_goes_on_below(qtbot: QtBot, width: int, lines: int, right: bool) -> None:
    pane, line = QWidget(), WrappingLayout(8, right=right)
    qtbot.addWidget(pane)
    made = [QWidget() for _ in SIZES]
    for widget, size in zip(made, SIZES, strict=True):
        widget.setFixedSize(*size)
        line.addWidget(widget)
    pane.setLayout(line)
    line.setGeometry(QRect(0, 0, width, line.heightForWidth(width)))
    boxes = [widget.geometry() for widget in made]
    assert [(box.width(), box.height()) for box in boxes] == [*SIZES]
    assert all(box.left() >= 0 and box.right() < width for box in boxes)
    assert max(box.bottom() for box in boxes) + 1 == line.heightForWidth(width)
    breaks = [one.right() >= other.left() for one, other in pairwise(boxes)]
    assert sum(breaks) + 1 == lines
    last = [box for box, ends in zip(boxes, [*breaks, True], strict=True) if ends]
    assert not right or all(box.right() == width - 1 for box in last)
    assert line.minimumSize().width() == 100


def test_what_is_hidden_takes_no_room_and_no_gap(qtbot: QtBot) -> None:
    host, boxes = QWidget(), [QPushButton(str(n)) for n in range(3)]
    qtbot.addWidget(host)
    layout = WrappingLayout(8)
    for box in boxes:
        box.setFixedSize(40, 20)
        layout.addWidget(box)
    host.setLayout(layout)
    boxes[1].hide()
    host.resize(200, 40)
    with qtbot.waitExposed(host):
        host.show()
    assert (boxes[0].x(), boxes[2].x()) == (0, 48)
    assert layout.sizeHint().width() == 88
