"""How wrong is a model about the next token? The mean cross-entropy, without holding the scores of all positions."""

from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from torch.nn import functional

from lmcore.model.layers import lowered
from lmcore.model.transformer import TransformerLM


def next_token_loss(
    model: TransformerLM, tokens: Tensor, *, documents: Tensor | None = None, chunk: int | None = None
) -> Tensor:
    """The mean of −ln p(next id) in nats, computed in fp32, over all positions but the last: a scalar with a gradient.

    `tokens` are ids (batch, context + 1); those in front are what the model reads, those behind what it should predict.
    With `documents` (batch, context), the document of each that is read, nothing looks beyond its own. Every position
    counts all the same: the last of a document predicts the separator, with which the next one begins
    (`data.documents`), so that all batches have equally many targets, and parts of them can be averaged.

    `chunk` is how many positions are scored at a time. Where a gradient is wanted it is computed on the way, so that
    no scores are kept; it then costs no more time than all at once (None). It can be differentiated once.
    """
    features = model.features(tokens[:, :-1], documents).flatten(0, 1)
    targets = tokens[:, 1:].flatten()
    if chunk is None:
        return functional.cross_entropy(functional.linear(features, model.head_weight).float(), targets)
    features, weight = lowered(features), lowered(model.head_weight)
    if torch.is_grad_enabled():
        loss: Tensor = _ChunkedLoss.apply(features, weight, targets, chunk)  # type: ignore[no-untyped-call]
        return loss
    parts = zip(features.split(chunk), targets.split(chunk), strict=True)
    losses = [functional.cross_entropy(_scores(part, weight), wanted, reduction="sum") for part, wanted in parts]
    return torch.stack(losses).sum() / len(targets)


class NextTokenLoss(nn.Module):
    """`next_token_loss` of a model as a module: DDP and FSDP act when a module is called, and see no other methods."""

    def __init__(self, model: TransformerLM) -> None:
        super().__init__()
        self.model = model

    def forward(self, tokens: Tensor, documents: Tensor | None = None, chunk: int | None = None) -> Tensor:
        """The same arguments."""
        return next_token_loss(self.model, tokens, documents=documents, chunk=chunk)


class _ChunkedLoss(torch.autograd.Function):
    """With p = softmax(W x) for each position and its target t: dx = Wᵀ (p − 1ₜ) / n, dW = Σ (p − 1ₜ) xᵀ / n."""

    @staticmethod
    def forward(ctx: Any, features: Tensor, weight: Tensor, targets: Tensor, chunk: int) -> Tensor:
        by_features = torch.empty_like(features)
        by_weight = torch.zeros_like(weight, dtype=torch.float32)
        total = by_weight.new_zeros(())
        parts = zip(features.split(chunk), targets.split(chunk), by_features.split(chunk), strict=True)
        for part, wanted, gradient in parts:
            log_p = _scores(part, weight).log_softmax(-1)
            total += functional.nll_loss(log_p, wanted, reduction="sum")
            error = _less_one_at(log_p.exp_(), wanted).to(weight.dtype)
            torch.mm(error, weight, out=gradient)
            _add_product(by_weight, error.t(), part)
        ctx.save_for_backward(by_features, by_weight)
        ctx.dtype = weight.dtype
        return total / len(targets)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, Tensor, None, None]:
        by_features, by_weight = ctx.saved_tensors
        scale = gradient / len(by_features)
        return by_features * scale, (by_weight * scale).to(ctx.dtype), None, None


def _scores(features: Tensor, weight: Tensor) -> Tensor:
    return functional.linear(features, weight).float()


def _less_one_at(numbers: Tensor, places: Tensor) -> Tensor:
    """Rows (n, vocab_size) with 1 taken away in place at one place each (n,)."""
    numbers[torch.arange(len(places), device=places.device), places] -= 1
    return numbers


def _add_product(total: Tensor, left: Tensor, right: Tensor) -> None:
    """total += left right in the precision of `total`, in one step where all have the same."""
    if right.dtype == total.dtype:
        total.addmm_(left, right)
    else:
        total += left @ right
