"""How wide is every token of a vocabulary? Plain ones by counting letters, the others as they are met.

To shape a token takes some 30 microseconds, and a vocabulary has 200,000: those of printable ASCII have no need of
it, since every letter of the mono font is as wide. Others have an estimate until they are shaped.
"""

from time import perf_counter
from typing import TYPE_CHECKING, Final

import numpy as np

from app.widgets.token_face import PAD, Form, TokenFace

if TYPE_CHECKING:
    from lmcore.bpe.live_text import Cut
    from lmcore.bpe.vocab_view import VocabView

BUDGET: Final = 0.004
"""Seconds that one turn of `learn` may take."""


class TokenWidths:
    """The widths of a vocabulary's tokens as chips of a face; `pixels` by id, shape (ids,)."""

    def __init__(self, vocab: "VocabView", face: TokenFace) -> None:
        self.vocab, self.face = vocab, face
        letter = face.form(b"a").width
        padding = np.where(vocab.lengths > 1, 2 * PAD, 0.0)
        self.pixels = (vocab.lengths * letter + padding).astype(np.float32)
        self._known = vocab.plain.copy()
        self._learnt: object = None  # the key of a cut all of whose tokens are known
        self._left: tuple[object, list[int]] = None, []  # the key of a cut, and the tokens of it that are not

    def form(self, token_id: int, *, dots: bool = False) -> Form:
        """How a token is drawn."""
        return self.face.form(self.vocab[token_id], dots=dots)

    def learn(self, cut: "Cut") -> bool:
        """Shape tokens of a cut whose widths are estimates, for a few milliseconds; whether all are exact now."""
        key, unknown = self._left
        if key is not cut.key:
            unknown = self._unknown(cut)
            self._left = cut.key, unknown
        until = perf_counter() + BUDGET
        while unknown:
            token_id = unknown.pop()
            form = self.form(token_id)
            self.pixels[token_id] = form.width + 2 * form.pad
            self._known[token_id] = True
            if perf_counter() > until and unknown:
                return False
        self._learnt = cut.key
        return True

    def _unknown(self, cut: "Cut") -> list[int]:
        """The tokens of a cut that are not known, the first of them last."""
        from lmcore.bpe.line_breaks import unknown_ids

        ids = cut.ids
        if cut.change is not None and cut.change.of is self._learnt:
            first, _, made = cut.change.pieces
            ids = ids[first : first + made]
        unknown: list[int] = unknown_ids(ids, self._known)[::-1].tolist()
        return unknown
