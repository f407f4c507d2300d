"""Which tokenizers do tests use? Small ones, trained here or with merges made up."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Final

from hypothesis import strategies as st

from lmcore.bpe.options import Options
from lmcore.bpe.tokenizer import Tokenizer
from tests.core.engine import DECLARATION, at_most, train_files

BYTES: Final = {byte: bytes([byte]) for byte in range(256)}
SPECIALS: Final = ("<|endoftext|>", "<|endoftext|><|pad|>", "<|", "x y")
_PIECES: Final = [
    "It's",
    "they'LL",
    "'s",
    " ",
    "  ",
    "\n",
    "\r\n",
    "\t",
    "\u3000",
    "123456",
    "Éa",
    "e\u0301",
    "中文",
    "。",
]

texts: Final = st.lists(
    st.one_of(st.sampled_from([*_PIECES, "the end", "aaaa", "!!/", *SPECIALS]), st.text(max_size=6)), max_size=20
).map("".join)
any_bytes: Final = st.lists(st.one_of(texts.map(lambda text: text.encode()), st.binary(max_size=6))).map(b"".join)


@cache
def trained(pattern: str = "gpt2", specials: Sequence[str] = SPECIALS) -> Tokenizer:
    """A tokenizer of many scripts."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "corpus.txt"
        path.write_bytes(DECLARATION.read_bytes()[: at_most(10**6, 15_000)] + b"It's what they'll say, isn't it? " * 20)
        return train_files([path], Options(at_most(1500, 350), tuple(specials), pattern))[1].tokenizer()


def made_of(merges: Sequence[tuple[bytes, bytes]]) -> Tokenizer:
    """A tokenizer with these merges and the tokens that they make."""
    products = dict.fromkeys(left + right for left, right in merges)
    return Tokenizer(BYTES | dict(enumerate(products, 256)), merges)
