"""What does a training say while it works? Frozen events, from the first byte counted to the last merge.

A training is a generator of these; its result is a `Training` (see training.py). Nobody is called back and
nothing is flagged: whoever stops asking has cancelled.
"""

from dataclasses import dataclass
from typing import Literal, NamedTuple

PhaseName = Literal["prepare", "count", "merge", "encode", "decode", "check"]


class Merge(NamedTuple):
    """One merge. `rank` counts from 1; `count` is the pair's count when it was chosen, over the whole corpus.

    `bytes_per_token` is the corpus's bytes divided by its tokens after this merge. `token_id` is
    `255 + special tokens + rank`: no two merges make the same bytes.
    """

    rank: int
    left_id: int
    right_id: int
    token_id: int
    left: bytes
    right: bytes
    count: int  # type: ignore[assignment]  # a tuple's own count() is not needed here
    bytes_per_token: float

    @property
    def token(self) -> bytes:
        """The new token's bytes."""
        return self.left + self.right


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a phase is. `done` and `total` are bytes of text for "count" and "encode", merges for "merge", ids for
    "decode", bytes of token files for "check", kernels for "prepare".

    `total` may be corrected while a compressed file is read. `rate` is `done` a second, `seconds` since the
    phase began, `memory` the process's resident bytes. The last event of a phase has `finished` set.
    """

    phase: PhaseName
    done: int
    total: int
    rate: float
    seconds: float
    memory: int
    finished: bool = False


@dataclass(frozen=True, slots=True)
class Merges:
    """Merges in rank order, as many as were made since the last event (at most about 50 ms of work)."""

    merges: tuple[Merge, ...]
    seconds: float
    memory: int


@dataclass(frozen=True, slots=True)
class Notice:
    """A sentence that the user should read: counts reused, bytes that are not UTF-8, a corpus that was too small."""

    text: str
    kind: Literal["info", "warning"] = "info"


Event = Progress | Merges | Notice
