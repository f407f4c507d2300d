"""Have the models of `transformers` just the parameters and products that are counted for their config.json?"""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

import pytest
import torch
import transformers
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.utils.flop_counter import FlopCounterMode

from lmcore.accounting import Setup, Shape, account
from lmcore.accounting.config_fields import KINDS
from lmcore.accounting.config_values import Fields
from lmcore.accounting.config_windows import window_of
from lmcore.accounting.huggingface import config_of, shape_from_config
from lmcore.accounting.presets import all_presets, find_preset
from tests.core.accounting_shapes import sizes

CONFIGS: Final[dict[str, Any]] = {
    "gpt2": transformers.GPT2Config,
    "llama": transformers.LlamaConfig,
    "mistral": transformers.MistralConfig,
    "mixtral": transformers.MixtralConfig,
    "qwen2": transformers.Qwen2Config,
    "qwen3": transformers.Qwen3Config,
    "qwen3_moe": transformers.Qwen3MoeConfig,
    "gemma": transformers.GemmaConfig,
    "gemma2": transformers.Gemma2Config,
    "gemma3_text": transformers.Gemma3TextConfig,
}


@pytest.fixture(autouse=True)
def no_warnings_of_transformers() -> Iterator[None]:
    """Gemma 3's own configuration class warns of what it writes into its files itself."""
    before = transformers.logging.get_verbosity()
    transformers.logging.set_verbosity_error()
    yield
    transformers.logging.set_verbosity(before)


RANDOM: Final = settings(max_examples=20)  # a model is built for each


def _model(config: Any) -> Any:
    with torch.device("meta"):
        return transformers.AutoModelForCausalLM.from_config(config, attn_implementation="eager")


def _parameters(model: Any) -> int:
    return sum(parameter.numel() for parameter in model.parameters())


def _read(config: Any) -> Shape:
    """The shape of the file that `transformers` would write."""
    return shape_from_config(json.loads(config.to_json_string(use_diff=False)))


def _config(kind: str, named: dict[str, Any], tied: bool) -> Any:
    """A configuration of this kind with these sizes, those of `Shape`."""
    if kind == "gpt2":
        width = named["d_model"] // named["num_heads"] * named["num_heads"] or named["num_heads"]
        named = named | {"num_kv_heads": 0, "d_head": 0, "d_model": width}
    named = named | {"num_experts": 4, "active_experts": 3}
    theirs = {KINDS[kind].names[name]: named[name] for name in KINDS[kind].names}
    heads = {
        "num_key_value_heads": named["num_kv_heads"] or named["num_heads"],
        "head_dim": named["d_head"] or named["d_model"] // named["num_heads"],
    }
    # No token of a small vocabulary is one of those that the classes name.
    ids = {"pad_token_id": None, "bos_token_id": None, "eos_token_id": None}
    more = {} if kind == "gpt2" else heads
    return CONFIGS[kind](**theirs, **more, **ids, tie_word_embeddings=tied)


@pytest.mark.parametrize("kind", CONFIGS)
@given(named=sizes(), tied=st.booleans())
@RANDOM
def test_parameters_of_any_config(kind: str, named: dict[str, Any], tied: bool) -> None:
    config = _config(kind, named, tied)
    assert _parameters(_model(config)) == account(_read(config)).parameters.amount


@pytest.mark.parametrize("kind", CONFIGS)
def test_what_the_classes_have_by_default_is_what_a_short_config_means(kind: str) -> None:
    config = CONFIGS[kind](num_hidden_layers=2)
    assert _parameters(_model(config)) == account(_read(config)).parameters.amount


@given(named=sizes(), tied=st.booleans())
@RANDOM
def test_llama_with_biases(named: dict[str, Any], tied: bool) -> None:
    config = _config("llama", named, tied)
    config.attention_bias = config.mlp_bias = True
    assert _parameters(_model(config)) == account(_read(config)).parameters.amount


GEGLU: Final = {"feed_forward": "geglu"}
FORMS: Final[dict[str, dict[str, Any]]] = {
    "llama": {},
    "llama with biases": {"bias": "all"},
    "mixtral": {"num_experts": 3, "active_experts": 2},
    "qwen2": {"bias": "qkv"},
    "qwen3": {"qk_norm": True},
    "qwen3_moe": {"qk_norm": True, "num_experts": 3, "active_experts": 2},
    "gemma": GEGLU,
    "gemma2": GEGLU | {"norm_place": "both"},
    "gemma3_text": GEGLU | {"norm_place": "both", "qk_norm": True},
}


@pytest.mark.parametrize("form", FORMS)
@given(named=sizes(), tied=st.booleans(), theta=st.sampled_from([10_000.0, 5e5]))
@RANDOM
def test_any_shape_is_built_from_the_config_that_is_written(
    form: str, named: dict[str, Any], tied: bool, theta: float
) -> None:
    """By `transformers` of today, and from what its older versions read and write."""
    shape = Shape(**named, **FORMS[form], tied=tied, rope_theta=theta)
    written = config_of(shape, "bfloat16")
    assert written["model_type"] == form.split()[0]
    for new in ("rope_parameters", "dtype"), ("rope_theta", "torch_dtype"), ():
        config = CONFIGS[written["model_type"]].from_dict({name: written[name] for name in written if name not in new})
        rope = config.rope_parameters
        assert rope.get("full_attention", rope)["rope_theta"] == theta
        assert config.dtype is torch.bfloat16
    assert _parameters(_model(config)) == account(shape).parameters.amount
    assert "sliding_attention" not in (getattr(config, "layer_types", None) or [])


@pytest.mark.parametrize("kind", ["gemma2", "gemma3_text", "qwen2", "qwen3"])
@pytest.mark.parametrize("layers", [1, 5, 6, 13, 30])
def test_layers_with_windows_are_those_of_the_classes(kind: str, layers: int) -> None:
    config = CONFIGS[kind](num_hidden_layers=layers, use_sliding_window=True, sliding_window=8)
    written = json.loads(config.to_json_string(use_diff=False))
    windowed = config.layer_types.count("sliding_attention")
    for without in ((), ("layer_types",), ("layer_types", "max_window_layers")):
        fields = Fields({name: value for name, value in written.items() if name not in without}, {}, "it")
        assert window_of(kind, fields, layers) == ((8, windowed) if windowed else (0, 0))


@pytest.mark.parametrize("key", [preset.key for preset in all_presets()])
def test_presets_are_models_of_transformers(key: str) -> None:
    """Built from the config.json that is written, with two layers: the others are like them."""
    shape = replace(find_preset(key).shape, num_layers=2)
    written = config_of(shape)
    model = _model(CONFIGS[written["model_type"]].from_dict(written))
    assert type(model).__name__ == written["architectures"][0]
    assert _parameters(model) == account(shape).parameters.amount


@pytest.mark.parametrize("key", ["gpt2", "gpt2-xl", "llama-2-13b", "llama-3.2-1b"])
def test_published_sizes_in_their_whole_depth(key: str) -> None:
    shape = find_preset(key).shape
    written = config_of(shape)
    assert _parameters(_model(CONFIGS[written["model_type"]].from_dict(written))) == account(shape).parameters.amount


def _counted(config: Any, batch: int, context: int) -> int:
    """What `FlopCounterMode` counts, without the angles of RoPE, which `transformers` makes by a product.

    On the processor: its models look at values of masks and routes, which the meta device has not.
    """
    config._experts_implementation = "eager"
    model = transformers.AutoModelForCausalLM.from_config(config, attn_implementation="eager")
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        model(torch.zeros(batch, context, dtype=torch.long), use_cache=False)
    angles = [counts for name, counts in counter.get_flop_counts().items() if name.endswith("model.rotary_emb")]
    return int(counter.get_total_flops()) - sum(sum(counts.values()) for counts in angles)


@pytest.mark.parametrize("kind", CONFIGS)
@given(named=sizes(), batch=st.integers(1, 3))
@RANDOM
def test_flops_of_any_config(kind: str, named: dict[str, Any], batch: int) -> None:
    config = _config(kind, named, tied=False)
    shape = _read(config)
    assert _counted(config, batch, shape.context_length) == account(shape, Setup(batch=batch)).forward.amount
