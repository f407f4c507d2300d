"""Are the kernels compiled? Once a machine they are, which takes a minute; after that they come from the disk.

A process of its own compiles them (`worker prepare`, whose work is in `compiling`): the compiler is Python that holds
the interpreter, and whoever waits for kernels is often a window. What a process compiles, others load.
"""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Generator, Sequence
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Final

from lmcore.bpe.events import Progress
from lmcore.bpe.kernel_cache import stamp
from lmcore.bpe.machine import JIT
from lmcore.bpe.process import resident_memory
from lmcore.errors import LmError

STEPS: Final = 9
"""What `compiling` does, and with it `worker prepare`."""
WORKER: Final = (sys.executable, "-m", "lmcore.cli", "worker", "prepare")
HOME: Final = Path(__file__).resolve().parents[2]
"""Where Python finds this package."""
ENDED: Final = "The compiler of the kernels was ended from outside; perhaps the memory was full. Start it again."
_TICK: Final = 0.04


class PrepareError(LmError):
    """The kernels could not be compiled; says why."""


def is_prepared() -> bool:
    """Whether the kernels of exactly these sources are on the disk (or numba is switched off)."""
    return not JIT or stamp().exists()


def prepare(worker: Sequence[str] = WORKER) -> Generator[Progress, None, None]:
    """Has every kernel compiled. Whoever stops asking ends the process; what it compiled is kept, and it goes on there.

    Raises `PrepareError` with what the process said, or `RuntimeError` with its traceback.
    """
    started, left = time.perf_counter(), [STEPS]
    with (
        TemporaryFile() as errors,
        subprocess.Popen(worker, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors, cwd=HOME) as process,
    ):
        thread = threading.Thread(target=_listen, args=(process.stdout, left), name="prepare", daemon=True)
        thread.start()
        try:
            while thread.is_alive():
                yield _progress(STEPS - left[0], started)
                thread.join(_TICK)
            status = process.wait()
        finally:
            process.kill()
        if status:
            errors.seek(0)
            raise _error(status, errors.read().decode(errors="replace").strip())
    yield _progress(STEPS, started, finished=True)


def _listen(said: IO[bytes] | None, left: list[int]) -> None:
    """Keeps the newest of the numbers that the process says: how many steps are left."""
    for line in said or ():
        left[0] = json.loads(line)


def _progress(done: int, started: float, finished: bool = False) -> Progress:
    seconds = time.perf_counter() - started
    return Progress("prepare", done, STEPS, done / seconds if seconds else 0.0, seconds, resident_memory(), finished)


def _error(status: int, said: str) -> Exception:
    sentence = said.splitlines()[-1] if said else ""
    if sentence.startswith("lmcore: "):
        return PrepareError(f"The kernels were not compiled. {sentence.removeprefix('lmcore: ')}")
    return PrepareError(ENDED) if status < 0 else RuntimeError(f"the kernels were not compiled\n{said}")
