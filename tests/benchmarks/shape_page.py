"""How soon is a move of a slider on the screen, with donuts, table, comparison and answers? Prints median and 99 %.

    python -m tests.benchmarks.shape_page [--moves 400] [--size 1440x900]

Each move is a real mouse event to a real slider of the page; the time ends when the window has been painted. On a busy
machine compare the last column, the processor's time of the GUI's thread.
"""

import argparse
from dataclasses import replace
from functools import partial
from typing import Final

from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from app.pages.shape import ShapePage
from app.pages.shape.page import CONTEXT, SHAPE
from app.widgets.slider import Slider
from lmcore.accounting.presets import find_preset
from tests.benchmarks.stage import Spent, opened_window, summary, timed, until

SIZES: Final = ("num_layers", "d_model", "num_heads", "d_ff", "vocab_size", "context_length", "batch")
PRESETS: Final = ("course-2025-small", "llama-3-8b", "gpt2-xl", "course-2025-xl")


def main() -> None:
    """Print a line for each slider, and one for all of them."""
    parser = argparse.ArgumentParser(description="Measure the Shape page.")
    parser.add_argument("--moves", type=int, default=400)
    parser.add_argument("--size", default="1440x900")
    asked = parser.parse_args()
    width, height = map(int, asked.size.split("x"))
    with opened_window(width, height) as (app, window):
        window.show_page("shape")
        page = window.stack.page("shape")
        assert isinstance(page, ShapePage)
        page.fill_sample()
        until(app, page.settled)
        print(f"{'moved':<24} {'median ms':>9} {'99 % ms':>9} {'worst ms':>9} {'processor':>9}")
        for tab, name in ((SHAPE, "Shape"), (CONTEXT, "Context what-if")):
            page.tabs.setCurrentIndex(tab)
            until(app, page.settled)
            measure(app, page, name, asked.moves)


def measure(app: QApplication, page: ShapePage, name: str, moves: int) -> None:
    """All sliders on one tab, then presets and undo."""
    everything: list[Spent] = []
    for key in SIZES:
        times = drag(app, page.panel.fields[key].slider, moves)
        everything += times
        print(f"{name + ': ' + key:<24} {summary(times)}", flush=True)
    print(f"{name + ': all sliders':<24} {summary(everything)}")
    shapes = [find_preset(key) for key in PRESETS]
    taken = [timed(app, partial(page.state.take, preset.shape, preset.name)) for preset in shapes * 10]
    print(f"{name + ': presets':<24} {summary(taken)}")
    undone = [timed(app, page.state.undo_stack.undo) for _ in range(30)]
    print(f"{name + ': undo':<24} {summary(undone)}", flush=True)
    page.state.put(replace(page.state.now, shape=shapes[-1].shape, origin=shapes[-1].shape, name=shapes[-1].name))


def drag(app: QApplication, slider: Slider, moves: int) -> list[Spent]:
    """There and back over most of the track, as a hand does; the middle is where models are."""
    begin = slider.value()
    QTest.mousePress(slider, Qt.MouseButton.LeftButton, pos=QPoint(slider.width() // 2, slider.height() // 2))
    places = [0.25 + 0.5 * abs((step * 3 / moves) % 2 - 1) for step in range(moves)]
    times = [timed(app, partial(move, slider, place)) for place in places]
    QTest.mouseRelease(slider, Qt.MouseButton.LeftButton)
    slider.setValue(begin)
    app.processEvents()
    return times


def move(slider: Slider, place: float) -> None:
    """The pointer goes to a part of the track."""
    at = QPointF(place * slider.width(), slider.height() / 2)
    button = Qt.MouseButton.LeftButton
    event = QMouseEvent(
        QMouseEvent.Type.MouseMove, at, slider.mapToGlobal(at), Qt.MouseButton.NoButton, button, Qt.KeyboardModifier(0)
    )
    QApplication.sendEvent(slider, event)


if __name__ == "__main__":
    main()
