"""How does one block work through new positions, when keys and values of the earlier ones are kept?

The twin of `transformer.Block` without autograd: weights that read the same are joined into one matrix, and keys and
values lie in a cache of fixed size that is written in place. Tests hold the two against each other with every switch.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor, nn
from torch.nn import functional

from lmcore.model.attention import CausalSelfAttention
from lmcore.model.layers import RMSNorm, activate
from lmcore.model.transformer import Block

_FEW: Final = 64  # rows


@dataclass(frozen=True)
class Span:
    """Where the new positions of all rows are: columns of the cache, their rotation, and what each may see.

    `turns` are unit complex numbers (rows or 1, positions, 1, d_head / 2), None for NoPE; `seen` is true where a
    position (rows, 1, positions, columns so far) may look, None where it may look at everything before it.
    """

    rows: int
    first: int
    last: int
    turns: Tensor | None
    seen: Tensor | None


@dataclass(frozen=True)
class Cache:
    """Keys and values of a layer, both (rows, kv heads, columns, d_head)."""

    keys: Tensor
    values: Tensor


Half = Callable[[Tensor, Span, Cache], Tensor]
"""The attention or the feed-forward network of a layer: the residual stream (rows · positions, d_model) -> the same."""


class Norm:
    """RMSNorm in fp32 with its gain, or nothing in place of none.

    Written as x / √(Σx² + d·eps) · gain·√d, which takes half as many small steps as torch's on a processor.
    """

    def __init__(self, module: nn.Module) -> None:
        self.scale: Tensor | None = None
        if isinstance(module, RMSNorm):
            width = module.weight.shape[-1]
            self.scale = module.weight.detach().float() * width**0.5
            self.least = torch.tensor((width * module.eps) ** 0.5, device=self.scale.device)

    def __call__(self, x: Tensor) -> Tensor:
        """(..., width) -> the same."""
        if self.scale is None:
            return x
        length = torch.linalg.vector_norm(x, dim=-1, keepdim=True)
        normed: Tensor = (x / length.hypot(self.least)).mul_(self.scale)
        return normed


def joined(parts: Sequence[Tensor], dtype: torch.dtype) -> Tensor:
    """Matrices with the same input as one, (all outputs, input); a single one is the model's own where it can be."""
    own = [part.detach().to(dtype) for part in parts]
    return own[0] if len(own) == 1 else torch.cat(own)


def product(x: Tensor, matrix: Tensor) -> Tensor:
    """x Wᵀ: (n, input) -> (n, outputs).

    A few rows in bf16 are multiplied as W xᵀ, for which oneDNN has a kernel that takes two thirds of the time.
    """
    if x.dtype == torch.bfloat16 and 4 <= len(x) <= _FEW and x.device.type == "cpu":
        return (matrix @ x.t()).t().contiguous()
    return functional.linear(x, matrix)


def added(x: Tensor, inner: Tensor, matrix: Tensor) -> Tensor:
    """x + inner Wᵀ in fp32, in one step where all is fp32."""
    if inner.dtype == torch.float32:
        return torch.addmm(x, inner, matrix.t())
    return x + product(inner, matrix)


class DecoderAttention:
    """Attention of the new positions over those in the cache."""

    def __init__(self, module: CausalSelfAttention, dtype: torch.dtype) -> None:
        self.d_head = module.d_head
        self.heads, self.kv_heads = (p.out_features // self.d_head for p in (module.q_proj, module.k_proj))
        self.qkv = joined((module.q_proj.weight, module.k_proj.weight, module.v_proj.weight), dtype)
        self.output = joined((module.output_proj.weight,), dtype)
        self.norms = (Norm(module.q_norm), Norm(module.k_norm)) if module.q_norm and module.k_norm else None

    def cache(self, rows: int, columns: int) -> Cache:
        """An empty one, whose memory is all there will be."""
        shape = (rows, self.kv_heads, columns, self.d_head)
        return Cache(*(torch.zeros(shape, dtype=self.qkv.dtype, device=self.qkv.device) for _ in range(2)))

    def __call__(self, x: Tensor, inner: Tensor, span: Span, cache: Cache) -> Tensor:
        """The residual stream `x` (rows · positions, d_model) with the attention for `inner` added, in fp32."""
        projected = product(inner, self.qkv).reshape(span.rows, -1, self.heads + 2 * self.kv_heads, self.d_head)
        q, k = self._turned(projected[:, :, : -self.kv_heads], span).split((self.heads, self.kv_heads), dim=2)
        cache.keys[:, :, span.first : span.last] = k.transpose(1, 2)
        cache.values[:, :, span.first : span.last] = projected[:, :, -self.kv_heads :].transpose(1, 2)
        return added(x, self._looked_up(q, span, cache).reshape(len(x), -1), self.output)

    def _turned(self, heads: Tensor, span: Span) -> Tensor:
        """Queries and keys (rows, positions, heads, d_head), normalised where asked for, then rotated."""
        exact = heads.float()
        if self.norms is not None:
            both = zip(self.norms, exact.split((self.heads, self.kv_heads), dim=2), strict=True)
            exact = torch.cat([norm(part) for norm, part in both], dim=2)
        if span.turns is not None:
            pairs = torch.view_as_complex(exact.unflatten(-1, (-1, 2)))
            exact = torch.view_as_real(pairs * span.turns).flatten(-2)
        return exact.to(heads.dtype)

    def _looked_up(self, q: Tensor, span: Span, cache: Cache) -> Tensor:
        """Attention for (rows, positions, heads, d_head); the heads of one new position go as a group's positions."""
        keys, values = cache.keys[:, :, : span.last], cache.values[:, :, : span.last]
        if q.shape[1] == 1:
            grouped = q.view(span.rows, self.kv_heads, -1, self.d_head)
            return functional.scaled_dot_product_attention(grouped, keys, values, span.seen)
        causal, shared = span.seen is None, self.heads != self.kv_heads
        looked = functional.scaled_dot_product_attention(
            q.transpose(1, 2), keys, values, span.seen, is_causal=causal, enable_gqa=shared
        )
        return looked.transpose(1, 2)


class DecoderLayer:
    """A block: attention and feed-forward with their norms, on a residual stream in fp32."""

    def __init__(self, block: Block, dtype: torch.dtype) -> None:
        self.post, self.dtype = block.post, dtype
        self.ln1, self.ln2 = Norm(block.ln1), Norm(block.ln2)
        self.attention = DecoderAttention(block.attn, dtype)
        self.kind = block.ffn.kind
        ffn = block.ffn
        self.up = joined((ffn.w1.weight, ffn.w3.weight) if self.kind == "swiglu" else (ffn.w1.weight,), dtype)
        self.down = joined((ffn.w2.weight,), dtype)

    @property
    def halves(self) -> tuple[Half, Half]:
        """What it does to a residual stream, in two steps."""
        return self.attend, self.feed

    @property
    def weights(self) -> tuple[int, int]:
        """How many numbers the matrices of each half have."""
        return self.attention.qkv.numel() + self.attention.output.numel(), self.up.numel() + self.down.numel()

    def attend(self, x: Tensor, span: Span, cache: Cache) -> Tensor:
        """Look at the positions before; keys and values of the new ones are in the cache from then on."""
        if self.post:
            return self.ln1(self.attention(x, x.to(self.dtype), span, cache))
        return self.attention(x, self.ln1(x).to(self.dtype), span, cache)

    def feed(self, x: Tensor, _span: Span, _cache: Cache) -> Tensor:
        """Work on each position by itself."""
        if self.post:
            return self.ln2(added(x, self._hidden(x.to(self.dtype)), self.down))
        return added(x, self._hidden(self.ln2(x).to(self.dtype)), self.down)

    def _hidden(self, x: Tensor) -> Tensor:
        """(n, d_model) -> (n, d_ff), what the last matrix of the feed-forward network reads."""
        up = product(x, self.up)
        if self.kind != "swiglu":
            return activate(up, self.kind)
        gate, other = up.chunk(2, dim=-1)
        return functional.silu(gate).mul_(other)
