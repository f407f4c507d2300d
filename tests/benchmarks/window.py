"""How fast is the window, and does it ever wait? Prints a table; run it on a quiet machine.

    python tests/benchmarks/window.py [--merges 32000] [--megabytes 25]

Start-up is measured in processes of its own, from before the first import to the first paint, once warm. Gaps are
those between ticks of a 16 ms timer while the real page works: the longest by the clock, then without the time for
which no processor was free, then the median.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QTimer  # noqa: E402

from app.appearance import Appearance  # noqa: E402
from app.application import make_application  # noqa: E402
from app.collector import Collector  # noqa: E402
from app.jobs import Jobs  # noqa: E402
from app.main_window import MainWindow  # noqa: E402
from app.pages import PAGES  # noqa: E402
from app.pages.bpe_training.actions import State  # noqa: E402
from app.pages.bpe_training.page import BpeTrainingPage  # noqa: E402
from app.session import Session  # noqa: E402
from app.settings import Settings  # noqa: E402
from lmcore.bpe.events import Merge  # noqa: E402
from lmcore.bpe.kernel_cache import use_kernel_cache  # noqa: E402
from lmcore.paths import HOME_VARIABLE  # noqa: E402
from tests.gui.bpe_page import page_of, write_large  # noqa: E402
from tests.gui.pulse import Pulse  # noqa: E402

STARTS: Final = 5
DRAINED: Final = 1000
START: Final = """
import time; began = time.perf_counter()
import sys
from app import application, main_window
class Window(main_window.MainWindow):
    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.stack.painted.connect(self.tell)
    def tell(self):
        self.stack.painted.disconnect(self.tell)
        heavy = [name for name in ("torch", "numba", "pyqtgraph", "numpy") if name in sys.modules]
        print(time.perf_counter() - began, len(sys.modules), *heavy, flush=True)
    def show_page(self, key):
        super().show_page(key)
        print(time.perf_counter() - began, flush=True)
        application.QApplication.quit()
application.MainWindow = Window
sys.exit(application.main([]))
"""


def main() -> None:
    """Print everything."""
    parser = argparse.ArgumentParser(description="Measure the window.")
    parser.add_argument("--merges", type=int, default=32_000)
    parser.add_argument("--megabytes", type=int, default=25)
    asked = parser.parse_args()
    use_kernel_cache()  # kernels stay compiled; all else is as on the first day
    with tempfile.TemporaryDirectory(prefix="lm-explorer-") as scratch:
        os.environ[HOME_VARIABLE] = scratch
        measure_starts()
        measure_page(Path(scratch), asked.merges, asked.megabytes)


def measure_starts() -> None:
    """Seconds to the first paint and to the first page, and what had been imported by then."""
    painted, shown, rest = [], [], ""
    for _ in range(STARTS):
        run = subprocess.run([sys.executable, "-c", START], cwd=ROOT, capture_output=True, text=True, check=True)
        first, second = run.stdout.splitlines()
        seconds, _, rest = first.partition(" ")
        painted.append(float(seconds))
        shown.append(float(second))
    count, _, heavy = rest.partition(" ")
    print(f"first paint          {1000 * min(painted):6.0f} ms   best of {STARTS}; the worst {1000 * max(painted):.0f}")
    print(f"first page           {1000 * min(shown):6.0f} ms   best of {STARTS}; the worst {1000 * max(shown):.0f}")
    print(f"modules by then      {count:>6}      of the heavy ones: {heavy or 'none'}")


def measure_page(scratch: Path, merges: int, megabytes: int) -> None:
    """Gaps of the page in everything it does."""
    app = make_application()
    settings = Settings(scratch / "settings.ini")
    jobs = Jobs()
    collector = Collector(jobs)
    window = MainWindow(Session(settings, jobs), Appearance(app, settings), PAGES, scratch / "log")
    window.resize(1440, 900)
    window.show()
    window.show_page("bpe")
    collector.settle()
    print(f"\n{'gaps, ms':20} {'longest':>8} {'own':>8} {'median':>8} {'ticks':>6}")
    page = page_of(window)
    measure_training(page, write_large(scratch / "corpus.txt", megabytes * 1_000_000), merges)
    measure_afterwards(page, scratch / "saved")
    measure_drain(page)
    window.leave()
    app.processEvents()
    collector.remove()


def measure_training(page: BpeTrainingPage, corpus: Path, merges: int) -> None:
    """The first look, which imports what jobs need; nothing at all; the look at a corpus; two trainings."""
    pulse = Pulse()
    pulse.during(lambda: page.forecast is not None)
    show("first look", pulse)
    idle_until = time.monotonic() + 2.0
    pulse.during(lambda: time.monotonic() > idle_until)
    show("idle", pulse)
    page.panel.set_vocab_size(257 + merges)
    page.panel.corpus.set_paths([corpus])
    looked: list[object] = []
    page.panel.changed.connect(lambda: looked.append(None))
    pulse.during(lambda: bool(looked) and page.forecast is not None)
    show("look at the corpus", pulse)
    page.start()
    pulse.during(lambda: bool(page.live.received))
    show("counting", pulse)
    pulse.during(lambda: page.state is State.FINISHED)
    show("merging", pulse)
    page.start()
    pulse.during(lambda: page.state is State.FINISHED)
    show("merging, known counts", pulse)


def measure_afterwards(page: BpeTrainingPage, folder: Path) -> None:
    """Scrubbing as fast as a hand can, and saving."""
    pulse, total = Pulse(), len(page.live.received)
    places = [place * 7919 % total for place in range(90)]
    hand = QTimer(interval=33)
    hand.timeout.connect(lambda: page.live.scrubber.slider.setValue(places.pop()) if places else None)
    hand.start()
    pulse.during(lambda: not places)
    hand.stop()
    show("scrubbing", pulse)
    page.save(folder)
    pulse.during(lambda: page.state is State.FINISHED)
    show("saving", pulse)


def measure_drain(page: BpeTrainingPage) -> None:
    """What the chart and the tables need for so many merges, without painting."""
    merges = list(page.live.received)
    page.live.begin(len(merges))
    costs = [cost_of(page, merges[place : place + DRAINED]) for place in range(0, len(merges), DRAINED)]
    print(f"\n{DRAINED:,} merges taken in {min(costs):.1f} to {max(costs):.1f} ms, with the chart and the tables")


def cost_of(page: BpeTrainingPage, merges: Sequence[Merge]) -> float:
    """Milliseconds for these merges to be in the chart and the tables."""
    began = time.perf_counter()
    page.live.take(merges)
    page.live.end()
    return (time.perf_counter() - began) * 1000


def show(name: str, pulse: Pulse) -> None:
    """A line of the table."""
    worst = pulse.worst
    print(f"{name:20} {worst.wall:8.0f} {worst.own:8.0f} {pulse.median:8.0f} {len(pulse.gaps):6}", flush=True)


if __name__ == "__main__":
    main()
