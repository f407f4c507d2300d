"""How is a text kept encoded while someone types in it? Only what an edit may have changed is encoded anew."""

from collections.abc import Generator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from lmcore.bpe.edits import Edit, unsettled
from lmcore.bpe.encoding import divide, encode_block
from lmcore.bpe.line_breaks import Replaced
from lmcore.bpe.machine import Bytes, Ids, Ints, kernel
from lmcore.bpe.merge_ranks import Tokens

if TYPE_CHECKING:
    from lmcore.bpe.encoder import Encoder
    from lmcore.bpe.tokenizer import Tokenizer

_SPARE: Final = 2  # ids that kernels may write behind the last
_ROOM: Final = 256


@kernel
def shift(ids: Tokens, starts: Ints, first: int, size: int, by: int, growth: int) -> None:
    """Moves tokens `first` to `size` by so many places, and what they begin at by so many bytes, in place."""
    if by > 0:
        starts[size + by] = starts[size] + growth
        for i in range(size - 1, first - 1, -1):
            ids[i + by] = ids[i]
            starts[i + by] = starts[i] + growth
    elif by < 0:
        for i in range(first, size):
            ids[i + by] = ids[i]
            starts[i + by] = starts[i] + growth
        starts[size + by] = starts[size] + growth
    elif growth:
        for i in range(first, size + 1):
            starts[i] += growth


@kernel
def add_up(ids: Tokens, lengths: Ids, starts: Ints) -> None:
    """Writes where each token begins, and behind them the end; numpy's sum would keep the window waiting meanwhile."""
    starts[0] = 0
    for i in range(len(ids)):
        starts[i + 1] = starts[i] + lengths[ids[i]]


class Room:
    """The tokens of a text with room for more, so that an edit moves those behind it instead of copying all."""

    def __init__(self, ids: Tokens, lengths: Ids, more: int) -> None:
        self.size = len(ids)
        room = self.size + more
        self._ids, self._starts = np.empty(room, np.uint32), np.empty(room + 1, np.int64)
        self._ids[: self.size] = ids
        add_up(ids, lengths, self._starts)

    def cut(self, change: "Change | None" = None) -> "Cut":
        """What it holds at present."""
        return Cut(self._ids[: self.size], self._starts[: self.size + 1], change, self)

    def holds(self, more: int) -> bool:
        """Whether so many tokens more have room."""
        return self.size + more <= len(self._ids)

    def replace(self, replaced: Replaced, new: "Cut", at: int, growth: int) -> None:
        """Put the tokens of `new`, which begin at byte `at`, in the place of others."""
        first, last, made = replaced
        shift(self._ids, self._starts, last, self.size, made - (last - first), growth)
        self._ids[first : first + made] = new.ids
        self._starts[first : first + made] = new.starts[:-1] + at
        self.size += made - (last - first)


class Change(NamedTuple):
    """What an edit did to the cut whose `key` is `of`."""

    of: object
    pieces: "Replaced"


@dataclass(frozen=True)
class Cut:
    """A text cut into tokens: token i is bytes `starts[i]` to `starts[i + 1]`; shapes (n,) and (n + 1,).

    `change` says what is other than in the cut before, where that is known.
    """

    ids: Tokens
    starts: Ints
    change: Change | None = None
    room: Room | None = field(default=None, compare=False, repr=False)
    key: object = field(default_factory=object, compare=False, repr=False)

    def __len__(self) -> int:
        return len(self.ids)

    def at(self, byte: int) -> int:
        """The number of the token that holds a byte of the text."""
        return int(np.searchsorted(self.starts[1:], byte, "right"))


EMPTY: Final = Cut(np.empty(0, np.uint32), np.zeros(1, np.int64))


class LiveText:
    """One text as one tokenizer cuts it. `lengths` are the bytes of each id (`VocabView.lengths`).

    `merges` limits the vocabulary to the first so many; `specials` says whether special tokens are split off. Texts
    are arrays of bytes, which belong to the caller and are not changed by it.
    """

    def __init__(
        self, tokenizer: "Tokenizer", lengths: Ids, *, specials: bool = True, merges: int | None = None
    ) -> None:
        self._whole, self._lengths, self._specials = tokenizer.encoder, lengths, specials
        self._encoder = self._whole
        self.merges = len(tokenizer.merges)
        self.cut = EMPTY
        if merges is not None:
            self.limit(merges)

    @property
    def encoder(self) -> "Encoder":
        """What encodes, with the merges that count."""
        return self._encoder

    @property
    def specials(self) -> bool:
        """Whether special tokens are split off."""
        return self._specials

    def limit(self, merges: int) -> None:
        """Let the first so many merges count from the next encoding on."""
        self.merges = merges
        self._encoder = self._whole.limited(merges)

    def split_specials(self, specials: bool) -> None:
        """Let special tokens be split off, or not, from the next encoding on."""
        self._specials = specials

    def encode(self, data: Bytes) -> Cut:
        """Encode a whole text."""
        self.cut = self._cut(data)
        return self.cut

    def encode_slowly(self, data: Bytes) -> Generator[float, None, Cut]:
        """The same in blocks, for a thread of its own: yields the share that is done, and returns without keeping."""
        found = []
        for start, end in divide(self._encoder, data, self._specials):
            found.append(self._ids(data[start:end]))
            yield end / len(data)
        return self._as_cut(np.concatenate(found) if found else EMPTY.ids)

    def keep(self, cut: Cut) -> None:
        """Take over what `encode_slowly` gave."""
        self.cut = cut

    def unsettled(self, edit: Edit, data: Bytes) -> tuple[int, int]:
        """The part of `data`, the text after the edit, that has to be encoded anew."""
        return unsettled(self._encoder.pattern.kind, data, edit, self._encoder.split_off(self._specials))

    def edit(self, edit: Edit, data: Bytes, part: tuple[int, int] | None = None) -> Cut:
        """Follow an edit of the text that was encoded last; `data` is the text after it, `part` what is unsettled.

        The arrays of the cut before are overwritten.
        """
        start, stop = part or self.unsettled(edit, data)
        before, starts = self.cut, self.cut.starts
        first, last = np.searchsorted(starts, (start, stop - edit.growth)).tolist()
        assert (starts[first], starts[last]) == (start, stop - edit.growth), "a safe cut was inside a token"
        new = self._cut(data[start:stop])
        replaced = Replaced(first, last, len(new))
        room = before.room
        if room is None or not room.holds(len(new)):
            room = Room(before.ids, self._lengths, _room_for(len(before)) + len(new))
        room.replace(replaced, new, start, edit.growth)
        self.cut = room.cut(Change(before.key, replaced))
        return self.cut

    def _cut(self, data: Bytes) -> Cut:
        return self._as_cut(self._ids(data))

    def _ids(self, data: Bytes) -> Tokens:
        out = np.empty(len(data) + _SPARE, np.uint32)
        return out[: encode_block(self._encoder, data, out, self._specials)]

    def _as_cut(self, ids: Tokens) -> Cut:
        return Room(ids, self._lengths, _room_for(len(ids))).cut()


def _room_for(tokens: int) -> int:
    """Tokens more than these for which there is to be room."""
    return tokens // 16 + _ROOM
