"""How much memory does a training on this processor take, beside what was forecast? Prints a table in Markdown.

    python tests/benchmarks/training_memory.py [--steps 12] [--threads N] [--only "default"]

Each row is a real run, in a process of its own, of the bundled corpus or of random ids: with `auto`, the precision and
the sequences at once are found by the run. Measured is the most that the run recorded; the forecast is for as many
sequences at once as it then took, and for all of the batch.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, Final

import numpy as np

os.environ.setdefault("GOMP_SPINCOUNT", "10000")  # as the project sets it for its workers

ROOT: Final = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from lmcore.bpe.token_file import TokenFile  # noqa: E402
from lmcore.generators import result_of  # noqa: E402
from lmcore.training.config import config_of  # noqa: E402
from lmcore.training.creating import Planned, create, plan, planned  # noqa: E402
from lmcore.training.footprint import footprint  # noqa: E402
from lmcore.training.run_folder import RunFolder  # noqa: E402

SAMPLE: Final = ROOT / "resources" / "sample"
SHAPES: Final = {
    # name: vocabulary (0: the bundled corpus with its tokenizer), context, layers, d_model, heads, batch
    "36 k parameters": (400, 32, 2, 16, 2, 4),
    "default, d 64, 2 layers": (0, 64, 2, 64, 2, 16),
    "sample, d 128, 4 layers": (0, 128, 4, 128, 4, 16),
    "context 2,048, d 128, 4 layers": (0, 2_048, 4, 128, 4, 4),
    "29 M parameters, d 512, 6 layers": (0, 256, 6, 512, 8, 8),
}


def main() -> None:
    """Make the runs one after the other and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=12)
    parser.add_argument("--threads", type=int)
    parser.add_argument("--only", default="", help="a part of a row's name, or its precision")
    chosen = parser.parse_args()
    print("| run | precision | at once | measured | forecast | for the whole batch |")
    print("|---|---|---|---|---|---|")
    for name in SHAPES:
        for precision in ("fp32", "bf16", "auto"):
            if chosen.only in f"{name} {precision}":
                with tempfile.TemporaryDirectory() as folder:
                    print(_row(Path(folder), name, precision, chosen.steps, chosen.threads), flush=True)


def _row(folder: Path, name: str, precision: str, steps: int, threads: int | None) -> str:
    planned_run = _planned(
        folder, name, {"steps": steps, "precision": precision} | ({"threads": threads} if threads else {})
    )
    run = create(planned_run, folder)
    command = [sys.executable, "-m", "lmcore.cli", "worker", "train", str(run.path)]
    subprocess.run(command, check=True, capture_output=True, cwd=ROOT)
    about = run.about()
    text, found, batch = planned_run.data.tokenizer is not None, about["precision"], SHAPES[name][-1]
    foretold, whole = (
        footprint(planned_run.shape, size, found, "cpu", about["threads"], with_text=text).total
        for size in (about["micro_batch_size"], batch)
    )
    sizes = (_most(run), foretold, whole)
    return (
        f"| {name} | {found} | {about['micro_batch_size']} | {' | '.join(f'{size / 1e6:,.0f} MB' for size in sizes)} |"
    )


def _most(run: RunFolder) -> int:
    """Bytes that the run recorded at most."""
    rows = (json.loads(line) for line in run.metrics.read_text(encoding="utf-8").splitlines())
    return max(int(row["memory"]) for row in rows if row["kind"] == "train")


def _planned(folder: Path, name: str, training: dict[str, Any]) -> Planned:
    vocab_size, context, layers, d_model, heads, batch = SHAPES[name]
    tables: dict[str, Any] = {
        "model": {"context_length": context, "num_layers": layers, "d_model": d_model, "num_heads": heads},
        "training": training | {"batch_size": batch, "device": "cpu"},
        "evaluation": {"every": max(1, training["steps"] // 2), "windows": batch},
    }
    if not vocab_size:
        corpus = {"corpus": [str(SAMPLE / "moby-dick-and-speeches.txt")], "tokenizer": str(SAMPLE / "tokenizer")}
        return result_of(plan(config_of(tables | {"data": corpus})))
    path = folder / "tokens.bin"
    np.random.default_rng(0).integers(0, vocab_size, 400_000).astype(np.uint16).tofile(path)
    file = TokenFile(path, "uint16", 400_000, 1, 400_000, None, "0" * 64, vocab_size)
    file.write_sidecar()
    config = config_of(tables | {"data": {"train": str(path)}})
    return planned(config, file, None, None)


if __name__ == "__main__":
    main()
