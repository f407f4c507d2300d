"""Which merges does a vocabulary of ranks stand for? Tokens in the order of their making."""

import base64
from collections.abc import Mapping
from pathlib import Path


def read_ranks(path: Path) -> dict[bytes, int]:
    """The ranks of a `.tiktoken` file."""
    lines = [line.split() for line in path.read_bytes().splitlines() if line]
    return {base64.b64decode(token): int(rank) for token, rank in lines}


def merges_of(ranks: Mapping[bytes, int]) -> list[tuple[bytes, bytes]]:
    """Every token's pair: the two parts that merges of lower rank leave of it."""
    merges = []
    for token, rank in sorted(ranks.items(), key=lambda item: item[1]):
        parts = [token[i : i + 1] for i in range(len(token))]
        while len(parts) > 2:
            best = min(range(len(parts) - 1), key=lambda i: ranks.get(parts[i] + parts[i + 1], rank))
            assert ranks.get(parts[best] + parts[best + 1], rank) < rank, f"{token!r} is not made by merges"
            parts[best : best + 2] = [parts[best] + parts[best + 1]]
        if len(parts) == 2:
            merges.append((parts[0], parts[1]))
    return merges
