"""How long from a key stroke on the Bytes page until it is on the screen? Prints a table; run it on a quiet machine.

    python -m tests.benchmarks.bytes_page [--strokes 60]

Each stroke is a real key event to the real page in a window of 1440 by 900; the time ends when the window has been
painted. On a busy machine compare the processor's time instead (medians). Texts are of mixed scripts; the tokenizer is
the bundled one. The last column is the longest gap between two ticks of the event loop while a job sums up the text.
"""

import argparse
import statistics
import time
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from app.pages.bytes_page import BytesPage
from lmcore.text.lanes import Span
from tests.benchmarks.stage import Spent, opened_window, timed

MIXED: Final = "It was the best of times; naïve café, 你好世界, привет, مرحبا 👩\u200d🚀, e\u0301 and so on.\n".encode()
SIZES: Final = (28, 2_000, 100_000, 10_000_000)


def main() -> None:
    """Print everything."""
    parser = argparse.ArgumentParser(description="Measure the Bytes page.")
    parser.add_argument("--strokes", type=int, default=60)
    asked = parser.parse_args()
    with opened_window() as (app, window):
        window.show_page("bytes")
        page = window.stack.page("bytes")
        assert isinstance(page, BytesPage)
        measure(app, page, asked.strokes)


def measure(app: QApplication, page: BytesPage, strokes: int) -> None:
    """A line for each size and each way to type."""
    settle(app, page)
    print(
        f"{'text':>12} {'where':<14} {'median ms':>10} {'95 % ms':>9} {'worst ms':>9} {'processor ms':>12} "
        f"{'job: longest gap ms':>20}"
    )
    for size in SIZES:
        page.load((MIXED * (size // len(MIXED) + 1))[:size])
        settle(app, page)
        middle = size // 2
        page.lanes.select(Span(middle, middle + 1), reveal=True)
        ways: tuple[tuple[str, QWidget, str], ...] = (
            ("field", page.input.field, "abc de"),
            ("byte in lanes", page.lanes, "4d"),
        )
        for name, widget, keys in ways:
            widget.setFocus()
            times = [stroke(app, widget, keys[place % len(keys)]) for place in range(strokes)]
            gap = settle(app, page)
            report(size, name, times, gap)
        times = [scroll(app, page, place) for place in range(strokes)]
        report(size, "scrolling", times, 0.0)


def scroll(app: QApplication, page: BytesPage, step: int) -> Spent:
    """Milliseconds for ten bytes further."""
    bar = page.lanes.horizontalScrollBar()
    return timed(app, lambda: bar.setValue(bar.maximum() // 2 + 391 * step))


def stroke(app: QApplication, widget: QWidget, key: str) -> Spent:
    """Milliseconds from a key to the paint."""
    return timed(app, lambda: QTest.keyClick(widget, Qt.Key(ord(key.upper())), Qt.KeyboardModifier.NoModifier))


def settle(app: QApplication, page: BytesPage) -> float:
    """Wait until everything is summed up; the longest turn of the event loop in milliseconds."""
    longest = 0.0
    app.processEvents()
    while not page.settled():
        began = time.perf_counter()
        time.sleep(0.002)
        app.processEvents()
        longest = max(longest, 1000 * (time.perf_counter() - began) - 2)
    return longest


def report(size: int, name: str, times: list[Spent], gap: float) -> None:
    """One line."""
    clock, used = sorted(spent.wall for spent in times), sorted(spent.worked for spent in times)
    high = clock[int(0.95 * (len(clock) - 1))]
    figures = f"{statistics.median(clock):>10.1f} {high:>9.1f} {clock[-1]:>9.1f} {statistics.median(used):>12.1f}"
    print(f"{size:>12,} {name:<14} {figures} {gap:>20.1f}", flush=True)


if __name__ == "__main__":
    main()
