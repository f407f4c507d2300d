"""What do the characters of a token say of it? Kind, script, and what else is odd, for a slice of tokens at a time."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from lmcore.bpe.vocabulary.characters import LETTER, Bools, Bytes, FlagTable, Ints, decode_tokens
from lmcore.bpe.vocabulary.kinds import Counts, find_kinds, find_runs, find_scripts_of
from lmcore.bpe.vocabulary.mojibake import find_mojibake
from lmcore.bpe.vocabulary.scripts import Codes


class Traits(NamedTuple):
    """Arrays of one entry a token. `characters` counts whole characters."""

    characters: Ints
    scripts: Codes
    kinds: Codes
    runs: Bools
    has_letter: Bools
    mojibake: Bools


def find_traits(data: Bytes, offsets: Ints, texts: Sequence[str], special: Bools, table: FlagTable) -> Traits:
    """The traits of the tokens `data[offsets[i] : offsets[i + 1]]`, whose texts are given as well."""
    begin, end = int(offsets[0]), int(offsets[-1])
    decoded = decode_tokens(data[begin:end], offsets - begin)
    flags = table.of(decoded.points)
    tokens = len(texts)
    counts = Counts(decoded, flags, tokens)
    return Traits(
        counts.total,
        find_scripts_of(decoded, tokens),
        find_kinds(decoded, flags, special),
        find_runs(decoded, tokens),
        counts.count(LETTER) > 0,
        find_mojibake(texts, decoded),
    )


def joined(parts: Sequence[Traits]) -> Traits:
    """The traits of all slices as one."""
    return Traits(*(np.concatenate(column) for column in zip(*parts, strict=True)))
