"""How does the page put it? Sentences made from figures."""

from pathlib import Path
from typing import TYPE_CHECKING, Final

from lmcore import figures
from lmcore.bpe.events import Progress

if TYPE_CHECKING:
    from app.pages.bpe_training.work import Outcome
    from lmcore.bpe import Training
    from lmcore.bpe.forecast import Forecast
    from lmcore.bpe.patterns import Pattern

BANNER: Final = "A sample corpus is loaded, so that you can start at once."
LOCKED: Final = (
    "The training goes on, so nothing else is opened. Cancel it or wait for its end, then open the file once more."
)


KEPT: Final = "The training that had finished before is kept. Save writes that one."


def saved(folder: Path, pattern: "Pattern") -> str:
    """What can be done with a result; a custom pattern may be one that only this program reads."""
    from lmcore.bpe.patterns import reads_otherwise

    if mark := reads_otherwise(pattern):
        other = f"Hugging Face tokenizers reads {mark!r} in its pattern otherwise, and would cut texts otherwise."
        return f"Saved to {folder}. {other}"
    return f"Saved to {folder}. Its tokenizer.json opens in Hugging Face tokenizers."


def unsaved(outcome: "Outcome") -> str:
    """What closing the window would lose."""
    tokens = figures.count(outcome.tokenizer.vocab_size)
    return f"The tokenizer “{outcome.name}”, {tokens} tokens, is not saved."


def activity(progress: Progress) -> str:
    """How far the job is, for the status bar."""
    done, total = progress.done, progress.total
    if progress.phase == "count":
        return f"counted {figures.size(done)} of {figures.size(total)}"
    if progress.phase == "merge":
        return f"merge {figures.count(done)} of {figures.count(total)}"
    return preparing(progress)


def preparing(progress: Progress) -> str:
    """What goes on before anything can be counted."""
    return f"preparing, once on this machine: {figures.count(progress.done)} of {figures.count(progress.total)}"


def promise(vocab_size: int, forecast: "Forecast | None") -> str:
    """What Start will do, for the banner."""
    words = f"Start turns 256 bytes into {figures.count(vocab_size)} tokens"
    if forecast is None:
        return f"{words}."
    soon = forecast.seconds + forecast.spread < 1.0
    return f"{words} in {'less than a second' if soon else f'about {figures.duration(forecast.seconds)}'}."


def basis(forecast: "Forecast") -> str:
    """What a forecast was made from."""
    if forecast.counts_known:
        return "counted before"
    return f"from {'the whole corpus' if forecast.exact else f'{figures.size(forecast.sample_bytes)} of it'}"


def reaches(forecast: "Forecast") -> tuple[str, str, str]:
    """Between what the time, the memory and the different pre-tokens should come to lie, for tooltips."""
    low, high = figures.duration(forecast.seconds_low), figures.duration(forecast.seconds_high)
    least, most = figures.size(forecast.peak_memory_low), figures.size(forecast.peak_memory_high)
    fewest, all_ = (figures.significant(n) for n in (forecast.unique_pretokens_low, forecast.unique_pretokens_high))
    words = "Counted" if forecast.exact else f"Expected between {fewest} and {all_}"
    return f"Expected between {low} and {high}", f"Expected between {least} and {most}", words


def around(seconds: float, spread: float) -> str:
    """A time and what it may differ by, in the time's unit: "0.9 s ± 0.2", "40 ms ± 10", "2 min 5 s ± 31 s"."""
    if seconds < 0.0995:
        return f"{figures.duration(seconds)} ± {max(1, round(spread * 1000))}"
    if seconds < 9.95:
        return f"{figures.duration(seconds)} ± {figures.decimal(max(0.1, spread), 1)}"
    if seconds < 59.5:
        return f"{figures.duration(seconds)} ± {max(1, round(spread))}"
    return f"{figures.duration(seconds)} ± {figures.duration(spread)}"


def seconds_of(training: "Training") -> float:
    """What counting and merging took; compiling, once on a machine, is not a part of the training."""
    return sum(phase.seconds for phase in training.phases if phase.name != "prepare")


def summary(training: "Training") -> str:
    """The training in a line, for the status bar."""
    merges = f"{figures.count(len(training.merges))} merges in {figures.duration(seconds_of(training))}"
    if training.counts_reused:
        return f"{merges}; the corpus was counted before"
    if training.counts_resumed:
        return f"{merges}; {figures.size(training.counts_resumed)} had been counted before a break"
    return merges
