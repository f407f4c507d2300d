"""Does a block keep for its backward pass exactly the bytes that the formula names, with every switch?"""

from dataclasses import replace
from typing import Final

import pytest
import torch

from lmcore.model.architecture import Architecture
from lmcore.model.transformer import TransformerLM
from tests.core.saved_bytes import kept, size

BATCH: Final = 2
PLAIN: Final = Architecture(300, 64, 64, 2, 4, 200)
VARIANTS: Final = {
    "plain": PLAIN,
    "shared keys and values": replace(PLAIN, num_kv_heads=2),
    "wide heads": replace(PLAIN, d_head=24),
    "QK-norm": replace(PLAIN, qk_norm=True, num_kv_heads=1),
    "post-norm": replace(PLAIN, norm="post"),
    "no norm": replace(PLAIN, norm="none"),
    "NoPE": replace(PLAIN, position="none"),
    "SiLU": replace(PLAIN, feed_forward="silu"),
    "GELU": replace(PLAIN, feed_forward="gelu"),
    "ReLU²": replace(PLAIN, feed_forward="relu2"),
}


def layer_formula(arch: Architecture, batch: int, length: int, low: bool) -> int:
    """Bytes that one layer keeps: those of a token, those of the mask, those of the weights' bf16 copies."""
    e = 2 if low else 4
    d, heads = arch.d_model, arch.num_heads
    width, shared = heads * arch.head_width, arch.kv_heads * arch.head_width
    matrices = 3 if arch.feed_forward == "swiglu" else 2
    norms = 0 if arch.norm == "none" else 2 * (4 * d + 4)
    manual = arch.attention == "manual"
    attention = e * 4 * width + e * heads * length if manual else e * (2 * width + 2 * shared) + 4 * heads
    feed_forward = (4 if matrices == 3 else 2) * e * arch.d_ff
    qk_norm = 4 * (width + shared) + 4 * (heads + arch.kv_heads) if arch.qk_norm else 0
    mask = length**2 if manual else 0
    copies = 2 * (2 * d * width + 2 * d * shared + matrices * d * arch.d_ff) if low else 0
    return batch * length * (norms + 2 * e * d + attention + feed_forward + qk_norm) + mask + copies


@pytest.mark.parametrize("low", [False, True], ids=["fp32", "bf16"])
@pytest.mark.parametrize("attention", ["manual", "sdpa"])
@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("length", [32, 64])
def test_a_block_keeps_what_its_formula_says(variant: str, attention: str, low: bool, length: int) -> None:
    arch = replace(VARIANTS[variant], attention=attention)  # type: ignore[arg-type]
    model = TransformerLM.of(arch)
    x = torch.randn(BATCH, length, arch.d_model, requires_grad=True).clone()
    with kept(model, low) as tensors:
        out = model.layers[0](x, model.rope(length) if model.rope else None)
    assert out.shape == x.shape
    assert size(tensors) == layer_formula(arch, BATCH, length, low)


@pytest.mark.parametrize(
    ("attention", "low", "a_token", "a_square"),
    [("sdpa", False, 32, 0), ("manual", False, 32, 4), ("sdpa", True, 20, 0), ("manual", True, 20, 2)],
)
def test_the_formula_of_the_plain_block(attention: str, low: bool, a_token: int, a_square: int) -> None:
    arch = replace(PLAIN, attention=attention)  # type: ignore[arg-type]
    d, ff, heads, length = arch.d_model, arch.d_ff, arch.num_heads, 64
    tokens = BATCH * length * (a_token * d + (8 if low else 16) * ff + 8)
    squares = a_square * heads * BATCH * length**2 + length**2 if a_square else 4 * heads * BATCH * length
    copies = 2 * (4 * d * d + 3 * d * ff) if low else 0
    assert layer_formula(arch, BATCH, length, low) == tokens + squares + copies


@pytest.mark.parametrize("tied", [False, True])
@pytest.mark.parametrize("low", [False, True], ids=["fp32", "bf16"])
def test_what_a_whole_model_keeps(low: bool, tied: bool) -> None:
    arch, length = replace(PLAIN, tied_head=tied), 32
    model = TransformerLM.of(arch)
    tokens = torch.randint(0, arch.vocab_size, (BATCH, length))
    targets = tokens.roll(-1, 1)
    with kept(model, low) as tensors:
        loss = torch.nn.functional.cross_entropy(model(tokens).flatten(0, 1), targets.flatten())
    d, e = arch.d_model, 2 if low else 4
    outside = BATCH * length * (4 * d + 4 + e * d + 4 * arch.vocab_size) + (2 * d * arch.vocab_size if low else 0)
    ids_and_loss = 2 * 8 * BATCH * length + 4
    layers = arch.num_layers * layer_formula(arch, BATCH, length, low)
    assert torch.isfinite(loss)
    assert size(tensors) == outside + ids_and_loss + layers
