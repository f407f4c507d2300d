"""Which tokens does a `tokenizer.json` match as a whole before it cuts the rest, and can they be matched alike here?

Special ones (which decoding may leave out) and others are found the same way: leftmost first, of several the longest.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product

from lmcore.bpe.choices import check_specials
from lmcore.bpe.json_fields import required, typed
from lmcore.bpe.normalizing import arises
from lmcore.errors import TokenizerError


@dataclass(frozen=True)
class AddedToken:
    """A token that is matched whole; `normalized` says that the text is normalized before."""

    token_id: int
    content: str
    special: bool
    normalized: bool


def read(entries: Sequence[object], vocab: Mapping[str, int], normalizer: str | None) -> list[AddedToken]:
    """The added tokens, checked. Raises `TokenizerError` for what would be matched or numbered otherwise here."""
    added = [_read_one(entry, f"added_tokens[{number}]") for number, entry in enumerate(entries)]
    check_specials([token.content for token in added])
    _check_numbers(added, vocab)
    _check_rounds(added)
    if normalizer:
        for token in added:
            _check_normalized(token)
    return added


def _read_one(entry: object, place: str) -> AddedToken:
    fields = typed(entry, dict, place)
    content = required(fields, "content", str, place)
    for flag in ("single_word", "lstrip", "rstrip"):
        if required(fields, flag, bool, place):
            raise TokenizerError(
                f"the added token {content!r} looks at what stands around it ({flag}), which is not supported."
            )
    return AddedToken(
        required(fields, "id", int, place),
        content,
        required(fields, "special", bool, place),
        required(fields, "normalized", bool, place),
    )


def _check_numbers(added: Sequence[AddedToken], vocab: Mapping[str, int]) -> None:
    """Refuses ids that `tokenizers` would not give: it takes the vocabulary's, or goes on counting behind it."""
    following, seen = len(vocab), set[str]()
    for token in added:
        if token.content in seen:
            raise TokenizerError(f"the added token {token.content!r} is listed twice; the file is damaged.")
        seen.add(token.content)
        given = vocab.get(token.content, following)
        following = max(following, given + 1) if given >= len(vocab) else following
        if token.token_id != given:
            raise TokenizerError(
                f"the added token {token.content!r} has the id {token.token_id}, but Hugging Face tokenizers would "
                f"give it {given}: the file contradicts itself."
            )


def _check_rounds(added: Sequence[AddedToken]) -> None:
    """Refuses overlaps of tokens that are matched before the text is normalized with those matched after it."""
    first = [token.content for token in added if not token.normalized]
    second = [token.content for token in added if token.normalized]
    for one, other in product(first, second):
        if _overlap(one, other) or _overlap(other, one):
            raise TokenizerError(
                f"the added tokens {one!r} and {other!r} overlap and are matched in two rounds, which is not supported."
            )


def _overlap(one: str, other: str) -> bool:
    """Whether `other` lies in `one` or begins within it."""
    return other in one or any(other.startswith(one[start:]) for start in range(1, len(one)))


def _check_normalized(token: AddedToken) -> None:
    """With a normalizer, tokens must be found in the text as it is, and must not arise from it."""
    if token.normalized:
        raise TokenizerError(
            f"the added token {token.content!r} is matched in the normalized text, which is not supported."
        )
    if arises(token.content):
        raise TokenizerError(
            f"the added token {token.content!r} can arise from other text by normalizing, which is not supported."
        )
