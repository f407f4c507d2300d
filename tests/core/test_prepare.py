"""Are kernels compiled by a process of its own, whose progress, errors and end are those of whoever asked?"""

import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest

from lmcore.bpe import compiling, kernel_cache, prepare
from lmcore.bpe.prepare import STEPS, PrepareError
from lmcore.generators import result_of
from lmcore.training.locks import waiting_for


def saying(program: str) -> tuple[str, ...]:
    """A worker that does this."""
    return sys.executable, "-c", program


def test_what_the_worker_says_is_left_is_told_as_progress(tmp_path: Path) -> None:
    seen = tmp_path / "seen"
    waits = f"while not pathlib.Path({str(seen)!r}).exists(): pass"
    events = []
    for event in prepare.prepare(saying(f"import pathlib\nfor left in (9, 4): print(left, flush=True)\n{waits}")):
        events.append(event)
        if event.done == 5:
            seen.touch()
    assert [event.phase for event in events] == ["prepare"] * len(events)
    assert list(dict.fromkeys(event.done for event in events)) == [0, 5, 9]
    assert [event.finished for event in events] == [False] * (len(events) - 1) + [True]


def test_there_are_as_many_steps_as_are_told() -> None:
    assert next(compiling.compiling(list)) == STEPS


@pytest.mark.parametrize(
    ("program", "kind", "sentence"),
    [
        ("import sys; sys.exit('lmcore: /k: cannot be written; make room.')", PrepareError, "/k: cannot be written"),
        ("raise ValueError('no such type')", RuntimeError, "ValueError: no such type"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", PrepareError, "ended from outside"),
    ],
)
def test_a_worker_that_fails_is_told_by_its_words(program: str, kind: type[Exception], sentence: str) -> None:
    with pytest.raises(kind, match=sentence):
        result_of(prepare.prepare(saying(program)))


def test_who_asks_no_more_ends_the_worker() -> None:
    work = prepare.prepare(saying("import time; print(7, flush=True); time.sleep(60)"))
    while next(work).done == 0:
        pass
    began, mine = time.monotonic(), psutil.Process()
    assert len(mine.children()) == 1
    work.close()
    assert mine.children() == []
    assert time.monotonic() - began < 30


def test_one_worker_compiles_and_others_wait_for_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second finds that all is done, and does nothing."""
    monkeypatch.setenv(kernel_cache.VARIABLE, str(tmp_path))
    stamp = kernel_cache.stamp()
    with waiting_for(stamp.with_suffix(".lock")):
        asked = subprocess.Popen([*prepare.WORKER], stdout=subprocess.PIPE, cwd=prepare.HOME)
        with pytest.raises(subprocess.TimeoutExpired):
            asked.wait(3)
        stamp.write_text("compiled\n")
    told, _ = asked.communicate(timeout=60)
    assert (asked.returncode, told) == (0, b"")


def test_a_lock_is_waited_for(tmp_path: Path) -> None:
    order: list[str] = []

    def second() -> None:
        with waiting_for(tmp_path / "lock"):
            order.append("second")

    with waiting_for(tmp_path / "lock"):
        other = threading.Thread(target=second)
        other.start()
        other.join(1.5)  # longer than `holding` waits
        order.append("first")
    other.join(30)
    assert order == ["first", "second"]
