"""Can one run be, and what does it take? Its shape, its forecast, and what hinders it, each by its key."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from app.pages.training.setup.counting import Facts
from app.pages.training.setup.surroundings import Around
from lmcore import figures
from lmcore.accounting import Shape, ShapeError
from lmcore.errors import LmError
from lmcore.model.shapes import architecture_of_shape
from lmcore.training.config import TrainConfig
from lmcore.training.machine import Machine
from lmcore.training.planning import Forecast, fits, forecast
from lmcore.training.settings import DataSettings

LONGEST: Final = 10.0 * 365 * 86_400
"""Seconds of ten years: no run is meant to take longer."""
_ANY: Final = 256
"""The size of a vocabulary that nobody knows yet, for what does not depend on it."""


@dataclass(frozen=True)
class Known:
    """What is known so far; `vocab_size` is that of the tokenizer, 0 where it has not been read."""

    facts: Facts | None = None
    machine: Machine | None = None
    around: Around = field(default_factory=Around)
    vocab_size: int = 0

    @property
    def vocabulary(self) -> int:
        """Tokens that the data consist of; 0 where nobody knows."""
        return self.facts.vocab_size if self.facts else self.vocab_size


@dataclass(frozen=True)
class Judged:
    """A run as it would be. `shape` is None where there is no such model, `forecast` also where too little is known."""

    shape: Shape | None
    forecast: Forecast | None
    troubles: Mapping[str, str]


def judged(config: TrainConfig, known: Known) -> Judged:
    """What comes of a config."""
    troubles: dict[str, str] = {}
    shape = _shape(config, known, troubles)
    if shape is None or known.facts is None:
        return Judged(shape, None, troubles)
    _check_vocabulary(shape, known.facts, troubles)
    _check_length(config.data, known.facts, shape, troubles)
    if known.machine is None:
        return Judged(shape, None, troubles)
    machine = _with_threads(known.machine, config.training.threads)
    found = forecast(shape, config, train_tokens(config.data, known.facts), machine, known.around.runs)
    if reason := fits(found, machine):
        troubles["memory"] = reason
    if found.seconds > LONGEST:
        troubles["training.steps"] = (
            f"It would take about {figures.significant(found.seconds * 10 / LONGEST)} years; take fewer steps or a "
            "smaller model."
        )
    return Judged(shape, found, troubles)


def _with_threads(machine: Machine, threads: int | None) -> Machine:
    """The machine as it is with so many threads: of a processor, each core has its part of the peak."""
    if machine.kind != "cpu" or threads is None or threads == machine.threads:
        return machine
    part = min(threads, machine.cores) / machine.threads
    return replace(machine, threads=threads, peak_fp32=part * machine.peak_fp32, peak_bf16=part * machine.peak_bf16)


def train_tokens(data: DataSettings, facts: Facts) -> int:
    """Tokens that are trained on, without those to validate on."""
    return facts.tokens if data.validation else facts.tokens - round(facts.tokens * data.validation_fraction)


def _shape(config: TrainConfig, known: Known, troubles: dict[str, str]) -> Shape | None:
    """The shape; where there is none, `troubles` says which setting is to blame."""
    try:
        shape = config.model.shape(known.vocabulary or _ANY)
        architecture_of_shape(shape)
    except ShapeError as error:
        troubles[f"model.{str(error).partition(' ')[0]}"] = str(error)
    except LmError as error:
        troubles["model"] = str(error)
    else:
        return shape
    return None


def _check_vocabulary(shape: Shape, facts: Facts, troubles: dict[str, str]) -> None:
    """Whether the model knows all tokens of the data."""
    if shape.vocab_size < facts.vocab_size:
        troubles["model.vocab_size"] = (
            f"The model’s vocabulary has {figures.count(shape.vocab_size)} tokens, the data’s "
            f"{figures.count(facts.vocab_size)}; make Vocabulary under More as large, or leave it to the tokenizer."
        )


def _check_length(data: DataSettings, facts: Facts, shape: Shape, troubles: dict[str, str]) -> None:
    """Whether both parts of the data hold a context and the token behind it."""
    least = shape.context_length + 1
    about = "" if facts.exact else "about "
    train = train_tokens(data, facts)
    unseen = facts.validation_tokens if data.validation else facts.tokens - train
    validated = bool(data.validation or data.validation_fraction)
    if train < least:
        troubles["data"] = (
            f"The data are {about}{figures.count(train)} tokens to train on, fewer than a context of "
            f"{figures.count(shape.context_length)} and the next; take more text or a shorter context."
        )
    elif validated and unseen < least:
        troubles["data.validation_fraction"] = (
            f"To validate on there are {about}{figures.count(unseen)} tokens, fewer than a context of "
            f"{figures.count(shape.context_length)} and the next; take a larger share or a shorter context."
        )
