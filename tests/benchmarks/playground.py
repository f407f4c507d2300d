"""How soon is a key stroke on the screen, with the tokens that it brings about? Prints times for several sizes of text.

    python -m tests.benchmarks.playground [--keys 200] [--columns 2]

From the key event to the end of the paint that follows it, with everything that the page does in between, in one
process and on the offscreen platform. Also how long the window stands still while a large text is pasted.
"""

import argparse
import statistics
import time

from PySide6.QtCore import QMimeData, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from app.main_window import MainWindow
from app.pages.playground.page import PlaygroundPage
from app.widgets.long_texts import LONGEST_LINE
from lmcore.paths import resource
from tests.benchmarks.stage import opened_window, until
from tests.gui.pulse import Pulse

SMALLER = 1000


def main() -> None:
    """Prints the table."""
    asked = argparse.ArgumentParser()
    asked.add_argument("--keys", type=int, default=200)
    asked.add_argument("--columns", type=int, default=1)
    arguments = asked.parse_args()
    with opened_window() as (app, window):
        page = _open(app, window, arguments.columns)
        whole = resource("sample/moby-dick-and-speeches.txt").read_text(encoding="utf-8")
        sample = "".join(line for line in whole.splitlines(keepends=True) if len(line) < LONGEST_LINE // 2)
        texts = [(sample * (size // len(sample) + 1))[:size] for size in (1_000, 100_000, 1_000_000, 10_000_000)]
        for text in (*texts, "\n" * 100_000):
            what = "characters" if text.strip() else "line ends"
            print(f"{len(text):>10,} {what}, {arguments.columns} columns", flush=True)
            _paste(app, page, text)
            _type(app, page, arguments.keys)


def _open(app: QApplication, window: MainWindow, columns: int) -> PlaygroundPage:
    window.show_page("playground")
    page = window.stack.visit("playground")
    assert isinstance(page, PlaygroundPage)
    until(app, lambda: bool(page.columns.all) and page.studies.settled)
    for number in range(1, columns):
        subject = page.columns.all[0].subject
        assert subject is not None
        page.add(subject.info, SMALLER * number)
    until(app, lambda: _rests(page))
    return page


def _rests(page: PlaygroundPage) -> bool:
    return page.columns.settled and page.stepping.settled and page.studies.settled and page.box.settled


def _paste(app: QApplication, page: PlaygroundPage, text: str) -> None:
    page.box.selectAll()
    mime, pulse = QMimeData(), Pulse()
    mime.setText(text)
    pulse.start()
    began = time.perf_counter()
    page.box.insertFromMimeData(mime)
    at_once = time.perf_counter() - began
    until(app, lambda: page.columns.settled)
    cut = time.perf_counter() - began
    until(app, lambda: _rests(page))
    pulse.stop()
    print(
        f"   paste: {at_once * 1000:.0f} ms in the event, tokens after {cut:.2f} s, all after "
        f"{time.perf_counter() - began:.2f} s; longest gap {pulse.worst.wall:.0f} ms ({pulse.worst.own:.0f} own)",
        flush=True,
    )


def _type(app: QApplication, page: PlaygroundPage, keys: int) -> None:
    cursor = page.box.textCursor()
    cursor.setPosition((page.box.document().characterCount() - 1) // 2)
    page.box.setTextCursor(cursor)
    page.box.setFocus()
    column = page.columns.all[0]
    column.tokens.verticalScrollBar().setValue(column.tokens.verticalScrollBar().maximum() // 2)
    until(app, lambda: _rests(page))
    times, worked = [], []
    for number in range(keys):
        letter = "the cat, 1234 naive\n"[number % 20]
        began, cpu = time.perf_counter(), time.thread_time()
        QTest.keyClick(page.box, Qt.Key.Key_Return) if letter == "\n" else QTest.keyClicks(page.box, letter)
        while column.tokens.cut is not column.cutting.cut:
            app.processEvents()
        app.processEvents()  # paints what was changed
        times.append((time.perf_counter() - began) * 1000)
        worked.append((time.thread_time() - cpu) * 1000)
    ordered = sorted(times)
    print(
        f"   key: median {statistics.median(times):.1f} ms, 99 % {ordered[int(keys * 0.99) - 1]:.1f} ms, "
        f"worst {ordered[-1]:.1f} ms; work on the GUI's thread: median {statistics.median(worked):.1f} ms, "
        f"worst {max(worked):.1f} ms",
        flush=True,
    )


if __name__ == "__main__":
    main()
