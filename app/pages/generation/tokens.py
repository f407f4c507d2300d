"""What is known of a token that a model said? Frozen facts, read from a worker's events and written as JSON."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from math import exp, log
from typing import Any, Final, Self

BITS: Final = 1 / log(2)
"""Bits in a nat."""
LEAST: Final = 1e-37
"""Below it a probability in fp32 loses its digits, and then vanishes."""


@dataclass(frozen=True, slots=True)
class SamplingChoice:
    """How the next token is drawn; the names and meanings are those of `lmcore.model.Sampling`."""

    temperature: float = 0.8
    top_k: int = 40
    top_p: float = 0.95
    min_p: float = 0.0
    repetition_penalty: float = 1.0
    seed: int = 1337

    @property
    def is_greedy(self) -> bool:
        """Whether the likeliest token is always taken."""
        return self.temperature == 0

    @property
    def effective(self) -> "SamplingChoice":
        """The same without what has no part in the draw: two that are equal then draw the same text."""
        if not self.is_greedy:
            return self
        return SamplingChoice(0.0, repetition_penalty=self.repetition_penalty)

    def as_request(self) -> dict[str, float]:
        """As a worker wants it."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Alternative:
    """A token that could have come: the log of the model's probability, in nats, which is finite where the probability
    is too small for a number; the probability after temperature, and that which it was drawn with.
    """

    token: int
    raw: bytes
    log_probability: float
    tempered: float
    kept: float

    @property
    def probability(self) -> float:
        """The model's own, from 0 to 1."""
        return exp(self.log_probability)


def alternatives_of(rows: Sequence[Sequence[Any]]) -> tuple[Alternative, ...]:
    """From the rows of an event, the likeliest first: id, bytes, score, probability, tempered, kept."""
    if not rows:
        return ()
    shift = log(rows[0][3]) - rows[0][2]  # what the sum over all scores takes from each of them
    return tuple(
        Alternative(
            int(token),
            bytes.fromhex(raw),
            log(probability) if probability >= LEAST else score + shift,
            float(tempered),
            float(kept),
        )
        for token, raw, score, probability, tempered, kept in rows
    )


@dataclass(frozen=True, slots=True)
class SaidToken:
    """A token of a text. What is not known of it, as of a prompt's, is None.

    `log_probability` and `entropy` are in nats; `remaining` is how many tokens were left to draw from; `alternatives`
    are the model's likeliest, and where a penalty left others those too, best first; `own` is what became of the token
    itself, and `sampling` is how it was drawn. `taken` says that the user chose it; `rank` is 1 for the likeliest.
    """

    token: int
    raw: bytes
    log_probability: float | None = None
    entropy: float | None = None
    remaining: int | None = None
    alternatives: tuple[Alternative, ...] = ()
    taken: bool = False
    rank: int | None = None
    sampling: SamplingChoice | None = None
    own: Alternative | None = None

    @classmethod
    def of_event(cls, event: Mapping[str, Any], sampling: SamplingChoice | None = None) -> Self:
        """From a "token" event, a position of "look", or a token of "prompt" or "part"."""
        token, raw, own = int(event["token"]), bytes.fromhex(event["bytes"]), event.get("own")
        certainty = event.get("log_probability"), event.get("entropy"), event.get("remaining")
        known = None if own is None else Alternative(token, raw, event["log_probability"], *map(float, own[4:]))
        others = alternatives_of(event.get("alternatives", ()))
        return cls(token, raw, *certainty, others, rank=event.get("rank"), sampling=sampling, own=known)

    @property
    def probability(self) -> float | None:
        """The model's own, from 0 to 1."""
        return None if self.log_probability is None else exp(self.log_probability)

    @property
    def bits(self) -> float | None:
        """The entropy in bits."""
        return None if self.entropy is None else self.entropy * BITS

    @property
    def loss_bits(self) -> float | None:
        """How much it was not foreseen: −log₂ of its probability."""
        return None if self.log_probability is None else -self.log_probability * BITS

    @property
    def is_listed(self) -> bool:
        """Whether it is among the alternatives."""
        return any(one.token == self.token for one in self.alternatives)

    def instead(self, other: Alternative) -> "SaidToken":
        """What stands at this place once the user takes `other`: the same distribution, another choice."""
        known = other.log_probability, self.entropy, self.remaining, self.alternatives
        return SaidToken(other.token, other.raw, *known, taken=True, sampling=self.sampling, own=other)


@dataclass(frozen=True, slots=True)
class Figures:
    """How sure a model was of a text: tokens that have a probability, and nats a token."""

    number: int
    nats: float


def figures_of(tokens: Sequence[SaidToken]) -> Figures | None:
    """The figures of a text; None where no token has a probability."""
    logs = [one.log_probability for one in tokens if one.log_probability is not None]
    if not logs:
        return None
    return Figures(len(logs), -sum(logs) / len(logs))


def text_of(tokens: Sequence[SaidToken]) -> str:
    """The text of tokens; bytes that are no characters become U+FFFD."""
    return b"".join(one.raw for one in tokens).decode("utf-8", "replace")
