"""What would a training take? Parameters, tokens, steps, memory and time, said before anything starts.

No torch in here: what it would find out about the machine comes as a `Machine`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import Final

from lmcore import figures
from lmcore.accounting.account import account
from lmcore.accounting.flops import training as training_flops
from lmcore.accounting.setup import Setup
from lmcore.accounting.shape import Shape
from lmcore.training.besides import CHECKPOINT, Besides, besides
from lmcore.training.config import TrainConfig
from lmcore.training.footprint import Footprint, footprint
from lmcore.training.machine import Machine, Precision
from lmcore.training.shares import Measured, found_precision, measured_share, measured_start, usual_share

_SHARE: Final = 0.9  # of the free memory that a training may take
_PROBE: Final = 3.0  # seconds that each question takes which only a trial of the model answers


@dataclass(frozen=True)
class Forecast:
    """What a training takes.

    `needs` is in bytes with `micro_batch` sequences at once: as chosen, else as many as fit, which the probe at its
    beginning may still find to be slower than fewer; `least_memory` with one. `seconds` are those of the steps at
    `share` of the machine's `peak` FLOP/s in this `precision`; `share_source` says whence that is, and between `least`
    and `most` seconds they are likely to be. What comes on top is in `besides`. `epochs` is None where nobody knows how
    long the data are.
    """

    parameters: int
    steps: int
    tokens: int
    tokens_a_parameter: float
    epochs: float | None
    precision: Precision
    micro_batch: int
    needs: Footprint
    least_memory: int
    flops: int
    flops_per_step: int
    peak: float
    share: float
    share_source: str
    seconds: float
    least: float
    most: float
    besides: Besides

    @property
    def memory(self) -> int:
        """Bytes of the device."""
        return self.needs.total

    @property
    def rate(self) -> float:
        """FLOP/s that are supposed to be reached, for `amounts`."""
        return self.share * self.peak

    @property
    def tokens_per_second(self) -> float:
        """What that is in tokens."""
        return self.tokens / self.seconds


def forecast(
    shape: Shape, config: TrainConfig, train_tokens: int, machine: Machine, known: Sequence[Measured] = ()
) -> Forecast:
    """Reckoned by the accounting: the measured list of activations, a fused attention, one device.

    `train_tokens` is the length of the data, 0 where it is not known; `known` is what earlier runs have measured, of
    which those on this machine decide the share of the peak, and the precision where it is found out.
    """
    chosen = config.training
    precision = machine.precision(chosen.precision)
    if chosen.precision == "auto":
        precision = found_precision(known, machine, shape) or precision
    text = bool(config.data.tokenizer)
    micro_batch = chosen.micro_batch_size or _fitting(shape, chosen.batch_size, precision, machine, text)
    steps = chosen.number_of_steps(shape.context_length)
    tokens = steps * chosen.batch_size * shape.context_length
    per_step = round(_flops_a_token(shape) * chosen.batch_size * shape.context_length)
    share = measured_share(known, machine, precision, shape) or usual_share(machine, precision, shape)
    parameters = int(account(shape, Setup()).parameters.amount)
    peak = machine.peak(precision)
    seconds = steps * per_step / (share.amount * peak)
    start = measured_start(known, machine) or machine.start + _PROBE * _questions(config, machine)
    return Forecast(
        parameters=parameters,
        steps=steps,
        tokens=tokens,
        tokens_a_parameter=tokens / parameters,
        epochs=tokens / train_tokens if train_tokens else None,
        precision=precision,
        micro_batch=micro_batch,
        needs=footprint(shape, micro_batch, precision, machine.kind, machine.threads, with_text=text),
        least_memory=footprint(shape, 1, precision, machine.kind, machine.threads, with_text=text).total,
        flops=steps * per_step,
        flops_per_step=per_step,
        peak=peak,
        share=share.amount,
        share_source=share.source,
        seconds=seconds,
        least=seconds / min(share.high, max(1.0, 1 / share.amount)),
        most=seconds / share.low,
        besides=besides(shape, config, machine.kind, steps, seconds / steps, parameters, start),
    )


def mfu_of(shape: Shape, tokens_per_second: float, peak: float) -> float:
    """Which share of the peak FLOP/s a measured rate is (PaLM, Chowdhery et al. 2022, appendix B)."""
    return tokens_per_second * _flops_a_token(shape) / peak


def fits(found: Forecast, machine: Machine) -> str:
    """Why the training does not fit into the free memory, with the remedy; "" where it does."""
    there = f"{figures.size(machine.free)} are free of {figures.size(machine.memory)} ({machine.name})"
    if found.least_memory > machine.free:
        return (
            f"Even one sequence at a time takes about {figures.size(found.least_memory)}; {there}. Take a smaller "
            "model or a shorter context."
        )
    if found.memory > machine.free:
        return (
            f"{found.micro_batch:,} sequences at once take about {figures.size(found.memory)}; {there}. Take a smaller "
            "micro-batch, or leave it open."
        )
    return ""


def checkpoint_size(found: Forecast) -> int:
    """About how many bytes of the disk a checkpoint takes: weights and the optimizer's state."""
    return CHECKPOINT * found.parameters


def disk_size(found: Forecast, config: TrainConfig) -> int:
    """About how many bytes the checkpoints take at most: those that stay, the best one, and one being written."""
    chosen = config.checkpoint
    several = min(
        found.steps // chosen.every, chosen.keep_last + (chosen.keep_every and found.steps // chosen.keep_every)
    )
    return (several + 2) * checkpoint_size(found)


def fits_on_disk(needed: int, free: int) -> str:
    """Why checkpoints of so many bytes do not fit into so many that are free, with the remedy; "" where they do."""
    if needed <= free:
        return ""
    return (
        f"Checkpoints take about {figures.size(needed)} on the disk, {figures.size(free)} are free. Make room, or keep "
        "fewer of them."
    )


def lines(
    shape: Shape, config: TrainConfig, train_tokens: int, validation_tokens: int, found: Forecast, machine: Machine
) -> list[str]:
    """The forecast in sentences."""
    chosen = config.training
    validation = f", {figures.count(validation_tokens)} to validate on" if validation_tokens else ""
    sizes = (
        f"d_model {shape.d_model}, {shape.num_layers} layers, {shape.num_heads} heads, d_ff {shape.d_ff}, "
        f"context {shape.context_length}, vocabulary {figures.count(shape.vocab_size)}"
    )
    epochs = "" if found.epochs is None else f"{figures.significant(found.epochs)} epochs, "
    amount = (
        f"{figures.count(found.steps)} steps of {chosen.batch_size} × {shape.context_length} tokens = "
        f"{figures.count(found.tokens)} tokens, {epochs}{figures.significant(found.tokens_a_parameter)} tokens a "
        "parameter"
    )
    peak = f"{figures.significant(found.peak / 1e12)} TFLOP/s in {found.precision} ({machine.source})"
    share = f"{figures.significant(100 * found.share, 2)} % of the peak, {found.share_source}"
    work = f"{figures.significant(found.flops / 1e12)} TFLOP at {share}"
    threads = f"{machine.threads} {'thread' if machine.threads == 1 else 'threads'}"
    memory = f"{figures.size(found.memory)} with {found.micro_batch:,} sequences at once"
    trouble = fits(found, machine)
    return [
        f"Model: {figures.count(found.parameters)} parameters ({sizes}).",
        f"Data: {figures.count(train_tokens)} ids to train on{validation}.",
        f"Training: {amount}.",
        f"Machine: {machine.name}, {threads}; {peak}.",
        f"Memory: about {memory}, {figures.size(machine.free)} are free.",
        f"Time: about {figures.duration(found.seconds)} ({work}), likely {span_words(found.least, found.most)}.",
        f"Besides: about {figures.duration(found.besides.seconds)} ({besides_words(found.besides)}).",
        *([trouble] if trouble else []),
    ]


def _flops_a_token(shape: Shape) -> float:
    """FLOPs of a step for each of its tokens, forward and backward, as the worker counts them for MFU."""
    return float(training_flops(shape, Setup()).amount / shape.context_length)


def span_words(least: float, most: float) -> str:
    """span_words(90, 300) -> "from 1 min 30 s to 5 min"."""
    return f"from {figures.duration(least)} to {figures.duration(most)}"


def besides_words(found: Besides) -> str:
    """Of what the time besides the steps is made: "start 5.0 s, 20 validations 3.0 s, 9 checkpoints 1.0 s"."""
    parts = (
        ("start", 1, found.start),
        ("validation", found.looks, found.validation),
        ("text", found.written, found.texts),
        ("checkpoint", found.kept, found.checkpoints),
    )
    said = [
        f"{name if name == 'start' else figures.count(number) + ' ' + name}{'s' if number > 1 else ''} "
        f"{figures.duration(seconds)}"
        for name, number, seconds in parts
        if number and seconds > 0
    ]
    return ", ".join(said) or "nothing"


def _questions(config: TrainConfig, machine: Machine) -> int:
    """How many questions only a trial of the model answers."""
    tries = config.training.precision == "auto" and machine.kind == "cpu" and machine.bf16
    return tries + (config.training.micro_batch_size is None)


def _fitting(shape: Shape, batch: int, precision: Precision, machine: Machine, text: bool) -> int:
    """The most sequences of a batch, halved again and again, that fit into the free memory; one at least."""
    size, room = batch, _SHARE * machine.free
    while size > 1 and footprint(shape, size, precision, machine.kind, machine.threads, with_text=text).total > room:
        size = ceil(size / 2)
    return size
