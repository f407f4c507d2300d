"""How does a query or key know its position? RoPE rotates its adjacent pairs (Su et al. 2021)."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from lmcore.model.rope_scaling import RopeScaling, divisors

Rotation = tuple[Tensor, Tensor]  # cosines and sines, (..., positions, 1 for all heads, d_head / 2), fp32


class Rope(nn.Module):
    """The table of angles position · theta^(-2i / d_head), i the pair; fp32 whatever the weights are, and not saved.

    With a `scaling` each frequency is divided as that says.
    """

    cos: Tensor
    sin: Tensor

    def __init__(self, d_head: int, context_length: int, theta: float, scaling: RopeScaling | None = None) -> None:
        super().__init__()
        self.d_head, self.context_length, self.theta, self.scaling = d_head, context_length, theta, scaling
        shape = (context_length, d_head // 2)
        self.register_buffer("cos", torch.empty(shape, dtype=torch.float32), persistent=False)
        self.register_buffer("sin", torch.empty(shape, dtype=torch.float32), persistent=False)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Compute the table where it lies; in fp64, on the processor, since not every device has that."""
        if self.cos.is_meta:
            return
        positions = torch.arange(self.context_length, device="cpu", dtype=torch.float64)
        angles = torch.outer(positions, self._frequencies())
        self.cos = angles.cos().float().to(self.cos.device)
        self.sin = angles.sin().float().to(self.sin.device)

    def _frequencies(self) -> Tensor:
        """Radians a position, (d_head / 2,), fp64 on the processor."""
        pairs = torch.arange(0, self.d_head, 2, device="cpu", dtype=torch.float64)
        plain: Tensor = self.theta ** (-pairs / self.d_head)
        if self.scaling is None:
            return plain
        return plain / torch.tensor(divisors(self.scaling, self.d_head, self.theta), device="cpu", dtype=torch.float64)

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> Any:
        """Follow a move to a device, but not a change of precision: angles in bf16 would be off by whole turns."""
        super()._apply(fn, recurse)  # type: ignore[no-untyped-call]
        if self.cos.dtype != torch.float32:
            self.cos, self.sin = self.cos.float(), self.sin.float()
            self.reset_parameters()
        return self

    def forward(self, length: int) -> Rotation:
        """The rotation of positions 0 to length − 1."""
        return self.cos[:length, None], self.sin[:length, None]


def rotate(x: Tensor, rotation: Rotation) -> Tensor:
    """(..., positions, heads, d_head) -> the same, with each pair (x₂ᵢ, x₂ᵢ₊₁) turned by its angle.

    The angles take no gradient, so nothing is kept for the backward pass. A processor multiplies complex numbers, which
    takes less than a quarter of the time of the steps that a compiler would join.
    """
    cos, sin = rotation
    if x.device.type == "cpu" and not torch.compiler.is_compiling():
        rotated: Tensor = _Rotated.apply(x, cos, sin)  # type: ignore[no-untyped-call]
        return rotated
    even, odd = x.float().unflatten(-1, (-1, 2)).unbind(-1)
    turned = torch.stack((even * cos - odd * sin, even * sin + odd * cos), dim=-1)
    return turned.flatten(-2).to(x.dtype)


class _Rotated(torch.autograd.Function):
    """Pairs as complex numbers times cos + i sin; a gradient is turned back, by the same angles the other way."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
        ctx.save_for_backward(cos, sin)
        return _times(x, torch.complex(cos, sin))

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None, None]:
        cos, sin = ctx.saved_tensors
        return _times(gradient, torch.complex(cos, -sin)), None, None


def _times(x: Tensor, turns: Tensor) -> Tensor:
    exact = x.to(torch.float32, memory_format=torch.contiguous_format).contiguous()
    pairs = torch.view_as_complex(exact.unflatten(-1, (-1, 2)))
    turned = pairs * turns if exact is x else pairs.mul_(turns)
    return torch.view_as_real(turned).flatten(-2).to(x.dtype)
