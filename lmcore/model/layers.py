"""What is a Transformer block made of besides attention? Linear maps, RMSNorm and the feed-forward network."""

from typing import Any, Final

import torch
from torch import Tensor, nn
from torch.nn import functional

from lmcore.model.architecture import FeedForwardKind

TRUNCATED_AT: Final = 3.0  # standard deviations, for all initial weights


class Linear(nn.Linear):
    """y = W x without a bias, W (d_out, d_in); initially σ² = 2 / (d_in + d_out), truncated at ±3σ (the course's)."""

    def __init__(self, d_in: int, d_out: int) -> None:
        super().__init__(d_in, d_out, bias=False)

    def reset_parameters(self) -> None:
        """Draw the weights anew."""
        draw_linear(self.weight)


def draw_linear(weight: Tensor) -> None:
    """Fill a (d_out, d_in) matrix with the initial weights of a linear map."""
    sigma = (2 / sum(weight.shape)) ** 0.5
    nn.init.trunc_normal_(weight, std=sigma, a=-TRUNCATED_AT * sigma, b=TRUNCATED_AT * sigma)


class Embedding(nn.Embedding):
    """One row of d_model numbers an id; initially N(0, 1) truncated at ±3 (the course's)."""

    def reset_parameters(self) -> None:
        """Draw the rows anew."""
        nn.init.trunc_normal_(self.weight, std=1.0, a=-TRUNCATED_AT, b=TRUNCATED_AT)


class RMSNorm(nn.Module):
    """x / √(mean(x²) + eps) · gain over the last dimension, computed in fp32 (Zhang and Sennrich 2019)."""

    def __init__(self, width: int, eps: float) -> None:
        super().__init__()
        self.eps = eps
        self.weight = nn.Parameter(torch.empty(width))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Set the gain to 1."""
        nn.init.ones_(self.weight)

    def forward(self, x: Tensor) -> Tensor:
        """(..., width) -> the same."""
        return rms_norm(x.float(), self.weight.float(), self.eps).to(x.dtype)


def precision(x: Tensor) -> torch.dtype:
    """In which precision matrix products read `x`: that of autocast where it is on, otherwise its own."""
    kind = x.device.type
    known = torch.amp.is_autocast_available(kind)  # not on the meta device
    return torch.get_autocast_dtype(kind) if known and torch.is_autocast_enabled(kind) else x.dtype


def lowered(x: Tensor) -> Tensor:
    """`x` in the precision of matrix products.

    Where several products read the same, each would convert it, and keep for the backward pass, a copy of its own.
    """
    return x.to(precision(x))


def rms_norm(x: Tensor, gain: Tensor, eps: float) -> Tensor:
    """As torch's; whatever the device, a training keeps only `x` and one number a row for the backward pass.

    CUDA's fused kernel does so by itself, elsewhere torch would keep x / √(mean(x²) + eps) as well.
    """
    if x.is_cuda or not torch.is_grad_enabled():
        return functional.rms_norm(x, gain.shape, gain, eps)
    normed: Tensor = _RmsNorm.apply(x, gain, eps)  # type: ignore[no-untyped-call]
    return normed


class _RmsNorm(torch.autograd.Function):
    """With u = x / r and r = √(mean(x²) + eps): dx = (g·gain − u · mean(g·u·gain)) / r, dgain = Σ g·u."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, gain: Tensor, eps: float) -> Tensor:
        length = torch.linalg.vector_norm(x, dim=-1, keepdim=True)
        inverse = (length.square() / x.shape[-1] + eps).rsqrt()
        ctx.save_for_backward(x, gain, inverse)
        normed: Tensor = (x * inverse).mul_(gain)
        return normed

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, Tensor, None]:
        x, gain, inverse = ctx.saved_tensors
        unit = x * inverse
        by_gain = gradient * unit
        mean = (by_gain @ gain).unsqueeze(-1) / x.shape[-1]
        by_x = (gradient * gain).addcmul_(unit, mean, value=-1).mul_(inverse)
        return by_x, by_gain.flatten(0, -2).sum(0), None


class FeedForward(nn.Module):
    """W2 (SiLU(W1 x) ⊙ W3 x) (SwiGLU, Shazeer 2020), or W2 f(W1 x) with f SiLU, GELU (exact) or ReLU²."""

    def __init__(self, d_model: int, d_ff: int, kind: FeedForwardKind) -> None:
        super().__init__()
        self.kind = kind
        self.w1 = Linear(d_model, d_ff)
        self.w2 = Linear(d_ff, d_model)
        if kind == "swiglu":
            self.w3 = Linear(d_model, d_ff)

    def forward(self, x: Tensor) -> Tensor:
        """(..., d_model) -> (..., d_model)."""
        x = lowered(x)
        up: Tensor = self.w1(x)
        inner = functional.silu(up) * self.w3(x) if self.kind == "swiglu" else activate(up, self.kind)
        out: Tensor = self.w2(inner)
        return out


def activate(x: Tensor, kind: FeedForwardKind) -> Tensor:
    """The function between the two matrices."""
    if kind == "gelu":
        return functional.gelu(x)
    return functional.relu(x).square() if kind == "relu2" else functional.silu(x)
