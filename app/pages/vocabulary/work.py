"""What does the page run in the background? Generators for jobs; what they need is imported on their thread."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.session import TokenizerInfo

if TYPE_CHECKING:
    from lmcore.bpe import Tokenizer
    from lmcore.bpe.vocabulary.columns import Vocabulary
    from lmcore.bpe.vocabulary.difference import Difference
    from lmcore.bpe.vocabulary.ordering import Ordering
    from lmcore.bpe.vocabulary.prefixes import Prefixes
    from lmcore.bpe.vocabulary.views import Views


@dataclass(frozen=True, eq=False)
class Shown:
    """A tokenizer, its columns, and what sorts and filters them."""

    info: TokenizerInfo
    vocabulary: "Vocabulary"
    ordering: "Ordering"
    views: "Views"


def read(info: TokenizerInfo) -> Generator[Any, None, Shown]:
    """Everything that can be said of a tokenizer without a corpus."""
    from lmcore.bpe.vocabulary.columns import read_vocabulary
    from lmcore.bpe.vocabulary.making import making_beside, making_of_merges
    from lmcore.bpe.vocabulary.ordering import Ordering
    from lmcore.bpe.vocabulary.views import Views

    making = making_of_merges(info.merges) if info.merges else making_beside(info.path)
    vocabulary = yield from read_vocabulary(info.tokenizer, making)
    ordering = Ordering(vocabulary)
    yield 1.0
    return Shown(info, vocabulary, ordering, Views(vocabulary))


def open_other(path: Path) -> "Generator[Any, None, Tokenizer]":
    """A tokenizer to compare with."""
    from lmcore.bpe import Tokenizer

    yield 0.0
    return Tokenizer.load(path)


def compare(one: TokenizerInfo, other: TokenizerInfo, known: Sequence[Shown]) -> "Generator[Any, None, Difference]":
    """The difference of two tokenizers; those of `known` need not be read again."""
    from lmcore.bpe.vocabulary.columns import read_vocabulary
    from lmcore.bpe.vocabulary.difference import compare as compare_vocabularies

    read_already = {id(shown.info.tokenizer): shown.vocabulary for shown in known}
    found = []
    for info in (one, other):
        vocabulary = read_already.get(id(info.tokenizer))
        found.append(vocabulary or (yield from read_vocabulary(info.tokenizer)))
    return (yield from compare_vocabularies(*found))


def measure(info: TokenizerInfo, kept: bytes) -> "Generator[Any, None, Prefixes]":
    """Bytes per token of the corpus's beginning for every number of merges."""
    from lmcore.bpe.vocabulary.prefixes import SAMPLE, measure_prefixes

    return (yield from measure_prefixes(info.tokenizer, kept[:SAMPLE]))
