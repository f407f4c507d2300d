"""Which shape does a config.json of Hugging Face describe, and how is a shape written as one?

Llama, Mistral, Mixtral, Qwen2, Qwen3, GPT-2 and Gemma are read; other kinds are refused by name. What does not change
parameters, FLOPs and memory (dropout, scaling of RoPE, which layers look through a window) is passed over.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from lmcore.accounting.config_fields import KINDS, Kind
from lmcore.accounting.config_writing import config_of
from lmcore.accounting.kinds import Bias
from lmcore.accounting.shape import Shape, ShapeError
from lmcore.errors import UsageError

__all__ = ["ConfigError", "config_of", "shape_from_config"]

MOST_BYTES: Final = 1 << 20
"""Of a file that is read: a config.json has a few kB, and somebody chose the weights by mistake."""


class ConfigError(UsageError):
    """A config.json that describes no shape; the sentence names the file, the field and the remedy."""


def shape_from_config(source: Path | str | Mapping[str, Any]) -> Shape:
    """The shape that a file (or the folder with it), or what was read from one, describes. Raises `ConfigError`."""
    if isinstance(source, Mapping):
        return _shape(source, "The configuration")
    path = Path(source)
    path = path / "config.json" if path.is_dir() else path
    return _shape(_read(path), str(path))


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


def _shape(config: Mapping[str, Any], place: str) -> Shape:
    name = config.get("model_type")
    if not isinstance(name, str):
        raise ConfigError(f"{place} says no model_type; choose the config.json of a language model.")
    if name not in KINDS:
        known = ", ".join(KINDS)
        raise ConfigError(f"{place} describes the kind {name!r}, which is not read here; take one of {known}.")
    text = config.get("text_config")
    reader = _Reader(text if name == "gemma3" and isinstance(text, dict) else config, KINDS[name], place)
    try:
        return reader.shape()
    except ShapeError as error:
        raise ConfigError(f"{place}: {error}") from error


class _Reader:
    """The fields of one configuration, those that are missing as its kind has them."""

    def __init__(self, config: Mapping[str, Any], kind: Kind, place: str) -> None:
        said = {name: value for name, value in config.items() if value is not None}
        self._fields: Mapping[str, Any] = {**kind.defaults, **said}
        self._kind = kind
        self._place = place

    def shape(self) -> Shape:
        """Raises `ConfigError` where a field is missing or of another type, `ShapeError` where they do not fit."""
        sizes: dict[str, Any] = {ours: self._size(ours, theirs) for ours, theirs in self._kind.names.items()}
        heads = sizes["num_heads"]
        kv_heads = self._number("num_key_value_heads", heads)
        d_head = self._number("head_dim", 0)
        more: dict[str, Any] = {
            "num_kv_heads": 0 if kv_heads == heads else kv_heads,
            "d_head": 0 if d_head * heads == sizes["d_model"] else d_head,
            "feed_forward": self._feed_forward(),
            "tied": self._flag("tie_word_embeddings"),
            "bias": self._bias(),
            "num_experts": self._number("num_local_experts", 0),
            "rope_theta": self._theta(),
        }
        more["active_experts"] = self._number("num_experts_per_tok", 0) if more["num_experts"] else 0
        return Shape(**sizes, **(more | dict(self._kind.always)))

    def _size(self, ours: str, theirs: str) -> int:
        if ours == "d_ff" and theirs == "n_inner" and theirs not in self._fields:
            return 4 * self._size("d_model", "n_embd")
        if theirs not in self._fields:
            raise ConfigError(f"{self._place} does not say {theirs}; it is not the config.json of a whole model.")
        return self._number(theirs, 0)

    def _number(self, name: str, otherwise: int) -> int:
        value = self._fields.get(name, otherwise)
        if not isinstance(value, int) or isinstance(value, bool):
            raise ConfigError(f"{self._place}: {name} is {value!r}; it must be a whole number.")
        return value

    def _flag(self, name: str) -> bool:
        value = self._fields.get(name, False)
        if not isinstance(value, bool):
            raise ConfigError(f"{self._place}: {name} is {value!r}; it must be true or false.")
        return value

    def _feed_forward(self) -> Any:
        name = self._kind.activation
        value = self._fields.get(name)
        found = self._kind.activations.get(value) if isinstance(value, str) else None
        if found is None:
            known = ", ".join(self._kind.activations)
            raise ConfigError(f"{self._place}: {name} is {value!r}, which is not counted here; {known} are.")
        return found

    def _bias(self) -> Bias:
        """What attention_bias and mlp_bias say; kinds that always have biases are told so elsewhere."""
        attention, inner = self._flag("attention_bias"), self._flag("mlp_bias")
        if attention != inner:
            raise ConfigError(
                f"{self._place}: attention_bias is {attention} and mlp_bias {inner}; both or none can be counted here."
            )
        return Bias.ALL if attention else Bias.NONE

    def _theta(self) -> float:
        rope = self._fields.get("rope_parameters")
        full = rope.get("full_attention", rope) if isinstance(rope, dict) else {}
        theta = full.get("rope_theta") if isinstance(full, dict) else None
        value = theta if theta is not None else self._fields.get("rope_theta", 10_000.0)
        if not isinstance(value, int | float) or isinstance(value, bool):
            raise ConfigError(f"{self._place}: rope_theta is {value!r}; it must be a number.")
        return float(value)
