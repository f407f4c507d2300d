"""Which model is in this folder, and with which tokenizer does it read and write?"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from lmcore.bpe.formats import choose_file
from lmcore.bpe.tokenizer import Tokenizer
from lmcore.errors import ModelError, TokenizerError
from lmcore.packages import needed_for
from lmcore.training.checkpoint_files import Checkpoint, DamagedError, check, checkpoints_in
from lmcore.training.run_folder import RunFolder

if TYPE_CHECKING:
    from lmcore.model.transformer import TransformerLM

_CONFIG: Final = "config.json"
_GENERATION: Final = "generation_config.json"


@dataclass(frozen=True)
class Opened:
    """A model, its tokenizer where one is known, and what was opened, in words.

    `bos` is the id that begins a text, None where there is none; `eos` are the ids that end one, the usual one first.
    `lacking` says, where there is no tokenizer, why.
    """

    model: "TransformerLM"
    tokenizer: Tokenizer | None
    what: str
    bos: int | None = None
    eos: tuple[int, ...] = ()
    lacking: str = ""

    def needed_tokenizer(self) -> Tokenizer:
        """The tokenizer. Raises `ModelError` where there is none."""
        if self.tokenizer is None:
            raise ModelError(f"{self.what} has no tokenizer that can be opened: {self.lacking}")
        return self.tokenizer


Opener = Callable[[Path], Opened]


def open_model(path: Path) -> Opened:
    """The model in a folder, in fp32. Raises `ModelError` for what is none, or one that the module cannot be."""
    with needed_for("Opening a model"):
        import torch  # noqa: F401 - whether it is there
    return opener_of(path)(path)


def opener_of(path: Path) -> Opener:
    """What opens the model of a folder, by what its config.json says. Raises `ModelError` where nothing does.

    The place where a further kind of folder, such as that of a run, is told apart.
    """
    from lmcore.model.huggingface import read_object

    if RunFolder(path).is_run:
        return open_run
    if checkpoint_at(path):
        return open_checkpoint
    if "model_type" in read_object(path / _CONFIG):
        return open_huggingface
    raise ModelError(
        f"{path} holds no model that can be opened: choose a run, one of its checkpoints, or a folder of Hugging Face "
        "with config.json and model.safetensors, of the Llama or the Qwen3 kind."
    )


def open_run(folder: Path) -> Opened:
    """The model of a run's best checkpoint, or of its newest where nothing was validated or that one is damaged."""
    run = RunFolder.open(folder)
    found = checkpoints_in(run.checkpoints)
    best = run.state().best_step
    for checkpoint in sorted(found, key=lambda one: (one.step == best, one.step), reverse=True):
        with suppress(DamagedError):
            check(checkpoint)
            return _open_checkpoint(run, checkpoint)
    raise ModelError(f"{folder} has no checkpoint that is whole yet; let the run make one.")


def open_checkpoint(folder: Path) -> Opened:
    """The model of one checkpoint of a run. Raises `ModelError` where it is damaged."""
    checkpoint = checkpoint_at(folder)
    if checkpoint is None:
        raise ModelError(f"{folder} is no checkpoint of a run.")
    try:
        check(checkpoint)
    except DamagedError as error:
        raise ModelError(str(error)) from error
    return _open_checkpoint(RunFolder.open(folder.resolve().parent.parent), checkpoint)


def checkpoint_at(folder: Path) -> Checkpoint | None:
    """The checkpoint in a folder, if that is one of a run's."""
    place = folder.resolve()
    if not RunFolder(place.parent.parent).is_run:
        return None
    return next((one for one in checkpoints_in(place.parent) if one.path == place), None)


def _open_checkpoint(run: RunFolder, checkpoint: Checkpoint) -> Opened:
    from lmcore.model.shapes import architecture_of_shape
    from lmcore.model.transformer import TransformerLM
    from lmcore.training.checkpoints import load_weights

    shape = run.config().model.shape(run.vocab_size)
    model = TransformerLM.with_weights(architecture_of_shape(shape), load_weights(checkpoint))
    tokenizer, lacking = _tokenizer(run.tokenizer) if run.tokenizer.is_dir() else (None, "its data had none.")
    what = f"Step {checkpoint.step:,} of the run {run.path}"
    separator = run.separator
    ends = () if separator is None else (separator,)
    return Opened(model, tokenizer, what, separator, ends, lacking)


def open_huggingface(folder: Path) -> Opened:
    """The model of a Hugging Face folder, of the Llama or the Qwen3 kind."""
    from lmcore.model.huggingface import read_huggingface, read_object

    model = read_huggingface(folder)
    said = read_object(folder / _CONFIG)
    if (folder / _GENERATION).exists():
        said |= read_object(folder / _GENERATION)
    tokenizer, lacking = _tokenizer(folder)
    bos, ends = _ids(said.get("bos_token_id")), _ids(said.get("eos_token_id"))
    return Opened(model, tokenizer, f"The Hugging Face model in {folder}", next(iter(bos), None), ends, lacking)


def _tokenizer(folder: Path) -> tuple[Tokenizer | None, str]:
    """The tokenizer beside the weights, or why there is none."""
    try:
        return Tokenizer.load(choose_file(folder)), ""
    except TokenizerError as error:
        return None, str(error)


def _ids(value: object) -> tuple[int, ...]:
    """One id, several or none, as a config has them."""
    values = value if isinstance(value, list) else [value]
    return tuple(one for one in values if isinstance(one, int))
