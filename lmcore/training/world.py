"""Which processes train together? One, or those that torchrun started; what they agree on, and what is cut for each.

Every process computes its rows of each batch, the gradients are added up, and all take the same step. Only rank 0
writes. Decisions that depend on a clock or a file are rank 0's, and the others hear of them through a channel of their
own, so that no GPU waits for it.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Self

import torch
import torch.distributed as dist
from torch import Tensor

from lmcore.errors import UsageError


@dataclass(frozen=True)
class World:
    """The processes of a training and this one's place among them, as torchrun names them."""

    rank: int = 0
    size: int = 1
    local_rank: int = 0
    on_this_machine: int = 1
    control: Any = None

    @classmethod
    @contextmanager
    def joined(cls, backend: str | None = None) -> Iterator[Self]:
        """This process among its others for the time of this block; alone where torchrun did not start it."""
        size = int(os.environ.get("WORLD_SIZE", "1"))
        if size == 1:
            yield cls()
            return
        local_rank = int(os.environ.get("LOCAL_RANK", "0"))
        chosen = backend or ("nccl" if torch.cuda.is_available() else "gloo")
        if chosen == "nccl":
            torch.cuda.set_device(local_rank)
        dist.init_process_group(chosen)
        try:
            control = dist.new_group(backend="gloo")
            together = int(os.environ.get("LOCAL_WORLD_SIZE", "1"))
            yield cls(dist.get_rank(), size, local_rank, together, control)
        finally:
            dist.destroy_process_group()

    @property
    def is_alone(self) -> bool:
        """Whether there are no others."""
        return self.size == 1

    @property
    def writes(self) -> bool:
        """Whether this process writes the run's files."""
        return self.rank == 0

    def rows(self, number: int) -> range:
        """This process's part of so many rows. Raises `UsageError` where they cannot be divided evenly.

        World(1, 3).rows(9) -> range(3, 6)
        """
        if number % self.size:
            raise UsageError(
                f"training.batch_size is {number}, which {self.size} processes cannot share evenly; take a multiple."
            )
        return range(number // self.size * self.rank, number // self.size * (self.rank + 1))

    def wait(self) -> None:
        """Go on when all have come here."""
        if not self.is_alone:
            dist.barrier(group=self.control)

    def told(self, number: int) -> int:
        """What rank 0 says."""
        if self.is_alone:
            return number
        said = torch.tensor([number])
        dist.broadcast(said, src=0, group=self.control)
        return int(said.item())

    def sum_(self, numbers: Tensor) -> Tensor:
        """Add up, in place, what each process has in this tensor."""
        if not self.is_alone:
            dist.all_reduce(numbers)
        return numbers
