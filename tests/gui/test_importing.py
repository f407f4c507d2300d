"""Is a page imported a module at a time, and on a thread only what knows no Qt? Asked in a process without pages."""

import subprocess
import sys
from pathlib import Path

import pytest

from app.pages import PAGES

ROOT = Path(__file__).resolve().parents[2]
PROBE = """
import sys, threading
from app import application, importing
from lmcore.generators import result_of

def ours():
    return {name for name in sys.modules if name.partition(".")[0] in ("app", "pyqtgraph")}

before, found, qt = ours(), [], {name for name in sys.modules if name.startswith("PySide6")}
thread = threading.Thread(target=lambda: found.extend(result_of(importing.needed(sys.argv[1]))))
thread.start()
thread.join()
assert ours() == before, ours() - before
assert {name for name in sys.modules if name.startswith("PySide6")} == qt
work = importing.importing(found)
while True:
    before = ours()
    end = object()
    ended = next(work, end) is end
    new = {name for name in ours() - before if name.startswith("app")}
    parents = {name.rpartition(".")[0] for name in new}
    if len(new - parents) > 1:
        print("at once:", *sorted(new - parents))
    if ended:
        break
print("left:", *sorted(set(found) - set(sys.modules)))
print(found[-1])
"""


@pytest.mark.parametrize("module", [spec.module for spec in PAGES])
def test_a_page_comes_in_a_module_at_a_time(module: str) -> None:
    command = [sys.executable, "-c", PROBE, module]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    assert run.returncode == 0, run.stderr
    assert run.stdout.splitlines() == ["left:", module]
