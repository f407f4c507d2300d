"""Which share of the peak do trainings of small models reach on this machine? Prints a table in Markdown.

    python tests/benchmarks/training_shares.py [--seconds 6] [--rounds 3] [--busy]

For each shape and precision a process makes real steps (micro-batch as the probe finds it) for so many seconds; the
peak is that of matrix products, measured in the same process. Shown is the median over the rounds of each process's
median step, beside what `lmcore.training.shares` supposes. With `--busy`, for a machine that others use too, one thread
is timed by the seconds that the processor gave it.
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

os.environ.setdefault("GOMP_SPINCOUNT", "10000")  # as the project sets it for its workers

ROOT: Final = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from lmcore.training.machine import Precision  # noqa: E402

if TYPE_CHECKING:
    from lmcore.training.creating import Planned

KINDS: Final[tuple[Precision, ...]] = ("fp32", "bf16")
SHAPES: Final = {
    # name: vocabulary, context, layers, d_model, heads, batch
    "d 32, 2 layers": (10_000, 64, 2, 32, 2, 16),
    "d 64, 2 layers": (10_000, 64, 2, 64, 2, 16),
    "d 64, 2 layers, vocabulary 1,000": (1_000, 64, 2, 64, 2, 16),
    "d 128, 4 layers": (10_000, 128, 4, 128, 4, 16),
    "d 128, 4 layers, vocabulary 1,000": (1_000, 128, 4, 128, 4, 16),
    "d 256, 4 layers": (10_000, 256, 4, 256, 8, 16),
    "d 256, 4 layers, vocabulary 1,000": (1_000, 256, 4, 256, 8, 16),
    "d 512, 4 layers": (10_000, 256, 4, 512, 16, 8),
}


def main() -> None:
    """Run the processes in turn and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=6.0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--busy", action="store_true")
    parser.add_argument("--one", nargs=2, metavar=("SHAPE", "PRECISION"), help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.one:
        print(json.dumps(measured(chosen.one[0], chosen.one[1], chosen.seconds, chosen.busy)))
        return
    print("| shape | precision | reached | supposed | tokens/s | at once | peak | peak memory | forecast |")
    print("|---|---|---|---|---|---|---|---|---|")
    for name in SHAPES:
        for precision in KINDS:
            command = [sys.executable, __file__, "--one", name, precision, "--seconds", str(chosen.seconds)]
            command += ["--busy"] if chosen.busy else []
            found = [
                json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
                for _ in range(chosen.rounds)
            ]
            middle = {key: statistics.median(one[key] for one in found) for key in found[0]}
            print(
                f"| {name} | {precision} | {middle['share']:.1%} | {middle['supposed']:.1%} | {middle['rate']:,.0f} "
                f"| {middle['at_once']:,.0f} | {middle['peak'] / 1e9:,.0f} GFLOP/s "
                f"| {middle['peak_memory'] / 1e9:.2f} GB | {middle['memory'] / 1e9:.2f} GB |",
                flush=True,
            )


def measured(name: str, precision: Precision, seconds: float, busy: bool) -> dict[str, float]:
    """The share of the peak and tokens a second of the median step, FLOP/s, and bytes."""
    from lmcore.training.devices import machine_of
    from lmcore.training.planning import forecast, mfu_of
    from lmcore.training.settling import refine, settle
    from lmcore.training.worker import new_trainer

    clock = time.process_time if busy else time.perf_counter
    with tempfile.TemporaryDirectory() as folder:
        plan = planned_training(Path(folder), name, precision, threads=1 if busy else None)
        trainer = new_trainer(plan, settle(plan, {}))
        refine(settle(plan, {}), plan, trainer)
        peaks = {kind: product_rate(kind, clock) for kind in KINDS}
        trainer.advance()
        rate = plan.tokens / plan.steps / middle_time(trainer.advance, seconds, clock)
    machine = machine_of("cpu", plan.config.training.threads)
    expected = forecast(plan.shape, plan.config, 0, replace(machine, peak_fp32=peaks["fp32"], peak_bf16=peaks["bf16"]))
    return {
        "share": mfu_of(plan.shape, rate, peaks[precision]),
        "supposed": expected.share,
        "rate": rate,
        "at_once": trainer.micro_batch,
        "peak": peaks[precision],
        "peak_memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        "memory": expected.memory,
    }


def planned_training(folder: Path, name: str, precision: Precision, threads: int | None) -> "Planned":
    """A training of a shape on random ids, which cost as much as others."""
    import numpy as np

    from lmcore.bpe.token_file import TokenFile
    from lmcore.training.config import config_of
    from lmcore.training.creating import planned

    vocab_size, context, layers, d_model, heads, batch = SHAPES[name]
    path = folder / "tokens.bin"
    np.random.default_rng(0).integers(0, vocab_size, 400_000).astype(np.uint16).tofile(path)
    file = TokenFile(path, "uint16", 400_000, 1, 400_000, None, "0" * 64, vocab_size)
    file.write_sidecar()
    training: dict[str, Any] = {"steps": 10_000, "batch_size": batch, "precision": precision, "device": "cpu"}
    tables: dict[str, Any] = {
        "data": {"train": str(path)},
        "model": {"context_length": context, "num_layers": layers, "d_model": d_model, "num_heads": heads},
        "training": training | ({"threads": threads} if threads else {}),
    }
    return planned(config_of(tables), file, None, None)


def middle_time(work: Callable[[], object], seconds: float, clock: Callable[[], float]) -> float:
    """The median of the times that it takes, repeated for so many seconds."""
    times: list[float] = []
    begun = time.perf_counter()
    while time.perf_counter() - begun < seconds or len(times) < 3:
        start = clock()
        work()
        times.append(clock() - start)
    return statistics.median(times)


def product_rate(precision: Precision, clock: Callable[[], float]) -> float:
    """FLOP/s of products of 1,024 rows, as the worker measures its peak."""
    import torch

    kind = torch.bfloat16 if precision == "bf16" else torch.float32
    matrix = torch.randn(1_024, 1_024, dtype=kind)
    matrix @ matrix
    times = []
    for _ in range(60):
        start = clock()
        matrix @ matrix
        times.append(clock() - start)
    return float(2 * 1_024**3 / min(times))


if __name__ == "__main__":
    main()
