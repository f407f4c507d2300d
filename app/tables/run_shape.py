"""How large is the model of a run? Its shape from the settings that were chosen, and its exact parameters."""

from functools import lru_cache

from lmcore.accounting.flops import training as training_flops
from lmcore.accounting.parameters import parameters
from lmcore.accounting.setup import Setup
from lmcore.accounting.shape import Shape
from lmcore.errors import LmError
from lmcore.training.overview import Overview
from lmcore.training.settings import ModelSettings


def shape_of(run: Overview) -> Shape | None:
    """The model of a run; None where its settings or its vocabulary are not known, or no longer what they were."""
    if run.edited:
        return None
    chosen = {key.removeprefix("model."): value for key, value in run.config.items() if key.startswith("model.")}
    try:
        return ModelSettings(**chosen).shape(int(run.about["vocab_size"]))
    except (LmError, TypeError, KeyError, ValueError):
        return None


def parameters_of(run: Overview) -> int | None:
    """All parameters of its model; None where that is not known."""
    shape = shape_of(run)
    return None if shape is None else _counted(shape)


def flops_of(run: Overview) -> float | None:
    """FLOPs of its training so far, forward and backward; None where shape or tokens are not known."""
    shape, tokens = shape_of(run), run.last.get("tokens")
    return None if shape is None or tokens is None else _flops_a_token(shape) * tokens


@lru_cache(maxsize=256)
def _flops_a_token(shape: Shape) -> float:
    return float(training_flops(shape, Setup()).amount / shape.context_length)


@lru_cache(maxsize=256)
def _counted(shape: Shape) -> int:
    return parameters(shape).amount
