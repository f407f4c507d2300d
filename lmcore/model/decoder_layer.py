"""How does one block work through new positions, when keys and values of the earlier ones are kept?

The twin of `transformer.Block` without autograd: weights that read the same are joined into one matrix, and keys and
values lie in a cache of fixed size that is written in place. Tests hold the two against each other with every switch.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from lmcore.model.attention import CausalSelfAttention
from lmcore.model.layers import Linear, RMSNorm, activate
from lmcore.model.transformer import Block


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


class Norm:
    """RMSNorm in fp32 with its gain, or nothing in place of none."""

    def __init__(self, module: nn.Module) -> None:
        self.gain = module.weight.detach().float() if isinstance(module, RMSNorm) else None
        self.eps = module.eps if isinstance(module, RMSNorm) else 0.0

    def __call__(self, x: Tensor) -> Tensor:
        """(..., d_model) -> the same."""
        return x if self.gain is None else functional.rms_norm(x, self.gain.shape, self.gain, self.eps)


def joined(parts: Sequence[Linear], dtype: torch.dtype) -> Tensor:
    """Matrices with the same input as one, (all outputs, input), in memory of its own."""
    return torch.cat([part.weight.detach().to(dtype) for part in parts])


class DecoderAttention:
    """Attention of the new positions over the cache; `keys` and `values` are (rows, kv heads, columns, d_head)."""

    def __init__(self, module: CausalSelfAttention, rows: int, columns: int, dtype: torch.dtype) -> None:
        self.d_head = module.d_head
        self.heads, self.kv_heads = (p.out_features // self.d_head for p in (module.q_proj, module.k_proj))
        self.qkv = joined((module.q_proj, module.k_proj, module.v_proj), dtype)
        self.output = joined((module.output_proj,), dtype)
        self.keys = torch.zeros(rows, self.kv_heads, columns, self.d_head, dtype=dtype, device=self.qkv.device)
        self.values = torch.zeros_like(self.keys)
        self.gains: Tensor | None = None
        if module.q_norm and module.k_norm:
            q, k = (norm.weight.detach().float() for norm in (module.q_norm, module.k_norm))
            self.gains, self.eps = torch.cat((q.expand(self.heads, -1), k.expand(self.kv_heads, -1))), module.q_norm.eps

    def __call__(self, x: Tensor, span: Span) -> Tensor:
        """(rows · positions, d_model) -> what is added to the residual stream, of the same shape."""
        projected = functional.linear(x, self.qkv).view(span.rows, -1, self.heads + 2 * self.kv_heads, self.d_head)
        q, k = self._turned(projected[:, :, : -self.kv_heads], span).split((self.heads, self.kv_heads), dim=2)
        self.keys[:, :, span.first : span.last] = k.transpose(1, 2)
        self.values[:, :, span.first : span.last] = projected[:, :, -self.kv_heads :].transpose(1, 2)
        return functional.linear(self._looked_up(q, span).reshape(len(x), -1), self.output)

    def _turned(self, heads: Tensor, span: Span) -> Tensor:
        """Queries and keys (rows, positions, heads, d_head), normalised where asked for, then rotated."""
        exact = heads.float()
        if self.gains is not None:
            exact = functional.rms_norm(exact, (self.d_head,), None, self.eps) * self.gains
        if span.turns is not None:
            pairs = torch.view_as_complex(exact.unflatten(-1, (-1, 2)))
            exact = torch.view_as_real(pairs * span.turns).flatten(-2)
        return exact.to(heads.dtype)

    def _looked_up(self, q: Tensor, span: Span) -> Tensor:
        """Attention for (rows, positions, heads, d_head); the heads of one new position go as a group's positions."""
        keys, values = self.keys[:, :, : span.last], self.values[:, :, : span.last]
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

    def __init__(self, block: Block, rows: int, columns: int, dtype: torch.dtype) -> None:
        self.post, self.dtype = block.post, dtype
        self.ln1, self.ln2 = Norm(block.ln1), Norm(block.ln2)
        self.attention = DecoderAttention(block.attn, rows, columns, dtype)
        self.kind = block.ffn.kind
        self.up = joined((block.ffn.w1, block.ffn.w3) if self.kind == "swiglu" else (block.ffn.w1,), dtype)
        self.down = joined((block.ffn.w2,), dtype)

    def __call__(self, x: Tensor, span: Span) -> Tensor:
        """(rows · positions, d_model) in fp32 -> the same."""
        if self.post:
            x = self.ln1(x + self.attention(x.to(self.dtype), span))
            return self.ln2(x + self._feed_forward(x))
        x = x + self.attention(self.ln1(x).to(self.dtype), span)
        return x + self._feed_forward(self.ln2(x))

    def _feed_forward(self, x: Tensor) -> Tensor:
        up = functional.linear(x.to(self.dtype), self.up)
        if self.kind == "swiglu":
            gate, other = up.chunk(2, dim=-1)
            return functional.linear(functional.silu(gate).mul_(other), self.down)
        return functional.linear(activate(up, self.kind), self.down)
