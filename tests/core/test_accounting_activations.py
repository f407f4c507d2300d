"""Are the activations "as measured" the bytes that autograd keeps of this project's own module, with every switch?"""

from dataclasses import replace
from typing import Final

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional

from lmcore.accounting import Node, Setup, Shape, account
from lmcore.accounting.activations import layer_activations
from lmcore.accounting.kinds import Activations, Attention, Precision, Recomputation
from lmcore.model import TransformerLM
from tests.core.accounting_shapes import PLAIN, buildable
from tests.core.saved_bytes import kept, size

LOW: Final = {Precision.BF16: torch.bfloat16, Precision.FP16: torch.float16}
KINDS: Final = {Attention.MANUAL: "manual", Attention.FLASH: "sdpa"}
setups = st.builds(
    Setup,
    batch=st.integers(1, 3),
    precision=st.sampled_from(Precision),
    attention=st.sampled_from(Attention),
    activations=st.just(Activations.MEASURED),
)


def _model(shape: Shape, setup: Setup) -> TransformerLM:
    """With the weights that the precision has: in 16 bits themselves, or in fp32, with or without autocast."""
    model = TransformerLM.from_shape(shape, attention=KINDS[setup.attention])  # type: ignore[arg-type]
    return model.to(LOW.get(setup.precision, torch.float32))


def _counted(shape: Shape, setup: Setup) -> Node:
    return account(shape, setup).training_memory.child("activations")


@given(shape=buildable(32), setup=setups)
@settings(max_examples=200)
def test_a_whole_model_and_its_loss(shape: Shape, setup: Setup) -> None:
    model = _model(shape, setup)
    ids, targets = (torch.zeros(setup.batch, shape.context_length, dtype=torch.long) for _ in range(2))
    with kept(model, setup.precision is Precision.AUTOCAST) as tensors:
        loss = functional.cross_entropy(model(ids).flatten(0, 1), targets.flatten())
    assert loss.requires_grad
    counted = _counted(shape, setup)
    assert size(tensors) == counted.amount
    assert counted.note == "what this project’s own block keeps"


@given(shape=buildable(32), setup=setups)
@settings(max_examples=200)
def test_the_layers_alone(shape: Shape, setup: Setup) -> None:
    """One after the other, so that each has its own input, and what one hands on is counted with the next."""
    model = _model(shape, setup)
    rotation = model.rope(shape.context_length) if model.rope else None
    found = []
    for layer in model.layers:
        x = torch.zeros(setup.batch, shape.context_length, shape.d_model, dtype=model.head_weight.dtype)
        x = x.requires_grad_().clone()
        with kept(model, setup.precision is Precision.AUTOCAST) as tensors:
            layer(x, rotation)
        found.append(size(tensors))
    assert sum(found) == layer_activations(shape, setup)
    assert set(found) == {layer_activations(replace(shape, num_layers=1), setup)}


@pytest.mark.parametrize("precision", LOW)
def test_weights_in_16_bits_keep_half_the_log_softmax_and_the_gains_of_norms(precision: Precision) -> None:
    setup = Setup(batch=2, precision=precision, activations=Activations.MEASURED)
    parts = {part.key: part.amount for part in _counted(PLAIN, setup).children}
    assert parts["logits"] == 2 * 2 * 1_024 * 50_257
    assert parts["final_gain"] == 4 * 768
    assert _counted(PLAIN, setup).child("layers").child("gains").amount == 12 * 2 * 4 * 768


@pytest.mark.parametrize(
    ("activations", "precision", "bytes_each"),
    [
        (Activations.HANDOUT, Precision.FP32, 4),
        (Activations.HANDOUT, Precision.AUTOCAST, 2),
        (Activations.MEASURED, Precision.FP32, 4),
        (Activations.MEASURED, Precision.AUTOCAST, 4),  # the residual stream stays in fp32
        (Activations.MEASURED, Precision.BF16, 2),
    ],
)
def test_inputs_of_layers_that_are_computed_anew(
    activations: Activations, precision: Precision, bytes_each: int
) -> None:
    setup = Setup(precision=precision, activations=activations, recomputation=Recomputation.FULL)
    layers = _counted(PLAIN, setup).child("layers")
    assert layers.child("inputs").amount == bytes_each * 1_024 * 768 * 12
    assert layers.child("one_layer").amount == layer_activations(
        replace(PLAIN, num_layers=1), replace(setup, recomputation=Recomputation.NONE)
    )
