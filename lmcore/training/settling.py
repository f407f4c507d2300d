"""What has this machine to decide before a run goes? Device, precision, threads and micro-batch: found once, then kept.

They decide the last digits of every number, so a run that is resumed takes what its first attempt found, as long as the
device is of the same kind.
"""

import platform
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import torch

from lmcore import figures
from lmcore.accounting.flops import training as training_flops
from lmcore.accounting.setup import Setup
from lmcore.training.creating import Planned
from lmcore.training.devices import Device, choose_device, choose_precision, peak_rate, prepare_device
from lmcore.training.footprint import LOSS_CHUNK
from lmcore.training.machine import Precision
from lmcore.training.probing import best_at_once, faster_precision
from lmcore.training.trainer import Settings, Trainer
from lmcore.training.world import World

_LARGEST_SCORES: Final = 1 << 28  # bytes of scores that a GPU holds at once before they are computed in pieces
_GPU_CHUNK: Final = 2_048  # positions in a piece on a GPU


@dataclass(frozen=True)
class Settled:
    """The settings of a trainer, and what MFU is measured against: `flops` is one token's part of a step, `peak` the
    device's FLOP/s by `source`. `open` names what only a trial of the model can tell, `most` is how many sequences may
    go through it at once. `why` is of the precision, `compiled` says what came of compiling.
    """

    settings: Settings
    threads: int
    processes: int
    why: str
    flops: float
    peak: float
    source: str
    open: tuple[str, ...] = ()
    compiled: str = ""
    most: int = 1

    def mfu(self, tokens_per_second: float) -> float:
        """Which part of the peak a rate is (PaLM, Chowdhery et al. 2022, appendix B)."""
        return tokens_per_second * self.flops / self.peak

    @property
    def notes(self) -> tuple[str, ...]:
        """What to say of it."""
        threads = f"{self.threads} {'thread' if self.threads == 1 else 'threads'}"
        rate = figures.significant(self.peak / 1e12)
        return (
            f"{self.settings.device.name}, {threads}; {self.settings.precision}, {self.why}.",
            f"MFU is measured against {rate} TFLOP/s ({self.source}).",
            self._at_once,
            *([self.compiled] if self.compiled else []),
        )

    @property
    def _at_once(self) -> str:
        number = self.settings.micro_batch
        words = "1 sequence goes" if number == 1 else f"{number:,} sequences go"
        return f"{words} through the model at once."

    @property
    def about(self) -> dict[str, Any]:
        """What run.json says of it."""
        return {
            "device": self.settings.device.kind,
            "device_name": self.settings.device.name,
            "precision": self.settings.precision,
            "threads": self.threads,
            "processes": self.processes,
            "micro_batch_size": self.settings.micro_batch,
            "peak_flops": round(self.peak),
            "peak_source": self.source,
            "torch": torch.__version__,
            "python": platform.python_version(),
        }


def settle(plan: Planned, earlier: Mapping[str, Any], world: World | None = None) -> Settled:
    """Look at the machine; `earlier` is what run.json says of an attempt before. Raises `UsageError`.

    A micro-batch that nobody chose is that of the attempt before, so that a run goes on bit for bit, or the whole
    batch until the model was tried, see `refine`; where memory ran out since, no more are tried than were held.
    """
    chosen = plan.config.training
    processes = world or World()
    device = choose_device(chosen.device, processes.local_rank)
    batch = len(processes.rows(chosen.batch_size))
    again = earlier if earlier.get("device") == device.kind else {}
    as_many = again if again.get("processes", 1) == processes.size else {}  # else they share the cores in another way
    threads = prepare_device(device, as_many.get("threads", chosen.threads), processes.on_this_machine)
    wanted = again.get("precision", chosen.precision)
    precision, why = choose_precision(wanted, device)
    if wanted != chosen.precision:
        why = "as the first attempt found"
    peak, source = _known_peak(again, device, precision, threads) or peak_rate(device, precision)
    before = again.get("micro_batch_size")
    unknown: tuple[str, ...] = (
        ("precision",) if wanted == "auto" and device.kind == "cpu" and precision == "bf16" else ()
    )
    settings = Settings(
        device=device,
        precision=precision,
        micro_batch=min(before or chosen.micro_batch_size or batch, batch),
        loss_chunk=None,
        separator=plan.data.separator,
        steps=plan.steps,
    )
    flops = float(training_flops(plan.shape, Setup()).amount / plan.shape.context_length)
    most = min(batch, again.get("micro_batch_most") or batch)
    is_known = chosen.micro_batch_size or (before and before <= most)
    unknown += () if is_known else ("micro_batch",)
    known = Settled(settings, threads, processes.size, why, flops, peak, source, unknown, most=most)
    return _with_chunk(known, plan)


def _known_peak(
    earlier: Mapping[str, Any], device: Device, precision: Precision, threads: int
) -> tuple[float, str] | None:
    """What an earlier attempt measured on the same device: of one run MFU has one meaning."""
    here = {"device_name": device.name, "precision": precision, "threads": threads}
    if any(earlier.get(name) != value for name, value in here.items()) or not earlier.get("peak_flops"):
        return None
    return float(earlier["peak_flops"]), str(earlier.get("peak_source", "measured matrix products"))


def refine(settled: Settled, plan: Planned, trainer: Trainer) -> Settled:
    """Try the model for what is still open; the trainer takes it."""
    device = settled.settings.device
    if "precision" in settled.open:
        precision, gain = faster_precision(trainer, device, trainer.micro_batch)
        peak, source = peak_rate(device, precision)
        why = settled.why if gain is None else f"since this model ran {gain:.2f} times as fast in bf16"
        settled = replace(settled, why=why, peak=peak, source=source)
    if "micro_batch" in settled.open:
        parameters = sum(weight.numel() for weight in trainer.model.parameters())
        trainer.take_at_once(best_at_once(trainer.try_out, device, parameters, settled.most))
    settled = _with_chunk(replace(settled, settings=trainer.settings, open=()), plan)
    trainer.settings = settled.settings
    return settled


def _with_chunk(settled: Settled, plan: Planned) -> Settled:
    """With the positions whose scores are held at once: on a GPU all where they are few bytes."""
    scores = settled.settings.micro_batch * plan.shape.context_length * plan.shape.vocab_size * 4
    if settled.settings.device.kind == "cpu":
        chunk: int | None = LOSS_CHUNK
    else:
        chunk = _GPU_CHUNK if scores > _LARGEST_SCORES else None
    return replace(settled, settings=replace(settled.settings, loss_chunk=chunk))
