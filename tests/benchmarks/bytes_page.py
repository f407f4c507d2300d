"""How long from a key stroke on the Bytes page until it is on the screen? Prints a table; run it on a quiet machine.

    python tests/benchmarks/bytes_page.py [--strokes 60]

Each stroke is a real key event to the real page in a window of 1440 by 900; the time ends when the window has been
painted. On a busy machine compare the processor's time instead (medians). Texts are of mixed scripts; the tokenizer is
the bundled one. The last column is the longest gap between two ticks of the event loop while a job sums up the text.
"""

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import Qt  # noqa: E402
from PySide6.QtTest import QTest  # noqa: E402
from PySide6.QtWidgets import QApplication, QWidget  # noqa: E402

from app.appearance import Appearance  # noqa: E402
from app.application import make_application  # noqa: E402
from app.jobs import Jobs  # noqa: E402
from app.main_window import MainWindow  # noqa: E402
from app.pages import PAGES  # noqa: E402
from app.pages.bytes_page import BytesPage  # noqa: E402
from app.session import Session  # noqa: E402
from app.settings import Settings  # noqa: E402
from lmcore.bpe.kernel_cache import use_kernel_cache  # noqa: E402
from lmcore.paths import HOME_VARIABLE  # noqa: E402
from lmcore.text.lanes import Span  # noqa: E402

MIXED: Final = "It was the best of times; naïve café, 你好世界, привет, مرحبا 👩\u200d🚀, e\u0301 and so on.\n".encode()
Times = tuple[float, float]
SIZES: Final = (28, 2_000, 100_000, 10_000_000)


def main() -> None:
    """Print everything."""
    parser = argparse.ArgumentParser(description="Measure the Bytes page.")
    parser.add_argument("--strokes", type=int, default=60)
    asked = parser.parse_args()
    use_kernel_cache()
    with tempfile.TemporaryDirectory(prefix="lm-explorer-") as scratch:
        os.environ[HOME_VARIABLE] = scratch
        app = make_application()
        settings = Settings(Path(scratch) / "bench.ini")
        window = MainWindow(Session(settings, Jobs()), Appearance(app, settings), PAGES, Path(scratch) / "log")
        window.resize(1440, 900)
        window.show()
        window.show_page("bytes")
        page = window.stack.page("bytes")
        assert isinstance(page, BytesPage)
        measure(app, page, asked.strokes)
        window.close()


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


def scroll(app: QApplication, page: BytesPage, step: int) -> Times:
    """Milliseconds for ten bytes further."""
    bar = page.lanes.horizontalScrollBar()
    return timed(app, lambda: bar.setValue(bar.maximum() // 2 + 391 * step))


def stroke(app: QApplication, widget: QWidget, key: str) -> Times:
    """Milliseconds from a key to the paint."""
    return timed(app, lambda: QTest.keyClick(widget, Qt.Key(ord(key.upper())), Qt.KeyboardModifier.NoModifier))


def timed(app: QApplication, act: Callable[[], object]) -> Times:
    """Milliseconds until what `act` brings about is painted: by the clock, and of the processor's time."""
    app.processEvents()
    began, used = time.perf_counter(), time.thread_time()
    act()
    app.processEvents()
    return 1000 * (time.perf_counter() - began), 1000 * (time.thread_time() - used)


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


def report(size: int, name: str, times: list[Times], gap: float) -> None:
    """One line."""
    clock, used = sorted(pair[0] for pair in times), sorted(pair[1] for pair in times)
    high = clock[int(0.95 * (len(clock) - 1))]
    figures = f"{statistics.median(clock):>10.1f} {high:>9.1f} {clock[-1]:>9.1f} {statistics.median(used):>12.1f}"
    print(f"{size:>12,} {name:<14} {figures} {gap:>20.1f}", flush=True)


if __name__ == "__main__":
    main()
