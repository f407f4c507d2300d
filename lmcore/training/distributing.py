"""How is one model trained by several processes? Each holds all of it (DDP), or a part of every matrix (FSDP2).

DDP: gradients are added up while the backward pass goes on. FSDP2 (`fully_shard`): weights, gradients and optimizer
states are cut among the processes, and each block's weights are put together for as long as it computes.
Checkpoints hold whole tensors, so the next attempt may have another number of processes.
"""

from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from lmcore.training.losses import NextTokenLoss
from lmcore.training.settings import Strategy
from lmcore.training.sharded import is_sharded, placed_like, whole
from lmcore.training.world import World


def distributed(module: NextTokenLoss, world: World, strategy: Strategy) -> nn.Module:
    """The module as these processes train it; the parameters of a sharded one become `DTensor`s in place."""
    if world.is_alone:
        return module
    if strategy == "ddp":
        return DistributedDataParallel(module)
    from torch.distributed.fsdp import fully_shard  # takes most of a second to load

    for layer in module.model.layers:
        fully_shard(layer)
    fully_shard(module)
    return module


def adding_up(module: nn.Module, last: bool) -> AbstractContextManager[Any]:
    """The context of a part's backward pass: gradients are exchanged with the `last` part of a batch alone."""
    if isinstance(module, DistributedDataParallel) and not last:
        return module.no_sync()
    if isinstance(module, NextTokenLoss) and is_sharded(module.model.head_weight):
        module.set_requires_gradient_sync(last)  # type: ignore[operator]  # what fully_shard adds to a module
    return nullcontext()


def whole_weights(model: nn.Module) -> dict[str, Tensor]:
    """All parameters by name, on the processor; where they are sharded all processes have to ask."""
    return {name: whole(tensor).detach().cpu().contiguous() for name, tensor in model.state_dict().items()}


def load_parameters(model: nn.Module, weights: dict[str, Tensor]) -> None:
    """Put whole weights into the parameters, each process its part."""
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            parameter.copy_(placed_like(weights[name], parameter))
