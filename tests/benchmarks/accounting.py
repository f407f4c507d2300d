"""How long does an account take, which a slider asks for at every move? Prints medians in microseconds.

    python -m tests.benchmarks.accounting [--rounds 200]

Each round makes a shape of another width first, as a slider does; eight widths in turn.
"""

import argparse
import statistics
import time
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from typing import Final

import numpy as np

from lmcore.accounting import Setup, Shape, account
from lmcore.accounting.crossovers import crossovers
from lmcore.accounting.curves import activation_curve, forward_curves
from lmcore.accounting.hardware import find_gpu
from lmcore.accounting.inverses import (
    largest_batch,
    largest_context,
    largest_context_in,
    largest_d_model,
    largest_inference_context,
    largest_layers,
)
from lmcore.accounting.presets import find_preset

MEMORY: Final = 10**12
CONTEXTS: Final = np.geomspace(256, 1 << 20, 200).astype(np.int64)
SETUP: Final = Setup(gpu=find_gpu("A100 80 GB"))


def _page(shape: Shape) -> None:
    counted = account(shape, SETUP)
    assert all(part.amount for part in (counted.parameters, counted.forward, counted.training_memory))
    assert counted.timing.step_seconds


def _table(shape: Shape) -> None:
    for node in account(shape, SETUP).forward.leaves():
        assert all((node.formula, node.numbers, node.shapes))


def _curves(shape: Shape) -> None:
    forward_curves(shape, SETUP, CONTEXTS)
    activation_curve(shape, SETUP, CONTEXTS)


TASKS: Final[dict[str, Callable[[Shape], object]]] = {
    "parameters, FLOPs, memory of training, times": _page,
    "the table of matrix products with its formulas": _table,
    "curves of FLOPs and activations at 200 contexts": _curves,
    "crossovers": lambda shape: crossovers(shape, SETUP),
    "the largest batch": lambda shape: largest_batch(shape, SETUP, MEMORY),
    "the longest context": lambda shape: largest_context(shape, SETUP, MEMORY),
    "the longest context of a model that runs": lambda shape: largest_inference_context(shape, SETUP, MEMORY),
    "the longest context of a step in a minute": lambda shape: largest_context_in(shape, SETUP, Fraction(60)),
    "the most layers": lambda shape: largest_layers(shape, SETUP, MEMORY),
    "the widest model": lambda shape: largest_d_model(shape, SETUP, MEMORY),
}


def main() -> None:
    """Prints a line a task."""
    asked = argparse.ArgumentParser()
    asked.add_argument("--rounds", type=int, default=200)
    rounds = asked.parse_args().rounds
    for name in ("gpt2-xl", "llama-3-8b", "mixtral-8x7b"):
        print(find_preset(name).name)
        for task, work in TASKS.items():
            seconds = sorted(_seconds(work, find_preset(name).shape, step) for step in range(rounds))
            median, late = statistics.median(seconds), seconds[int(0.99 * rounds)]
            print(f"  {task:<50} {1e6 * median:7,.0f} µs, 99 %: {1e6 * late:7,.0f} µs")


def _seconds(work: Callable[[Shape], object], shape: Shape, step: int) -> float:
    began = time.perf_counter()
    work(replace(shape, d_model=shape.d_model + 2 * shape.num_heads * (step % 8), d_head=0))
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
