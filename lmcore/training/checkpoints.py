"""How is a model kept and taken up again? Weights as safetensors, the optimizer's tensors by name, no pickled code."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from lmcore.training.checkpoint_files import (
    OPTIMIZER,
    TRAINER,
    WEIGHTS,
    Checkpoint,
    DamagedError,
    check,
    checkpoints_in,
    writing_checkpoint,
)


@dataclass(frozen=True)
class Progress:
    """What a training has come to. `seconds` counts training alone, over all attempts."""

    step: int = 0
    tokens: int = 0
    seconds: float = 0.0
    best_step: int | None = None
    best_loss: float | None = None


def save(
    folder: Path, progress: Progress, weights: dict[str, Tensor], optimizer: Mapping[str, Any], about: Mapping[str, Any]
) -> Path:
    """Write a checkpoint of whole weights and an optimizer's tensors and numbers; gives back its folder.

    `about` goes into trainer.json. Raises `DiskFullError`; then the checkpoints before are as they were.
    """
    step = progress.step
    needed = sum(tensor.nbytes for tensor in weights.values()) + _size(optimizer)
    with writing_checkpoint(folder, step, needed) as aside:
        with _errors_of_the_disk():
            save_file(weights, aside / WEIGHTS, metadata={"format": "pt", "step": str(step)})
            torch.save(dict(optimizer), aside / OPTIMIZER)
        written = json.dumps({**asdict(progress), **about}, indent=1)
        (aside / TRAINER).write_text(written, encoding="utf-8")
    return folder / f"step-{step:08d}"


@dataclass(frozen=True)
class Loaded:
    """A checkpoint's content."""

    checkpoint: Checkpoint
    weights: dict[str, Tensor]
    optimizer: dict[str, Any]
    progress: Progress


def load_newest(folder: Path) -> tuple[Loaded | None, list[str]]:
    """The newest checkpoint that is whole, and a sentence for each that is damaged and was passed over; None where
    there are no checkpoints. Raises `DamagedError` where none of them is whole.
    """
    passed_over: list[str] = []
    found = checkpoints_in(folder)
    for checkpoint in reversed(found):
        try:
            check(checkpoint)
            return _load(checkpoint), passed_over
        except DamagedError as error:
            passed_over.append(f"{error} The one before it is taken.")
    if found:
        raise DamagedError(
            f"{folder}: none of its checkpoints is whole, of {len(found):,}; put one back, or remove them to begin at "
            "step 0 again."
        )
    return None, passed_over


def load_weights(checkpoint: Checkpoint) -> dict[str, Tensor]:
    """The model's weights alone."""
    return load_file(checkpoint.path / WEIGHTS)


def _load(checkpoint: Checkpoint) -> Loaded:
    about = checkpoint.trainer()
    progress = Progress(**{name: about[name] for name in Progress.__dataclass_fields__})
    optimizer = torch.load(checkpoint.path / OPTIMIZER, map_location="cpu", weights_only=True)
    return Loaded(checkpoint, load_weights(checkpoint), optimizer, progress)


@contextmanager
def _errors_of_the_disk() -> Iterator[None]:
    """Raises `OSError` where safetensors or torch, in ways of their own, say that a file was not written."""
    try:
        yield
    except (SafetensorError, RuntimeError) as error:
        if isinstance(error, SafetensorError) or "inline_container" in str(error):
            raise OSError("the disk did not take all of it") from error
        raise


def _size(content: Any) -> int:
    """Bytes of all tensors in nested dicts and lists."""
    if isinstance(content, Tensor):
        return content.nbytes
    parts = content.values() if isinstance(content, dict) else content if isinstance(content, list | tuple) else ()
    return sum(map(_size, parts))
