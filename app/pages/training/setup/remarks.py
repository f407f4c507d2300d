"""What is set so that it can be, but hardly is meant so? A sentence for each such setting, by its key."""

from typing import Final

from app.pages.training.setup.counting import Facts
from app.pages.training.setup.judging import train_tokens
from lmcore import figures
from lmcore.training.config import TrainConfig

MUCH: Final = 0.5
"""The share of the data to validate on from which little is left to learn from."""


def remarks_on(config: TrainConfig, steps: int, facts: Facts | None, context_length: int) -> dict[str, str]:
    """What is to be said of a run of so many steps; nothing of it hinders the start."""
    found = {**_on_the_schedule(config, steps), **_on_looks(config, steps)}
    if facts is not None:
        found |= _on_validation(config, facts, context_length)
    return found


def _on_the_schedule(config: TrainConfig, steps: int) -> dict[str, str]:
    schedule = config.schedule
    warmup, decay = schedule.warmup_steps or 0, schedule.decay_steps or 0
    if warmup >= steps:
        return {
            "schedule.warmup_steps": f"The rate only rises: warming up takes all of the {figures.count(steps)} steps."
        }
    if schedule.kind == "wsd" and decay > steps - warmup:
        return {
            "schedule.decay_steps": f"The decay begins with the end of the warm-up, {figures.count(steps - warmup)} "
            "steps before the end."
        }
    return {}


def _on_looks(config: TrainConfig, steps: int) -> dict[str, str]:
    if config.evaluation.every <= steps:
        return {}
    return {"evaluation.every": f"Only one look, at the end: the run has {figures.count(steps)} steps."}


def _on_validation(config: TrainConfig, facts: Facts, context_length: int) -> dict[str, str]:
    data, found = config.data, dict[str, str]()
    train = train_tokens(data, facts)
    unseen = facts.validation_tokens if data.validation else facts.tokens - train
    if not data.validation and data.validation_fraction > MUCH:
        found["data.validation_fraction"] = (
            f"Only {figures.count(train)} of {figures.count(facts.tokens)} tokens are left to train on."
        )
    there = (unseen - 1) // context_length
    if 0 < there < config.evaluation.windows:
        found["evaluation.windows"] = (
            f"There are {figures.count(there)} windows to validate on; each look reads all of them."
        )
    return found
