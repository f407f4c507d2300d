"""How many bytes a token has each kind of text? Of every size of vocabulary that was looked at, once."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.pages.playground.work import Subject


class Compression:
    """Encodes the bundled samples, which takes some milliseconds, and keeps what it found."""

    def __init__(self) -> None:
        self._found: list[tuple[Subject, int, tuple[float, ...]]] = []

    @property
    def kinds(self) -> Sequence[str]:
        """The kinds of text, in order."""
        from lmcore.bpe.kinds_of_text import KINDS

        return [kind.title for kind in KINDS]

    def of(self, subject: "Subject", merges: int) -> tuple[float, ...]:
        """Bytes a token with the first so many merges of a tokenizer."""
        for known, count, found in self._found:
            if known is subject and count == merges:
                return found
        from lmcore.bpe.kinds_of_text import bytes_per_token
        from lmcore.bpe.live_text import LiveText

        found = bytes_per_token(LiveText(subject.info.tokenizer, subject.vocab.lengths, merges=merges))
        self._found.append((subject, merges, found))
        return found
