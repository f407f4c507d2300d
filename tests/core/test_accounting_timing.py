"""How long do a training and a decoded token take, and what of a model does a token go through?"""

from dataclasses import replace
from fractions import Fraction
from typing import Any, Final

import pytest

from lmcore.accounting import Setup, account
from lmcore.accounting.hardware import Gpu, find_gpu
from lmcore.accounting.kinds import AttentionCount, Position, Precision
from lmcore.accounting.memory import decode_reads
from lmcore.accounting.parameters import active_parameters
from lmcore.accounting.presets import find_preset
from lmcore.accounting.printing import written

XL: Final = find_preset("course-2025-xl").shape
GB: Final = 10**9


def test_a_token_goes_through_two_of_eight_experts() -> None:
    """Jiang et al. 2024: Mixtral 8×7B has 47 billion parameters, of which a token uses 13 billion."""
    shape = find_preset("mixtral-8x7b").shape
    assert active_parameters(shape) == 12_879_925_248
    assert active_parameters(shape, tokens=4) == account(shape).parameters.amount
    assert active_parameters(XL) == account(XL).parameters.amount


def test_devices_share_a_training() -> None:
    """Each works on its own batch in the same time, so that four see the tokens in a quarter of the steps."""
    alone = Setup(batch=3, gpu=find_gpu("A100 80 GB"), tokens=10**9)
    one, four = (account(XL, replace(alone, devices=devices)).timing for devices in (1, 4))
    assert one.step_seconds == four.step_seconds
    assert (one.tokens_a_step, four.tokens_a_step) == (3 * 1_024, 4 * 3 * 1_024)
    assert one.training_seconds is not None
    assert four.training_seconds == one.training_seconds / 4 == 10**9 / (four.tokens_a_second or 1)


def test_a_batch_decodes_a_token_for_each_sequence_at_one_reading() -> None:
    setup = Setup(batch=5, gpu=Gpu("slow", 80 * GB, GB, {"fp32": 10**12}))
    time = account(XL, setup).timing
    assert time.decode_tokens_a_second == Fraction(5 * GB, decode_reads(XL, setup))
    assert time.decode_intensity == Fraction(account(XL, setup).decode_cached.amount, decode_reads(XL, setup))


@pytest.mark.parametrize(("batch", "bound"), [(1, "memory"), (100_000, "peak")])
def test_decoding_takes_what_the_slower_of_memory_and_peak_takes(batch: int, bound: str) -> None:
    """Weights are read once for all sequences of a batch, so that many of them are bound by the peak."""
    shape = replace(XL, context_length=1)
    setup = Setup(batch=batch, gpu=Gpu("some", 80 * GB, GB, {"fp32": 10**11}))
    counted = account(shape, setup)
    memory = Fraction(batch * GB, decode_reads(shape, setup))
    peak = Fraction(batch * 10**11, counted.decode_cached.amount)
    assert counted.timing.decode_tokens_a_second == min(memory, peak) == {"memory": memory, "peak": peak}[bound]
    assert any(f"Decoding is bound by the {bound} at" in line for line in written("XL", counted))


def test_decoding_is_bound_by_bandwidth() -> None:
    """A processor that reads 1 GB/s gives as many tokens a second as its gigabytes hold weights and KV cache; of the
    embedding it reads the row of one token.
    """
    gpu = Gpu("slow", 80 * GB, GB, {"fp32": 10**12})
    time = account(XL, Setup(gpu=gpu)).timing
    assert time.decode_tokens_a_second == Fraction(GB, 4 * (2_127_057_600 - 50_256 * 1_600) + 1_024 * 307_200)
    assert time.ridge == 1_000
    assert time.decode_intensity < time.ridge


@pytest.mark.parametrize(
    ("changes", "setup", "weights", "places"),
    [
        ({}, Setup(batch=3), 190_460_160 - 50_254 * 768, 3 * 1_024),
        ({"tied": True}, Setup(batch=3), 190_460_160 - 50_257 * 768, 3 * 1_024),
        ({"position": Position.LEARNED}, Setup(), 190_460_160 - 50_256 * 768 + 768, 1_024),
        ({}, Setup(attention_count=AttentionCount.WINDOW, window=100), 190_460_160 - 50_256 * 768, 100),
        ({}, Setup(attention_count=AttentionCount.WINDOW, window=2_000), 190_460_160 - 50_256 * 768, 1_024),
    ],
)
def test_what_a_decoded_token_reads(changes: dict[str, Any], setup: Setup, weights: int, places: int) -> None:
    """Weights in 4 bytes, keys and values of 768 channels in 12 layers in 2: what attention looks at."""
    shape = replace(find_preset("course-2025-small").shape, **changes)
    assert decode_reads(shape, setup) == 4 * weights + places * 2 * 12 * 768 * 2


def test_a_decoded_token_reads_the_experts_that_it_chooses() -> None:
    shape, setup = find_preset("mixtral-8x7b").shape, Setup(precision=Precision.BF16)
    embedding = 32_000 * 4_096
    assert decode_reads(shape, setup) == 2 * (12_879_925_248 - embedding + 4_096) + 32_768 * 131_072
    many = account(shape).parameters.amount - embedding + 4 * 4_096
    assert decode_reads(shape, replace(setup, batch=4)) == 2 * many + 4 * 32_768 * 131_072
