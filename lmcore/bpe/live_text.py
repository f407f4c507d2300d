"""How is a text kept encoded while someone types in it? Only what an edit may have changed is encoded anew."""

from collections.abc import Generator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from lmcore.bpe.edits import Edit, unsettled
from lmcore.bpe.encoding import divide, encode_block
from lmcore.bpe.machine import Bytes, Ids, Ints
from lmcore.bpe.merge_ranks import Tokens

if TYPE_CHECKING:
    from lmcore.bpe.encoder import Encoder
    from lmcore.bpe.tokenizer import Tokenizer

_SPARE: Final = 2  # ids that kernels may write behind the last


@dataclass(frozen=True)
class Cut:
    """A text cut into tokens: token i is bytes `starts[i]` to `starts[i + 1]`; shapes (n,) and (n + 1,)."""

    ids: Tokens
    starts: Ints

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
        """Follow an edit of the text that was encoded last; `data` is the text after it, `part` what is unsettled."""
        start, stop = part or self.unsettled(edit, data)
        before, starts = self.cut, self.cut.starts
        first, last = np.searchsorted(starts, (start, stop - edit.growth)).tolist()
        assert (starts[first], starts[last]) == (start, stop - edit.growth), "a safe cut was inside a token"
        new = self._cut(data[start:stop])
        ids = np.concatenate([before.ids[:first], new.ids, before.ids[last:]])
        moved = starts[last + 1 :] + edit.growth
        self.cut = Cut(ids, np.concatenate([starts[:first], new.starts + start, moved]))
        return self.cut

    def _cut(self, data: Bytes) -> Cut:
        return self._as_cut(self._ids(data))

    def _ids(self, data: Bytes) -> Tokens:
        out = np.empty(len(data) + _SPARE, np.uint32)
        return out[: encode_block(self._encoder, data, out, self._specials)]

    def _as_cut(self, ids: Tokens) -> Cut:
        starts = np.zeros(len(ids) + 1, np.int64)
        np.cumsum(self._lengths[ids], out=starts[1:])
        return Cut(ids.copy(), starts)
