"""What does the page run in the background? Generators for jobs; what they need is imported on their thread."""

from collections.abc import Generator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from app.session import TokenizerInfo
from lmcore.errors import CorpusError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from lmcore.bpe.events import Progress
    from lmcore.bpe.live_text import LiveText
    from lmcore.bpe.text_steps import TextSteps
    from lmcore.bpe.throughput import Throughput
    from lmcore.bpe.vocab_view import VocabView

    Bytes = npt.NDArray[np.uint8]

LARGEST_FILE: Final = 100_000_000
"""Bytes of a file that is opened as text."""
_IDS_A_TURN: Final = 50_000


@dataclass(frozen=True)
class Subject:
    """A tokenizer with what the page shows of it: tables by id, and how often each merge was seen in training."""

    info: TokenizerInfo
    vocab: "VocabView"
    counts: Mapping[int, int]

    @property
    def base(self) -> int:
        """How many tokens there are without any merge: bytes and special tokens."""
        return self.info.vocab_size - len(self.info.tokenizer.merges)


def make_ready() -> Generator["Progress", None, None]:
    """Compiles the kernels if that was never done, which takes a minute; reads them in any case."""
    from lmcore.bpe import kinds_of_text  # noqa: F401 - what the page imports when it has something to show
    from lmcore.bpe.compiling import load_playing
    from lmcore.bpe.prepare import is_prepared, prepare

    if not is_prepared():
        yield from prepare()
    yield from load_playing()


def study(info: TokenizerInfo) -> Generator[Any, None, Subject]:
    """What the page needs of a tokenizer."""
    from lmcore.bpe.training_counts import read_counts
    from lmcore.bpe.vocab_view import VocabView

    vocab = VocabView(info.tokenizer)
    yield
    assert vocab.ids  # made here, since it takes a while
    yield
    return Subject(info, vocab, read_counts(info.path) if info.path else {})


def follow_steps(text: "LiveText", data: "Bytes") -> Generator[float, None, "TextSteps"]:
    """The merges of a text."""
    from lmcore.bpe.text_steps import follow_text

    return (yield from follow_text(text.encoder, data, text.specials))


def measure(info: TokenizerInfo) -> Generator[float, None, "Throughput"]:
    """How fast a tokenizer encodes here."""
    from lmcore.bpe import throughput

    return (yield from throughput.measure(info.tokenizer))


def read_text(path: Path) -> Generator[Any, None, str]:
    """The text of a file; what is not UTF-8 becomes U+FFFD."""
    yield
    try:
        size = path.stat().st_size
        if size > LARGEST_FILE:
            raise CorpusError(f"{path}: larger than {LARGEST_FILE // 10**6} MB; open a part of it.")
        return path.read_bytes().decode("utf-8", "replace")
    except OSError as error:
        raise CorpusError(f"{path}: cannot be read ({error.strerror}); check the name and the permissions.") from error


def join_ids(ids: "npt.NDArray[np.uint32]") -> Generator[Any, None, str]:
    """The ids as text, with commas between them."""
    parts = []
    for start in range(0, len(ids), _IDS_A_TURN):
        parts.append(", ".join(map(str, ids[start : start + _IDS_A_TURN].tolist())))
        yield
    return ", ".join(parts)
