"""How does a finished vocabulary cut text? Bytes to ids and back."""

import copy
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from lmcore.bpe import encoding, explaining
from lmcore.bpe.decoding import Decoder, as_ids
from lmcore.bpe.encoder import Encoder
from lmcore.bpe.machine import Bytes, Ints
from lmcore.bpe.merge_ranks import Pair, Tokens, join_bytes, make_ranks
from lmcore.bpe.normalizing import normalize
from lmcore.bpe.patterns import Pattern, find_pattern
from lmcore.bpe.special_ids import make_special_ids
from lmcore.bpe.text_stream import stream_ids
from lmcore.bpe.texts import to_bytes
from lmcore.bpe.token_ids import check_ids, ordinary_ids, split_off_ids

if TYPE_CHECKING:
    from lmcore.bpe.explaining import Explanation


class Tokenizer:
    """Byte-level BPE: special tokens, then a pre-token pattern, then merges, the earliest first.

    `vocab` maps ids to bytes, `merges` lists the pairs in the order in which they were made; special tokens that are
    not in `vocab` get ids behind it. Special and added tokens can be given with their ids, as a mapping. Otherwise, of
    several ids with the same bytes, theirs is the one listed last, and that of other text the one listed first.
    `added_tokens` are matched whole even where special tokens are switched off. With `ignore_merges` a pre-token that
    is itself a token becomes that one. `normalizer` ("NFC" or None) is applied to text, never to bytes; `extras` is
    what a `tokenizer.json` said that has no part in the ids.

    The pair of lowest rank is merged first, the leftmost of several, one at a time, as `tiktoken` and `tokenizers` do.
    A tokenizer can be used from any number of threads at once. Raises `TokenizerError` where a byte has no token or a
    merge makes bytes that are no token.
    """

    def __init__(
        self,
        vocab: Mapping[int, bytes],
        merges: Sequence[Pair],
        special_tokens: Sequence[str] | Mapping[str, int] | None = None,
        pattern: str | Pattern = "gpt2",
        *,
        ignore_merges: bool = False,
        added_tokens: Sequence[str] | Mapping[str, int] = (),
    ) -> None:
        self.vocab = dict(vocab)
        self.merges = list(merges)
        self.pattern = find_pattern(pattern)
        self.ignore_merges = ignore_merges
        self.normalizer: str | None = None
        self.extras: Mapping[str, Any] = {}
        check_ids(self.vocab)
        self.special_ids = split_off_ids(special_tokens or (), self.vocab)
        self.added_ids = split_off_ids(added_tokens, self.vocab)
        self.special_tokens = tuple(self.special_ids)
        self.added_tokens = tuple(self.added_ids)
        split_off = self.added_ids | self.special_ids
        ranks = make_ranks(ordinary_ids(self.vocab, split_off.values()), self.merges, ignore_merges)
        specials, added = make_special_ids(split_off), make_special_ids(self.added_ids)
        self.encoder = Encoder(self.pattern, ranks, specials, added)
        """What does the work, for those that encode a text in parts of their own choosing."""

    @property
    def vocab_size(self) -> int:
        """How many ids there are, special tokens included."""
        return len(self.vocab)

    def encode(self, text: str, *, specials: bool = True, threads: int | None = None) -> list[int]:
        """The ids of a text; special tokens in it become theirs, unless `specials` says that they are ordinary text.

        Large texts are encoded on all processors unless `threads` is given. A lone surrogate U+DC80 to U+DCFF is the
        byte that it stands for, so that what was read with `surrogateescape` comes back byte by byte; `tiktoken` makes
        U+FFFD of it, and so other ids. Of all other surrogates both make the same, see `texts.to_bytes`.
        """
        return encoding.encode_list(self.encoder, self._array(text, specials), specials, threads)

    def encode_bytes(self, data: bytes, *, specials: bool = True, threads: int | None = None) -> list[int]:
        """The ids of any bytes, UTF-8 or not."""
        return encoding.encode_list(self.encoder, self._array(data, specials), specials, threads)

    def encode_array(self, data: bytes | str, *, specials: bool = True, threads: int | None = None) -> Tokens:
        """The ids of a text or of any bytes as an array: for large ones, since it makes no Python numbers."""
        return encoding.encode_array(self.encoder, self._array(data, specials), specials, threads)

    def encode_texts(self, data: Bytes, bounds: Ints, *, specials: bool = True) -> tuple[Tokens, Ints]:
        """The ids of texts `data[bounds[i] : bounds[i + 1]]`, one behind the other, and where those of each text end.

        On this thread. What a `normalizer` makes of a text is encoded, as by `encode`.
        """
        if self.normalizer:
            spans = pairwise(bounds.tolist())
            data, bounds = join_bytes([self._normalized(data[a:b].tobytes(), specials) for a, b in spans])
        out, ends = np.empty(len(data) + encoding.SPARE, np.uint32), np.zeros(len(bounds) - 1, np.int64)
        made = self.encoder.encode(data, bounds, out, ends, specials) if len(data) else 0
        return out[:made], ends

    def encode_batch(
        self, texts: Iterable[str], threads: int | None = None, *, specials: bool = True
    ) -> list[list[int]]:
        """The ids of each of many texts, on all processors unless `threads` is given.

        Lone surrogates U+DC80 to U+DCFF are bytes, as in `encode`, and not U+FFFD as in `tiktoken`.
        """
        return [*encoding.encode_many(self.encoder, (self._bytes(text, specials) for text in texts), specials, threads)]

    def encode_iterable(self, texts: Iterable[str], *, specials: bool = True) -> Iterator[int]:
        """The ids of all texts as if they were one, lazily; where the texts begin and end changes no token.

        Memory does not grow with the number of texts: what later ones cannot change is given out. Lone surrogates
        U+DC80 to U+DCFF are bytes, as in `encode`, and not U+FFFD as in `tiktoken`; several may make a character.
        """
        return stream_ids(self.encoder, texts, specials, self._normalized)

    def decode(
        self, ids: "Iterable[int] | npt.NDArray[np.integer]", errors: str = "replace", *, threads: int | None = None
    ) -> str:
        """The text of the ids; what is not UTF-8 is handled as `bytes.decode` does."""
        return str(memoryview(self._decoder.decode(as_ids(ids), threads)), "utf-8", errors)  # type: ignore[arg-type]

    def decode_bytes(self, ids: "Iterable[int] | npt.NDArray[np.integer]", *, threads: int | None = None) -> bytes:
        """The bytes of the ids. Raises `TokenizerError` for an id that the vocabulary does not have."""
        return self._decoder.decode(as_ids(ids), threads).tobytes()

    def explain(self, text: str, *, specials: bool = True) -> "list[Explanation]":
        """How each pre-token of a text becomes its ids, merge by merge."""
        return [*explaining.explain(self.encoder, self.merges, self._array(text, specials), specials)]

    def pretokens(self, data: bytes, *, specials: bool = True) -> list[bytes]:
        """The pre-tokens and special tokens of any bytes, in order; joined they are `data`."""
        array, ends = self._array(data, specials), [0]
        for start, end, token_id in self.encoder.segments(array, 0, len(data), specials):
            ends += [end] if token_id >= 0 else self.encoder.ends(array, start, end).tolist()
        return [data[start:end] for start, end in pairwise(ends)]

    def token_spans(self, data: bytes | str, *, specials: bool = True) -> Ints:
        """Where each token begins, in bytes, and behind them the end of the text; shape (tokens + 1,)."""
        spans = np.zeros(1, np.int64)
        ids = self.encode_array(data, specials=specials)
        return np.concatenate([spans, np.cumsum(self._decoder.lengths(ids), dtype=np.int64)])

    def prefix(self, merges: int) -> "Tokenizer":
        """The smaller vocabulary of the first so many merges: the same ids without the tokens that later ones make."""
        smaller = copy.copy(self)
        smaller.__dict__.pop("_decoder", None)
        ranks = self.encoder.ranks
        gone = set(ranks.ids[ranks.made_by >= merges].tolist())
        gone -= {*self.special_ids.values(), *self.added_ids.values()}
        smaller.vocab = {token_id: token for token_id, token in self.vocab.items() if token_id not in gone}
        smaller.merges = self.merges[:merges]
        smaller.encoder = self.encoder.limited(merges)
        return smaller

    @classmethod
    def load(cls, path: Path | str, pattern: str | Pattern | None = None) -> "Tokenizer":
        """Opens a tokenizer of any published byte-level format; `pattern` stands in for what the files say, if given.

        A `tokenizer.json`, `vocab.json` with `merges.txt`, `.tiktoken` ranks, or a folder with one of them. Raises
        `TokenizerError` with what cannot be represented.
        """
        from lmcore.bpe.formats import open_tokenizer

        return open_tokenizer(Path(path), pattern)

    def save(self, path: Path | str, form: str | None = None) -> tuple[str, ...]:
        """Writes the tokenizer; gives back sentences on what other programs will not find in the files.

        The form goes by the name: `NAME.json`, `NAME.tiktoken`, else a folder with a `tokenizer.json`; or it is one of
        `formats.FORMS`. Raises `TokenizerError` where the form would give other ids; then nothing is written.
        """
        from lmcore.bpe.formats import save_tokenizer

        return save_tokenizer(self, Path(path), form)

    def _bytes(self, text: bytes | str, specials: bool) -> bytes:
        """What is encoded of a text; bytes are taken as they are."""
        if isinstance(text, bytes):
            return text
        return self._normalized(to_bytes(text), specials) if self.normalizer else to_bytes(text)

    def _normalized(self, data: bytes, specials: bool) -> bytes:
        if not self.normalizer:
            return data
        tokens = (*self.special_tokens, *self.added_tokens) if specials else self.added_tokens
        return normalize(data.decode("utf-8", "surrogateescape"), tokens).encode("utf-8", "surrogateescape")

    def _array(self, text: bytes | str, specials: bool) -> Bytes:
        return np.frombuffer(self._bytes(text, specials), np.uint8)

    @cached_property
    def _decoder(self) -> Decoder:
        return Decoder(self.vocab)
