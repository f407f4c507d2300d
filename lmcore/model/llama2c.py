"""How is a model of llama2.c read? Version 0 of its `.bin`: seven numbers, then all weights in fp32, back to back."""

import struct
from collections.abc import Iterator
from math import prod
from pathlib import Path
from typing import Final

import numpy as np
import torch
from torch import Tensor

from lmcore.errors import ModelError
from lmcore.model.architecture import Architecture
from lmcore.model.transformer import TransformerLM

_HEADER: Final = struct.Struct("<7i")  # width, feed-forward, layers, heads, kv heads, ± vocabulary, context
_LARGEST: Final = 2**24  # no size of such a file is above; what is, is no such file

Place = tuple[str, tuple[int, ...]]  # a name, with {} for the layer's number where there is one a layer, and a shape


def read_llama2c(path: Path) -> TransformerLM:
    """The model in `path`, in fp32. It rotates adjacent pairs with Θ 10,000, as ours do. Raises `ModelError`."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ModelError(f"{path} cannot be read: {error.strerror}.") from error
    architecture = _architecture(path, data)
    places = list(_places(architecture))
    expected = _HEADER.size + 4 * sum(prod(shape) for _, shape in places)
    if len(data) != expected:
        raise ModelError(
            f"{path} has {len(data):,} bytes, but a model of the sizes that it names has {expected:,}; "
            f"it is cut short, or no llama2.c model of version 0."
        )
    return TransformerLM.with_weights(architecture, dict(_weights(data, places, architecture.num_layers)))


def _architecture(path: Path, data: bytes) -> Architecture:
    """What the seven numbers say; a negative vocabulary stands for a head of its own."""
    if len(data) < _HEADER.size:
        raise ModelError(f"{path} is too short for a llama2.c model; choose its .bin file.")
    d_model, d_ff, layers, heads, kv_heads, vocab, context = _HEADER.unpack_from(data)
    if not all(0 < size < _LARGEST for size in (d_model, d_ff, layers, heads, kv_heads, abs(vocab), context)):
        raise ModelError(f"{path} is no llama2.c model of version 0: its first numbers are no sizes of a model.")
    tied = vocab > 0
    return Architecture(abs(vocab), context, d_model, layers, heads, d_ff, num_kv_heads=kv_heads, tied_head=tied)


def _places(architecture: Architecture) -> Iterator[Place]:
    """What follows the header, in its order; the two tables of angles ("") are computed anew."""
    d, ff, layers, width = (
        architecture.d_model,
        architecture.d_ff,
        architecture.num_layers,
        architecture.num_heads * architecture.head_width,
    )
    shared = architecture.kv_heads * architecture.head_width
    yield "token_embeddings.weight", (architecture.vocab_size, d)
    yield "layers.{}.ln1.weight", (layers, d)
    for name, shape in (("q", (width, d)), ("k", (shared, d)), ("v", (shared, d)), ("output", (d, width))):
        yield f"layers.{{}}.attn.{name}_proj.weight", (layers, *shape)
    yield "layers.{}.ln2.weight", (layers, d)
    for name, shape in (("w1", (ff, d)), ("w2", (d, ff)), ("w3", (ff, d))):
        yield f"layers.{{}}.ffn.{name}.weight", (layers, *shape)
    yield "ln_final.weight", (d,)
    yield "", (2, architecture.context_length, architecture.head_width // 2)
    if not architecture.tied_head:
        yield "lm_head.weight", (architecture.vocab_size, d)


def _weights(data: bytes, places: list[Place], layers: int) -> Iterator[tuple[str, Tensor]]:
    """The tensors by their state-dict names, each with memory of its own."""
    at = _HEADER.size
    for name, shape in places:
        block = torch.from_numpy(np.frombuffer(data, "<f4", prod(shape), at).astype(np.float32).reshape(shape))
        at += 4 * prod(shape)
        if "{}" in name:
            yield from ((name.format(layer), block[layer].clone()) for layer in range(layers))
        elif name:
            yield name, block
