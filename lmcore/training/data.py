"""Which ids does a model see at which step? Token files checked and mapped, batches as a function of seed and step.

There is no loader with a state that could be lost: a step's batch is computed from the seed and its number, whatever
came before, and every process of a distributed training takes its rows of it.
"""

from collections.abc import Generator, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import sliding_window_view

from lmcore.bpe.token_file import TokenFile
from lmcore.errors import CorpusError, UsageError
from lmcore.generators import result_of
from lmcore.training.permutations import Permutation, Whole, uniform

Ids = npt.NDArray[np.unsignedinteger[Any]]
Order = Literal["random", "permutation"]

PIECE: Final = 1 << 22
"""Ids of a file that are checked at a time."""


@dataclass(frozen=True)
class TokenData:
    """The ids of a token file from place `first` on, mapped into memory; `name` says of which part, for people."""

    file: TokenFile
    ids: Ids
    context_length: int
    first: int = 0
    name: str = ""

    def __len__(self) -> int:
        return len(self.ids)

    def require(self, context_length: int) -> None:
        """Raises `CorpusError` where there is no window of `context_length` ids with the one behind it."""
        if len(self) <= context_length:
            part = f", {self.name}" if self.name else ""
            raise CorpusError(
                f"{self.file.path}{part}: {len(self):,} ids, but a context of {context_length:,} and the id behind it "
                f"take {context_length + 1:,}; encode a longer corpus, or choose a shorter context."
            )


def open_data(path: Path, *, vocab_size: int, tokenizer_sha256: str | None, context_length: int) -> TokenData:
    """What `opening_data` gives, at once."""
    return result_of(
        opening_data(path, vocab_size=vocab_size, tokenizer_sha256=tokenizer_sha256, context_length=context_length)
    )


def opening_data(
    path: Path, *, vocab_size: int, tokenizer_sha256: str | None, context_length: int
) -> Generator[int, None, TokenData]:
    """A token file that a model of `vocab_size` and `context_length` can be trained on. Yields the bytes that were
    looked at since the last time.

    Raises `CorpusError` where the file is damaged or too short, where its tokenizer is not the one asked for (None:
    any), and where an id is not in the vocabulary, for which all of the file is read: some GB a second.
    """
    file = TokenFile.open(path)
    if tokenizer_sha256 is not None and file.tokenizer_sha256 != tokenizer_sha256:
        raise CorpusError(
            f"{path}: encoded with another tokenizer (sha256 {file.tokenizer_sha256[:12]}…) than the one asked for "
            f"({tokenizer_sha256[:12]}…); name that one, or encode the corpus again."
        )
    data = TokenData(file, np.asarray(file.ids()), context_length)
    data.require(context_length)
    yield from _checked(data, vocab_size)
    return data


def split(data: TokenData, validation: float) -> tuple[TokenData, TokenData]:
    """All but the end, to train on, and the end, to validate on: the fraction `validation` of all ids.

    Raises `CorpusError` where one of the two is shorter than a context.
    """
    if not 0 < validation < 1:
        raise UsageError(f"A validation part of {validation} of the ids: it must lie between 0 and 1, such as 0.01.")
    cut = len(data) - round(len(data) * validation)
    parts = (
        replace(data, ids=data.ids[:cut], name="the part to train on"),
        replace(data, ids=data.ids[cut:], first=data.first + cut, name="the part to validate on"),
    )
    for part in parts:
        part.require(data.context_length)
    return parts


class Batches:
    """The batches of a training: `batch_size` windows of `context_length` + 1 ids a step.

    "random": every place where a window fits is the start of a row with the same probability, independently of all
    other rows and steps, as in the course. "permutation": every epoch cuts the ids into windows side by side from a new
    random offset on and takes each window once, in a new random order; neighbours share one id, which is the last
    target of the one and the first input of the other. So that all epochs have as many windows, up to 2 contexts of
    ids at the ends are left out, others in each epoch. An epoch may end within a batch.
    """

    def __init__(
        self, data: TokenData, context_length: int, batch_size: int, seed: int, order: Order = "random"
    ) -> None:
        data.require(context_length)
        self.context_length, self.batch_size, self.seed, self.order = context_length, batch_size, seed, order
        self.ids = data.ids
        self._windows = sliding_window_view(data.ids, context_length + 1)
        self.windows_an_epoch = max(1, len(data) // context_length - 1)

    def at(self, step: int, rows: slice | None = None) -> Whole:
        """The ids of these rows (all unless given) of the batch of `step`, from 0 on: [rows, context_length + 1]."""
        return self._windows[self.starts(step, rows)].astype(np.int64)

    def starts(self, step: int, rows: slice | None = None) -> Whole:
        """Where the windows of these rows begin in the data: [rows], for ids that are gathered elsewhere."""
        chosen = slice(None) if rows is None else rows
        if self.order == "random":
            return uniform(self.seed, step, len(self._windows), self.batch_size)[chosen]
        return self._permuted(step * self.batch_size + np.arange(self.batch_size)[chosen])

    def _permuted(self, turns: Whole) -> Whole:
        """The starts of the windows that have these turns, counted over all epochs: [rows] -> [rows]."""
        epochs, places = np.divmod(turns, self.windows_an_epoch)
        starts = np.empty_like(turns)
        for epoch in np.unique(epochs).tolist():
            inside = epochs == epoch
            starts[inside] = self._epoch_starts(epoch, places[inside])
        return starts

    def _epoch_starts(self, epoch: int, places: Whole) -> Whole:
        offsets = len(self._windows) - (self.windows_an_epoch - 1) * self.context_length
        # Keyed by −1 − epoch, so that it shares no random word with the order.
        offset = uniform(self.seed, -1 - epoch, offsets, 1)
        order = Permutation(self.windows_an_epoch, self.seed, epoch)
        return order.at(places) * self.context_length + offset


def documents(ids: npt.NDArray[np.integer[Any]], separator: int) -> Whole:
    """The number of the document that each position belongs to, from 0 or 1 on in each row: [..., positions] -> same.

    A separator belongs to the document behind it. So all that a separator sees is itself, and what it predicts is how
    a document begins; the last id of a document predicts that it ends: every position has a target that makes sense.
    """
    return np.cumsum(ids == separator, axis=-1, dtype=np.int64)


def validation_windows(data: TokenData, context_length: int, number: int | None) -> Whole:
    """The same windows at each evaluation: `number` of those side by side, spread evenly over the data, or all (None).

    [windows, context_length + 1]; at most as many as fit. Neighbours share one id, so no target is counted twice.
    """
    data.require(context_length)
    there = (len(data) - 1) // context_length
    chosen = there if number is None else min(number, there)
    places = (2 * np.arange(chosen) + 1) * there // (2 * chosen)
    return sliding_window_view(data.ids, context_length + 1)[places * context_length].astype(np.int64)


def _checked(data: TokenData, vocab_size: int) -> Iterator[int]:
    """Raises `CorpusError` for the first id that is not below `vocab_size`; yields the bytes of each piece."""
    for first in range(0, len(data), PIECE):
        piece = data.ids[first : first + PIECE]
        if piece.max() >= vocab_size:
            place = int(np.argmax(piece >= vocab_size))
            found = int(piece[place])
            raise CorpusError(
                f"{data.file.path}: the id at position {first + place:,} is {found}, but the model's vocabulary ends "
                f"at {vocab_size - 1}; choose a vocab_size of at least {max(data.file.vocab_size, found + 1):,}, or "
                "encode the corpus with the model's tokenizer."
            )
        yield piece.nbytes
