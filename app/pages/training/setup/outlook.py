"""What comes of what is chosen? The shape, the amounts, the forecast, and what hinders the start, each by its key."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from math import prod
from typing import Any, Final

from app.pages.training.setup import sweeping
from app.pages.training.setup.chosen import Chosen, fitted, seen, timed
from app.pages.training.setup.counting import Facts
from app.pages.training.setup.naming import name_of
from lmcore import figures
from lmcore.accounting import Account, Setup, Shape, ShapeError, account
from lmcore.accounting.kinds import Activations, Attention, Precision
from lmcore.errors import LmError
from lmcore.model.shapes import architecture_of_shape
from lmcore.training.amounts import steps_of_seconds
from lmcore.training.machine import Machine
from lmcore.training.planning import Forecast, fits, forecast
from lmcore.training.sweeps import members

CHECKED: Final = 16
"""Runs of a sweep whose settings are checked one by one; of more the page that makes them says what is wrong."""
COLOURS: Final = {"weights": 6, "gradients": 4, "optimizer": 7, "activations": 5}
NEUTRAL: Final = -1
"""The colour of what has none of its own."""


@dataclass(frozen=True)
class Part:
    """A part of the memory: its name, its bytes, and the number of its colour."""

    name: str
    amount: int
    colour: int


@dataclass(frozen=True)
class Outlook:
    """What is known. `troubles` says for keys ("model.num_heads", "data", "memory", …) what cannot be as it is.

    `swept` are the values of the keys that are tried in turn, as they are written. `forecast` is None while the data or
    the machine are not known, or where there is no such model.
    """

    shape: Shape | None = None
    parameters: int = 0
    steps: int = 0
    tokens: int = 0
    train_tokens: int = 0
    forecast: Forecast | None = None
    memory: tuple[Part, ...] = ()
    runs: int = 1
    swept: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    troubles: Mapping[str, str] = field(default_factory=dict)

    @property
    def trouble(self) -> str:
        """The first reason why it cannot be started; "" where it can."""
        return next(iter(self.troubles.values()), "")


def look(chosen: Chosen, facts: Facts | None, machine: Machine | None) -> tuple[Chosen, Outlook]:
    """What comes of it, and the value with what follows of it: the steps of a time, their intervals, the name."""
    troubles: dict[str, str] = {}
    shape = _shape(chosen, facts, troubles)
    if shape is None:
        runs, swept = _runs(chosen, troubles)
        return chosen, Outlook(troubles=troubles, runs=runs, swept=swept)
    found = None
    if facts is not None and machine is not None:
        found = forecast(shape, chosen.config, _train_tokens(chosen, facts), machine)
        if chosen.amount == "time":
            chosen = timed(chosen, steps_of_seconds(chosen.seconds, found.flops_per_step, found.rate))
    steps, tokens = seen(chosen, shape.context_length)
    chosen = _followed(chosen, shape, steps)
    train_tokens = _train_tokens(chosen, facts) if facts else 0
    memory: tuple[Part, ...] = ()
    if machine is not None and found is not None:
        found = forecast(shape, chosen.config, train_tokens, machine)
        memory = memory_parts(shape, found)
        if reason := fits(found, machine):
            troubles["memory"] = reason
    if facts is not None:
        _check_length(chosen, facts, shape, troubles)
    parameters = found.parameters if found else account(shape).parameters.amount
    runs, swept = _runs(chosen, troubles)
    return chosen, Outlook(shape, parameters, steps, tokens, train_tokens, found, memory, runs, swept, troubles)


def memory_parts(shape: Shape, found: Forecast) -> tuple[Part, ...]:
    """The parts of the forecast's memory, by the accounting; the rest of it is what the process takes by itself."""
    counted = _account(shape, found)
    parts = [Part(node.name, node.amount, COLOURS[node.key]) for node in counted.training_memory.children]
    rest = found.memory - sum(part.amount for part in parts)
    return (*parts, *([Part("Process", rest, NEUTRAL)] if rest > 0 else []))


def _account(shape: Shape, found: Forecast) -> Account:
    precision = Precision.AUTOCAST if found.precision == "bf16" else Precision.FP32
    setup = Setup(
        batch=found.micro_batch, precision=precision, attention=Attention.FLASH, activations=Activations.MEASURED
    )
    return account(shape, setup)


def _shape(chosen: Chosen, facts: Facts | None, troubles: dict[str, str]) -> Shape | None:
    """The shape; where there is none, `troubles` says which setting is to blame."""
    try:
        shape = chosen.config.model.shape(facts.vocab_size if facts else 256)
        architecture_of_shape(shape)
    except ShapeError as error:
        troubles[f"model.{str(error).partition(' ')[0]}"] = str(error)
    except LmError as error:
        troubles["model"] = str(error)
    else:
        return shape
    return None


def _train_tokens(chosen: Chosen, facts: Facts) -> int:
    data = chosen.config.data
    return facts.tokens if data.validation else facts.tokens - round(facts.tokens * data.validation_fraction)


def _followed(chosen: Chosen, shape: Shape, steps: int) -> Chosen:
    config = fitted(chosen.config, chosen.touched, steps)
    if "name" not in chosen.touched:
        config = replace(config, name=name_of(chosen, shape.d_model))
    return chosen if config == chosen.config else replace(chosen, config=config)


def _check_length(chosen: Chosen, facts: Facts, shape: Shape, troubles: dict[str, str]) -> None:
    """Whether both parts of the data hold a context and the token behind it."""
    data, least = chosen.config.data, shape.context_length + 1
    about = "" if facts.exact else "about "
    train = _train_tokens(chosen, facts)
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


def _runs(chosen: Chosen, troubles: dict[str, str]) -> tuple[int, dict[str, tuple[str, ...]]]:
    """How many runs a sweep makes, each of which is checked, and the values of its keys."""
    if not chosen.sweep:
        return 1, {}
    number = prod(_length(given) for given in chosen.sweep.values())
    swept: dict[str, tuple[str, ...]] = {}
    try:
        if number <= CHECKED:
            made = members(chosen.tables)
            number = len(made)
            for key in chosen.sweep:
                values = (sweeping.number(one.about["group"]["values"][key]) for one in made)
                swept[key] = tuple(dict.fromkeys(values))
    except LmError as error:
        troubles["sweep"] = str(error)
    return number, swept


def _length(given: Any) -> int:
    """How many values a list or a range has."""
    if isinstance(given, Mapping):
        return int(given.get("number", 1)) if isinstance(given.get("number"), int) else 1
    return len(given) if isinstance(given, list | tuple) else 1
