"""Do presets, processors and config.json say what they should, and is what cannot be used refused in one sentence?"""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lmcore.accounting import Shape, ShapeError
from lmcore.accounting.config_fields import KINDS
from lmcore.accounting.hardware import PRECISIONS, Gpu, find_gpu, gpus
from lmcore.accounting.huggingface import MOST_BYTES, ConfigError, config_of, read_config, shape_from_config
from lmcore.accounting.kinds import Bias, FeedForward, Norm, NormPlace, Position
from lmcore.accounting.presets import all_presets, families, find_preset
from lmcore.errors import UsageError
from tests.core.accounting_shapes import PLAIN, shapes

LLAMA: Final[dict[str, Any]] = {
    "model_type": "llama",
    "vocab_size": 32_000,
    "max_position_embeddings": 4_096,
    "hidden_size": 4_096,
    "num_hidden_layers": 32,
    "num_attention_heads": 32,
    "intermediate_size": 11_008,
}


def test_keys_and_names_of_presets_are_their_own() -> None:
    presets = list(all_presets())
    assert len({preset.key for preset in presets}) == len({preset.name for preset in presets}) == len(presets)
    assert len({family.key for family in families()}) == len(families())
    for preset in presets:
        assert find_preset(preset.key) == find_preset(preset.name) == find_preset(preset.name.upper()) == preset
        assert preset.source


def test_an_unknown_preset_is_refused_with_the_nearest() -> None:
    with pytest.raises(UsageError, match=r"There is no preset 'llama-3-9b'; the nearest are llama-3-8b"):
        find_preset("llama-3-9b")
    with pytest.raises(UsageError, match="lists all"):
        find_preset("%%%")


@pytest.mark.parametrize("key", [preset.key for preset in all_presets() if not preset.key.startswith("course-2")])
def test_presets_come_back_from_their_config(key: str) -> None:
    shape = find_preset(key).shape
    config = config_of(shape)
    assert shape_from_config(json.loads(json.dumps(config))) == _as_usual(shape)
    assert config["architectures"][0].endswith(("ForCausalLM", "LMHeadModel"))


def _as_usual(shape: Shape) -> Shape:
    """The same with heads as the reader says them: 0 where they follow from the other sizes; RoPE's base only so."""
    return replace(
        shape,
        num_kv_heads=0 if shape.kv_heads == shape.num_heads else shape.kv_heads,
        d_head=0 if shape.q_width == shape.d_model else shape.head_width,
        rope_theta=shape.rope_theta if shape.position is Position.ROPE else 10_000.0,
    )


@given(shape=shapes())
def test_any_shape_that_can_be_written_is_read_as_it_was(shape: Shape) -> None:
    try:
        config = config_of(shape)
    except ShapeError:
        assert _has_no_kind(shape)
    else:
        assert shape_from_config(config) == _as_usual(shape)


def _has_no_kind(shape: Shape) -> bool:
    """Whether something of the shape is in none of the kinds, or not with the rest."""
    gelu, both = shape.feed_forward is FeedForward.GEGLU, shape.norm_place is NormPlace.BOTH
    return (
        shape.norm is not Norm.RMS
        or shape.position is not Position.ROPE
        or shape.norm_place in (NormPlace.POST, NormPlace.NONE)
        or not shape.feed_forward.gated
        or shape.shared_experts > 0
        or (both and not gelu)
        or (gelu and (shape.bias is not Bias.NONE or shape.num_experts > 0))
        or (gelu and not both and shape.qk_norm)
        or (shape.bias is not Bias.NONE and (shape.qk_norm or shape.num_experts > 0))
    )


def test_what_a_config_leaves_out_is_as_its_kind_has_it() -> None:
    assert shape_from_config(LLAMA) == replace(find_preset("llama-2-7b").shape)
    nothing_said = {"model_type": "gpt2", "vocab_size": 50_257, "n_positions": 1_024, "n_embd": 768, "n_layer": 12}
    assert shape_from_config(nothing_said | {"n_head": 12, "n_inner": None}) == find_preset("gpt2").shape
    gemma = {"hidden_size": 2_560, "intermediate_size": 10_240, "num_hidden_layers": 34}
    read = shape_from_config({"model_type": "gemma3", "text_config": gemma, "vision_config": {"hidden_size": 1_152}})
    assert (read.d_model, read.vocab_size, read.num_heads, read.kv_heads, read.head_width) == (
        2_560,
        262_208,
        8,
        4,
        256,
    )
    assert (read.tied, read.qk_norm, read.norm_place) == (True, True, NormPlace.BOTH)


def test_rope_is_read_where_newer_files_say_it() -> None:
    said = {"rope_parameters": {"rope_type": "llama3", "rope_theta": 500_000.0, "factor": 8.0}}
    assert shape_from_config(LLAMA | said).rope_theta == 500_000.0
    two = {"sliding_attention": {"rope_theta": 10_000.0}, "full_attention": {"rope_theta": 1_000_000.0}}
    assert shape_from_config(LLAMA | {"rope_parameters": two}).rope_theta == 1_000_000.0
    assert shape_from_config(LLAMA | {"rope_theta": 5_000}).rope_theta == 5_000.0


@pytest.mark.parametrize("kind", ["llama", "mistral", "mixtral", "qwen2", "qwen3"])
def test_null_heads_of_keys_and_values_are_as_many_as_heads(kind: str) -> None:
    """For null the classes of `transformers` have num_attention_heads, and 8 or 32 only where nothing is said."""
    shape = shape_from_config(LLAMA | {"model_type": kind, "num_attention_heads": 16, "num_key_value_heads": None})
    assert shape.kv_heads == 16


QWEN_MOE: Final[dict[str, Any]] = LLAMA | {
    "model_type": "qwen3_moe",
    "moe_intermediate_size": 512,
    "num_experts": 16,
    "num_experts_per_tok": 4,
    "head_dim": 64,
}


def test_experts_are_as_wide_as_their_own_field_says() -> None:
    shape = shape_from_config(QWEN_MOE)
    assert (shape.d_ff, shape.num_experts, shape.active_experts, shape.qk_norm) == (512, 16, 4, True)
    renamed = {("num_local_experts" if name == "num_experts" else name): QWEN_MOE[name] for name in QWEN_MOE}
    assert shape_from_config(renamed) == shape
    assert shape_from_config(LLAMA | {"num_local_experts": 8}).num_experts == 0  # a field that no Llama has


@pytest.mark.parametrize(
    ("config", "changes", "words"),
    [
        ({"model_type": "mistral"}, {"sliding_window": 512}, "Its layers look through a window of 512 tokens"),
        ({"model_type": "mistral"}, {}, None),  # as wide as the context
        ({"model_type": "mistral"}, {"sliding_window": None, "max_position_embeddings": 8_192}, None),
        ({"model_type": "mistral"}, {"max_position_embeddings": 8_192}, "Its layers look through a window of 4,096"),
        ({"model_type": "mixtral"}, {"max_position_embeddings": 8_192}, None),
        ({"model_type": "qwen2"}, {"sliding_window": 512}, None),
        (
            {"model_type": "qwen2"},
            {"sliding_window": 512, "use_sliding_window": True, "max_window_layers": 30},
            "2 of its 32 layers look through a window of 512 tokens",
        ),
        ({"model_type": "qwen3_moe"}, {"sliding_window": 512, "use_sliding_window": True}, "Its layers look"),
        ({"model_type": "gemma2"}, {"sliding_window": 512}, "16 of its 32 layers"),
        ({"model_type": "gemma3_text"}, {"sliding_window": 512}, "27 of its 32 layers"),
        ({"model_type": "gemma3_text"}, {"sliding_window": 512, "sliding_window_pattern": 2}, "16 of its 32 layers"),
        ({"model_type": "gemma2"}, {"sliding_window": 9, "layer_types": ["sliding_attention"]}, "1 of its 32 layers"),
        ({"model_type": "llama"}, {"sliding_window": 512}, None),
    ],
)
def test_windows_are_said(config: dict[str, Any], changes: dict[str, Any], words: str | None) -> None:
    remarks = read_config(LLAMA | config | changes).remarks
    assert [remark.startswith(words or "-") for remark in remarks] == ([True] if words else [])


@pytest.mark.parametrize(
    ("key", "kind", "window"),
    [
        ("mistral-7b", "mistral", 4_096),
        ("gemma-2-2b", "gemma2", 4_096),
        ("gemma-2-9b", "gemma2", 4_096),
        ("gemma-2-27b", "gemma2", 4_096),
        ("gemma-3-270m", "gemma3_text", 512),
        ("gemma-3-1b", "gemma3_text", 512),
    ],
)
def test_windows_of_presets_are_those_of_their_kinds(key: str, kind: str, window: int) -> None:
    preset = find_preset(key)
    config = config_of(preset.shape) | {"model_type": kind, "sliding_window": window, "layer_types": None}
    assert preset.remarks == read_config(config).remarks != ()


def test_what_is_left_out_is_said() -> None:
    assert read_config(LLAMA).remarks == ()
    (quantized,) = read_config(LLAMA | {"quantization_config": {"bits": 4}}).remarks
    assert quantized.startswith("Its weights are quantized")
    pictures = {"model_type": "gemma3", "text_config": {**LLAMA, "sliding_window": 5_000}, "vision_config": {}}
    (seen,) = read_config(pictures).remarks
    assert seen.startswith("What sees its pictures is left out")


def test_the_folder_of_a_model_may_be_given(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps(LLAMA))
    assert shape_from_config(tmp_path) == shape_from_config(tmp_path / "config.json") == shape_from_config(LLAMA)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"model_type": "mamba"}, "describes the kind 'mamba', which is not read here; take one of gpt2, llama, "),
        ({"model_type": None}, "says no model_type; choose the config.json of a language model."),
        ({"model_type": ["llama"]}, "says no model_type"),
        ({"hidden_size": None}, "does not say hidden_size; it is not the config.json of a whole model."),
        ({"hidden_size": "4096"}, ": hidden_size is '4096'; it must be a whole number."),
        ({"num_hidden_layers": 31.5}, ": num_hidden_layers is 31.5; it must be a whole number."),
        ({"vocab_size": True}, ": vocab_size is True; it must be a whole number."),
        ({"tie_word_embeddings": "no"}, ": tie_word_embeddings is 'no'; it must be true or false."),
        ({"hidden_act": "relu"}, ": hidden_act is 'relu', which is not counted here; silu, "),
        ({"hidden_act": {"a": 1}}, ": hidden_act is {'a': 1}, which is not counted here"),
        ({"attention_bias": True}, ": attention_bias is True and mlp_bias False; both or none can be counted here."),
        ({"rope_theta": "big"}, ": rope_theta is 'big'; it must be a number."),
        ({"num_attention_heads": 7}, ": num_heads is 7 and does not divide d_model, which is 4,096; take"),
        ({"num_key_value_heads": 5}, ": num_kv_heads is 5 and does not divide num_heads"),
        ({"hidden_size": 0}, ": d_model is 0; it must be at least 1."),
        (QWEN_MOE | {"decoder_sparse_step": 2}, ": decoder_sparse_step is 2; only models with 1 are counted here."),
        (QWEN_MOE | {"mlp_only_layers": [0]}, ": mlp_only_layers is [0]; only models with [] are counted here."),
        (QWEN_MOE | {"num_experts": 0}, ": active_experts is 4 where there are no experts; set num_experts."),
        ({"model_type": "mistral", "sliding_window": "4k"}, ": sliding_window is '4k'; it must be a whole number."),
        (
            {"model_type": "qwen2", "use_sliding_window": 1},
            ": use_sliding_window is 1; it must be true or false.",
        ),
    ],
)
def test_what_a_config_cannot_mean_is_refused_in_a_sentence(changes: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ConfigError) as raised:
        shape_from_config(LLAMA | changes)
    assert str(raised.value).removeprefix("The configuration").lstrip().startswith(sentence)


ANYTHING: Final = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4) | st.sampled_from(["silu", 64, 0]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=4), inner, max_size=2),
    max_leaves=4,
)
READ: Final = sorted(
    {"head_dim", "num_key_value_heads", "tie_word_embeddings", "attention_bias", "mlp_bias", "rope_theta"}
    | {"rope_parameters", "sliding_window", "use_sliding_window", "max_window_layers", "layer_types", "text_config"}
    | {"model_type", "sliding_window_pattern", "hidden_act", "hidden_activation", "quantization_config"}
    | {theirs for kind in KINDS.values() for theirs in (*kind.names.values(), *kind.only)}
)


@pytest.mark.parametrize("kind", KINDS)
@given(said=st.dictionaries(st.sampled_from(READ), ANYTHING, max_size=4))
def test_whatever_stands_in_a_config_is_read_or_refused_in_a_line(kind: str, said: dict[str, Any]) -> None:
    whole = QWEN_MOE | {"n_positions": 64, "n_embd": 64, "n_layer": 2, "n_head": 4, "model_type": kind}
    outcome = _read_or_refused(whole | said)
    assert isinstance(outcome, Shape) or (outcome.startswith("The configuration") and "\n" not in outcome)


def test_long_values_are_cut() -> None:
    for said in ({"hidden_act": "x" * 10_000}, {"mlp_only_layers": [0] * 10_000}, {"model_type": "y" * 10_000}):
        outcome = _read_or_refused(QWEN_MOE | said)
        assert isinstance(outcome, str)
        assert len(outcome) < 250


def _read_or_refused(config: dict[str, Any]) -> Shape | str:
    try:
        return read_config(config).shape
    except ConfigError as error:
        return str(error)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b'{"model_type": "llama",}', "is no JSON (line 1, column 24: "),
        (b"", "is no JSON (line 1, column 1: "),
        (b"\x93NUMPY\xff\xfe", "is no text in UTF-8"),
        (b"[" * 100_000, "holds what no config.json does"),
        (b"[1, 2]", "holds no JSON object"),
        (b" " * (MOST_BYTES + 1), "is too large for a config.json"),
    ],
)
def test_files_that_are_no_config_are_refused_in_a_sentence(tmp_path: Path, content: bytes, sentence: str) -> None:
    path = tmp_path / "config.json"
    path.write_bytes(content)
    with pytest.raises(ConfigError) as raised:
        shape_from_config(path)
    assert str(raised.value).startswith(f"{path} {sentence}")
    assert "\n" not in str(raised.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"config\.json cannot be read \(No such file or directory\)"):
        shape_from_config(tmp_path)


@pytest.mark.parametrize(
    ("changes", "nearest"),
    [
        ({"feed_forward": "relu2"}, "llama, has feed-forward swiglu, not relu2."),
        ({"norm": "layernorm"}, "llama, has norm rmsnorm, not layernorm."),
        ({"position": "none"}, "llama, has positions rope, not none."),
        ({"bias": "all", "qk_norm": True}, "llama, has QK-norm off, not on."),
        (
            {"norm_place": "post", "tied": True, "bias": "qkv"},
            "qwen2, has place of the norms pre, not post.",
        ),
        (
            {"num_experts": 4, "active_experts": 1, "shared_experts": 1},
            "mixtral, has shared experts none, not some.",
        ),
        (
            {"position": "learned", "norm": "layernorm", "bias": "all", "feed_forward": "gelu", "num_kv_heads": 4},
            "gpt2, has heads as wide as the model, not of a width of their own.",
        ),
        (
            {"position": "learned", "norm": "layernorm", "bias": "all", "feed_forward": "relu2"},
            "gpt2, has feed-forward gelu or silu, not relu2.",
        ),
    ],
)
def test_what_no_kind_has_is_named(changes: dict[str, Any], nearest: str) -> None:
    with pytest.raises(ShapeError) as raised:
        config_of(replace(PLAIN, **changes))
    beginning = "No architecture of Hugging Face that is written here is like this; the nearest, "
    assert str(raised.value) == beginning + nearest


def test_every_processor_has_its_figures_and_their_source() -> None:
    for gpu in gpus():
        assert gpu.memory >= 16 * 10**9
        assert gpu.bandwidth >= 3 * 10**11
        assert gpu.source
        assert gpu.peaks
        assert set(gpu.peaks) <= set(PRECISIONS)
        known = [gpu.peaks[name] for name in PRECISIONS if name in gpu.peaks]
        assert known == sorted(known)  # fewer bits are never slower


def test_a_peak_that_no_data_sheet_has_is_not_known() -> None:
    gpu = find_gpu("NVIDIA RTX 6000 Ada Generation")
    assert gpu.peak("fp32") == 91_100 * 10**9
    assert gpu.peak("bf16") is None


def test_no_two_processors_share_a_name() -> None:
    names = [name for gpu in gpus() for name in (gpu.name, *gpu.aliases)]
    assert len({name.lower() for name in names}) == len(names)
    for gpu in gpus():
        for name in (gpu.name, gpu.name.lower(), *gpu.aliases):
            assert find_gpu(name) is gpu


@pytest.mark.parametrize(
    ("driver", "name", "bandwidth"),
    [
        ("NVIDIA A100-SXM4-80GB", "A100 80 GB", 2_039),
        ("NVIDIA A100 80GB PCIe", "A100 80 GB PCIe", 1_935),
        ("A100-SXM4-40GB", "A100 40 GB", 1_555),
        ("NVIDIA A10", "A10", 600),
        ("NVIDIA H100 80GB HBM3", "H100 SXM", 3_350),
        ("NVIDIA L4", "L4", 300),
        ("NVIDIA L40S", "L40S", 864),
        ("NVIDIA GeForce RTX 3090", "RTX 3090", 936),
        ("NVIDIA RTX A6000", "RTX A6000", 768),
        ("Tesla V100-SXM2-16GB", "V100 SXM2 16 GB", 900),
        ("AMD Instinct MI300X", "MI300X", 5_300),
    ],
)
def test_drivers_names_are_known(driver: str, name: str, bandwidth: int) -> None:
    gpu = find_gpu(driver)
    assert (gpu.name, gpu.bandwidth) == (name, bandwidth * 10**9)


@pytest.mark.parametrize(
    "unknown",
    [
        "A1000",
        "A10G",
        "L400",
        "NVIDIA",
        "RTX",
        "RTX 4090 Laptop GPU",
        "RTX 4090 D",
        "RTX 3090 Ti",
        "H100 CNX",
        "MI3",
        "",
    ],
)
def test_similar_names_are_other_processors(unknown: str) -> None:
    with pytest.raises(UsageError, match="is not known; give its memory, bandwidth and FLOP/s"):
        find_gpu(unknown)


def test_a_name_that_several_have_is_asked_about() -> None:
    with pytest.raises(UsageError, match=r"not exact .* known here: A100 80 GB, A100 80 GB PCIe, A100 40 GB\.$"):
        find_gpu("NVIDIA A100")
    with pytest.raises(UsageError, match=r"known here: H100 SXM, H100 PCIe, H100 NVL\.$"):
        find_gpu("H100")


def test_a_die_of_two_is_half_of_what_is_sold() -> None:
    """Programs see each die of an MI250X as a device: 64 of 128 GB, 191.5 of 383 TFLOP/s."""
    die = find_gpu("AMD Instinct MI250X")
    assert (2 * die.memory, 2 * (die.peak("bf16") or 0)) == (128 * 10**9, 383 * 10**12)


def test_a_precision_that_a_processor_lacks_is_not_known() -> None:
    assert find_gpu("T4").peak("bf16") is None
    assert find_gpu("T4").peak("fp16") == 65 * 10**12
    assert len({Gpu("one", 1, 2, {"fp32": 3}), Gpu("one", 1, 2, {"fp32": 3})}) == 1


def test_a_mark_of_utf8_at_the_beginning_is_no_part_of_the_text(tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    path.write_bytes(b"\xef\xbb\xbf" + json.dumps(config_of(find_preset("llama-3-8b").shape)).encode())
    assert shape_from_config(path) == find_preset("llama-3-8b").shape
