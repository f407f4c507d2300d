"""Small trainings for tests: a token file that something can be learned of, a config for it, and whole runs."""

from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from lmcore.bpe.token_file import TokenFile
from lmcore.generators import result_of
from lmcore.training.config import TrainConfig, config_of
from lmcore.training.creating import create, plan
from lmcore.training.run_folder import RunFolder, State
from lmcore.training.worker import work

Result = TypeVar("Result")
VOCAB = 61


def token_file(folder: Path, length: int = 6_000, seed: int = 0, separator: int | None = 0) -> Path:
    """Ids in which each is mostly followed by three times itself and one."""
    random = np.random.default_rng(seed)
    ids = np.empty(length, np.uint16)
    ids[0] = 0
    surprising = random.random(length) < 0.2
    drawn = random.integers(0, VOCAB, length)
    for place in range(1, length):
        ids[place] = drawn[place] if surprising[place] else (3 * int(ids[place - 1]) + 1) % VOCAB
    path = folder / f"tokens-{seed}.bin"
    ids.tofile(path)
    TokenFile(path, "uint16", length, 1, length, separator, "0" * 64, VOCAB).write_sidecar()
    return path


def tables(folder: Path, **changes: Any) -> dict[str, Any]:
    """Settings of a model that learns in a second, with "table.key" = value changed."""
    found: dict[str, Any] = {
        "name": "small",
        "data": {"train": str(token_file(folder))},
        "model": {"d_model": 16, "num_layers": 1, "num_heads": 2, "context_length": 16, "d_ff": 32},
        "optimizer": {"learning_rate": 0.01},
        "training": {"steps": 40, "batch_size": 8, "micro_batch_size": 4, "precision": "fp32", "threads": 1},
        "evaluation": {"every": 10, "windows": 4, "prompts": []},
        "checkpoint": {"every": 10},
    }
    for key, value in changes.items():
        table, _, name = key.partition("__")
        found.setdefault(table, {})[name] = value
    return found


def new_run(folder: Path, **changes: Any) -> RunFolder:
    """A run that is yet to begin."""
    return create(result_of(plan(config(folder, **changes))), folder / "runs")


def config(folder: Path, **changes: Any) -> TrainConfig:
    """The config of `tables`."""
    return config_of(tables(folder, **changes))


def worked(run: RunFolder) -> State:
    """Train a run to its end."""
    return result_of(work(run))


def losses(run: RunFolder) -> dict[int, float]:
    """The training loss of every step."""
    from lmcore.training.metrics import read_rows

    return {row["step"]: row["loss"] for row in read_rows(run.metrics) if row["kind"] == "train"}
