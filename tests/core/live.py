"""What do the tests of live texts share? A vocabulary for every pattern, and ways to say what is expected."""

from functools import cache
from itertools import pairwise

import numpy as np
from hypothesis import strategies as st

from lmcore.bpe.edits import Edit
from lmcore.bpe.live_text import Cut
from lmcore.bpe.machine import Bytes
from lmcore.bpe.tokenizer import Tokenizer
from lmcore.bpe.vocab_view import VocabView
from lmcore.paths import resource
from tests.core.engine import at_most

SPECIALS = ("<|endoftext|>", "<|endoftext|><|pad|>", "<|", "x y", "q")
CUSTOM = r"[a-z]+(?=\d)|\w+|\s"


@cache
def make_tokenizer(pattern: str, specials: tuple[str, ...] = SPECIALS) -> Tokenizer:
    """The first merges of the bundled vocabulary, with another pattern."""
    bundled = Tokenizer.load(resource("sample/tokenizer"))
    merges = bundled.merges[: at_most(2000, 300)]
    words = [*map(bytes, zip(range(256))), *dict.fromkeys(left + right for left, right in merges)]
    return Tokenizer(dict(enumerate(words)), merges, specials, pattern)


@cache
def view_of(tokenizer: Tokenizer) -> VocabView:
    """Its tables."""
    return VocabView(tokenizer)


def as_bytes(data: bytes) -> Bytes:
    """A text as live texts want it."""
    return np.frombuffer(data, np.uint8)


def pieces(cut: Cut, data: bytes) -> list[bytes]:
    """What a text is cut into."""
    places = cut.starts.tolist()
    return [data[start:end] for start, end in pairwise(places)]


_WORDS = (
    """It's_ they'LL_ _\n_ \n\n_  _\r\n_1_23_,_/_'_s_é_\u0301_Ǆa_人_类_\u017f_Ω_xyZ_\u00a0_🎉_👩\u200d🚀_<_|_|>_pad"""
)
words = st.sampled_from([*_WORDS.split("_"), *SPECIALS]).map(str.encode)
texts = st.lists(st.one_of(words, words, words, st.binary(max_size=3)), max_size=30).map(b"".join)


@st.composite
def edits(draw: st.DrawFn) -> tuple[bytes, list[Edit]]:
    """A text and edits of it, one after the other."""
    text = draw(texts)
    made, size = [], len(text)
    for _ in range(draw(st.integers(1, 8))):
        position = draw(st.integers(0, size))
        removed = draw(st.integers(0, min(size - position, 12)))
        edit = Edit(position, removed, draw(st.one_of(words, st.just(b""), texts)))
        made.append(edit)
        size += edit.growth
    return text, made
