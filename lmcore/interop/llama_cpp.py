"""How does llama.cpp cut text, and what of a tokenizer of ours can it do the same?

It has no expressions in its files: a name, `tokenizer.ggml.pre`, chooses one of those that it was built with, and
whether a pre-token that is itself a token becomes that one (`ignore_merges`). The names here were compared with it on
every code point; llama3 and qwen differ in one case, the long s (U+017F) behind an apostrophe.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from lmcore.bpe.merge_ranks import join_bytes
from lmcore.bpe.spelling import spell
from lmcore.bpe.tokenizer import Tokenizer
from lmcore.bpe.tokenizer_json import spelled_vocab
from lmcore.errors import ModelError

_UNCUT: Final = r"[\s\S]+"
_NO_MERGE: Final = " ".join([spell(b"\0\0")] * 2)  # of parts that never come about: it opens no file without any
NORMAL, CONTROL, USER_DEFINED, UNUSED = 1, 3, 4, 5
"""`tokenizer.ggml.token_type`: ordinary, special, added and not special, no token of ours."""


@dataclass(frozen=True)
class _Pre:
    """A name for tokenizers that merge everything, one for those with `ignore_merges`, and what is cut otherwise."""

    merging: str
    whole: str = ""
    note: str = ""


_PRES: Final[Mapping[str, _Pre]] = {
    "gpt2": _Pre("gpt-2"),
    "cl100k": _Pre(
        "dbrx",
        "llama-bpe",
        "llama.cpp cuts as cl100k but for blanks at the very end of a text with line ends among them.",
    ),
    "o200k": _Pre(
        "gpt-4o",
        note="llama.cpp cuts otherwise than o200k in words with combining marks (as in Hindi, Thai or pointed Arabic) "
        "and where capitals beyond A to Z follow small letters: such texts get other ids there.",
    ),
    "llama3": _Pre("dbrx", "llama-bpe"),
    "qwen": _Pre("qwen2"),
    "deepseek": _Pre("deepseek-v3"),
}
_OVERLAPPING: Final = (
    "Where special tokens overlap in a text, llama.cpp takes the longest first, and not the one that begins first."
)
_UNNORMALIZED: Final = (
    "llama.cpp does not bring text to {} first: characters that are put together get other ids there."
)


@dataclass(frozen=True)
class Vocabulary:
    """What a GGUF file says of a tokenizer; `notes` are sentences on what llama.cpp does otherwise."""

    pre: str
    tokens: list[str]
    types: list[int]
    merges: list[str]
    notes: tuple[str, ...]


def vocabulary_of(tokenizer: Tokenizer, vocab_size: int) -> Vocabulary:
    """The columns for `vocab_size` ids, of which those that the tokenizer lacks are called unused.

    Raises `ModelError` where llama.cpp has no way to give the tokenizer's ids.
    """
    pre = _pre(tokenizer)
    tokens = [f"unused {token_id}" for token_id in range(vocab_size)]  # no token of ours has a blank
    types = [UNUSED] * vocab_size
    kinds = dict.fromkeys(tokenizer.added_ids.values(), USER_DEFINED) | dict.fromkeys(
        tokenizer.special_ids.values(), CONTROL
    )
    for token, token_id in spelled_vocab(tokenizer).items():
        tokens[token_id], types[token_id] = token, kinds.get(token_id, NORMAL)
    merges = [f"{spell(left)} {spell(right)}" for left, right in tokenizer.merges] or [_NO_MERGE]
    return Vocabulary(pre, tokens, types, merges, tuple(filter(None, _notes(tokenizer))))


def _notes(tokenizer: Tokenizer) -> Iterator[str]:
    """What llama.cpp does otherwise, or ""."""
    yield _PRES[tokenizer.pattern.name].note
    yield _UNNORMALIZED.format(tokenizer.normalizer) if tokenizer.normalizer else ""
    yield _OVERLAPPING if _overlap([*tokenizer.special_tokens, *tokenizer.added_tokens]) else ""


def _overlap(tokens: Sequence[str]) -> bool:
    """Whether the end of a token is the beginning of one."""
    beginnings = {token[:length] for token in tokens for length in range(1, len(token))}
    return any(token[-length:] in beginnings for token in tokens for length in range(1, len(token)))


def _pre(tokenizer: Tokenizer) -> str:
    """The value of `tokenizer.ggml.pre`. Raises `ModelError` where there is none."""
    pre = _PRES.get(tokenizer.pattern.name)
    if not pre:
        raise ModelError(
            f"llama.cpp has no pre-tokenizer that cuts as the pattern {tokenizer.pattern.name!r}, so the model would "
            f"read other ids than it learned; it has those of {', '.join(_PRES)}. Export it to Hugging Face instead."
        )
    if not tokenizer.ignore_merges:
        return pre.merging
    if not pre.whole and (unmade := unmade_tokens(tokenizer)):
        raise ModelError(
            f"llama.cpp merges every pre-token that the pattern {tokenizer.pattern.name} cuts, but no merge makes the "
            f"token {unmade[0].decode(errors='backslashreplace')!r} ({len(unmade):,} such); export it to Hugging Face "
            f"instead."
        )
    return pre.whole or pre.merging


def unmade_tokens(tokenizer: Tokenizer) -> list[bytes]:
    """The ordinary tokens that merging their own bytes does not give: only `ignore_merges` brings them about."""
    split_off = {*tokenizer.special_ids.values(), *tokenizer.added_ids.values()}
    tokens = [token for token_id, token in tokenizer.vocab.items() if token_id not in split_off]
    merging = Tokenizer(dict(enumerate(tokens)), tokenizer.merges, pattern=_UNCUT)
    _, ends = merging.encode_texts(*join_bytes(tokens))
    return [token for token, (start, end) in zip(tokens, pairwise([0, *ends.tolist()]), strict=True) if end > start + 1]
