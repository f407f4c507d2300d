"""How fast is counting, and a small training, where kernels are loaded already? For `bpe_training.py`, as a process.

`python bpe_inside.py CORPUS SMALL ROUNDS` prints one JSON object: lists of seconds by what was done.
"""

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from lmcore.bpe.choices import GPT2  # noqa: E402  (found by the line above)
from lmcore.bpe.machine import Bytes, kernel  # noqa: E402
from lmcore.bpe.options import Options  # noqa: E402
from lmcore.bpe.patterns import find_pattern  # noqa: E402
from lmcore.bpe.pretoken_table import PretokenTable  # noqa: E402
from lmcore.bpe.readers import blocks, make_cutter  # noqa: E402
from lmcore.bpe.sources import find_sources  # noqa: E402
from lmcore.bpe.specials import prepare_specials  # noqa: E402
from lmcore.bpe.training import train  # noqa: E402


@kernel
def sum_bytes(data: Bytes) -> int:
    """The least that any pass over a text can do."""
    total = 0
    for i in range(len(data)):
        total += data[i]
    return total


def passes(corpus: Path, small: Path) -> dict[str, Callable[[], None]]:
    """What is measured, by name; the corpus is in memory, in the blocks in which a training reads it."""
    specials = prepare_specials(["<|endoftext|>"])
    (source,) = find_sources([corpus])
    cutter = make_cutter(find_pattern("gpt2"), specials)
    texts = [(block.data, block.bounds) for block in blocks(source, cutter, "text", False)]

    def count() -> None:
        pretokens = PretokenTable()
        for data, bounds in texts:
            pretokens.count(GPT2, data, bounds, specials)

    def add() -> None:
        for data, _ in texts:
            sum_bytes(data)

    def work() -> None:
        for _ in train([small], Options(500)):
            pass

    return {"counting pre-tokens (gpt2)": count, "summing the bytes": add, "training": work}


def main() -> None:
    """Lets all passes take turns; the first turn, which loads the kernels, does not count."""
    corpus, small, rounds = sys.argv[1:]
    measured = passes(Path(corpus), Path(small))
    seconds: dict[str, list[float]] = {name: [] for name in measured}
    for _ in range(int(rounds) + 1):
        for name, work in measured.items():
            started = time.perf_counter()
            work()
            seconds[name].append(time.perf_counter() - started)
    print(json.dumps({name: own[1:] for name, own in seconds.items()}))


if __name__ == "__main__":
    main()
