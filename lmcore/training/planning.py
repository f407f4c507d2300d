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
    shape = plan.shape
    return [
        f"Model: {figures.count(found.parameters)} parameters (d_model {shape.d_model}, {shape.num_layers} layers, "
        f"{shape.num_heads} heads, d_ff {shape.d_ff}, context {shape.context_length}, vocabulary "
        f"{figures.count(shape.vocab_size)}).",
        f"Data: {figures.count(len(plan.data.train))} ids to train on"
        + (f", {figures.count(len(plan.data.validation))} to validate on." if plan.data.validation else "."),
        f"Training: {figures.count(found.steps)} steps of {plan.config.training.batch_size} × {shape.context_length} "
        f"tokens = {figures.count(found.tokens)} tokens, {figures.significant(found.epochs)} epochs, "
        f"{figures.significant(found.tokens_a_parameter)} tokens a parameter.",
        *settled.notes,
        f"Memory: about {figures.size(found.memory)}, {figures.size(settled.settings.device.free_memory())} are free.",
        f"Time: about {figures.duration(found.seconds)} at {USUAL_MFU:.0%} of the peak "
        f"({figures.significant(found.flops / 1e12)} TFLOP).",
    ]
