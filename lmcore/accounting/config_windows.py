"""Which layers of a published model look through a window only? A `Shape` does not know, so it is said in words.

Windows leave the parameters as they are and make attention cheaper: `AttentionCount.WINDOW` counts them in all layers.
The rules are those of the configuration classes of `transformers`.
"""

from collections.abc import Callable, Mapping
from typing import Final

from lmcore.accounting.config_values import Fields


def _all(fields: Fields, layers: int) -> int:
    return layers


def _if_used(fields: Fields, layers: int) -> int:
    return layers if fields.flag("use_sliding_window") else 0


def _last_if_used(fields: Fields, layers: int) -> int:
    """All but the first `max_window_layers`, which are not those that have windows."""
    return max(0, _if_used(fields, layers) - fields.number("max_window_layers", 28))


def _every_other(fields: Fields, layers: int) -> int:
    return (layers + 1) // 2


def _all_but_every_sixth(fields: Fields, layers: int) -> int:
    return layers - layers // max(1, fields.number("sliding_window_pattern", 6))


_LAYERS: Final[Mapping[str, Callable[[Fields, int], int]]] = {
    "mistral": _all,
    "mixtral": _all,
    "qwen2": _last_if_used,
    "qwen3": _last_if_used,
    "qwen3_moe": _if_used,
    "gemma2": _every_other,
    "gemma3": _all_but_every_sixth,
    "gemma3_text": _all_but_every_sixth,
}
_USUAL: Final = 4_096  # tokens, where a kind with windows says nothing
_NONE_UNLESS_SAID: Final = "mixtral"


def window_of(kind: str, fields: Fields, layers: int) -> tuple[int, int]:
    """The tokens of the window and how many layers look through it, (0, 0) where none does."""
    usual = 0 if kind == _NONE_UNLESS_SAID else _USUAL
    window = 0 if fields.is_null("sliding_window") else fields.number("sliding_window", usual)
    types = fields.raw("layer_types")
    if window < 1 or kind not in _LAYERS:
        return 0, 0
    windowed = types.count("sliding_attention") if isinstance(types, list) else _LAYERS[kind](fields, layers)
    return (window, windowed) if windowed else (0, 0)


def window_words(window: int, windowed: int, layers: int) -> str:
    """What to say of `windowed` of so many layers: how they are counted all the same."""
    seen = f"a window of {window:,} tokens"
    if windowed == layers:
        return f"Its layers look through {seen}; attention is counted over that only where its count is “window”."
    return f"{windowed:,} of its {layers:,} layers look through {seen}; attention is counted alike in all of them."
