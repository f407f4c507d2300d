"""What comes of what is chosen? The shape, the amounts, the forecast, and what hinders the start, each by its key."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from math import prod
from typing import Final

from app.pages.training.setup import sweeping
from app.pages.training.setup.chosen import Chosen, fitted, seen, timed
from app.pages.training.setup.judging import Judged, Known, judged, train_tokens
from app.pages.training.setup.naming import name_of
from app.pages.training.setup.remarks import remarks_on
from app.pages.training.setup.totals import Total, part_of, total_of
from lmcore.accounting import Shape, account
from lmcore.errors import LmError
from lmcore.training.amounts import steps_of_seconds
from lmcore.training.planning import Forecast, fits_on_disk
from lmcore.training.sweeps import value_words, values_of

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
    """What is known. `troubles` says for keys ("model.num_heads", "data", "memory", "sweep", …) what cannot be, and
    `remarks` what can be, but hardly is meant so.

    `shape`, `steps`, `tokens` and `forecast` are those of the inputs themselves; `total` is what all runs take that are
    made of them, and `memory` that of the largest. `swept` are the values of the keys that are tried in turn, as they
    are written; `looks_on` says that not all of these runs have been looked at. `parameters` are 0 and forecasts None
    while too little is known, or where there is no such model.
    """

    shape: Shape | None = None
    parameters: int = 0
    steps: int = 0
    tokens: int = 0
    train_tokens: int = 0
    forecast: Forecast | None = None
    total: Total | None = None
    memory: tuple[Part, ...] = ()
    runs: int = 1
    swept: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    looks_on: bool = False
    troubles: Mapping[str, str] = field(default_factory=dict)
    remarks: Mapping[str, str] = field(default_factory=dict)

    @property
    def trouble(self) -> str:
        """The first reason why it cannot be started; "" where it can."""
        return next(iter(self.troubles.values()), "")


def look(chosen: Chosen, known: Known) -> tuple[Chosen, Outlook]:
    """What comes of it, and the value with what follows of it: the steps of a time, their intervals, the name.

    Where something is swept, `looks_on` says that `totals.looking` has to say of each run what comes of it.
    """
    run = judged(chosen.config, known)
    if run.shape is not None:
        if chosen.amount == "time" and run.forecast is not None:
            chosen = timed(chosen, steps_of_seconds(chosen.seconds, run.forecast.flops_per_step, run.forecast.rate))
        chosen = _followed(chosen, known, run.shape, seen(chosen, run.shape.context_length)[0])
        run = judged(chosen.config, known)
    outlook = _of_the_inputs(chosen, run, known)
    if chosen.sweep:
        return chosen, _with_values(chosen, outlook)
    part = part_of(chosen.config, run)
    outlook = replace(outlook, troubles=run.troubles)
    return chosen, with_total(outlook, total_of([part]), known) if part else outlook


def with_total(outlook: Outlook, total: Total | None, known: Known, trouble: str = "") -> Outlook:
    """With what all runs take; `trouble` says why one of a sweep cannot be."""
    troubles = {**outlook.troubles, **({"sweep": trouble} if trouble else {})}
    if total is not None and known.around.disk is not None and (why := fits_on_disk(total.disk, known.around.disk)):
        troubles.setdefault("disk", why)
    memory = memory_parts(total.largest) if total is not None else ()
    return replace(outlook, total=total, memory=memory, looks_on=False, troubles=troubles)


def memory_parts(found: Forecast) -> tuple[Part, ...]:
    """The parts of the forecast's memory; the last is what the process takes by itself, where that is of the device."""
    needs = found.needs
    parts = [Part(key.capitalize(), getattr(needs, key), colour) for key, colour in COLOURS.items()]
    return (*parts, *([Part("Process", needs.process, NEUTRAL)] if needs.process else []))


def _of_the_inputs(chosen: Chosen, run: Judged, known: Known) -> Outlook:
    """What is known of the inputs themselves, without what hinders them."""
    if run.shape is None:
        return Outlook()
    steps, tokens = seen(chosen, run.shape.context_length)
    sized = bool(known.vocabulary or chosen.config.model.vocab_size)
    return Outlook(
        shape=run.shape,
        parameters=int(account(run.shape).parameters.amount) if sized else 0,
        steps=steps,
        tokens=tokens,
        train_tokens=train_tokens(chosen.config.data, known.facts) if known.facts else 0,
        forecast=run.forecast,
        remarks=remarks_on(chosen.config, steps, known.facts, run.shape.context_length),
    )


def _followed(chosen: Chosen, known: Known, shape: Shape, steps: int) -> Chosen:
    config = fitted(chosen.config, chosen.touched, steps)
    if "name" not in chosen.touched:
        config = replace(config, name=name_of(chosen, shape.d_model, known.around.names))
    return chosen if config == chosen.config else replace(chosen, config=config)


def _with_values(chosen: Chosen, outlook: Outlook) -> Outlook:
    """With the values of a sweep and the number of its runs, which are still to be looked at."""
    if (nothing := next((key for key, given in chosen.sweep.items() if not given), "")) != "":
        return replace(outlook, troubles={"sweep": f"{nothing}: {sweeping.GIVE}"})
    if wrong := next(filter(None, (sweeping.misread(key, given) for key, given in chosen.sweep.items())), ""):
        return replace(outlook, troubles={"sweep": wrong})
    try:
        values = values_of(chosen.sweep)
    except LmError as error:
        return replace(outlook, troubles={"sweep": str(error)})
    swept = {key: tuple(map(value_words, tried)) for key, tried in values.items()}
    return replace(outlook, runs=prod(map(len, values.values())), swept=swept, looks_on=True)
