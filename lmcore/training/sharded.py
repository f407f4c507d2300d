"""Which tensors are cut among processes? torch's `DTensor`s, whose module is loaded only where there are some: it takes
most of a second.
"""

from torch import Tensor


def is_sharded(tensor: Tensor) -> bool:
    """Whether this process holds a part of it."""
    return hasattr(tensor, "full_tensor")


def whole(tensor: Tensor) -> Tensor:
    """All of it; where it is sharded all processes have to ask."""
    if not is_sharded(tensor):
        return tensor
    found: Tensor = tensor.full_tensor()  # type: ignore[attr-defined]
    return found


def placed_like(tensor: Tensor, parameter: Tensor) -> Tensor:
    """A whole tensor as this process holds one of the shape of `parameter`; a copy unless it is on its device."""
    here = tensor.to(parameter.device)
    if not is_sharded(parameter) or not tensor.ndim:
        return here
    from torch.distributed.tensor import DTensor, distribute_tensor

    assert isinstance(parameter, DTensor), "what has a full tensor is sharded"
    return distribute_tensor(here, parameter.device_mesh, parameter.placements)
