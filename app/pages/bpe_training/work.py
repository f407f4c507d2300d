"""What does the page run in the background? Generators for jobs; what they need is imported on their thread."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lmcore.bpe.events import Event, Notice, Progress

if TYPE_CHECKING:
    from lmcore.bpe import Options, Tokenizer, Training
    from lmcore.bpe.forecast import Forecast


@dataclass(frozen=True)
class Passages:
    """What was found at the first look: bytes on the disk, and the beginnings of documents, each cut into pre-tokens.

    They are cut here, since an expression of the user's may take any time on any text.
    """

    size: int
    pretokens: tuple[tuple[bytes, ...], ...]


@dataclass(frozen=True)
class Outcome:
    """A finished training, the tokenizer made from it, what to call that, and what had been expected."""

    training: "Training"
    tokenizer: "Tokenizer"
    name: str
    forecast: "Forecast | None"


def look(paths: Sequence[Path], options: "Options") -> Generator[Passages | Progress | Notice, None, "Forecast"]:
    """First the `Passages` of the corpus, then the events of its forecast, which is the result."""
    yield _passages(paths, options)
    from lmcore.bpe.count_store import CountStore
    from lmcore.bpe.forecast import forecast

    return (yield from forecast(paths, options, CountStore()))


def run(
    paths: Sequence[Path], options: "Options", forecast: "Forecast | None"
) -> Generator[Passages | Event, None, Outcome]:
    """First the `Passages` of the corpus, then the training, with counts kept from one to the next."""
    yield _passages(paths, options)
    from lmcore.bpe.count_store import CountStore
    from lmcore.bpe.training import train

    training = yield from train(paths, options, CountStore())
    return Outcome(training, training.tokenizer(), name_of(paths), forecast)


def save(outcome: Outcome, folder: Path) -> Generator[Any, None, Path]:
    """Writes the result; the folder."""
    from lmcore.bpe.result_files import save_training

    yield from ()
    save_training(outcome.training, folder, outcome.forecast)
    return folder


def name_of(paths: Sequence[Path]) -> str:
    """What to call a tokenizer until it is saved: the first file's name without its endings."""
    name = paths[0].absolute().name
    return name.lstrip(".").split(".")[0] or name or "tokenizer"


def _passages(paths: Sequence[Path], options: "Options") -> Passages:
    from lmcore.bpe.excerpts import read_excerpts
    from lmcore.bpe.patterns import pieces
    from lmcore.bpe.sources import find_sources

    found = read_excerpts(find_sources(paths), options)
    compiled = options.compiled.compile()
    cut = (pieces(compiled, passage) for passage in found.passages)
    pretokens = tuple(tuple(piece.encode("utf-8", "surrogateescape") for piece in part) for part in cut)
    return Passages(sum(source.size for source in found.sources), pretokens)
