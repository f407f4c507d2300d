"""How do batches come to the device? From the mapped file step by step, or out of all ids, once they are there."""

from typing import Final, Protocol

import numpy as np
import torch
from torch import Tensor

from lmcore.training.data import Batches
from lmcore.training.devices import Device

_SHARE: Final = 0.25  # of a GPU's free memory that all ids may take
_WIDTH: Final = 4  # bytes of an id on a GPU, which has no arithmetic for the two of the file


class Feed(Protocol):
    """Where a trainer gets its batches."""

    def at(self, step: int, rows: slice) -> Tensor:
        """The ids of these rows of a step's batch on the device, int64 [rows, context + 1]."""


class HostFeed:
    """Ids are gathered on the processor and sent."""

    def __init__(self, batches: Batches, device: Device) -> None:
        self._batches, self._device = batches, device

    def at(self, step: int, rows: slice) -> Tensor:
        """See `Feed`. Sending to a GPU goes on while it computes."""
        ids = torch.from_numpy(self._batches.at(step, rows))
        if self._device.kind == "cuda":
            return ids.pin_memory().to(self._device.torch, non_blocking=True)
        return ids.to(self._device.torch)


class DeviceFeed:
    """All ids are on the device, where only the starts of the windows are sent."""

    def __init__(self, batches: Batches, device: Device) -> None:
        self._batches, self._device = batches, device
        self._ids = torch.from_numpy(batches.ids.astype(np.int32)).to(device.torch)
        self._window = torch.arange(batches.context_length + 1, device=device.torch)

    def at(self, step: int, rows: slice) -> Tensor:
        """See `Feed`."""
        starts = torch.from_numpy(self._batches.starts(step, rows)).to(self._device.torch, non_blocking=True)
        return self._ids[starts.unsqueeze(1) + self._window].long()


def feed_of(batches: Batches, device: Device) -> Feed:
    """A feed from the device where that is a GPU and the ids fit well, else from the processor."""
    if device.kind == "cuda" and _WIDTH * len(batches.ids) <= _SHARE * device.free_memory():
        return DeviceFeed(batches, device)
    return HostFeed(batches, device)
