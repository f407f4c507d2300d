"""Which model is in this folder, and with which tokenizer does it read and write?"""

from collections.abc import Callable, Generator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from lmcore.bpe.formats import choose_file
from lmcore.bpe.tokenizer import Tokenizer
from lmcore.errors import ModelError, TokenizerError
from lmcore.generators import result_of
from lmcore.interop.fitting import usual_end
from lmcore.interop.leading import leading_ids
from lmcore.packages import needed_for
from lmcore.training.checkpoint_files import Checkpoint, DamagedError, checking, checkpoints_in
from lmcore.training.run_folder import RunFolder

if TYPE_CHECKING:
    from lmcore.model.transformer import TransformerLM

_CONFIG: Final = "config.json"
_GENERATION: Final = "generation_config.json"


@dataclass(frozen=True)
class Opened:
    """A model, its tokenizer where one is known, and what was opened, in words.

    `bos` is the id that begins a text, None where there is none; `eos` are the ids that end one, the usual one first.
    `lacking` says, where there is no tokenizer, why. `leading` are the ids that the model reads in front of every text.
    """

    model: "TransformerLM"
    tokenizer: Tokenizer | None
    what: str
    bos: int | None = None
    eos: tuple[int, ...] = ()
    lacking: str = ""
    leading: tuple[int, ...] = ()

    def needed_tokenizer(self) -> Tokenizer:
        """The tokenizer. Raises `ModelError` where there is none."""
        if self.tokenizer is None:
            raise ModelError(f"{self.what} has no tokenizer that can be opened: {self.lacking}")
        return self.tokenizer

    def text_ids(self, text: str) -> list[int]:
        """The ids of a text behind the leading ones, which a text that begins with them does not get again.

        Raises `ModelError` where there is no tokenizer.
        """
        ids, leading = self.needed_tokenizer().encode(text), [*self.leading]
        return ids if ids[: len(leading)] == leading else leading + ids

    def prompt_ids(self, prompt: str) -> list[int]:
        """The ids of a prompt, see `text_ids`; an empty one is what leads, or the id that begins or divides texts.

        Raises `ModelError` where there is no such id, or for a text where there is no tokenizer.
        """
        ids = self.text_ids(prompt) if prompt else [*self.leading]
        if ids:
            return ids
        usual = None if self.tokenizer is None else usual_end(self.tokenizer)
        begin = next((token for token in (self.bos, *self.eos, usual) if token is not None), None)
        if begin is None:
            self.needed_tokenizer()  # without one, another prompt is of no use
            raise ModelError(f"{self.what} has no id that begins a text; give a prompt that is not empty.")
        return [begin]


@dataclass(frozen=True)
class Readers:
    """What is read beside the weights. Who opens many models of one run hands in what remembers.

    `check` raises `DamagedError` for a checkpoint whose weights are not whole, and yields meanwhile; `tokenizer` is
    that of a folder, or why there is none.
    """

    check: Callable[[Checkpoint], Generator[None, None, None]]
    tokenizer: Callable[[Path], tuple[Tokenizer | None, str]]


def check_weights(checkpoint: Checkpoint) -> Generator[None, None, None]:
    """Raises `DamagedError` unless the weights are those that were written; yields between blocks of them."""
    return checking(checkpoint, weights_alone=True)


def tokenizer_of(folder: Path) -> tuple[Tokenizer | None, str]:
    """The tokenizer beside the weights, or why there is none."""
    try:
        return Tokenizer.load(choose_file(folder)), ""
    except TokenizerError as error:
        return None, str(error)


PLAIN: Final = Readers(check_weights, tokenizer_of)
Opening = Generator[None, None, Opened]
"""A model that is being opened; yields between pieces of the work."""


def open_model(path: Path, readers: Readers = PLAIN) -> Opened:
    """The model in a folder, in fp32. Raises `ModelError` for what is none, or one that the module cannot be."""
    return result_of(opening_model(path, readers))


def opening_model(path: Path, readers: Readers = PLAIN) -> Opening:
    """The same for who may want to stop it."""
    with needed_for("Opening a model"):
        import torch  # noqa: F401 - whether it is there
    return (yield from opener_of(path)(path, readers))


def opener_of(path: Path) -> Callable[[Path, Readers], Opening]:
    """What opens the model of a folder, by what its config.json says. Raises `ModelError` where nothing does.

    The place where a further kind of folder, such as that of a run, is told apart.
    """
    from lmcore.model.huggingface import read_object

    if RunFolder(path).is_run:
        return opening_run
    if checkpoint_at(path):
        return opening_checkpoint
    if "model_type" in read_object(path / _CONFIG):
        return opening_huggingface
    raise ModelError(
        f"{path} holds no model that can be opened: choose a run, one of its checkpoints, or a folder of Hugging Face "
        "with config.json and model.safetensors, of the Llama or the Qwen3 kind."
    )


def opening_run(folder: Path, readers: Readers) -> Opening:
    """The model of a run's best checkpoint, see `best_checkpoint`."""
    best = yield from best_checkpoint(folder, readers)
    return (yield from _opening_checkpoint(RunFolder.open(folder), best, readers))


def best_checkpoint(folder: Path, readers: Readers) -> Generator[None, None, Checkpoint]:
    """A run's best checkpoint, or its newest where nothing was validated or that one is damaged.

    Raises `ModelError` where none is whole; yields while they are read.
    """
    run = RunFolder.open(folder)
    found = checkpoints_in(run.checkpoints)
    best = run.state().best_step
    for checkpoint in sorted(found, key=lambda one: (one.step == best, one.step), reverse=True):
        with suppress(DamagedError):
            yield from readers.check(checkpoint)
            return checkpoint
    raise ModelError(f"{folder} has no checkpoint that is whole yet; let the run make one.")


def opening_checkpoint(folder: Path, readers: Readers) -> Opening:
    """The model of one checkpoint of a run. Raises `ModelError` where it is damaged."""
    checkpoint = checkpoint_at(folder)
    if checkpoint is None:
        raise ModelError(f"{folder} is no checkpoint of a run.")
    try:
        yield from readers.check(checkpoint)
    except DamagedError as error:
        raise ModelError(f"{error} Choose another checkpoint.") from error
    return (yield from _opening_checkpoint(RunFolder.open(folder.resolve().parent.parent), checkpoint, readers))


def checkpoint_at(folder: Path) -> Checkpoint | None:
    """The checkpoint in a folder, if that is one of a run's."""
    place = folder.resolve()
    if not RunFolder(place.parent.parent).is_run:
        return None
    return next((one for one in checkpoints_in(place.parent) if one.path == place), None)


def _opening_checkpoint(run: RunFolder, checkpoint: Checkpoint, readers: Readers) -> Opening:
    from safetensors import SafetensorError

    from lmcore.model.shapes import architecture_of_shape
    from lmcore.model.transformer import TransformerLM
    from lmcore.training.checkpoints import load_weights

    shape = run.config().model.shape(run.vocab_size)
    try:
        weights = load_weights(checkpoint)
    except (OSError, SafetensorError) as error:
        raise ModelError(
            f"{checkpoint.path}: its weights cannot be read ({error}). Choose another checkpoint."
        ) from error
    yield
    model = TransformerLM.with_weights(architecture_of_shape(shape), weights)
    yield
    tokenizer, lacking = readers.tokenizer(run.tokenizer) if run.tokenizer.is_dir() else (None, "its data had none.")
    what = f"Step {checkpoint.step:,} of the run {run.path}"
    separator = run.separator
    ends = () if separator is None else (separator,)
    return Opened(model, tokenizer, what, separator, ends, lacking)


def opening_huggingface(folder: Path, readers: Readers) -> Opening:
    """The model of a Hugging Face folder, of the Llama or the Qwen3 kind."""
    from lmcore.model.huggingface import read_object, reading_huggingface

    model = yield from reading_huggingface(folder)
    said = read_object(folder / _CONFIG)
    if (folder / _GENERATION).exists():
        said |= read_object(folder / _GENERATION)
    tokenizer, lacking, leading = _reading_of(folder, readers)
    size = model.architecture.vocab_size
    bos, ends = _ids(said.get("bos_token_id"), size), _ids(said.get("eos_token_id"), size)
    what = f"The Hugging Face model in {folder}"
    return Opened(model, tokenizer, what, next(iter(bos), None), ends, lacking, leading)


def _reading_of(folder: Path, readers: Readers) -> tuple[Tokenizer | None, str, tuple[int, ...]]:
    """The tokenizer of a Hugging Face folder, or why there is none, and the ids in front of every text."""
    tokenizer, lacking = readers.tokenizer(folder)
    if tokenizer is None:
        return None, lacking, ()
    try:
        return tokenizer, "", leading_ids(tokenizer, folder)
    except TokenizerError as error:
        return None, str(error), ()


def _ids(value: object, vocab_size: int) -> tuple[int, ...]:
    """One id, several or none, as a config has them; what is no id of the model, such as -1, stands for none."""
    values = value if isinstance(value, list) else [value]
    return tuple(one for one in values if type(one) is int and 0 <= one < vocab_size)
