"""A training in a process that its parent kills: it counts until a checkpoint is there, says so, and waits.

`python -m tests.core.counting_process CORPUS STORE BLOCK` prints the bytes counted so far.
"""

import sys
from pathlib import Path

from lmcore.bpe import checkpoints, meter, readers
from lmcore.bpe.count_store import CountStore
from lmcore.bpe.events import Progress
from lmcore.bpe.options import Options
from lmcore.bpe.training import train


def main() -> None:
    """Small blocks, an event and a checkpoint for each, so that a small corpus is broken off in its middle."""
    corpus, folder = Path(sys.argv[1]), Path(sys.argv[2])
    readers.BLOCK, meter.TICK, checkpoints._SHARE = int(sys.argv[3]), 0.0, 1e9  # type: ignore[misc]
    for event in train([corpus], Options(300), CountStore(folder, interval=0.0)):
        assert isinstance(event, Progress)
        assert event.phase == "count"
        if event.done > event.total // 2 and [*folder.glob("*.partial.npz")]:
            print(event.done, flush=True)
            sys.stdin.read()


if __name__ == "__main__":
    main()
