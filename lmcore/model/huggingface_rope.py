"""What does a config.json say of RoPE, its base and its scaling? Both ways, as `transformers` reads it.

Before its version 5 the base stands alone and `rope_scaling` holds the rest; since then `rope_parameters` holds all.
"""

from collections.abc import Mapping
from typing import Any, Final

from lmcore.errors import ModelError
from lmcore.model.config_numbers import number
from lmcore.model.rope_scaling import LinearScaling, Llama3Scaling, RopeScaling

_LINEAR: Final = "linear"
_LLAMA3: Final = "llama3"
_FACTORS: Final = ("factor", "low_freq_factor", "high_freq_factor")
_ORIGINAL: Final = "original_max_position_embeddings"
_PART: Final = "partial_rotary_factor"


def rope_fields(config: Mapping[str, Any], place: str) -> Mapping[str, Any]:
    """All that is said of RoPE, as `rope_parameters` have it; `rope_scaling` holds where both are there.

    Raises `ModelError` for what is no JSON object, or a base that is no number.
    """
    said = config.get("rope_scaling") or config.get("rope_parameters") or {}
    if not isinstance(said, Mapping):
        raise ModelError(f"{place} says {said!r} of RoPE, which is no JSON object; choose another model.")
    usual = {
        "rope_type": said.get("type", "default"),
        "rope_theta": config.get("rope_theta", 10_000.0),
        _ORIGINAL: config.get("max_position_embeddings"),
    }
    outside = {name: config[name] for name in (_ORIGINAL, _PART) if config.get(name) is not None}
    rope = {**usual, **said, **outside}
    return {**rope, "rope_theta": number(rope, "rope_theta", place)}


def foreign_rope(rope: Mapping[str, Any]) -> dict[str, bool]:
    """What the module cannot do to RoPE, and whether `rope_fields` ask for it."""
    kind = rope["rope_type"]
    return {
        "RoPE of its own for layers of one kind": any(isinstance(value, Mapping) for value in rope.values()),
        f"RoPE scaled by {kind}": kind not in ("default", _LINEAR, _LLAMA3),
        "RoPE on a part of each head": rope.get(_PART, 1.0) != 1.0,
    }


def scaling_of(rope: Mapping[str, Any]) -> RopeScaling | None:
    """The scaling that `rope_fields` tell of, None where there is none.

    Raises `KeyError` for a number that is not said, `ModelError` for numbers that do not fit together.
    """
    if rope["rope_type"] == _LINEAR:
        return LinearScaling(rope["factor"])
    if rope["rope_type"] == _LLAMA3:
        factor, low, high = (rope[name] for name in _FACTORS)
        return Llama3Scaling(factor, low, high, rope[_ORIGINAL])
    return None


def said_of_scaling(scaling: RopeScaling, theta: float) -> dict[str, Any]:
    """The fields of a config.json that tell of it, for readers before and since version 5."""
    said: dict[str, Any] = {"rope_type": _LINEAR, "factor": float(scaling.factor)}
    if isinstance(scaling, Llama3Scaling):
        said = {"rope_type": _LLAMA3, **{name: float(getattr(scaling, name)) for name in _FACTORS}}
        said[_ORIGINAL] = scaling.original_context_length
    return {"rope_theta": theta, "rope_scaling": said, "rope_parameters": {"rope_theta": theta, **said}}
