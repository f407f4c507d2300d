"""How does a finished vocabulary cut text? Bytes to ids and back."""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Final

import numpy as np

from lmcore.bpe.characters import class_table
from lmcore.bpe.choices import CUSTOM, check_specials
from lmcore.bpe.cuts import CAPACITY, cut
from lmcore.bpe.machine import Bytes
from lmcore.bpe.patterns import Pattern, find_pattern, pieces
from lmcore.bpe.specials import find_special, prepare_specials, special_length
from lmcore.errors import TokenizerError

Pair = tuple[bytes, bytes]
_CACHED: Final = 1 << 16  # pre-tokens whose ids are kept


class Tokenizer:
    """Byte-level BPE: special tokens, then a pre-token pattern, then merges, the earliest first.

    `vocab` maps ids to bytes, `merges` lists the pairs in the order in which they were made; special tokens that are
    not in `vocab` get ids behind it. Raises `TokenizerError` where a byte has no token or a merge makes bytes that
    are no token.
    """

    def __init__(
        self,
        vocab: Mapping[int, bytes],
        merges: Sequence[Pair],
        special_tokens: Sequence[str] | None = None,
        pattern: str = "gpt2",
    ) -> None:
        self.special_tokens = check_specials(special_tokens or ())
        self.vocab = dict(vocab)
        self.merges = list(merges)
        self.pattern: Pattern = find_pattern(pattern)
        known = {token: token_id for token_id, token in self.vocab.items()}
        for token in self.special_tokens:
            if token.encode() not in known:
                known[token.encode()] = new_id = max(self.vocab, default=-1) + 1
                self.vocab[new_id] = token.encode()
        self._specials = prepare_specials(self.special_tokens)
        self._special_ids = {token.encode(): known[token.encode()] for token in self.special_tokens}
        self._byte_ids = self._find_bytes(known)
        self._ranks = self._rank(known)
        self._ids_of = lru_cache(_CACHED)(self._merge)

    @property
    def vocab_size(self) -> int:
        """How many ids there are, special tokens included."""
        return len(self.vocab)

    def encode(self, text: str) -> list[int]:
        """The ids of a text; special tokens in it become theirs."""
        return self.encode_bytes(text.encode("utf-8", "surrogateescape"))

    def encode_bytes(self, data: bytes) -> list[int]:
        """The ids of any bytes, UTF-8 or not."""
        ids: list[int] = []
        for pretoken in self.pretokens(data):
            special = self._special_ids.get(pretoken)
            ids.extend(self._ids_of(pretoken) if special is None else (special,))
        return ids

    def decode(self, ids: Iterable[int], errors: str = "replace") -> str:
        """The text of the ids; what is not UTF-8 is handled as `bytes.decode` does."""
        return self.decode_bytes(ids).decode("utf-8", errors)

    def decode_bytes(self, ids: Iterable[int]) -> bytes:
        """The bytes of the ids. Raises `TokenizerError` for an id that the vocabulary does not have."""
        try:
            return b"".join([self.vocab[token_id] for token_id in ids])
        except KeyError as error:
            raise TokenizerError(f"The vocabulary has no id {error}; it was made for other ids.") from error

    def pretokens(self, data: bytes) -> list[bytes]:
        """The pre-tokens and special tokens of any bytes, in order; joined they are `data`."""
        array = np.frombuffer(data, np.uint8)
        found: list[bytes] = []
        position = 0
        while position < len(data):
            end = find_special(array, len(data), position, len(data), *self._specials)
            found += self._cut(data, array, position, end)
            position = end
            if end < len(data):
                position += special_length(array, end, len(data), self._specials.blob, self._specials.offsets)
                found.append(data[end:position])
        return found

    @classmethod
    def load(cls, path: Path | str) -> "Tokenizer":
        """Opens a `tokenizer.json` or the folder with one. Raises `TokenizerError` with what cannot be represented."""
        from lmcore.bpe.tokenizer_json import read_tokenizer

        return read_tokenizer(Path(path))

    def save(self, path: Path | str) -> None:
        """Writes the folder `path` with a `tokenizer.json` for Hugging Face `tokenizers`; an older one is replaced."""
        from lmcore.bpe.tokenizer_json import write_tokenizer

        write_tokenizer(self, Path(path))

    def _cut(self, data: bytes, array: Bytes, position: int, limit: int) -> list[bytes]:
        if self.pattern.kind == CUSTOM:
            text = data[position:limit].decode("utf-8", "surrogateescape")
            return [piece.encode("utf-8", "surrogateescape") for piece in pieces(self.pattern.compile(), text)]
        starts, masks = np.empty(CAPACITY, np.int64), np.empty(2, np.uint64)
        found: list[bytes] = []
        while position < limit:
            count = cut(self.pattern.kind, array, len(data), position, limit, class_table(), starts, masks)
            bounds = starts[:count].tolist()
            found += [data[start:end] for start, end in pairwise(bounds)]
            position = bounds[-1]
        return found

    def _find_bytes(self, known: Mapping[bytes, int]) -> list[int]:
        missing = [byte for byte in range(256) if bytes([byte]) not in known]
        if missing:
            raise TokenizerError(
                f"The vocabulary has no token for {len(missing)} of the 256 bytes (the first is 0x{missing[0]:02X}), "
                "so it is not byte-level BPE."
            )
        return [known[bytes([byte])] for byte in range(256)]

    def _rank(self, known: Mapping[bytes, int]) -> dict[tuple[int, int], tuple[int, int]]:
        """For each pair of ids its rank and the id that it becomes; of a pair listed twice the first counts."""
        ranks: dict[tuple[int, int], tuple[int, int]] = {}
        for rank, (left, right) in enumerate(self.merges):
            try:
                ranks.setdefault((known[left], known[right]), (rank, known[left + right]))
            except KeyError as error:
                raise TokenizerError(
                    f"Merge {rank + 1:,} ({left!r} + {right!r}) needs a token that the vocabulary lacks: {error}."
                ) from error
        return ranks

    def _merge(self, pretoken: bytes) -> tuple[int, ...]:
        """The ids of one pre-token: the merge of lowest rank first, wherever it stands."""
        ids = [self._byte_ids[byte] for byte in pretoken]
        while len(ids) > 1:
            pairs = pairwise(ids)
            found = [(*self._ranks[pair], place) for place, pair in enumerate(pairs) if pair in self._ranks]
            if not found:
                break
            rank, token, _ = min(found)
            places = [place for other, _, place in found if other == rank]
            for place in reversed(_apart(places)):
                ids[place : place + 2] = [token]
        return tuple(ids)


def _apart(places: Sequence[int]) -> list[int]:
    """The places of a pair that can be joined from the left: none right behind another. [0, 1, 2, 5] -> [0, 2, 5]"""
    kept: list[int] = []
    for place in places:
        if not kept or place > kept[-1] + 1:
            kept.append(place)
    return kept
