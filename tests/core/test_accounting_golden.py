"""Does the account of known models have the figures that are published or were computed by hand?"""

import tomllib
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import pytest

from lmcore.accounting import Node, Setup, Shape, account
from lmcore.accounting.activations import layer_activations
from lmcore.accounting.crossovers import crossovers
from lmcore.accounting.hardware import find_gpu
from lmcore.accounting.inverses import largest_batch
from lmcore.accounting.kinds import (
    Activations,
    Attention,
    AttentionCount,
    Bias,
    FeedForward,
    Norm,
    Precision,
    Recomputation,
)
from lmcore.accounting.memory import states
from lmcore.accounting.presets import find_preset
from lmcore.accounting.timing import mfu

GOLDEN: Final[dict[str, Any]] = tomllib.loads((Path(__file__).parents[1] / "golden" / "accounting.toml").read_text())
XL: Final = find_preset("course-2025-xl").shape
LONG: Final = replace(XL, context_length=16_384)
GIB: Final = 1 << 30
GB: Final = 10**9
PARTS: Final = ("ffn", "projections", "attention", "lm_head")


def _percent(root: Node) -> list[str]:
    return [f"{float(100 * root.child(key).share(root)):.1f}" for key in PARTS]


@pytest.mark.parametrize("key", GOLDEN["parameters"])
def test_parameters_of_published_models(key: str) -> None:
    assert account(find_preset(key).shape).parameters.amount == GOLDEN["parameters"][key]


@pytest.mark.parametrize("key", GOLDEN["untied"])
def test_an_untied_head_counts_twice(key: str) -> None:
    assert account(replace(find_preset(key).shape, tied=False)).parameters.amount == GOLDEN["untied"][key]


def test_gpt2_without_biases() -> None:
    shape = replace(find_preset("gpt2").shape, bias=Bias.NONE, norm=Norm.LAYER_WITHOUT_BIAS)
    assert account(shape).parameters.amount == 124_337_664


def test_embeddings_of_the_tinystories_model() -> None:
    parts = account(find_preset("course-tinystories").shape).parameters
    without_input = parts.amount - parts.child("embedding").amount
    assert without_input == 17_576_448
    assert without_input - parts.child("lm_head").amount == 12_456_448


@pytest.mark.parametrize("key", GOLDEN["forward"])
def test_flops_of_a_forward_pass(key: str) -> None:
    counted = account(find_preset(key).shape)
    assert counted.forward.amount == GOLDEN["forward"][key]
    assert counted.training.amount == 3 * GOLDEN["forward"][key]


def test_flops_of_training_gpt2() -> None:
    assert account(find_preset("gpt2").shape).training.amount == 874_944_921_600


@pytest.mark.parametrize("key", GOLDEN["shares"])
def test_shares_of_a_forward_pass(key: str) -> None:
    assert _percent(account(find_preset(key).shape).forward) == GOLDEN["shares"][key]


def test_a_context_of_16384() -> None:
    short, long = account(XL).forward, account(LONG).forward
    assert long.amount == 149_522_795_724_800
    assert f"{long.amount / short.amount:.2f}" == "33.13"
    assert _percent(long) == ["32.3", "10.8", "55.2", "1.8"]


@pytest.mark.parametrize(("shape", "tera"), [(XL, "4.3524"), (LONG, "108.29")])
def test_attention_over_the_past_alone(shape: Shape, tera: str) -> None:
    counted = account(shape, Setup(attention_count=AttentionCount.CAUSAL)).forward.amount
    assert f"{counted / 10**12:.{len(tera.split('.')[1])}f}" == tera


@pytest.mark.parametrize("d_ff", [6_400, 4_288])
def test_crossovers_of_full_attention(d_ff: int) -> None:
    found = {one.key: one for one in crossovers(replace(XL, d_ff=d_ff), Setup())}
    assert found["projections"].context == 2 * 1_600
    assert found["ffn"].context == Fraction(3, 2) * d_ff
    assert [found[key].formula for key in ("projections", "ffn", "lm_head")] == ["2·d", "1.5·d_ff", "V / (2·L)"]


def test_memory_of_training_xl() -> None:
    needed = account(XL).training_memory
    activations = needed.child("activations").amount
    assert f"{needed.child('weights').amount / GB:.3f}" == "8.508"
    assert f"{activations / GB:.3f}" == "15.518"
    assert f"{(needed.amount - activations) / GB:.3f}" == "34.033"
    formula = 1_024 * 4 * (48 * (8 * 1_600 + 2 * 25 * 1_024 + 2 * 6_400) + 1_600 + 2 * 50_257)
    assert activations == formula


def test_the_batch_that_fits_80_gigabytes() -> None:
    assert largest_batch(XL, Setup(), 80 * GB) == 2
    assert largest_batch(XL, Setup(), 80 * GIB) == 3
    two_matrices = replace(XL, feed_forward=FeedForward.GELU)
    assert f"{16 * account(two_matrices).parameters.amount / GB:.2f}" == "26.17"
    assert largest_batch(two_matrices, Setup(), 80 * GB) == 3


def test_days_of_training_xl() -> None:
    tokens = 400_000 * 1_024 * XL.context_length
    setup = Setup(batch=1_024, gpu=find_gpu("A100 80 GB"), mfu=Fraction(1, 2), tokens=tokens)
    seconds = account(XL, setup).timing.training_seconds
    assert seconds is not None
    assert f"{float(seconds / 86_400):.1f}" == "6583.6"


@pytest.mark.parametrize(
    ("shape", "attention", "gib"),
    [
        (XL, Attention.MANUAL, "11.77"),
        (LONG, Attention.MANUAL, "1324.51"),
        (XL, Attention.FLASH, "7.04"),
        (LONG, Attention.FLASH, "112.58"),
    ],
)
def test_activations_of_the_layers_as_measured(shape: Shape, attention: Attention, gib: str) -> None:
    """By 32·d + 16·d_ff + 8 bytes a token and, with manual attention, 4·a·s + s a token besides (else 4·a).

    Blocks that are often counted keep more, 40·d with manual attention and 44·d with SDPA, 12.30 and 126.6 GiB here:
    this one casts once for queries, keys and values, has no second copy of SDPA's output, and a norm that keeps its
    input and a number a row. `test_accounting_activations.py` measures it.
    """
    setup = Setup(activations=Activations.MEASURED, attention=attention)
    s, a = shape.context_length, shape.num_heads
    a_layer = s * (32 * 1_600 + 16 * 6_400 + 8) + (
        4 * a * s * s + s * s if attention is Attention.MANUAL else 4 * a * s
    )
    assert layer_activations(shape, setup) == 48 * a_layer
    assert f"{48 * a_layer / GIB:.2f}" == gib


@pytest.mark.parametrize(
    ("recomputation", "a_token"),
    [
        (Recomputation.NONE, 34 * 1_600 + 5 * 25 * 1_024),
        (Recomputation.SELECTIVE, 34 * 1_600),
        (Recomputation.FULL, 2 * 1_600),
    ],
)
def test_korthikantis_activations(recomputation: Recomputation, a_token: int) -> None:
    setup = Setup(batch=3, activations=Activations.KORTHIKANTI, recomputation=recomputation)
    assert account(XL, setup).training_memory.child("activations").amount == 3 * 1_024 * 48 * a_token


@pytest.mark.parametrize(("context", "gib"), [(1_024, "0.125"), (16_000, "1.953"), (128_000, "15.625")])
def test_kv_cache_of_llama_3(context: int, gib: str) -> None:
    shape = replace(find_preset("llama-3-8b").shape, context_length=context)
    assert f"{account(shape).inference_memory.child('kv_cache').amount / GIB:.3f}" == gib
    assert account(shape).kv_cache_bytes_per_token == 2 * 32 * 8 * 128 * 2


def test_kv_cache_of_xl() -> None:
    counted = account(LONG)
    assert counted.kv_cache_bytes_per_token == 307_200
    assert account(XL).inference_memory.child("kv_cache").amount == 300 * (1 << 20)
    assert f"{counted.inference_memory.child('kv_cache').amount / GIB:.2f}" == "4.69"


@pytest.mark.parametrize(("stage", "gigabytes"), [(0, "120.0"), (1, "31.4"), (2, "16.6"), (3, "1.9")])
def test_zero_of_7_5_billion_on_64_devices(stage: int, gigabytes: str) -> None:
    """Rajbhandari et al. 2020, figure 1."""
    setup = Setup(precision=Precision.FP16, zero_stage=stage, devices=64)
    assert f"{sum(node.amount for node in states(7_500_000_000, setup)) / GB:.1f}" == gigabytes


@pytest.mark.parametrize(
    ("precision", "bytes_each"),
    [(Precision.FP32, 16), (Precision.AUTOCAST, 16), (Precision.BF16, 18), (Precision.FP16, 16)],
)
def test_bytes_a_parameter(precision: Precision, bytes_each: int) -> None:
    assert sum(node.amount for node in states(1_000, Setup(precision=precision))) == 1_000 * bytes_each


def test_utilization_of_palm() -> None:
    """Chowdhery et al. 2022, table 3: 238.3 thousand tokens/s on 6,144 TPU v4 of 275 TFLOP/s are 46.2 %."""
    palm = Shape(
        vocab_size=256_000,
        context_length=2_048,
        num_layers=118,
        d_model=18_432,
        num_heads=48,
        d_ff=4 * 18_432,
        num_kv_heads=1,
        d_head=256,
        tied=True,
    )
    assert f"{account(palm).parameters.amount / GB:.0f}" == "540"
    reached = mfu(palm, Setup(devices=6_144), Fraction(238_300), 275 * 10**12)
    assert abs(float(100 * reached) - 46.2) < 0.1


@pytest.mark.parametrize(
    ("layers", "d_model", "d_ff", "heads", "ratio"),
    [
        (10, 640, 2_560, 10, 1.03),
        (20, 1_024, 4_096, 16, 1.10),
        (24, 1_280, 5_120, 10, 1.08),
        (26, 1_792, 7_168, 14, 1.04),
        (28, 2_048, 8_192, 16, 1.03),
        (40, 3_584, 14_336, 28, 0.99),
    ],
)
def test_flops_of_chinchilla_against_6nd(layers: int, d_model: int, d_ff: int, heads: int, ratio: float) -> None:
    """Hoffmann et al. 2022, table A4: the layers' FLOPs; N has the projection of relative positions, d² a layer."""
    shape = Shape(32_000, 2_048, layers, d_model, heads, d_ff, feed_forward=FeedForward.GELU, tied=True)
    counted = account(shape)
    parameters = counted.parameters.amount + layers * d_model**2
    flops = 3 * (counted.forward.amount - counted.forward.child("lm_head").amount)
    assert abs(flops / (6 * parameters * shape.context_length) - ratio) < 0.01
