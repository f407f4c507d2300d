"""Does the whole program start light, stop when told, and draw its pages without a display? In processes of its own."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtGui import QImage

from app.pages import PAGES

ROOT = Path(__file__).resolve().parents[2]

PROBE = """
import sys
from PySide6.QtCore import QTimer
from app import application, main_window

HEAVY = ("torch", "numba", "llvmlite", "pyqtgraph")

class Window(main_window.MainWindow):
    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.stack.painted.connect(self.tell)

    def tell(self):
        loaded = [name for name in HEAVY if name in sys.modules]
        loaded += [spec.module for spec in self.stack.specs.values() if spec.module in sys.modules]
        print("painted", *loaded, flush=True)
        self.stack.painted.disconnect(self.tell)

    def show_page(self, key):
        super().show_page(key)
        print("shown", key, *[name for name in HEAVY[:3] if name in sys.modules], flush=True)
        QTimer.singleShot(0, self.close if sys.argv[1] == "close" else lambda: print("waits", flush=True))

application.MainWindow = Window
sys.exit(application.main([]))
"""


def environment(home: Path) -> dict[str, str]:
    return {**os.environ, "QT_QPA_PLATFORM": "offscreen", "LM_EXPLORER_HOME": str(home), "PYTHONPATH": str(ROOT)}


def finished(command: list[str], folder: Path, variables: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """What a process said once it has ended; one that hangs fails the test."""
    return subprocess.run(command, env=variables, cwd=folder, capture_output=True, text=True, timeout=60, check=False)


def start_with(page: str, home: Path) -> None:
    folder = home / "config"
    folder.mkdir(parents=True)
    (folder / "lm-explorer.ini").write_text(f"[window]\npage={page}\n", encoding="utf-8")


@pytest.mark.parametrize("page", ["bpe", "vocabulary", "components"])
def test_the_first_window_needs_nothing_heavy(tmp_path: Path, page: str) -> None:
    start_with(page, tmp_path)
    command = [sys.executable, "-c", PROBE, "close"]
    run = finished(command, tmp_path, environment(tmp_path))
    assert run.returncode == 0, run.stderr
    assert run.stdout.splitlines() == ["painted", f"shown {page}"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT for another process")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_closes_the_window_and_keeps_its_state(tmp_path: Path, number: signal.Signals) -> None:
    start_with("components", tmp_path)
    command = [sys.executable, "-c", PROBE, "stay"]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, env=environment(tmp_path), cwd=tmp_path, **pipes) as run:  # type: ignore[call-overload]
        assert run.stdout is not None
        assert "waits\n" in iter(run.stdout.readline, "")
        run.send_signal(number)
        _, errors = run.communicate(timeout=20)
    assert run.returncode == 0, errors
    assert "Traceback" not in errors
    assert "geometry" in (tmp_path / "config" / "lm-explorer.ini").read_text(encoding="utf-8")


def test_without_a_display_it_says_what_works(tmp_path: Path) -> None:
    bare = {name: value for name, value in environment(tmp_path).items() if name not in ("DISPLAY", "WAYLAND_DISPLAY")}
    del bare["QT_QPA_PLATFORM"]
    command = [sys.executable, "-c", "import sys; from app.application import main; sys.exit(main([]))"]
    run = finished(command, tmp_path, bare)
    if sys.platform.startswith("linux"):
        assert run.returncode == 1
        assert "There is no display" in run.stderr
        assert "capture" in run.stderr


def _further(pages: list[str]) -> list[tuple[str, str]]:
    """The states that pages are drawn in besides their sample."""
    states = {
        "shape": ("fit", "part", "context"),
        "training": ("differences", "sweep", "setup"),
        "generation": ("score", "empty"),
    }
    found = [(page, key) for page in pages for key in states if f"-{key}-" in page]
    return [(page, state) for page, key in found for state in states[key]]


def test_capture_draws_the_pages(tmp_path: Path) -> None:
    code = "import sys; from app.capture import main; sys.exit(main(sys.argv[1:]))"
    command = [sys.executable, "-c", code, str(tmp_path / "shots"), "--theme", "dark", "--size", "1280x800"]
    run = finished(command, tmp_path, environment(tmp_path))
    assert run.returncode == 0, run.stderr
    assert run.stdout == ""
    names = sorted(path.name for path in (tmp_path / "shots").iterdir())
    pages = [f"{number:02}-{spec.key}-dark.png" for number, spec in enumerate(PAGES, 1)]
    further = [f"{page.removesuffix('-dark.png')}-{state}-dark.png" for page, state in _further(pages)]
    assert names == sorted([*pages, *further])
    for name in names:
        image = QImage(str(tmp_path / "shots" / name))
        assert (image.width(), image.height()) == (1280, 800)
        assert image.pixelColor(20, 780).name() == "#15171b"


def test_capture_refuses_a_size_that_is_none(tmp_path: Path) -> None:
    code = "import sys; from app.capture import main; sys.exit(main(sys.argv[1:]))"
    command = [sys.executable, "-c", code, str(tmp_path), "--size", "large"]
    run = finished(command, tmp_path, environment(tmp_path))
    assert run.returncode == 2
    assert "a size is written like 1440x900" in run.stderr
