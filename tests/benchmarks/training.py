"""How fast is a training step beside a student's and beside `transformers`? Prints a table in Markdown.

    python tests/benchmarks/training.py [--rounds 5] [--steps 8] [--batch 8]

Whole processes take turns (`training_peers.py` says what each does); shown are the medians over the rounds of each
process's median step, ratios of those medians, and the largest peak of memory. Behind the table: the rates of matrix
products that this machine reaches, and which part of them a step is (MFU), which is the limit.
"""

import argparse
import sys
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from lmcore.accounting.flops import training  # noqa: E402
from lmcore.accounting.setup import Setup  # noqa: E402
from lmcore.accounting.shape import Shape  # noqa: E402
from lmcore.training.devices import choose_device, matmul_rate, prepare_device  # noqa: E402
from tests.benchmarks.processes import take_turns  # noqa: E402
from tests.benchmarks.training_peers import SHAPE  # noqa: E402

KINDS: Final = {
    "ours": "this project, as its probe finds it",
    "ours-fp32": "this project in fp32",
    "plain": "plain fp32, as a student writes it",
    "hf": "transformers' Llama, fp32",
    "hf-bf16": "transformers' Llama, bf16 autocast",
}


def main() -> None:
    """Run the processes and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=8)
    parser.add_argument("--batch", type=int, default=8)
    chosen = parser.parse_args()
    script = str(Path(__file__).with_name("training_peers.py"))
    sizes = ["--steps", str(chosen.steps), "--batch", str(chosen.batch)]
    found = take_turns({kind: [sys.executable, script, kind, *sizes] for kind in KINDS}, chosen.rounds, ROOT)
    device = choose_device("auto")
    prepare_device(device, None)
    rates = {"fp32": matmul_rate(device, "fp32"), "bf16": matmul_rate(device, "bf16")}
    flops = training(Shape(**SHAPE), Setup()).amount / SHAPE["context_length"]
    own = found["ours"].middle("tokens_per_second")
    print("| step | tokens/s (median) | least to most | ours is | peak memory | share of bf16 products |")
    print("|---|---|---|---|---|---|")
    for kind, words in KINDS.items():
        runs = found[kind]
        rate = runs.middle("tokens_per_second")
        spread = sorted(run.printed["tokens_per_second"] for run in runs.all)
        peak = max(run.printed["peak"] for run in runs.all)
        print(
            f"| {words} | {rate:,.0f} | {spread[0]:,.0f}–{spread[-1]:,.0f} | {own / rate:.2f} × | {peak / 1e9:.2f} GB "
            f"| {rate * flops / rates['bf16']:.1%} |"
        )
    products = ", ".join(f"{name} {rate / 1e9:,.0f} GFLOP/s" for name, rate in rates.items())
    print(f"\nMatrix products of 1,024 rows alone: {products}; a token's step takes {flops / 1e6:,.1f} MFLOP.")


if __name__ == "__main__":
    main()
