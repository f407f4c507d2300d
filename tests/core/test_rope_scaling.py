"""Does RoPE that is scaled turn pairs as `transformers` does, and does the scaling go to its config.json and back?"""

import json
from pathlib import Path
from typing import Any, Final

import pytest
import torch
import transformers
from hypothesis import given
from hypothesis import strategies as st
from transformers.modeling_rope_utils import ROPE_INIT_FUNCTIONS

from lmcore.accounting.huggingface import read_config
from lmcore.errors import ModelError
from lmcore.model import Architecture, Sampling, TransformerLM, generate, read_huggingface
from lmcore.model.huggingface import architecture_of
from lmcore.model.huggingface_rope import said_of_scaling
from lmcore.model.rope import Rope
from lmcore.model.rope_scaling import LinearScaling, Llama3Scaling, RopeScaling, divisors
from tests.core.huggingface_peers import SIZES, peer

LLAMA_3_1: Final = Llama3Scaling(8.0, 1.0, 4.0, 8192)
LLAMA_3_2: Final = Llama3Scaling(32.0, 1.0, 4.0, 8192)
SHORT: Final = Llama3Scaling(8.0, 1.0, 4.0, 16)
"""Of a context of 64, three quarters lie beyond the original one."""


def rope_of(scaling: RopeScaling, theta: float = 100.0) -> dict[str, Any]:
    """The `rope_parameters` that say so."""
    said: dict[str, Any] = said_of_scaling(scaling, theta)["rope_parameters"]
    return said


# ---- the frequencies ----


@st.composite
def scalings(draw: st.DrawFn) -> RopeScaling:
    factor = draw(st.floats(1, 64))
    if draw(st.booleans()):
        return LinearScaling(factor)
    low = draw(st.floats(0.25, 4))
    return Llama3Scaling(factor, low, low + draw(st.floats(1, 8)), draw(st.integers(1, 16_384)))


@given(scalings(), st.sampled_from([2, 8, 64, 80, 128]), st.floats(10, 1e6))
def test_frequencies_are_those_of_transformers(scaling: RopeScaling, d_head: int, theta: float) -> None:
    """Theirs are fp32: what is left of a frequency is as exact as the turns that it is computed from."""
    rope = rope_of(scaling, theta)
    config = transformers.LlamaConfig(head_dim=d_head, max_position_embeddings=1 << 20, rope_parameters=rope)
    theirs, attention = ROPE_INIT_FUNCTIONS[rope["rope_type"]](config, torch.device("cpu"))
    plain = theta ** (-torch.arange(0, d_head, 2, dtype=torch.float64) / d_head)
    left = 1 / torch.tensor(divisors(scaling, d_head, theta), dtype=torch.float64)
    assert attention == 1.0
    assert torch.allclose(theirs.double() / plain, left, rtol=1e-5, atol=2e-5)


@pytest.mark.parametrize(("scaling", "between"), [(LLAMA_3_1, 2.6947), (LLAMA_3_2, 3.2924)])
def test_published_scalings_keep_short_waves_and_divide_long_ones(scaling: Llama3Scaling, between: float) -> None:
    """By hand: of 64 pairs and base 500,000, pair 28 turns 4.187 times in 8,192 positions, 32 1.844, 35 0.997."""
    found = divisors(scaling, 128, 500_000.0)
    assert found[:29] == [1.0] * 29
    assert found[32] == pytest.approx(between, abs=2e-4)
    assert found[34] < scaling.factor
    assert found[35:] == [scaling.factor] * 29


def test_the_table_is_that_of_the_positions_between() -> None:
    """Position interpolation: position 3 · p turns as p did."""
    plain, scaled = Rope(8, 64, 100.0), Rope(8, 64, 100.0, LinearScaling(3.0))
    assert torch.allclose(scaled.cos[::3], plain.cos[:22], atol=1e-7)
    assert torch.allclose(scaled.sin[::3], plain.sin[:22], atol=1e-7)


# ---- the scores ----


@pytest.mark.parametrize("kind", ["llama", "qwen3"])
@pytest.mark.parametrize("scaling", [LinearScaling(4.0), SHORT, Llama3Scaling(32.0, 1.0, 4.0, 24)])
def test_scores_are_those_of_transformers_beyond_the_original_context(
    tmp_path: Path, scaling: RopeScaling, kind: str
) -> None:
    theirs = peer(tmp_path, kind, initializer_range=0.1, rope_parameters=rope_of(scaling))
    ours = read_huggingface(tmp_path)
    assert ours.architecture.rope_scaling == scaling
    tokens = torch.randint(0, 131, (2, 64), generator=torch.Generator().manual_seed(5))
    with torch.inference_mode():
        scores = theirs(tokens).logits
        assert float((ours(tokens) - scores).abs().max()) <= 1e-5
        plain = TransformerLM.of(Architecture(**{**vars(ours.architecture), "rope_scaling": None}))
        plain.load_state_dict(ours.state_dict())
        assert float((plain(tokens) - scores).abs().max()) > 0.1


@pytest.mark.parametrize("scaling", [LinearScaling(4.0), SHORT])
def test_text_is_that_of_transformers_with_the_cache_and_without(tmp_path: Path, scaling: RopeScaling) -> None:
    theirs: Any = peer(tmp_path, rope_parameters=rope_of(scaling))
    model, prompt = read_huggingface(tmp_path), [5, 17, 3]
    asked = {"input_ids": torch.tensor([prompt]), "attention_mask": torch.ones(1, 3, dtype=torch.long)}
    ids = theirs.generate(**asked, max_new_tokens=60, do_sample=False, eos_token_id=None)[0, 3:].tolist()
    for cached in (True, False):
        events = generate(model, [prompt], Sampling(0), max_new_tokens=60, cached=cached)
        assert [event.token for event in events] == ids


# ---- config.json ----


def config_of(**more: Any) -> dict[str, Any]:
    return {**SIZES, "model_type": "llama", "rope_theta": 5e5, **more}


@given(scalings())
def test_what_is_written_is_read_again(scaling: RopeScaling) -> None:
    """By readers that know both names, or either."""
    said = said_of_scaling(scaling, 5e5)
    for without in ((), ("rope_scaling",), ("rope_parameters",)):
        config = json.loads(json.dumps({name: value for name, value in said.items() if name not in without}))
        read = architecture_of({**SIZES, "model_type": "llama", **config}, "config.json")
        assert (read.rope_scaling, read.rope_theta) == (scaling, 5e5)


LINEAR: Final = {"type": "linear", "factor": 2}
LLAMA3: Final = {"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0}


@pytest.mark.parametrize(
    "said",
    [
        {"rope_scaling": LINEAR},
        {"rope_scaling": None},
        {"rope_scaling": {**LLAMA3, "original_max_position_embeddings": 16}},
        {"rope_scaling": LLAMA3},
        {"rope_scaling": LLAMA3, "original_max_position_embeddings": 32},
        {"rope_parameters": {**LLAMA3, "rope_theta": 700.0}, "original_max_position_embeddings": 32},
        {"rope_parameters": {**LLAMA3, "rope_theta": 700.0}, "rope_scaling": LINEAR},
        {"rope_parameters": {"rope_type": "default", "rope_theta": 700.0}},
    ],
)
def test_every_way_to_say_it_is_read_as_transformers_reads_it(
    tmp_path: Path, said: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "config.json").write_text(json.dumps(config_of(**said)))
    theirs = transformers.AutoConfig.from_pretrained(tmp_path)
    rope = transformers.models.llama.modeling_llama.LlamaRotaryEmbedding(theirs)
    caplog.clear()  # it warns of whole numbers and of what is not said
    read = architecture_of(config_of(**said), "config.json")
    ours = Rope(8, 64, read.rope_theta, read.rope_scaling)
    assert torch.allclose(ours.cos[1].acos(), rope.inv_freq, rtol=1e-4, atol=1e-3)
    assert torch.allclose(ours.sin[1].asin(), rope.inv_freq.sin().asin(), rtol=1e-5, atol=1e-7)


def test_llama_3_2_is_read_as_published() -> None:
    said = {
        "architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_act": "silu", "vocab_size": 128_256,
        "hidden_size": 2048, "intermediate_size": 8192, "num_hidden_layers": 16, "num_attention_heads": 32,
        "num_key_value_heads": 8, "head_dim": 64, "max_position_embeddings": 131_072, "rms_norm_eps": 1e-5,
        "tie_word_embeddings": True, "attention_bias": False, "mlp_bias": False, "rope_theta": 500_000.0,
        "rope_scaling": {
            "factor": 32.0, "high_freq_factor": 4.0, "low_freq_factor": 1.0, "original_max_position_embeddings": 8192,
            "rope_type": "llama3",
        },
    }  # fmt: skip
    sizes = (128_256, 131_072, 2048, 16, 32, 8192, 500_000.0)
    switches: dict[str, Any] = {"num_kv_heads": 8, "d_head": 64, "tied_head": True}
    assert architecture_of(said, "config.json") == Architecture(*sizes, **switches, rope_scaling=LLAMA_3_2)


@pytest.mark.parametrize(
    ("rope", "reason"),
    [
        ({"rope_type": "linear"}, "here does not say 'factor'"),
        (
            {**LLAMA3, "high_freq_factor": 1.0},
            "here: RoPE cannot be scaled so: low_freq_factor 1.0 is not below high_freq_factor 1.0",
        ),
        ({**LLAMA3, "original_max_position_embeddings": 0}, "original_context_length is 0; it must be a number above"),
        ({"rope_type": "linear", "factor": "2"}, "factor is '2'; it must be a number above 0"),
        ({"rope_type": "linear", "factor": float("nan")}, "factor is nan"),
        ({"rope_type": "linear", "factor": 2.0, "rope_theta": "big"}, "here says 'big' for rope_theta"),
        ([8.0], r"here says \[8.0\] of RoPE, which is no JSON object"),
    ],
)
def test_what_cannot_be_scaled_is_refused_with_its_reason(rope: object, reason: str) -> None:
    with pytest.raises(ModelError, match=reason):
        architecture_of(config_of(rope_scaling=rope), "here")


def test_a_model_without_rope_cannot_scale_it() -> None:
    with pytest.raises(ModelError, match="there is no RoPE to be scaled"):
        Architecture(97, 48, 32, 2, 4, 88, position="none", rope_scaling=SHORT)


def test_what_is_counted_does_not_depend_on_it() -> None:
    plain = config_of()
    for scaling in (LinearScaling(2.0), LLAMA_3_1):
        assert read_config(plain | said_of_scaling(scaling, 5e5)) == read_config(plain)
