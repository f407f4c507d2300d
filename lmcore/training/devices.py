"""On what is a model trained? The device by name, its memory, its peak, and how fast it multiplies matrices."""

import os
from dataclasses import dataclass
from time import perf_counter, time
from typing import Final

import psutil
import torch

from lmcore.accounting.hardware import find_gpu
from lmcore.errors import UsageError
from lmcore.training.machine import Machine, Precision
from lmcore.training.memory import keep_freed_memory
from lmcore.training.processor import processor_name
from lmcore.training.settings import PrecisionChoice

KINDS: Final = ("cuda", "mps", "cpu")
_TYPES: Final[dict[Precision, torch.dtype]] = {"fp32": torch.float32, "bf16": torch.bfloat16}
_TRIAL: Final = 1024  # rows and columns of the matrices that are multiplied to learn the rate
_TRIAL_SECONDS: Final = 0.1  # a precision
_FASTER: Final = 1.15  # bf16 costs digits, so it has to win clearly


@dataclass(frozen=True)
class Device:
    """A device that was found: torch's, and what people call it. `memory` is in bytes."""

    torch: torch.device
    name: str
    memory: int

    @property
    def kind(self) -> str:
        """ "cuda", "mps" or "cpu"."""
        return self.torch.type

    @property
    def waits(self) -> bool:
        """Whether reading a result waits for work that was only queued."""
        return self.kind != "cpu"

    def synchronize(self) -> None:
        """Wait until all queued work is done."""
        if self.kind == "cuda":
            torch.cuda.synchronize(self.torch)
        elif self.kind == "mps":
            torch.mps.synchronize()

    def used_memory(self) -> int:
        """Bytes: on a GPU the most that torch has held, on a processor those of this process now."""
        if self.kind == "cuda":
            return int(torch.cuda.max_memory_allocated(self.torch))
        if self.kind == "mps":
            return int(torch.mps.driver_allocated_memory())
        return int(psutil.Process().memory_info().rss)

    def free_memory(self) -> int:
        """Bytes that could still be taken."""
        if self.kind == "cuda":
            return int(torch.cuda.mem_get_info(self.torch)[0])
        return int(psutil.virtual_memory().available)


def choose_device(wanted: str, local_rank: int = 0) -> Device:
    """The device called `wanted`: "auto" (the best that is there), "cpu", "mps", "cuda" or "cuda:1".

    With several processes on one machine each takes the GPU of its `local_rank`. Raises `UsageError` where it is not
    there.
    """
    there = kinds_there()
    kind = there[0] if wanted == "auto" else wanted.partition(":")[0]
    if kind not in KINDS or (":" in wanted and kind != "cuda"):
        raise UsageError(f"training.device is {wanted!r}; it can be auto, {', '.join(KINDS)} or cuda:N.")
    if kind not in there:
        raise UsageError(
            f"training.device is {wanted!r}, which this machine or this torch does not have; take auto (automatic), or "
            f"{' or '.join(there)}."
        )
    if kind == "cuda":
        number = _number(wanted) if ":" in wanted else local_rank
        return Device(torch.device(kind, number), torch.cuda.get_device_name(number), _cuda_memory(number))
    memory = psutil.virtual_memory().total
    return Device(torch.device(kind), _processor() if kind == "cpu" else f"{processor_name()} GPU", memory)


def kinds_there() -> tuple[str, ...]:
    """The kinds of devices that this machine and this torch have, the best first."""
    there = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    return tuple(kind for kind in KINDS if there[kind])


def prepare_device(device: Device, threads: int | None, processes: int = 1) -> int:
    """Set what torch keeps for the whole process; gives back its number of threads.

    Unless told otherwise it takes its part of the physical cores, which so many processes of this machine share: on a
    processor's second threads products gain nothing.
    """
    torch.set_num_threads(threads or max(1, _cores() // processes))
    if device.kind == "cpu":
        keep_freed_memory()
    if device.kind == "cuda":
        torch.set_float32_matmul_precision("high")
    return torch.get_num_threads()


def choose_precision(wanted: PrecisionChoice, device: Device) -> tuple[Precision, str]:
    """fp32, or bf16 under autocast where a short trial of matrix products is clearly faster; and why, in words."""
    if wanted != "auto":
        return wanted, "as chosen"
    if device.kind == "mps":
        return "fp32", "which is what this device is sure of"
    single, half = matmul_rate(device, "fp32"), matmul_rate(device, "bf16")
    found: Precision = "bf16" if _is_faster(device, half, single) else "fp32"
    return found, f"since matrix products run at {half / 1e9:,.0f} GFLOP/s in bf16 and {single / 1e9:,.0f} in fp32"


def matmul_rate(device: Device, precision: Precision) -> float:
    """FLOP/s of products of square matrices, the best of a tenth of a second."""
    matrix = torch.randn(_TRIAL, _TRIAL, device=device.torch, dtype=_TYPES[precision])
    best, begun = float("inf"), perf_counter()
    matrix @ matrix
    while perf_counter() - begun < _TRIAL_SECONDS or best == float("inf"):
        device.synchronize()
        start = perf_counter()
        matrix @ matrix
        device.synchronize()
        best = min(best, perf_counter() - start)
    return 2 * _TRIAL**3 / best


def peak_rate(device: Device, precision: Precision) -> tuple[float, str]:
    """What MFU is measured against, FLOP/s: the data sheet's dense peak of a known GPU, else the trial's rate."""
    if device.kind == "cuda":
        try:
            gpu = find_gpu(device.name)
        except UsageError:
            gpu = None
        peak = gpu.peak("bf16" if precision == "bf16" else "tf32") if gpu else None
        if gpu and peak:
            return float(peak), f"data sheet of {gpu.name}"
    return matmul_rate(device, precision), "measured matrix products"


def machine_of(wanted: str, threads: int | None = None) -> Machine:
    """The device called `wanted` as those see it who have no torch. Raises `UsageError` where it is not there."""
    start = max(0.0, time() - psutil.Process().create_time())
    device = choose_device(wanted)
    threads = prepare_device(device, threads)
    single, source = peak_rate(device, "fp32")
    half, _ = peak_rate(device, "bf16")
    return Machine(
        kind=device.kind,
        name=device.name,
        memory=device.memory,
        free=device.free_memory(),
        cores=_cores(),
        peak_fp32=single,
        peak_bf16=half,
        source=source,
        threads=threads,
        bf16=_is_faster(device, half, single),
        start=round(start, 2),
        kinds=kinds_there(),
    )


def _is_faster(device: Device, half: float, single: float) -> bool:
    """Whether bf16 is worth its fewer digits, by the rates of products; never where the device is not sure of it."""
    return device.kind != "mps" and half > _FASTER * single


def _number(wanted: str) -> int:
    number = wanted.partition(":")[2]
    if not number.isdecimal() or int(number) >= torch.cuda.device_count():
        raise UsageError(f"training.device is {wanted!r}; there are GPUs 0 to {torch.cuda.device_count() - 1}.")
    return int(number)


def _cuda_memory(number: int) -> int:
    return int(torch.cuda.get_device_properties(number).total_memory)


def _processor() -> str:
    cores = _cores()
    return f"{processor_name()}, {cores} {'core' if cores == 1 else 'cores'}"


def _cores() -> int:
    """Physical ones."""
    return psutil.cpu_count(logical=False) or os.cpu_count() or 1
