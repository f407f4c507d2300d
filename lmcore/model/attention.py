"""How does a token look at those before it? Causal self-attention with shared heads of keys and values."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from lmcore.model.architecture import Architecture, AttentionKind
from lmcore.model.layers import Linear, RMSNorm, lowered
from lmcore.model.rope import Rotation, rotate


class CausalSelfAttention(nn.Module):
    """Multi-head attention (Vaswani et al. 2017), grouped where `num_kv_heads` < `num_heads` (Ainslie et al. 2023)."""

    def __init__(self, architecture: Architecture) -> None:
        super().__init__()
        self.kind: AttentionKind = architecture.attention
        self.d_head = architecture.head_width
        self.q_proj = Linear(architecture.d_model, architecture.num_heads * self.d_head)
        self.k_proj = Linear(architecture.d_model, architecture.kv_heads * self.d_head)
        self.v_proj = Linear(architecture.d_model, architecture.kv_heads * self.d_head)
        self.output_proj = Linear(architecture.num_heads * self.d_head, architecture.d_model)
        self.q_norm = RMSNorm(self.d_head, architecture.norm_eps) if architecture.qk_norm else None
        self.k_norm = RMSNorm(self.d_head, architecture.norm_eps) if architecture.qk_norm else None

    def forward(self, x: Tensor, rotation: Rotation | None, mask: Tensor | None = None) -> Tensor:
        """(batch, positions, d_model) -> the same; position t sees 0 to t, or those that a `document_mask` leaves."""
        x = lowered(x)
        projections = (self.q_proj, self.k_proj, self.v_proj)
        q, k, v = (project(x).unflatten(-1, (-1, self.d_head)) for project in projections)
        if self.q_norm and self.k_norm:
            q, k = self.q_norm(q), self.k_norm(k)
        if rotation:
            q, k = rotate(q, rotation), rotate(k, rotation)
        # Heads change places with positions only here: the result then lies as the queries do, and needs no copy.
        q, k, v = (heads.transpose(1, 2) for heads in (q, k, v))
        seen = manual_attention(q, k, v, mask) if self.kind == "manual" else fused_attention(q, k, v, mask)
        mixed: Tensor = self.output_proj(seen.transpose(1, 2).flatten(2))
        return mixed


def document_mask(documents: Tensor, dtype: torch.dtype) -> Tensor:
    """What keeps a position from looking beyond its document, or behind itself, when it is added to scores.

    Numbers of documents (batch, positions) -> 0 where a query sees a key, −∞ elsewhere: (batch, 1 for all heads,
    queries, keys). `dtype` is that of the queries: torch would convert truth values in every layer, and keep them.
    """
    hidden = (documents.unsqueeze(-1) == documents.unsqueeze(-2)).tril_().logical_not_().unsqueeze(1)
    return torch.zeros_like(hidden, dtype=dtype).masked_fill_(hidden, float("-inf"))


def fused_attention(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None) -> Tensor:
    """(batch, heads, positions, d_head), k and v with as many heads or fewer; never holds positions² numbers."""
    shared = k.shape[1] != q.shape[1]
    return functional.scaled_dot_product_attention(q, k, v, mask, is_causal=mask is None, enable_gqa=shared)


def manual_attention(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None) -> Tensor:
    """The same in its steps, for formulas that count them: softmax(q kᵀ / √d_head, masked) v.

    The scale is applied to the queries, so that of all that is positions² only the softmax is kept for the backward
    pass, in the precision of the values.
    """
    group = q.shape[1] // k.shape[1]
    if group > 1:
        k, v = k.repeat_interleave(group, dim=1), v.repeat_interleave(group, dim=1)
    scores = (q * q.shape[-1] ** -0.5) @ k.transpose(-2, -1)
    if mask is None:
        future = scores.new_ones(*scores.shape[-2:], dtype=torch.bool).triu(1)
        weights = scores.masked_fill(future, float("-inf")).softmax(-1)
    else:
        weights = (scores + mask).softmax(-1)
    mixed: Tensor = weights.to(v.dtype) @ v
    return mixed
