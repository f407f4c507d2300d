"""What do the tests of vocabularies share? Small tokenizers, and the end of a generator."""

from collections import Counter
from collections.abc import Sequence
from functools import cache
from types import SimpleNamespace
from typing import TypeVar, cast

from lmcore.bpe import Tokenizer
from lmcore.bpe.vocabulary.columns import Vocabulary, read_vocabulary
from lmcore.generators import result_of
from tests import naive

T = TypeVar("T")

TEXT = (
    "The cat sat on the mat, the Cat sat; THE END. 1999 2024 1999 --- ----- ======== Café café naïve été. "
    "    if x:\n        return x\n\n日本語の日本 привет мир Привет 👩‍🚀👩‍🚀 ÃÂÃÂÃÂ Ã©tÃ© â€™ â€™ " * 3
)


def trained(text: str, merges: int, pattern: str = r"\s+|\S+") -> Tokenizer:
    """A tokenizer by the naive trainer."""
    words = Counter(naive.pretokens(text.encode(), pattern))
    pairs = [pair for pair, _ in naive.train(words, merges)]
    return tokenizer_of(pairs, pattern)


def tokenizer_of(pairs: Sequence[tuple[bytes, bytes]], pattern: str = "gpt2") -> Tokenizer:
    """A tokenizer with these merges, and one special token."""
    vocab = {byte: bytes([byte]) for byte in range(256)}
    for left, right in pairs:
        if left + right not in vocab.values():
            vocab[len(vocab)] = left + right
    return Tokenizer(vocab, pairs, ["<|end|>"], pattern)


@cache
def sample_tokenizer() -> Tokenizer:
    """A few hundred merges on a text of many kinds."""
    return trained(TEXT, 240)


@cache
def sample() -> Vocabulary:
    """The same as columns."""
    return result_of(read_vocabulary(sample_tokenizer()))


def of_tokens(tokens: Sequence[bytes]) -> Vocabulary:
    """Columns of arbitrary byte strings, none of which was merged."""
    unmerged = tokenizer_of([]).encoder
    given = SimpleNamespace(vocab=dict(enumerate(tokens)), encoder=unmerged, special_ids={}, added_ids={})
    return result_of(read_vocabulary(cast(Tokenizer, given)))  # all that is asked of a tokenizer here
