"""How long does it take? FLOPs divided by what the devices reach, bytes by their bandwidth, as exact fractions.

Whatever needs a figure of the processor that is not known gives None, never a guess.
"""

from dataclasses import dataclass
from fractions import Fraction

from lmcore.accounting.flops import BACKWARD, decode_cached, forward, training
from lmcore.accounting.kinds import Precision
from lmcore.accounting.memory import decode_reads
from lmcore.accounting.setup import Setup
from lmcore.accounting.shape import Shape


@dataclass(frozen=True)
class Timing:
    """Seconds and rates of training and decoding, None where the processor's figures are missing.

    `step_seconds` is one step of all devices, `tokens_a_step` what they see in it, `training_seconds` the time for
    `Setup.tokens`, or None if those are 0. `decode_tokens_a_second` is the roofline of decoding, for the whole batch:
    bound by reading weights and KV cache (`memory.decode_reads`) or by the peak. `decode_intensity` is its FLOPs a
    byte; below `ridge` (peak ÷ bandwidth) the memory decides, above it the peak.
    """

    peak: int | None
    tokens_a_step: int
    step_seconds: Fraction | None
    training_seconds: Fraction | None
    tokens_a_second: Fraction | None
    decode_tokens_a_second: Fraction | None
    decode_intensity: Fraction
    ridge: Fraction | None

    def seconds_for(self, tokens: int) -> Fraction | None:
        """The time of a training on so many tokens, None where the peak is not known."""
        return None if self.tokens_a_second is None else tokens / self.tokens_a_second


def peak_of(setup: Setup) -> int | None:
    """The dense FLOP/s of one device in the precision of the products, or None."""
    if setup.gpu is None:
        return None
    kinds = {Precision.FP32: "fp32", Precision.FP16: "fp16"}
    return setup.gpu.peak(kinds.get(setup.precision, "bf16"))


def seconds_for(flops: int, setup: Setup) -> Fraction | None:
    """The time that so many FLOPs take one device at the peak times MFU, or None where the peak is not known."""
    peak = peak_of(setup)
    return Fraction(flops) / (peak * setup.mfu) if peak else None


def mfu(shape: Shape, setup: Setup, tokens_a_second: Fraction, peak: int) -> Fraction:
    """Which part of the devices' peak a training reaches (Chowdhery et al. 2022, PaLM, appendix B).

    `tokens_a_second` is the rate of all devices and `peak` the FLOP/s of one. What is computed anew does not count.
    """
    each = Fraction((1 + BACKWARD) * forward(shape, setup).amount, setup.batch * shape.context_length)
    return tokens_a_second * each / (peak * setup.devices)


def timing(shape: Shape, setup: Setup) -> Timing:
    """How long a step, the training and a decoded token take."""
    step = seconds_for(training(shape, setup).amount, setup)
    tokens = setup.batch * shape.context_length * setup.devices
    peak, bandwidth = peak_of(setup), setup.gpu.bandwidth if setup.gpu else 0
    read, work = decode_reads(shape, setup), decode_cached(shape, setup).amount
    decoding = max(Fraction(read, bandwidth), Fraction(work, peak) if peak else Fraction(0)) if bandwidth else None
    return Timing(
        peak=peak,
        tokens_a_step=tokens,
        step_seconds=step,
        training_seconds=step * Fraction(setup.tokens, tokens) if step is not None and setup.tokens else None,
        tokens_a_second=tokens / step if step else None,
        decode_tokens_a_second=setup.batch / decoding if decoding else None,
        decode_intensity=Fraction(work, read),
        ridge=Fraction(peak, bandwidth) if peak and bandwidth else None,
    )
