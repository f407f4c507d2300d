"""What is said of a model? One frozen class a kind of answer, and each as a line of JSON."""

from dataclasses import dataclass, fields
from typing import Final, Literal

import orjson

from lmcore.interop.talking.requests import Id

Row = tuple[int, str, float, float, float, float]
"""An alternative: its id, bytes (as in `Piece`), score, probability, that after temperature, and that drawn with."""
Ended = Literal["", "stop", "length", "context", "asked"]
"""Why a text ended: "stop" (a token that ends texts), "length", "context" (it is full) or "asked"."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A token; `bytes` in hexadecimal, empty where the tokenizer does not know the id."""

    token: int
    bytes: str


@dataclass(frozen=True, slots=True)
class Opened:
    """A model is ready. FLOPs are those of one more token at the end of the full context."""

    id: Id
    model: str
    what: str
    vocab_size: int
    context_length: int
    parameters: int
    flops_cached: int
    flops_uncached: int
    device: str
    precision: str
    eos: tuple[int, ...]
    lacking: str


@dataclass(frozen=True, slots=True)
class Prompt:
    """The prompt as it is continued, with the ids that the model reads in front, without the `continuation`."""

    id: Id
    tokens: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Token:
    """A new token; the fields are those of `lmcore.model.Generated`. `own` is None where no alternatives are wanted."""

    id: Id
    index: int
    token: int
    bytes: str
    log_probability: float
    entropy: float
    remaining: int
    alternatives: tuple[Row, ...]
    own: Row | None
    ended: Ended


@dataclass(frozen=True, slots=True)
class Done:
    """The end of a generation, and of whatever was stopped: then `ended` is "asked"."""

    id: Id
    tokens: int
    seconds: float
    ended: Ended


@dataclass(frozen=True, slots=True)
class Working:
    """How far a long piece of work is: so many tokens of all."""

    id: Id
    done: int
    total: int


@dataclass(frozen=True, slots=True)
class ScoredToken:
    """A token of a text; the first of all is given, not foreseen."""

    token: int
    bytes: str
    log_probability: float | None
    entropy: float | None
    rank: int | None


@dataclass(frozen=True, slots=True)
class Part:
    """Some more tokens of a text that is scored, in order: one line of all would take whoever reads it long."""

    id: Id
    tokens: tuple[ScoredToken, ...]


@dataclass(frozen=True, slots=True)
class Scored:
    """How well a text of `number` tokens was foreseen; `bytes` are those of the foreseen tokens. The perplexity is None
    where it is too large for a float.

    Windows of `context` tokens, each `stride` behind the one before: see `lmcore.model.foresight`.
    """

    id: Id
    number: int
    nats_per_token: float
    perplexity: float | None
    bits_per_byte: float | None
    bytes: int
    windows: int
    context: int
    stride: int


@dataclass(frozen=True, slots=True)
class Position:
    """What could stand at a place, as in `Token`."""

    place: int
    token: int
    bytes: str
    log_probability: float
    entropy: float
    remaining: int
    alternatives: tuple[Row, ...]
    own: Row | None


@dataclass(frozen=True, slots=True)
class Look:
    """What could stand at the places that were asked for."""

    id: Id
    positions: tuple[Position, ...]


@dataclass(frozen=True, slots=True)
class Speed:
    """Tokens a second behind `position` tokens, and the FLOPs of one there."""

    id: Id
    cached: float
    uncached: float
    position: int
    flops_cached: int
    flops_uncached: int


@dataclass(frozen=True, slots=True)
class Refused:
    """Why something cannot be done, and what to do."""

    id: Id
    do: str
    model: str
    why: str


@dataclass(frozen=True, slots=True)
class Stopped:
    """All that a stop ended has been answered; one for each stop, with no id."""


Answer = Opened | Prompt | Token | Done | Working | Part | Scored | Look | Speed | Refused | Stopped
UNDER_WAY: Final = (Prompt, Token, Working, Part)
"""What is followed by more."""
_NAMES: Final = {
    kind: kind.__name__.lower()
    for kind in (Opened, Prompt, Token, Done, Working, Part, Scored, Look, Speed, Refused, Stopped)
}


def as_line(answer: Answer) -> bytes:
    """A JSON object with "event"; what is no number becomes null."""
    content = {field.name: getattr(answer, field.name) for field in fields(answer)}
    return orjson.dumps({"event": _NAMES[type(answer)], **content}, option=orjson.OPT_APPEND_NEWLINE)


def short(value: float) -> float:
    """The seven digits that a number in fp32 has, which are half as long as what Python writes."""
    return float(f"{value:.7g}")
