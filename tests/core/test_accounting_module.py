"""Has this project's own module just the parameters, FLOPs and saved bytes that are counted for its shape?"""

from dataclasses import replace
from typing import Any, Final

import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional
from torch.utils.flop_counter import FlopCounterMode

from lmcore.accounting import Setup, Shape, account
from lmcore.accounting.kinds import Activations, Attention, FeedForward, NormPlace, Position, Precision
from lmcore.model import TransformerLM
from lmcore.model.decoder import Decoder, Prepared
from tests.core.accounting_shapes import sizes
from tests.core.test_model_activations import kept, size

MANY: Final = settings(max_examples=500)


@st.composite
def buildable(draw: st.DrawFn, most: int = 64) -> Shape:
    """A shape that the module can be."""
    return Shape(
        **draw(sizes(most)),
        feed_forward=draw(st.sampled_from([kind for kind in FeedForward if kind is not FeedForward.GEGLU])),
        norm_place=draw(st.sampled_from([place for place in NormPlace if place is not NormPlace.BOTH])),
        position=draw(st.sampled_from([Position.ROPE, Position.NONE])),
        tied=draw(st.booleans()),
        qk_norm=draw(st.booleans()),
    )


def _ids(shape: Shape, batch: int) -> Any:
    return torch.zeros(batch, shape.context_length, dtype=torch.long)


@given(shape=buildable(4_096), batch=st.integers(1, 64))
@MANY
def test_parameters_and_flops_of_any_shape(shape: Shape, batch: int) -> None:
    """On the meta device, where nothing is computed; attention by explicit products."""
    with torch.device("meta"):
        model = TransformerLM.from_shape(shape, attention="manual")
        with FlopCounterMode(display=False) as counter, torch.no_grad():
            model(_ids(shape, batch))
    counted = account(shape, Setup(batch=batch))
    assert sum(parameter.numel() for parameter in model.parameters()) == counted.parameters.amount
    assert counter.get_total_flops() == counted.forward.amount


@given(shape=buildable(), batch=st.integers(1, 3))
@settings(max_examples=60)
def test_a_training_step_takes_three_times_the_forward_pass(shape: Shape, batch: int) -> None:
    with torch.device("meta"):
        model = TransformerLM.from_shape(shape, attention="manual")
        with FlopCounterMode(display=False) as counter:
            model(_ids(shape, batch)).sum().backward()
    assert counter.get_total_flops() == account(shape, Setup(batch=batch)).training.amount


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


@given(
    shape=buildable(32),
    batch=st.integers(1, 3),
    attention=st.sampled_from(Attention),
    precision=st.sampled_from([Precision.FP32, Precision.AUTOCAST]),
)
@settings(max_examples=100)
def test_saved_bytes_of_any_shape(shape: Shape, batch: int, attention: Attention, precision: Precision) -> None:
    """What autograd keeps of a whole model and its loss, to the byte."""
    shape = replace(shape, context_length=max(2, shape.context_length), vocab_size=max(2, shape.vocab_size))
    model = TransformerLM.from_shape(shape, attention="manual" if attention is Attention.MANUAL else "sdpa")
    ids, targets = _ids(shape, batch), _ids(shape, batch)
    with kept(model, precision is Precision.AUTOCAST) as tensors:
        loss = functional.cross_entropy(model(ids).flatten(0, 1), targets.flatten())
    assert loss.requires_grad
    setup = Setup(batch=batch, precision=precision, attention=attention, activations=Activations.MEASURED)
    counted = account(shape, setup).training_memory.child("activations")
    assert size(tensors) == counted.amount
    assert counted.note == "measured on this project’s own block"


@given(shape=buildable(), rows=st.integers(1, 3))
@settings(max_examples=25)
def test_a_prompt_and_one_more_token_with_a_cache(shape: Shape, rows: int) -> None:
    """The generator's own passes: a prompt one token short of the context, and the token that fills it."""
    shape = replace(shape, context_length=max(2, shape.context_length))
    prompt = replace(shape, context_length=shape.context_length - 1)
    with torch.device("meta"), torch.no_grad():
        decoder = Decoder(Prepared(TransformerLM.from_shape(shape)), rows, shape.context_length)
        with FlopCounterMode(display=False) as first:
            decoder.start([[0] * prompt.context_length] * rows)
        with FlopCounterMode(display=False) as second:
            decoder.advance(torch.zeros(rows, dtype=torch.long))
    assert first.get_total_flops() == account(prompt, Setup(batch=rows)).prefill.amount
    assert second.get_total_flops() == account(shape, Setup(batch=rows)).decode_cached.amount
