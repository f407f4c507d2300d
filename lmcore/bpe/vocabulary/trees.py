"""Where does a token come from, and what is built on it? Its merge tree down to single bytes, and its descendants."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from lmcore.bpe.vocabulary.characters import Bools, Ints
from lmcore.bpe.vocabulary.columns import NONE, Vocabulary


@dataclass(frozen=True)
class Node:
    """A token within another one: bytes `start` to `end`, merged from `parts` (none for a single byte)."""

    row: int
    start: int
    end: int
    depth: int
    parts: tuple["Node", ...] = ()

    def all(self) -> Iterator["Node"]:
        """This and everything below it, the left parts first."""
        waiting = [self]
        while waiting:
            node = waiting.pop()
            yield node
            waiting += reversed(node.parts)


def merge_tree(vocabulary: Vocabulary, row: int) -> Node:
    """How a token was merged. Special tokens and single bytes have no parts."""
    return _node(vocabulary, row, 0, 0)


def _node(vocabulary: Vocabulary, row: int, start: int, depth: int) -> Node:
    left, right = int(vocabulary.left[row]), int(vocabulary.right[row])
    end = start + int(vocabulary.lengths[row])
    if left == NONE:
        return Node(row, start, end, depth)
    first = _node(vocabulary, left, start, depth + 1)
    return Node(row, start, end, depth, (first, _node(vocabulary, right, first.end, depth + 1)))


def descendants(vocabulary: Vocabulary, row: int) -> Ints:
    """The rows of all tokens in whose merge tree a token stands, by rising id; the token itself is none of them."""
    inside = np.zeros(len(vocabulary), bool)
    inside[row] = True
    size = 0
    while size != (size := int(np.count_nonzero(inside))):
        inside |= _has_parent_in(vocabulary, inside)
    inside[row] = False
    return np.flatnonzero(inside)


def _has_parent_in(vocabulary: Vocabulary, inside: Bools) -> Bools:
    merged = vocabulary.left != NONE
    found: Bools = merged & (inside[vocabulary.left] | inside[vocabulary.right])
    return found
