"""Which id has which token? Where two ids have the same bytes, one is a special token's and the other an ordinary one.

A published vocabulary may spell a special token like an ordinary one; each keeps its own id.
"""

from collections.abc import Iterable, Mapping, Sequence

from lmcore.bpe.choices import check_specials
from lmcore.bpe.decoding import MOST_IDS
from lmcore.errors import TokenizerError

Tokens = Sequence[str] | Mapping[str, int]


def check_ids(vocab: Mapping[int, bytes]) -> None:
    """Refuses ids that no table has room for."""
    if vocab and (min(vocab) < 0 or max(vocab) >= MOST_IDS):
        wrong = min(vocab) if min(vocab) < 0 else max(vocab)
        raise TokenizerError(f"The vocabulary has the id {wrong:,}; ids from 0 to {MOST_IDS - 1:,} are supported.")


def split_off_ids(tokens: Tokens, vocab: dict[int, bytes]) -> dict[str, int]:
    """The id of each special or added token; those that `vocab` lacks are given one and entered.

    Ids may be given with the tokens. Otherwise it is the one listed last that has its bytes, or the next.
    """
    given = tokens if isinstance(tokens, Mapping) else {}
    names = check_specials(tuple(tokens))
    wanted = {name.encode() for name in names}
    found = {token: token_id for token_id, token in vocab.items() if token in wanted} if wanted else {}
    ids: dict[str, int] = {}
    free = max(vocab, default=-1) + 1
    for name in names:
        token_id = given.get(name, found.get(name.encode(), free))
        if vocab.setdefault(token_id, name.encode()) != name.encode():
            raise TokenizerError(
                f"The special token {name!r} has the id {token_id:,}, which is that of {vocab[token_id]!r}."
            )
        free = max(free, token_id + 1)
        ids[name] = token_id
    return ids


def ordinary_ids(vocab: dict[int, bytes], split_off: Iterable[int]) -> dict[bytes, int]:
    """The id of every token's bytes in other text: the one listed first that no special or added token has."""
    known = {token: token_id for token_id, token in vocab.items()}
    if len(known) < len(vocab):
        taken = set(split_off)
        known.update((vocab[token_id], token_id) for token_id in reversed(vocab) if token_id not in taken)
    return known
