"""Does the model that a shape describes have just the parameters and products that are counted for the shape?"""

from dataclasses import replace
from typing import Any, Final

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from lmcore.accounting import Setup, Shape, account
from lmcore.errors import ModelError
from lmcore.model import TransformerLM
from lmcore.model.shapes import architecture_of_shape, shape_of_architecture

SMALL: Final = Shape(vocab_size=300, context_length=24, num_layers=2, d_model=32, num_heads=4, d_ff=88)
BUILT: Final[dict[str, dict[str, Any]]] = {
    "plain": {},
    "shared keys and values": {"num_kv_heads": 2},
    "wide heads": {"d_head": 12},
    "tied": {"tied": True},
    "QK-norm": {"qk_norm": True, "num_kv_heads": 1},
    "post-norm": {"norm_place": "post"},
    "no norm": {"norm_place": "none"},
    "NoPE": {"position": "none"},
    "SiLU": {"feed_forward": "silu"},
    "GELU": {"feed_forward": "gelu"},
    "ReLU²": {"feed_forward": "relu2"},
}


@pytest.mark.parametrize("name", BUILT)
def test_a_model_has_the_parameters_and_products_of_its_shape(name: str) -> None:
    shape = replace(SMALL, **BUILT[name])
    counted = account(shape, Setup())
    with torch.device("meta"):
        model = TransformerLM.from_shape(shape, attention="manual")
        with FlopCounterMode(display=False) as counter:
            model(torch.zeros(1, shape.context_length, dtype=torch.long))
    assert sum(parameter.numel() for parameter in model.parameters()) == counted.parameters.amount
    assert counter.get_total_flops() == counted.forward.amount


@pytest.mark.parametrize("name", BUILT)
def test_an_architecture_gives_its_shape_back(name: str) -> None:
    shape = replace(SMALL, rope_theta=500.0, **BUILT[name])
    assert shape_of_architecture(architecture_of_shape(shape)) == shape


def test_every_size_reaches_the_model() -> None:
    shape = replace(SMALL, rope_theta=500.0, num_kv_heads=2, d_head=12)
    arch = TransformerLM.from_shape(shape).architecture
    for name in ("vocab_size", "context_length", "d_model", "num_layers", "num_heads", "d_ff", "rope_theta"):
        assert getattr(arch, name) == getattr(shape, name)
    assert (arch.kv_heads, arch.head_width, arch.attention) == (2, 12, "sdpa")


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"num_experts": 4, "active_experts": 2}, "a mixture of experts"),
        ({"position": "learned"}, "positions of the kind learned"),
        ({"bias": "qkv"}, "biases"),
        ({"norm": "layernorm"}, "norms of the kind layernorm"),
        ({"norm_place": "both"}, "norms on both sides"),
        ({"feed_forward": "geglu"}, "the feed-forward geglu"),
    ],
)
def test_what_cannot_be_built_is_refused_by_name(change: dict[str, Any], what: str) -> None:
    with pytest.raises(ModelError, match=f"This shape has {what}"):
        TransformerLM.from_shape(replace(SMALL, **change))
