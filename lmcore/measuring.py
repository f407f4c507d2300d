"""Is what was predicted true? The real module, counted on torch's meta device and run for a few steps where it fits.

Parameters, FLOPs and kept activations need no memory there: tensors of the meta device have a shape and no data. Memory
and seconds of a step are those of this machine's GPU, or of its processor. torch is imported on first use, so that
whoever has none is told in a sentence.
"""

import os
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final, Literal

import psutil

from lmcore import figures
from lmcore.errors import LmError, UsageError

if TYPE_CHECKING:
    import torch

    from lmcore.model.transformer import TransformerLM

Quantity = Literal["parameters", "forward_flops", "training_flops", "activations", "memory", "seconds"]
Precision = Literal["fp32", "bf16"]
WITHOUT_TORCH: Final = (
    "Measuring needs torch, which is not installed here. Install it with: pip install 'torch>=2.13,<2.14'"
)
STEPS: Final = 3
"""Steps that are timed, behind one that is not; the median counts."""
ROOM: Final = 1.25
"""Memory that has to be free, as a multiple of what is predicted."""
LONGEST: Final = 60.0
"""Seconds that a processor may take for all steps."""
TRIAL: Final = 1024
"""Rows and columns of the matrices that tell how fast a processor is."""


@dataclass(frozen=True)
class Request:
    """What to measure: the arguments of `lmcore.model.Architecture`, a batch and a precision.

    `memory` (bytes) and `training_flops` are predictions: they decide whether a real step is tried.
    """

    architecture: Mapping[str, Any]
    batch: int
    precision: Precision
    memory: int
    training_flops: int


@dataclass(frozen=True)
class Measured:
    """A figure: `quantity` in parameters, FLOPs, bytes or seconds; `where` says on what it was found."""

    quantity: Quantity
    value: float
    where: str


@dataclass(frozen=True)
class LeftOut:
    """Why there is no figure for `quantity`."""

    quantity: Quantity
    reason: str


Event = Measured | LeftOut


def request_from(found: Mapping[str, Any]) -> Request:
    """A request as a worker reads it. Raises `UsageError` where something is missing."""
    try:
        return Request(**{name: found[name] for name in Request.__dataclass_fields__})
    except KeyError as error:
        raise UsageError(f"The request for a measurement lacks {error}.") from error


def measure(request: Request) -> Generator[Event, None, None]:
    """Count on the meta device, then run a few steps where there is room. Raises `LmError` where torch is missing."""
    try:
        import torch  # noqa: F401 - whether it is there
    except ImportError as error:
        raise LmError(WITHOUT_TORCH) from error
    yield from _count(request)
    reason = _hindrance(request)
    if reason:
        yield LeftOut("memory", reason)
        yield LeftOut("seconds", reason)
    else:
        yield from _run(request)


def _count(request: Request) -> Iterator[Event]:
    """What needs no memory."""
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    model, tokens = _model(request, "meta"), _tokens(request, "meta")
    yield Measured("parameters", sum(weights.numel() for weights in model.parameters()), "meta device")
    with torch.no_grad(), FlopCounterMode(display=False) as forward:
        model(tokens)
    yield Measured("forward_flops", forward.get_total_flops(), "meta device")
    with FlopCounterMode(display=False) as training:
        _loss(model, tokens).backward()
    yield Measured("training_flops", training.get_total_flops(), "meta device")
    yield Measured("activations", _kept_bytes(request, model), "tensors without data")


def _kept_bytes(request: Request, model: "TransformerLM") -> int:
    """What autograd keeps of a forward pass. Fake tensors, since the meta device knows neither autocast nor the
    processor's attention, which keeps no scores; they give what a real pass does, to the byte.
    """
    import torch
    from torch._subclasses.fake_tensor import FakeTensorMode

    with FakeTensorMode(allow_non_fake_inputs=True):
        real, tokens = model.to_empty(device="cpu"), _tokens(request, "cpu")
        with _keeping(real) as kept, torch.autocast("cpu", torch.bfloat16, enabled=request.precision == "bf16"):
            _loss(real, tokens)
        return kept[0]


def _loss(model: "TransformerLM", tokens: "torch.Tensor") -> "torch.Tensor":
    import torch

    targets = tokens.clone()  # storage of their own, as in a training
    return torch.nn.functional.cross_entropy(model(tokens).flatten(0, 1), targets.flatten())


def _hindrance(request: Request) -> str:
    """Why no real step is tried, or ""."""
    device = _device()
    free = _free_memory(device)
    if request.memory * ROOM > free:
        return f"needs {figures.size(request.memory)}, {figures.size(free)} are free"
    if device == "cpu":
        seconds = request.training_flops * (STEPS + 1) / _speed()
        if seconds > LONGEST:
            return f"{STEPS + 1} steps would take about {figures.duration(seconds)} on this processor"
    return ""


def _run(request: Request) -> Iterator[Event]:
    """A few steps of AdamW on this machine."""
    import torch

    device = _device()
    before = _used_memory(device)
    model = _model(request, device)
    optimizer = torch.optim.AdamW(model.parameters())
    tokens = _tokens(request, device)
    watch = _Peak(device, before)
    seconds = [_step(request, model, optimizer, tokens, watch) for _ in range(STEPS + 1)][1:]
    yield Measured("memory", watch.bytes, _name(device))
    yield Measured("seconds", median(seconds), _name(device))


def _step(
    request: Request, model: "TransformerLM", optimizer: "torch.optim.Optimizer", tokens: "torch.Tensor", watch: "_Peak"
) -> float:
    """One step; its seconds."""
    import torch

    device = tokens.device.type
    begun = perf_counter()
    with torch.autocast(device, torch.bfloat16, enabled=request.precision == "bf16"):
        loss = _loss(model, tokens)
    watch.look()
    loss.backward()
    watch.look()
    optimizer.step()
    optimizer.zero_grad(set_to_none=False)
    if device == "cuda":
        torch.cuda.synchronize()
    watch.look()
    return perf_counter() - begun


class _Peak:
    """The most memory that was seen in use, less what was in use `before`."""

    def __init__(self, device: str, before: int) -> None:
        self._device, self._before = device, before
        self.bytes = 0

    def look(self) -> None:
        """Called where much is in use: behind the forward pass, the backward pass and the step."""
        self.bytes = max(self.bytes, _used_memory(self._device) - self._before)


def _model(request: Request, device: str) -> "TransformerLM":
    import torch

    from lmcore.model.architecture import Architecture
    from lmcore.model.transformer import TransformerLM

    with torch.device(device):
        return TransformerLM.of(Architecture(**request.architecture))


def _tokens(request: Request, device: str) -> "torch.Tensor":
    import torch

    size = (request.batch, request.architecture["context_length"])
    return torch.zeros(size, dtype=torch.long, device=device)


@contextmanager
def _keeping(model: "TransformerLM") -> Iterator[list[int]]:
    """Bytes that autograd keeps meanwhile, in a list of one: each storage once, without the model's own."""
    import torch

    known = {tensor.untyped_storage()._cdata for tensor in (*model.parameters(), *model.buffers())}
    held: list[torch.Tensor] = []
    total = [0]

    def pack(tensor: torch.Tensor) -> torch.Tensor:
        storage = tensor.untyped_storage()
        if storage._cdata not in known:
            known.add(storage._cdata)
            held.append(tensor)  # an address is not given out again as long as its tensor lives
            total[0] += storage.nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        yield total


def _device() -> str:
    import torch

    return "cuda" if torch.cuda.is_available() else "cpu"


def _name(device: str) -> str:
    import torch

    return torch.cuda.get_device_name() if device == "cuda" else f"CPU, {os.cpu_count()} cores"


def _free_memory(device: str) -> int:
    import torch

    return int(torch.cuda.mem_get_info()[0] if device == "cuda" else psutil.virtual_memory().available)


def _used_memory(device: str) -> int:
    """Bytes in use: on a GPU the most since the start, on a processor those of this process now."""
    import torch

    return int(torch.cuda.max_memory_allocated() if device == "cuda" else psutil.Process().memory_info().rss)


def _speed() -> float:
    """FLOP/s of this processor on a product of two matrices, the better of two tries."""
    import torch

    matrix = torch.ones(TRIAL, TRIAL)
    times = []
    for _ in range(2):
        begun = perf_counter()
        matrix @ matrix
        times.append(perf_counter() - begun)
    return float(2 * TRIAL**3 / min(times))
