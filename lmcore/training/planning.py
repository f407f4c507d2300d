"""What would a training take? Parameters, tokens, steps, memory and time, said before anything starts."""

from dataclasses import dataclass
from typing import Final

from lmcore import figures
from lmcore.accounting.account import account
from lmcore.accounting.kinds import Activations, Attention, AttentionCount, Precision
from lmcore.accounting.setup import Setup
from lmcore.training.creating import Planned
from lmcore.training.settling import Settled

USUAL_MFU: Final = 0.4
"""Share of the peak that is supposed where nothing was measured: what good trainings of small models reach."""


@dataclass(frozen=True)
class Forecast:
    """What a training takes: `memory` in bytes, `seconds` at the share of the peak that `USUAL_MFU` supposes."""

    parameters: int
    steps: int
    tokens: int
    tokens_a_parameter: float
    epochs: float
    memory: int
    flops: int
    seconds: float


def forecast(plan: Planned, settled: Settled) -> Forecast:
    """Reckoned by the accounting: the measured list of activations, a fused attention, the micro-batch at once."""
    setup = Setup(
        batch=settled.settings.micro_batch,
        precision=Precision.AUTOCAST if settled.settings.precision == "bf16" else Precision.FP32,
        attention=Attention.FLASH,
        activations=Activations.MEASURED,
        attention_count=AttentionCount.FULL,
    )
    found = account(plan.shape, setup)
    flops = round(settled.flops * plan.tokens)
    parameters = int(found.parameters.amount)
    return Forecast(
        parameters=parameters,
        steps=plan.steps,
        tokens=plan.tokens,
        tokens_a_parameter=plan.tokens / parameters,
        epochs=plan.tokens / len(plan.data.train),
        memory=int(found.training_memory.amount),
        flops=flops,
        seconds=flops / (USUAL_MFU * settled.peak),
    )


def lines(plan: Planned, found: Forecast, settled: Settled) -> list[str]:
    """The forecast in sentences."""
    shape, chosen = plan.shape, plan.config.training
    validation = f", {figures.count(len(plan.data.validation))} to validate on" if plan.data.validation else ""
    sizes = (
        f"d_model {shape.d_model}, {shape.num_layers} layers, {shape.num_heads} heads, d_ff {shape.d_ff}, "
        f"context {shape.context_length}, vocabulary {figures.count(shape.vocab_size)}"
    )
    amount = (
        f"{figures.count(found.steps)} steps of {chosen.batch_size} × {shape.context_length} tokens = "
        f"{figures.count(found.tokens)} tokens, {figures.significant(found.epochs)} epochs, "
        f"{figures.significant(found.tokens_a_parameter)} tokens a parameter"
    )
    work = f"{figures.significant(found.flops / 1e12)} TFLOP at {USUAL_MFU:.0%} of the peak"
    free = figures.size(settled.settings.device.free_memory())
    return [
        f"Model: {figures.count(found.parameters)} parameters ({sizes}).",
        f"Data: {figures.count(len(plan.data.train))} ids to train on{validation}.",
        f"Training: {amount}.",
        *settled.notes,
        f"Memory: about {figures.size(found.memory)}, {free} are free.",
        f"Time: about {figures.duration(found.seconds)} ({work}).",
    ]
