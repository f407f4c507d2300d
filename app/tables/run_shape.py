"""How large is the model of a run? Its shape from the settings that were chosen, and its exact parameters."""

from functools import lru_cache

from lmcore.accounting.parameters import parameters
from lmcore.accounting.shape import Shape
from lmcore.errors import LmError
from lmcore.training.overview import Overview
from lmcore.training.settings import ModelSettings


def shape_of(run: Overview) -> Shape | None:
    """The model of a run; None where its settings or its vocabulary are not known."""
    chosen = {key.removeprefix("model."): value for key, value in run.config.items() if key.startswith("model.")}
    try:
        return ModelSettings(**chosen).shape(int(run.about["vocab_size"]))
    except (LmError, TypeError, KeyError, ValueError):
        return None


def parameters_of(run: Overview) -> int | None:
    """All parameters of its model; None where that is not known."""
    shape = shape_of(run)
    return None if shape is None else _counted(shape)


@lru_cache(maxsize=256)
def _counted(shape: Shape) -> int:
    return parameters(shape).amount
