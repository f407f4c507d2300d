"""What does a shape need? Parameters, FLOPs, memory and time in one object, computed only as far as it is asked."""

from dataclasses import dataclass
from functools import cached_property

from lmcore.accounting import flops, memory
from lmcore.accounting.nodes import Node
from lmcore.accounting.parameters import parameters
from lmcore.accounting.setup import Setup
from lmcore.accounting.shape import Shape
from lmcore.accounting.timing import Timing, timing


@dataclass(frozen=True)
class Account:
    """The trees of a shape as it is counted; each is computed when it is first read."""

    shape: Shape
    setup: Setup

    @cached_property
    def parameters(self) -> Node:
        """Numbers that are learned."""
        return parameters(self.shape)

    @cached_property
    def forward(self) -> Node:
        """FLOPs of one forward pass of the batch."""
        return flops.forward(self.shape, self.setup)

    @cached_property
    def training(self) -> Node:
        """FLOPs of one training step."""
        return flops.training(self.shape, self.setup)

    @cached_property
    def prefill(self) -> Node:
        """FLOPs of reading a prompt as long as the context."""
        return flops.prefill(self.shape, self.setup)

    @cached_property
    def decode_cached(self) -> Node:
        """FLOPs of one more token with a KV cache."""
        return flops.decode_cached(self.shape, self.setup)

    @cached_property
    def decode_uncached(self) -> Node:
        """FLOPs of one more token without."""
        return flops.decode_uncached(self.shape, self.setup)

    @cached_property
    def training_memory(self) -> Node:
        """Bytes of one device while it trains."""
        return memory.training_memory(self.shape, self.setup)

    @cached_property
    def inference_memory(self) -> Node:
        """Bytes of running the model with a full KV cache."""
        return memory.inference_memory(self.shape, self.setup)

    @property
    def kv_cache_bytes_per_token(self) -> int:
        """Bytes that each token adds to the KV cache."""
        return memory.kv_cache_bytes_per_token(self.shape, self.setup)

    @cached_property
    def timing(self) -> Timing:
        """Seconds and rates, as far as the processor is known."""
        return timing(self.shape, self.setup)


def account(shape: Shape, setup: Setup | None = None) -> Account:
    """The account of a shape, counted as `setup` says (the course's conventions unless given)."""
    return Account(shape, setup or Setup())
