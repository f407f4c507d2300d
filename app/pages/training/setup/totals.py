"""What do all runs take together? One, or those of a sweep, each of which is looked at as it would be made."""

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.pages.training.setup.judging import Judged, Known, judged
from lmcore.accounting import Shape
from lmcore.errors import LmError
from lmcore.training.besides import Besides
from lmcore.training.config import TrainConfig
from lmcore.training.planning import Forecast, checkpoint_size, disk_size
from lmcore.training.sweeps import each_member, words_of

Span = tuple[int, int]
"""The least and the most of several runs."""
Looking = Generator[None, None, tuple["Total | None", str]]
"""Looks at one run after the other; the result is what all take, and why one of them cannot be."""


@dataclass(frozen=True)
class Total:
    """`training` (the seconds of the steps, likely between `least` and `most`), what comes `besides`, `flops` of the
    steps and bytes of the `disk` are sums. `largest` is the run that takes most memory, with its `shape`; `checkpoint`
    the largest one, in bytes.
    """

    runs: int
    training: float
    least: float
    most: float
    besides: Besides
    flops: int
    disk: int
    checkpoint: int
    parameters: Span
    steps: Span
    tokens: Span
    tokens_a_parameter: tuple[float, float]
    epochs: tuple[float, float] | None
    shape: Shape
    largest: Forecast

    @property
    def seconds(self) -> float:
        """All of the time."""
        return self.training + self.besides.seconds


@dataclass(frozen=True)
class Part:
    """A run that is possible."""

    shape: Shape
    forecast: Forecast
    disk: int


def part_of(config: TrainConfig, run: Judged) -> Part | None:
    """A run's part of the whole; None where too little is known."""
    if run.shape is None or run.forecast is None:
        return None
    return Part(run.shape, run.forecast, disk_size(run.forecast, config))


def total_of(parts: Sequence[Part]) -> Total:
    """What they take together."""
    found = [part.forecast for part in parts]
    largest = max(parts, key=lambda part: part.forecast.memory)
    epochs = [one.epochs for one in found if one.epochs is not None]
    return Total(
        runs=len(parts),
        training=sum(one.seconds for one in found),
        least=sum(one.least for one in found),
        most=sum(one.most for one in found),
        besides=sum((one.besides for one in found), Besides()),
        flops=sum(one.flops for one in found),
        disk=sum(part.disk for part in parts),
        checkpoint=max(map(checkpoint_size, found)),
        parameters=_span([one.parameters for one in found]),
        steps=_span([one.steps for one in found]),
        tokens=_span([one.tokens for one in found]),
        tokens_a_parameter=(min(one.tokens_a_parameter for one in found), max(one.tokens_a_parameter for one in found)),
        epochs=(min(epochs), max(epochs)) if epochs else None,
        shape=largest.shape,
        largest=largest.forecast,
    )


def looking(tables: Mapping[str, Any], known: Known) -> Looking:
    """Look at each run of tables with a sweep; it rests after each, which takes about a millisecond."""
    seen: dict[object, Judged] = {}
    parts, trouble = list[Part](), ""
    try:
        for member in each_member(tables):
            config = member.config
            same = (config.model, config.training, config.data)
            if same not in seen:
                seen[same] = judged(config, known)
            run = seen[same]
            if run.troubles and not trouble:
                trouble = f"With {words_of(member.about['group']['values'])}: {next(iter(run.troubles.values()))}"
            if (part := part_of(config, run)) is not None:
                parts.append(part)
            yield
    except LmError as error:
        return None, str(error)
    return total_of(parts) if parts else None, trouble


def _span(values: Sequence[int]) -> Span:
    return min(values), max(values)
