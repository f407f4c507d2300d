"""What does the page run in the background? Generators for jobs; what they need is imported on their thread."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lmcore.bpe.events import Progress

if TYPE_CHECKING:
    from lmcore.bpe import Options, Tokenizer, Training
    from lmcore.bpe.forecast import Forecast


@dataclass(frozen=True)
class Outcome:
    """A finished training and the tokenizer made from it."""

    training: "Training"
    tokenizer: "Tokenizer"


def look(paths: Sequence[Path], options: "Options") -> Generator[Any, None, "Forecast"]:
    """First the `Excerpts` of the corpus, then the progress of its forecast, which is the result."""
    from lmcore.bpe.excerpts import read_excerpts
    from lmcore.bpe.sources import find_sources

    yield read_excerpts(find_sources(paths), options)
    from lmcore.bpe.forecast import forecast

    return (yield from forecast(paths, options))


def run(paths: Sequence[Path], options: "Options") -> Generator[Any, None, Outcome]:
    """First the `Excerpts` of the corpus, then the training, with counts kept from one to the next."""
    from lmcore.bpe.excerpts import read_excerpts
    from lmcore.bpe.sources import find_sources

    yield read_excerpts(find_sources(paths), options)
    from lmcore.bpe.count_store import CountStore
    from lmcore.bpe.training import train

    training = yield from train(paths, options, CountStore())
    return Outcome(training, training.tokenizer())


def open_tokenizer(path: Path) -> Generator[Progress, None, "Tokenizer"]:
    """A tokenizer from its file."""
    from lmcore.bpe.tokenizer import Tokenizer

    yield from ()
    return Tokenizer.load(path)


def save(training: "Training", folder: Path, forecast: "Forecast | None") -> Generator[Progress, None, Path]:
    """Writes the result; the folder."""
    from lmcore.bpe.result_files import save_training

    yield from ()
    save_training(training, folder, forecast)
    return folder
