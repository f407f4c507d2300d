"""Which shape does a config.json of Hugging Face describe, and how is a shape written as one?

Llama, Mistral, Mixtral, Qwen2, Qwen3, GPT-2 and Gemma are read; other kinds are refused by name. What a shape cannot
say and somebody may miss (windows, weights of a few bits, what sees pictures) is said in words; what changes neither
parameters nor FLOPs nor memory (dropout, scaling of RoPE) is passed over.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from lmcore.accounting.config_fields import KINDS, Kind
from lmcore.accounting.config_values import ConfigError, Fields, quoted
from lmcore.accounting.config_windows import window_of, window_words
from lmcore.accounting.config_writing import config_of
from lmcore.accounting.kinds import Bias, FeedForward
from lmcore.accounting.shape import Shape, ShapeError

__all__ = ["ConfigError", "Described", "config_of", "read_config", "shape_from_config"]

MOST_BYTES: Final = 1 << 20
"""Of a file that is read: a config.json has a few kB, and somebody chose the weights by mistake."""


@dataclass(frozen=True)
class Described:
    """What a config.json describes: a shape, and sentences on what a shape cannot say."""

    shape: Shape
    remarks: tuple[str, ...] = ()


def shape_from_config(source: Path | str | Mapping[str, Any]) -> Shape:
    """The shape that a file (or the folder with it), or what was read from one, describes. Raises `ConfigError`."""
    return read_config(source).shape


def read_config(source: Path | str | Mapping[str, Any]) -> Described:
    """As `shape_from_config`, with what the shape leaves out."""
    if isinstance(source, Mapping):
        return _described(source, "The configuration")
    path = Path(source)
    path = path / "config.json" if path.is_dir() else path
    return _described(_read(path), str(path))


def _read(path: Path) -> Mapping[str, Any]:
    try:
        with path.open("rb") as file:
            written = file.read(MOST_BYTES + 1)
        content = json.loads(written.decode("utf-8-sig")) if len(written) <= MOST_BYTES else None
    except OSError as error:
        raise ConfigError(f"{path} cannot be read ({error.strerror}); choose the config.json of a model.") from error
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise ConfigError(f"{path} is no JSON ({place}: {error.msg}); choose the config.json of a model.") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path} is no text in UTF-8; choose the config.json of a model.") from error
    except (ValueError, RecursionError) as error:  # thousands of digits, or of brackets
        raise ConfigError(f"{path} holds what no config.json does ({error}); choose that of a model.") from error
    if len(written) > MOST_BYTES:
        raise ConfigError(f"{path} is too large for a config.json; choose the small file beside the weights.")
    if not isinstance(content, dict):
        raise ConfigError(f"{path} holds no JSON object; choose the config.json of a model.")
    return content


def _described(config: Mapping[str, Any], place: str) -> Described:
    name = config.get("model_type")
    if not isinstance(name, str):
        raise ConfigError(f"{place} says no model_type; choose the config.json of a language model.")
    if name not in KINDS:
        known = ", ".join(KINDS)
        raise ConfigError(f"{place} describes the kind {quoted(name)}, which is not read here; take one of {known}.")
    kind, text = KINDS[name], config.get("text_config")
    said = text if name == "gemma3" and isinstance(text, dict) else config
    fields = Fields(kind.renamed(said), kind.defaults, place)
    try:
        shape = _shape(fields, kind)
    except ShapeError as error:
        raise ConfigError(f"{place}: {error}") from error
    return Described(shape, tuple(_remarks(config, name, fields, shape)))


def _shape(fields: Fields, kind: Kind) -> Shape:
    """Raises `ConfigError` where a field is missing or of another type, `ShapeError` where they do not fit."""
    for name, value in kind.only.items():
        if fields.raw(name, value) != value:
            raise fields.error(
                f"{name} is {quoted(fields.raw(name))}; only models with {json.dumps(value)} are counted here."
            )
    sizes: dict[str, Any] = {ours: _size(fields, ours, theirs) for ours, theirs in kind.names.items()}
    heads = sizes["num_heads"]
    kv_heads = heads if fields.is_null("num_key_value_heads") else fields.number("num_key_value_heads", heads)
    d_head = fields.number("head_dim")
    more: dict[str, Any] = {
        "num_kv_heads": 0 if kv_heads == heads else kv_heads,
        "d_head": 0 if d_head * heads == sizes["d_model"] else d_head,
        "feed_forward": _feed_forward(fields, kind),
        "tied": fields.flag("tie_word_embeddings"),
        "bias": _bias(fields),
        "rope_theta": _theta(fields),
    }
    return Shape(**sizes, **(more | dict(kind.always)))


def _size(fields: Fields, ours: str, theirs: str) -> int:
    if theirs == "n_inner" and theirs not in fields:
        return 4 * _size(fields, "d_model", "n_embd")
    if theirs not in fields:
        raise ConfigError(f"{fields.place} does not say {theirs}; it is not the config.json of a whole model.")
    return fields.number(theirs)


def _feed_forward(fields: Fields, kind: Kind) -> FeedForward:
    value = fields.raw(kind.activation)
    found = kind.activations.get(value) if isinstance(value, str) else None
    if found is None:
        known = ", ".join(kind.activations)
        raise fields.error(f"{kind.activation} is {quoted(value)}, which is not counted here; {known} are.")
    return found


def _bias(fields: Fields) -> Bias:
    """What attention_bias and mlp_bias say; kinds that always have biases are told so elsewhere."""
    attention, inner = fields.flag("attention_bias"), fields.flag("mlp_bias")
    if attention != inner:
        raise fields.error(f"attention_bias is {attention} and mlp_bias {inner}; both or none can be counted here.")
    return Bias.ALL if attention else Bias.NONE


def _theta(fields: Fields) -> float:
    rope = fields.raw("rope_parameters")
    full = rope.get("full_attention", rope) if isinstance(rope, dict) else {}
    theta = full.get("rope_theta") if isinstance(full, dict) else None
    value = theta if theta is not None else fields.raw("rope_theta", 10_000.0)
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise fields.error(f"rope_theta is {quoted(value)}; it must be a number.")
    return float(value)


def _remarks(config: Mapping[str, Any], name: str, fields: Fields, shape: Shape) -> Iterator[str]:
    window, windowed = window_of(name, fields, shape.num_layers)
    if windowed and window < shape.context_length:
        yield window_words(window, windowed, shape.num_layers)
    if "quantization_config" in config:
        yield "Its weights are quantized; their bytes are counted as they are without that."
    if "vision_config" in config:
        yield "What sees its pictures is left out; the part that reads and writes text is counted."
