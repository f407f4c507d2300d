"""Runs as they are told of in a list, made for tests: those of the picture, and any number of others."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from lmcore.training.overview import Overview

NOW: Final = 1_796_000_000.0
CONFIG: Final[Mapping[str, Any]] = {
    "name": "a run",
    "data.train": "/data/tinystories.bin",
    "data.tokenizer": "/data/tinystories-10k",
    "data.order": "random",
    "data.document_masking": False,
    "model.context_length": 256,
    "model.num_layers": 4,
    "model.d_model": 512,
    "model.num_heads": 16,
    "optimizer.kind": "adamw",
    "optimizer.learning_rate": 1e-3,
    "optimizer.weight_decay": 0.1,
    "optimizer.eps": 1e-8,
    "schedule.kind": "cosine",
    "training.steps": 5000,
    "training.batch_size": 32,
    "training.seed": 20_261_129,
    "training.precision": "bf16",
    "evaluation.every": 500,
    "evaluation.prompts": ("Once upon a time",),
}
ABOUT: Final[Mapping[str, Any]] = {
    "vocab_size": 10_000,
    "tokens": 40_960_000,
    "steps": 5000,
    "attempts": 1,
    "data.train.path": "/data/tinystories.bin",
    "data.train.tokens": 544_000_000,
    "data.train.bytes": 2_227_000_000,
    "tokenizer.vocab_size": 10_000,
    "device": "cpu",
    "device_name": "CPU, 16 cores",
    "precision": "bf16",
    "threads": 16,
    "micro_batch_size": 32,
    "peak_flops": 1_500_000_000_000,
}


def overview(name: str = "a run", **changes: Any) -> Overview:
    """A run that goes on; `config`, `about` and `last` of the changes are put over those that it has."""
    config = {**CONFIG, "name": name, **changes.pop("config", {})}
    about = {**ABOUT, **changes.pop("about", {})}
    last = {
        "step": 3180.0,
        "tokens": 26_050_560.0,
        "seconds": 1260.0,
        "loss": 1.5034,
        "learning_rate": 3.73e-4,
        "grad_norm": 0.47,
        "tokens_per_second": 20_680.0,
        "mfu": 0.384,
        "memory": 2.31e9,
        "validation": 1.5349,
        "best": 1.5349,
        "best_step": 3000.0,
        **changes.pop("last", {}),
    }
    made = Overview(
        path=Path("/runs") / name,
        name=name,
        created=NOW - 86_400,
        standing="running",
        reason="",
        message="",
        step=3180,
        steps=5000,
        attempt=1,
        heartbeat=NOW,
        tags=(),
        note="",
        config=config,
        about=about,
        last={key: value for key, value in last.items() if value is not None},
        checkpoints=(2500, 3000),
        samples=(100, 500, 1000, 2000, 3000),
    )
    return replace(made, **changes)


NOTHING: Final = {
    **dict.fromkeys(("step", "tokens", "seconds", "loss", "learning_rate", "grad_norm", "tokens_per_second")),
    **dict.fromkeys(("mfu", "memory", "validation", "best", "best_step")),
}
"""The newest figures of a run that has none."""


def of_the_picture() -> list[Overview]:
    """Six runs, the oldest first: stopped, queued, diverged, two done, one that goes on."""
    done = {"step": 5000, "standing": "finished", "checkpoints": (4500, 5000)}
    full = {"tokens": 40_960_000.0, "seconds": 1980.0, "step": 5000.0}
    return [
        overview(
            "ts-256-first-try", standing="stopped", step=1500, tags=("old",), note="too small a batch",
            config={"training.batch_size": 16, "model.d_model": 256},
            last={"loss": 2.412, "validation": 2.447, "tokens": 6_144_000.0, "seconds": 360.0},
        ),
        overview(
            "ts-512-nope", standing="waiting", place=0, step=0, attempt=0, checkpoints=(), samples=(), heartbeat=0.0,
            config={"model.position": "none"}, last=NOTHING,
        ),
        overview(
            "ts-512-lr1e-2", standing="failed", reason="diverged", step=412, checkpoints=(400,), samples=(100,),
            message="The loss became NaN at step 412. Lower the learning rate, or resume from step 400.",
            config={"optimizer.learning_rate": 1e-2},
            last={**NOTHING, "tokens": 3_375_104.0, "seconds": 180.0, "best": 4.1, "best_step": 200.0},
        ),
        overview(
            "ts-512-lr3e-4", **done, config={"optimizer.learning_rate": 3e-4},
            last={**full, "loss": 1.627, "validation": 1.662, "best": 1.662, "best_step": 5000.0},
        ),
        overview(
            "ts-512-lr3e-3", **done, config={"optimizer.learning_rate": 3e-3},
            last={**full, "loss": 1.390, "validation": 1.425, "best": 1.425, "best_step": 5000.0},
        ),
        overview("ts-512-lr1e-3"),
    ]  # fmt: skip


def many(number: int) -> list[Overview]:
    """So many runs that are done, and one, the newest, that goes on."""
    done = [
        overview(
            f"run-{place}", standing="finished", step=5000, created=NOW - 1e6 + place,
            config={"optimizer.learning_rate": 10.0 ** -(2 + place % 4)},
            last={"loss": 1.4 + place % 97 / 50, "validation": 1.5 + place % 89 / 50},
        )
        for place in range(number - 1)
    ]  # fmt: skip
    return [*done, overview("the-newest", created=NOW)]
