"""What is a Transformer language model? Embeddings, blocks of attention and feed-forward, a head that scores ids."""

from collections.abc import Mapping
from typing import Self, TypedDict, Unpack

import torch
from torch import Tensor, nn
from torch.nn import functional

from lmcore.accounting.shape import Shape
from lmcore.errors import ModelError
from lmcore.model.architecture import Architecture, AttentionKind, FeedForwardKind, Norm, Position
from lmcore.model.attention import CausalSelfAttention, document_mask
from lmcore.model.layers import Embedding, FeedForward, Linear, RMSNorm, draw_linear, precision
from lmcore.model.rope import Rope, Rotation
from lmcore.model.rope_scaling import RopeScaling
from lmcore.model.shapes import architecture_of_shape


class Switches(TypedDict, total=False):
    """The fields of `Architecture` that are given by name."""

    num_kv_heads: int
    d_head: int
    tied_head: bool
    qk_norm: bool
    norm: Norm
    position: Position
    rope_scaling: RopeScaling | None
    feed_forward: FeedForwardKind
    norm_eps: float
    attention: AttentionKind


def _norm(architecture: Architecture) -> nn.Module:
    if architecture.norm == "none":
        return nn.Identity()
    return RMSNorm(architecture.d_model, architecture.norm_eps)


class Block(nn.Module):
    """x + attention, then + feed-forward, each with its RMSNorm in front of it, behind the addition, or without one."""

    def __init__(self, architecture: Architecture) -> None:
        super().__init__()
        self.post = architecture.norm == "post"
        self.ln1 = _norm(architecture)
        self.attn = CausalSelfAttention(architecture)
        self.ln2 = _norm(architecture)
        self.ffn = FeedForward(architecture.d_model, architecture.d_ff, architecture.feed_forward)

    def forward(self, x: Tensor, rotation: Rotation | None, mask: Tensor | None = None) -> Tensor:
        """(batch, positions, d_model) -> the same; without a `document_mask`, attention is plainly causal."""
        if self.post:
            x = self.ln1(x + self.attn(x, rotation, mask))
            x = self.ln2(x + self.ffn(x))
        else:
            x = x + self.attn(self.ln1(x), rotation, mask)
            x = x + self.ffn(self.ln2(x))
        return x


class TransformerLM(nn.Module):
    """The course's language model: pre-norm RMSNorm, RoPE, SwiGLU, no biases, untied head; see `Architecture`.

    State-dict names: token_embeddings.weight, layers.N.attn.{q,k,v,output}_proj.weight, layers.N.{ln1,ln2}.weight,
    layers.N.ffn.{w1,w2,w3}.weight, ln_final.weight, lm_head.weight (absent when tied), and with QK-norm
    layers.N.attn.{q,k}_norm.weight. On the meta device nothing is allocated; `to_empty(device=...)` and then
    `reset_parameters` make such a model real. Raises `ModelError` where the sizes do not fit together.
    """

    def __init__(
        self,
        vocab_size: int,
        context_length: int,
        d_model: int,
        num_layers: int,
        num_heads: int,
        d_ff: int,
        rope_theta: float = 10_000.0,
        **switches: Unpack[Switches],
    ) -> None:
        super().__init__()
        sizes = (vocab_size, context_length, d_model, num_layers, num_heads, d_ff, rope_theta)
        self.architecture = Architecture(*sizes, **switches)
        arch = self.architecture
        self.token_embeddings = Embedding(vocab_size, d_model)
        rope = (arch.head_width, context_length, rope_theta, arch.rope_scaling)
        self.rope = Rope(*rope) if arch.position == "rope" else None
        self.layers = nn.ModuleList(Block(arch) for _ in range(num_layers))
        self.ln_final = _norm(arch)
        self.lm_head = None if arch.tied_head else Linear(d_model, vocab_size)
        self._draw_tied()

    @classmethod
    def of(cls, architecture: Architecture) -> Self:
        """The model of `architecture`, with new weights."""
        return cls(**vars(architecture))

    @classmethod
    def from_shape(cls, shape: Shape, attention: AttentionKind = "sdpa") -> Self:
        """The model of `shape`, with new weights; raises `ModelError` for what the module cannot be, by name."""
        return cls.of(architecture_of_shape(shape, attention))

    @classmethod
    def with_weights(cls, architecture: Architecture, weights: Mapping[str, Tensor]) -> Self:
        """The model of `architecture` whose parameters are these tensors themselves, under their state-dict names.

        Raises `ModelError` naming a weight that is missing, superfluous or of another shape.
        """
        with torch.device("meta"):
            model = cls.of(architecture)
        _check_names(weights, model.state_dict())
        model.load_state_dict(weights, assign=True)
        if model.rope:
            model.rope.to_empty(device=model.head_weight.device)
            model.rope.reset_parameters()
        return model

    @property
    def head_weight(self) -> Tensor:
        """The matrix of the scores, (vocab_size, d_model): the embeddings themselves when tied."""
        return self.token_embeddings.weight if self.lm_head is None else self.lm_head.weight

    def reset_parameters(self) -> None:
        """Draw all weights anew with torch's current random state, and compute RoPE's table."""
        for module in self.modules():
            if isinstance(module, Linear | Embedding | RMSNorm | Rope):
                module.reset_parameters()
        self._draw_tied()

    def _draw_tied(self) -> None:
        """A tied matrix starts as a head would: with the embeddings' N(0, 1) scores would have σ = √d_model."""
        if self.lm_head is None:
            draw_linear(self.token_embeddings.weight)

    def features(self, tokens: Tensor, documents: Tensor | None = None) -> Tensor:
        """What the head reads: ids (batch, positions) -> (batch, positions, d_model).

        A training computes the loss from it and `head_weight` in pieces, without holding all scores at once. With a
        number for the document of each position (batch, positions), nothing looks beyond its document; positions go
        on being counted from the beginning of the row, which RoPE does not tell apart.
        """
        rotation = self.rope(tokens.shape[-1]) if self.rope else None
        x = self.token_embeddings(tokens)
        mask = None if documents is None else document_mask(documents, precision(x))
        for layer in self.layers:
            x = layer(x, rotation, mask)
        out: Tensor = self.ln_final(x)
        return out

    def forward(self, tokens: Tensor) -> Tensor:
        """Ids (batch, positions up to context_length) -> scores before softmax (batch, positions, vocab_size)."""
        return functional.linear(self.features(tokens), self.head_weight)


def _check_names(given: Mapping[str, Tensor], wanted: Mapping[str, Tensor]) -> None:
    """Raises `ModelError` unless `given` has the names and shapes of `wanted`."""
    for what, names in (("is missing", wanted.keys() - given.keys()), ("has no place", given.keys() - wanted.keys())):
        if names:
            raise ModelError(f"These are not the weights of such a model: {min(names)} {what}; look at its sizes.")
    for name, weight in wanted.items():
        if given[name].shape != weight.shape:
            there, here = (" × ".join(map(str, shape)) for shape in (given[name].shape, weight.shape))
            raise ModelError(f"These are not the weights of such a model: {name} is {there}, not {here}.")
