"""What does a `tokenizer.json` of Hugging Face say, and can it be kept exactly?

Everything that has a part in the ids is read or refused with the reason. What has none, such as the post-processor
that frames a text with special tokens, is kept as it is for writing.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from lmcore.bpe import added_tokens, pre_tokenizers
from lmcore.bpe.json_fields import optional, required, typed
from lmcore.bpe.normalizing import NFC
from lmcore.bpe.spelling import not_in_alphabet, unspell
from lmcore.errors import TokenizerError

if TYPE_CHECKING:
    from lmcore.bpe.merge_ranks import Pair
    from lmcore.bpe.patterns import Pattern
    from lmcore.bpe.tokenizer import Tokenizer

LARGEST_ID: Final = (1 << 24) - 1
_DEEPEST: Final = 16
_KEPT: Final = ("truncation", "padding", "post_processor", "decoder")
_MODELS: Final = {
    "Unigram": "a SentencePiece unigram model, which weighs whole cuts instead of merging pairs",
    "WordPiece": "a WordPiece model (as of BERT), which looks up the longest pieces instead of merging pairs",
    "WordLevel": "a model of whole words, which cannot cut any other",
}


def read_content(content: Mapping[str, Any], pattern: "str | Pattern | None" = None) -> "Tokenizer":
    """The tokenizer of the content of a `tokenizer.json`; `pattern` stands in for its pre-tokenizers.

    Raises `TokenizerError` with what cannot be represented.
    """
    from lmcore.bpe.tokenizer import Tokenizer

    model = required(content, "model", dict, "")
    _refuse_foreign(model)
    normalizer = read_normalizer(content.get("normalizer"))
    cut = pattern or pre_tokenizers.from_json(content.get("pre_tokenizer"))
    vocab = required(model, "vocab", dict, "model")
    check_ids(vocab, "model.vocab")
    added = added_tokens.read(optional(content, "added_tokens", list, [], ""), vocab, normalizer)
    tokens = unspelled(vocab, {token.content for token in added})
    tokenizer = Tokenizer(
        by_id(tokens, added),
        read_merges(required(model, "merges", list, "model"), tokens),
        {token.content: token.token_id for token in added if token.special},
        cut,
        ignore_merges=optional(model, "ignore_merges", bool, False, "model"),
        added_tokens={token.content: token.token_id for token in added if not token.special},
    )
    tokenizer.normalizer = normalizer
    tokenizer.extras = {name: content[name] for name in _KEPT if content.get(name) is not None}
    return tokenizer


def _refuse_foreign(model: Mapping[str, Any]) -> None:
    kind = optional(model, "type", str, "BPE", "model")
    if kind != "BPE":
        raise TokenizerError(f"it is {_MODELS.get(kind, f'a model of the kind {kind!r}')}; only byte-level BPE opens.")
    if optional(model, "byte_fallback", bool, False, "model"):
        raise TokenizerError(
            "its tokens are characters, with bytes only where there is no token (byte_fallback, as of SentencePiece); "
            "only byte-level BPE opens."
        )
    for name in ("continuing_subword_prefix", "end_of_word_suffix"):
        if optional(model, name, str, "", "model"):
            raise TokenizerError(
                f"its tokens are marked by their place in the word ({name}); only byte-level BPE opens."
            )
    if model.get("dropout"):
        raise TokenizerError("it leaves out merges at random (dropout), so that a text has no fixed ids.")


def read_normalizer(value: object) -> str | None:
    """ "NFC" or None. Every other change of the text is refused."""
    kinds = list(_normalizers(value, _DEEPEST)) if value is not None else []
    foreign = next((kind for kind in kinds if kind != NFC), None)
    if foreign:
        raise TokenizerError(f"it changes the text before cutting it (normalizer {foreign}); only NFC is supported.")
    return NFC if kinds else None


def _normalizers(value: object, depth: int) -> Iterator[str]:
    """The kinds of normalizers, sequences within sequences laid out in one row."""
    step = typed(value, dict, "normalizer")
    kind = required(step, "type", str, "normalizer")
    if kind != "Sequence" or depth == 0:
        yield kind
    else:
        for inner in required(step, "normalizers", list, "normalizer"):
            yield from _normalizers(inner, depth - 1)


def check_ids(vocab: Mapping[str, Any], place: str) -> None:
    """Refuses ids that are no numbers, are taken twice or are out of reach."""
    seen: dict[int, str] = {}
    for token, token_id in vocab.items():
        if type(token_id) is not int or not 0 <= token_id <= LARGEST_ID:
            raise TokenizerError(f"{place} gives {token!r} the id {token_id!r}, which is not from 0 to {LARGEST_ID:,}.")
        if seen.setdefault(token_id, token) is not token:
            raise TokenizerError(f"{place} gives the id {token_id} to {seen[token_id]!r} and to {token!r}.")


def unspelled(vocab: Mapping[str, int], added: set[str]) -> dict[str, tuple[int, bytes]]:
    """Id and bytes of every token in the vocabulary, by its spelling; added tokens are not spelled."""
    foreign = not_in_alphabet("".join({character for token in vocab if token not in added for character in token}))
    if foreign:
        token = next(token for token in vocab if foreign in token and token not in added)
        unspell(token)
    if "" in vocab:
        raise TokenizerError("model.vocab has an empty token; the file is damaged.")
    return {
        token: (token_id, token.encode() if token in added else unspell(token)) for token, token_id in vocab.items()
    }


def by_id(tokens: Mapping[str, tuple[int, bytes]], added: Sequence["added_tokens.AddedToken"]) -> dict[int, bytes]:
    """The bytes of every id, the added tokens last: bytes that an ordinary token has too are theirs in a text."""
    whole = {token.token_id: token.content.encode() for token in added}
    ordinary = {token_id: token for token_id, token in tokens.values() if token_id not in whole}
    return ordinary | whole


def read_merges(merges: Sequence[object], tokens: Mapping[str, tuple[int, bytes]]) -> list["Pair"]:
    """The merges, each "a b" or ["a", "b"]. Of a pair listed twice the last counts, as in `tokenizers`."""
    pairs: list[Pair] = []
    seen: set[Pair] = set()
    for number, merge in enumerate(merges, 1):
        if isinstance(merge, str) and merge.startswith("#version"):
            continue
        left, right = _halves(merge, number)
        try:
            pairs.append((tokens[left][1], tokens[right][1]))
        except KeyError as error:
            raise TokenizerError(f"merge {number:,} needs a token that the vocabulary lacks: {error}.") from error
        seen.add(pairs[-1])
    if len(seen) == len(pairs):
        return pairs
    return list(dict.fromkeys(reversed(pairs)))[::-1]


def _halves(merge: object, number: int) -> tuple[str, str]:
    halves = merge.split(" ") if isinstance(merge, str) else merge
    if isinstance(halves, list) and len(halves) == 2:
        left, right = halves
        if isinstance(left, str) and isinstance(right, str):
            return left, right
    raise TokenizerError(f"merge {number:,} is not a pair of tokens; the file is damaged.")
