"""Has this project's own module just the parameters and FLOPs that are counted for its shape?"""

from dataclasses import replace
from typing import Any, Final

import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.utils.flop_counter import FlopCounterMode

from lmcore.accounting import Setup, Shape, account
from lmcore.generators import result_of
from lmcore.model import TransformerLM
from lmcore.model.decoder import Decoder, Prepared
from tests.core.accounting_shapes import buildable

MANY: Final = settings(max_examples=500)


def _ids(shape: Shape, batch: int) -> Any:
    return torch.zeros(batch, shape.context_length, dtype=torch.long)


@given(shape=buildable(4_096, layers=2), batch=st.integers(1, 64))
@MANY
def test_parameters_and_flops_of_any_shape(shape: Shape, batch: int) -> None:
    """On the meta device, where nothing is computed; attention by explicit products. To the digit, forward and back:
    the first layer, too, has a product for its input's gradient, since the embedding behind it is learned.
    """
    with torch.device("meta"):
        model = TransformerLM.from_shape(shape, attention="manual")
        ids = _ids(shape, batch)
    with FlopCounterMode(display=False) as counter:
        scores = model(ids)
        forward = counter.get_total_flops()
        scores.sum().backward()
    counted = account(shape, Setup(batch=batch))
    assert sum(parameter.numel() for parameter in model.parameters()) == counted.parameters.amount
    assert forward == counted.forward.amount
    assert counter.get_total_flops() == counted.training.amount


@given(shape=buildable())
@settings(max_examples=60)
def test_parts_are_those_of_the_modules(shape: Shape) -> None:
    """What is booked as feed-forward, projections and so on is what these modules hold."""
    with torch.device("meta"):
        model = TransformerLM.from_shape(shape)
    parts = {"embedding": ["token_embeddings"], "ffn": ["ffn."], "projections": ["_proj."], "lm_head": ["lm_head"]}
    counted = {part.key: part.amount for part in account(shape).parameters.children}
    for key, words in parts.items():
        held = sum(weight.numel() for name, weight in model.named_parameters() if any(word in name for word in words))
        assert held == counted.get(key, 0)
    norms = sum(weight.numel() for name, weight in model.named_parameters() if "norm" in name or "ln" in name)
    assert norms == counted.get("norms", 0)


@given(shape=buildable(), rows=st.integers(1, 3))
@settings(max_examples=25)
def test_a_prompt_and_one_more_token_with_a_cache(shape: Shape, rows: int) -> None:
    """The generator's own passes: a prompt one token short of the context, and the token that fills it."""
    shape = replace(shape, context_length=max(2, shape.context_length))
    prompt = replace(shape, context_length=shape.context_length - 1)
    with torch.device("meta"), torch.no_grad():
        decoder = Decoder(Prepared(TransformerLM.from_shape(shape)), rows, shape.context_length)
        decoder.at_once = shape.context_length  # in pieces less is multiplied by what attention hides
        with FlopCounterMode(display=False) as first:
            result_of(decoder.start([[0] * prompt.context_length] * rows))
        with FlopCounterMode(display=False) as second:
            result_of(decoder.advance(torch.zeros(rows, dtype=torch.long)))
    assert first.get_total_flops() == account(prompt, Setup(batch=rows)).prefill.amount
    assert second.get_total_flops() == account(shape, Setup(batch=rows)).decode_cached.amount
