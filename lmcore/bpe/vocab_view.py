"""What does a window want to know of all tokens at once? Lengths, and which are plain to draw, as tables by id."""

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from lmcore.bpe.machine import Ids, Ints
from lmcore.bpe.merge_ranks import join_bytes
from lmcore.bpe.token_ids import ordinary_ids

if TYPE_CHECKING:
    from lmcore.bpe.tokenizer import Tokenizer

Flags = npt.NDArray[np.bool_]


class VocabView:
    """Tables with a place for every id up to the highest; ids that the vocabulary lacks have no bytes."""

    def __init__(self, tokenizer: "Tokenizer") -> None:
        self._vocab = tokenizer.vocab
        self._split_off = (*tokenizer.special_ids.values(), *tokenizer.added_ids.values())
        size = max(self._vocab, default=-1) + 1
        ids = np.fromiter(self._vocab, np.int64, len(self._vocab))
        blob, offsets = join_bytes([*self._vocab.values()])
        self.lengths: Ids = np.zeros(size, np.int32)
        self.lengths[ids] = np.diff(offsets)
        self.plain = _spread(size, ids, ~_any((blob < 0x20) | (blob > 0x7E), offsets))
        """Whether a token is printable ASCII throughout."""
        self.ends_line = _spread(size, ids, _any(blob == 0x0A, offsets))
        """Whether a token holds a line end."""

    def __getitem__(self, token_id: int) -> bytes:
        """The bytes of an id."""
        return self._vocab[token_id]

    @cached_property
    def ids(self) -> Mapping[bytes, int]:
        """The id of every token's bytes where they are ordinary text."""
        return ordinary_ids(self._vocab, self._split_off)


def _spread(size: int, ids: Ints, flags: Flags) -> Flags:
    table = np.zeros(size, np.bool_)
    table[ids] = flags
    return table


def _any(found: Flags, offsets: Ints) -> Flags:
    """Whether any byte of each token was found."""
    before = np.concatenate([np.zeros(1, np.int64), np.cumsum(found, dtype=np.int64)])
    return np.asarray(before[offsets[1:]] > before[offsets[:-1]])
