"""How is a model of Hugging Face read? A folder with config.json and safetensors, of the Llama or the Qwen3 kind."""

import json
from collections.abc import Generator, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import safetensors
import torch
from torch import Tensor

from lmcore.errors import ModelError
from lmcore.generators import result_of
from lmcore.model.architecture import Architecture
from lmcore.model.config_numbers import number, whole_number
from lmcore.model.huggingface_names import halves_to_pairs, is_turned, our_name
from lmcore.model.huggingface_rope import foreign_rope, rope_fields, scaling_of
from lmcore.model.transformer import TransformerLM

_INDEX: Final = "model.safetensors.index.json"
_LARGEST: Final = 1 << 22
"""Positions for which there is room in tables; no published model has a size as large."""
_SIZES: Final = {
    "vocab_size": "vocab_size",
    "context_length": "max_position_embeddings",
    "d_model": "hidden_size",
    "num_layers": "num_hidden_layers",
    "num_heads": "num_attention_heads",
    "d_ff": "intermediate_size",
}
_FOLLOWING: Final = {"num_kv_heads": "num_key_value_heads", "d_head": "head_dim"}


def read_huggingface(folder: Path, dtype: torch.dtype = torch.float32) -> TransformerLM:
    """The model in `folder`, converted to `dtype`. Raises `ModelError` for what this module cannot be, by name."""
    return result_of(reading_huggingface(folder, dtype))


def reading_huggingface(folder: Path, dtype: torch.dtype = torch.float32) -> Generator[None, None, TransformerLM]:
    """The same for who may want to stop it: yields behind each tensor."""
    architecture = architecture_of(read_object(folder / "config.json"), str(folder / "config.json"))
    weights: dict[str, Tensor] = {}
    for file in _files(folder):
        for theirs, weight in _tensors(file):
            ours = our_name(theirs)
            if ours and not (architecture.tied_head and ours == "lm_head.weight"):
                ordered = halves_to_pairs(weight, architecture.head_width) if is_turned(ours) else weight
                weights[ours] = ordered.to(dtype)
            yield
    return TransformerLM.with_weights(architecture, weights)


def architecture_of(config: Mapping[str, Any], place: str) -> Architecture:
    """What a config.json describes; raises `ModelError` for what the module cannot be, by name."""
    rope = rope_fields(config, place)
    _refuse_foreign(config, rope, place)
    numbers = _numbers(config, place)
    try:
        return Architecture(
            **numbers,
            rope_theta=rope["rope_theta"],
            rope_scaling=scaling_of(rope),
            tied_head=bool(config.get("tie_word_embeddings", False)),
            qk_norm=config["model_type"] == "qwen3",
        )
    except KeyError as error:
        raise ModelError(f"{place} does not say {error}; it is not the config.json of a whole model.") from error
    except ModelError as error:
        raise ModelError(f"{place}: {error} Choose another model.") from error


def _refuse_foreign(config: Mapping[str, Any], rope: Mapping[str, Any], place: str) -> None:
    """Raises `ModelError` for an architecture that is near to ours, but would give other scores."""
    kind = config.get("model_type")
    reasons = {
        f"the architecture {kind} (llama and qwen3 can be read)": kind not in ("llama", "qwen3"),
        "biases in attention": config.get("attention_bias", False),
        "biases in the feed-forward network": config.get("mlp_bias", False),
        "a sliding window": config.get("use_sliding_window", False),
        f"the activation {config.get('hidden_act')}": config.get("hidden_act", "silu") != "silu",
        **foreign_rope(rope),
    }
    for reason, holds in reasons.items():
        if holds:
            raise ModelError(f"{place} asks for {reason}, which this model does not have; choose another.")


def _numbers(config: Mapping[str, Any], place: str) -> dict[str, Any]:
    """Sizes and eps by our names, checked. Of heads and their width null says that they follow from the others."""
    sizes = {ours: whole_number(config, theirs, place, _LARGEST) for ours, theirs in _SIZES.items()}
    for ours, theirs in _FOLLOWING.items():
        sizes[ours] = 0 if config.get(theirs) is None else whole_number(config, theirs, place, _LARGEST)
    return {**sizes, "norm_eps": number({"rms_norm_eps": 1e-6, **config}, "rms_norm_eps", place)}


def read_object(path: Path) -> dict[str, Any]:
    """The JSON object in a file of such a folder. Raises `ModelError` where there is none."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ModelError(f"{path} cannot be read: {error.strerror}; choose the folder of a model.") from error
    except ValueError as error:
        raise ModelError(f"{path} is not JSON: {error}.") from error
    if not isinstance(content, dict):
        raise ModelError(f"{path} holds no JSON object.")
    return content


def _files(folder: Path) -> list[Path]:
    """The files with the weights: one, or those that an index names."""
    if not (folder / _INDEX).exists():
        return [folder / "model.safetensors"]
    named = read_object(folder / _INDEX).get("weight_map", {})
    if not isinstance(named, dict) or not all(isinstance(name, str) for name in named.values()):
        raise ModelError(
            f"{folder / _INDEX} has a weight_map that does not name a file for each tensor; save the model again, or "
            "choose another."
        )
    return [folder / name for name in sorted(set(named.values()))]


def _tensors(path: Path) -> Iterator[tuple[str, Tensor]]:
    """Names and tensors of one file; raises `ModelError` where it cannot be read."""
    try:
        with safetensors.safe_open(path, framework="pt") as opened:
            yield from ((name, opened.get_tensor(name)) for name in opened.keys())  # noqa: SIM118  # no mapping
    except OSError as error:
        raise ModelError(f"{path} cannot be read: {error}; save the model with safetensors.") from error
    except safetensors.SafetensorError as error:
        raise ModelError(f"{path} is damaged, or no safetensors file: {error}.") from error
