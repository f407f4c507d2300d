"""How many bytes does it take? Training: weights, gradients, optimizer, activations. Running: weights and KV cache.

A parameter takes 16 bytes with AdamW in fp32 (4 + 4 + 8), 18 with bf16 weights and fp32 gradients and master copy
(2 + 4 + 12), 16 as ZeRO counts fp16 (2 + 2 + 12; Rajbhandari et al. 2020). ZeRO's stages divide the optimizer (1), the
gradients as well (2) and the weights as well (3) among the devices.
"""

from typing import Final

from lmcore.accounting.activations import activations
from lmcore.accounting.kinds import AttentionCount, Optimizer, Position, Precision
from lmcore.accounting.nodes import Node, leaf, total
from lmcore.accounting.parameters import active_parameters, parameters
from lmcore.accounting.setup import Setup
from lmcore.accounting.shape import Shape
from lmcore.accounting.symbols import Factor, Product, Words
from lmcore.accounting.terms import terms_of

WEIGHT_BYTES: Final = {Precision.FP32: 4, Precision.AUTOCAST: 4, Precision.BF16: 2, Precision.FP16: 2}
GRADIENT_BYTES: Final = {Precision.FP32: 4, Precision.AUTOCAST: 4, Precision.BF16: 4, Precision.FP16: 2}
MASTER_BYTES: Final = {Precision.FP32: 0, Precision.AUTOCAST: 0, Precision.BF16: 4, Precision.FP16: 4}
STATE_BYTES: Final = {Optimizer.ADAMW: 8, Optimizer.MOMENTUM: 4, Optimizer.SGD: 0}
STATE_NAMES: Final = {
    Optimizer.ADAMW: "AdamW’s two moments, fp32",
    Optimizer.MOMENTUM: "Momentum, fp32",
    Optimizer.SGD: "No state",
}


def states(held: int, setup: Setup) -> tuple[Node, ...]:
    """What `held` parameters need on one device while they are trained, without activations: weights, gradients,
    optimizer.
    """
    count = Factor("P", held)
    optimizer = [
        _divided("moments", STATE_NAMES[setup.optimizer], STATE_BYTES[setup.optimizer], count, setup, stage=1),
        _divided("master", "Master copy, fp32", MASTER_BYTES[setup.precision], count, setup, stage=1),
    ]
    return (
        _divided("weights", "Weights", WEIGHT_BYTES[setup.precision], count, setup, stage=3),
        _divided("gradients", "Gradients", GRADIENT_BYTES[setup.precision], count, setup, stage=2),
        total("optimizer", "Optimizer", optimizer),
    )


def training_memory(shape: Shape, setup: Setup, context: int | None = None) -> Node:
    """The bytes of one device while it trains: weights, gradients, optimizer, activations."""
    kept = states(parameters(shape).amount, setup)
    return total("training", "Training", [*kept, activations(shape, setup, context)])


def static_memory(shape: Shape, setup: Setup) -> int:
    """The bytes of one device that do not depend on batch and context: all but the activations."""
    return sum(node.amount for node in states(parameters(shape).amount, setup))


def kv_cache_bytes_per_token(shape: Shape, setup: Setup) -> int:
    """Bytes that every token of a context adds to the KV cache: 2·L·k·h numbers."""
    return 2 * shape.num_layers * shape.kv_width * setup.kv_bytes


def kv_cache(shape: Shape, setup: Setup, context: int | None = None) -> Node:
    """The KV cache of a batch of full contexts: a key and a value for every layer, head and place that is looked at.

    Where attention is counted in a window, no more places than that are kept.
    """
    t = terms_of(shape, setup, context)
    windowed = setup.attention_count is AttentionCount.WINDOW and setup.window < t.context.value
    places = Factor("W", setup.window) if windowed else t.context
    numbers = (*t.batch, places, *t.kv, t.layers)
    return leaf("kv_cache", "KV cache", Product(2 * setup.kv_bytes, numbers), note=f"{setup.kv_bytes} bytes a number")


def inference_memory(shape: Shape, setup: Setup, context: int | None = None) -> Node:
    """The bytes of running the model: its weights in the precision of the products, and the KV cache."""
    held = Factor("P", parameters(shape).amount)
    weights = leaf("weights", "Weights", Product(setup.compute_bytes, (held,)))
    return total("inference", "Inference", [weights, kv_cache(shape, setup, context)])


def decode_reads(shape: Shape, setup: Setup) -> int:
    """Bytes that are read for one more token of each sequence: weights once, and keys and values.

    Of an embedding only the rows of the tokens and of their place, unless it is the LM head as well; of experts at
    most those that so many tokens choose; of the KV cache what attention looks at.
    """
    embedding = parameters(shape).child("embedding")
    tables = embedding.amount - (embedding.child("tokens").amount if shape.tied else 0)
    rows = shape.d_model * ((0 if shape.tied else setup.batch) + (shape.position is Position.LEARNED))
    weights = active_parameters(shape, setup.batch) - tables + rows
    return setup.compute_bytes * weights + kv_cache(shape, setup).amount


def _divided(key: str, name: str, each: int, held: Factor, setup: Setup, stage: int) -> Node:
    """So many bytes a parameter, divided among the devices from a stage of ZeRO on; the largest share."""
    whole = leaf(key, name, Product(each, (held,)))
    if setup.zero_stage < stage or setup.devices == 1:
        return whole
    amount = -(-whole.amount // setup.devices)
    return Node(key, name, amount, Words(f"{whole.formula} ÷ N", f"{whole.numbers} ÷ {setup.devices:,}"))
