"""What was said of one prompt, in how many ways? A frozen tree: a branch's text is its parent's prefix plus its own.

Nothing changes in place: what is done to a tree gives another one.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import islice

from app.pages.generation.tokens import SaidToken, SamplingChoice


@dataclass(frozen=True)
class Branch:
    """A continuation: the first `at` tokens that its parent says behind the prompt, then `tokens`.

    A branch without a parent begins at the prompt, with `at` 0. `lead` of its own tokens were given, not drawn.
    `ended` says why it did: "stop", "length", "context", "asked", "lost" (with the worker), or nothing yet. `sampling`
    is None where it was put together of several draws.
    """

    key: int
    parent: int | None
    at: int
    tokens: tuple[SaidToken, ...]
    sampling: SamplingChoice | None
    lead: int = 0
    ended: str = ""

    @property
    def end(self) -> int:
        """How many tokens its text has behind the prompt."""
        return self.at + len(self.tokens)

    @cached_property
    def ids(self) -> tuple[int, ...]:
        """The ids of its own tokens."""
        return tuple(one.token for one in self.tokens)


@dataclass(frozen=True)
class Segment:
    """A stretch of text between two forks: tokens `start` to `end` of a branch, then the `parts` that follow it.

    What branches have in common is one stretch, however each of them was drawn; `key` is then the oldest of them, and a
    branch that ends there is a part without tokens. `start` is -1 where the prompt itself forks: then the segment is
    the prompt alone, of no branch (`key` -1).
    """

    key: int
    start: int
    end: int
    parts: tuple["Segment", ...] = ()


@dataclass(frozen=True)
class Tree:
    """The branches of one prompt, the oldest first."""

    branches: tuple[Branch, ...] = ()

    def __len__(self) -> int:
        return len(self.branches)

    def __contains__(self, key: object) -> bool:
        return key in self._by_key

    def branch(self, key: int) -> Branch:
        """The branch with a key. Raises `KeyError`."""
        return self._by_key[key]

    @cached_property
    def _by_key(self) -> dict[int, Branch]:
        return {branch.key: branch for branch in self.branches}

    def text(self, key: int) -> tuple[SaidToken, ...]:
        """All that a branch says behind the prompt."""
        branch = self.branch(key)
        before = () if branch.parent is None else self.text(branch.parent)[: branch.at]
        return before + branch.tokens

    def piece(self, key: int, start: int, end: int) -> tuple[SaidToken, ...]:
        """Tokens `start` to `end` of what a branch says; the same as of `text`, without all the others."""
        branch = self.branch(key)
        before = (
            () if branch.parent is None or start >= branch.at else self.piece(branch.parent, start, min(end, branch.at))
        )
        return before + branch.tokens[max(0, start - branch.at) : max(0, end - branch.at)]

    def ids(self, key: int) -> tuple[int, ...]:
        """The ids of all that a branch says behind the prompt."""
        found = self._ids.get(key)
        if found is None:
            branch = self.branch(key)
            before = () if branch.parent is None else self.ids(branch.parent)[: branch.at]
            found = self._ids[key] = before + branch.ids
        return found

    @cached_property
    def _ids(self) -> dict[int, tuple[int, ...]]:
        """Those that were asked for: a tree is drawn by comparing all of them."""
        return {}

    def children(self, key: int | None) -> tuple[Branch, ...]:
        """The branches that leave a branch, or the prompt."""
        return tuple(branch for branch in self.branches if branch.parent == key)

    def place(self, key: int, at: int) -> tuple[int | None, int]:
        """Whose child a branch is that leaves the text of `key` behind `at` tokens: those that share them all."""
        branch = self.branch(key)
        if not 0 <= at < branch.end:
            raise ValueError(f"a text of {branch.end} tokens has none with the number {at} to be said otherwise")
        while branch.parent is not None and at <= branch.at:
            branch = self.branch(branch.parent)
        return (None, 0) if at == 0 else (branch.key, at)

    def drawn(self, sampling: SamplingChoice) -> Branch | None:
        """The branch that was drawn in this way from the prompt on."""
        whole = (branch for branch in self.children(None) if not branch.lead)
        return next((branch for branch in whole if _draws_like(branch, sampling)), None)

    def saying(self, before: Sequence[int], token: int, sampling: SamplingChoice) -> Branch | None:
        """The branch that says a token behind these ids, and was drawn in this way."""
        wanted = (*before, token)
        for branch in self.branches:
            said = self.text(branch.key)[: len(wanted)]
            if _draws_like(branch, sampling) and tuple(one.token for one in said) == wanted:
                return branch
        return None

    def with_branch(self, branch: Branch) -> "Tree":
        """The tree with one more."""
        return Tree((*self.branches, branch))

    def with_token(self, key: int, place: int, token: SaidToken) -> "Tree":
        """The tree with a token as number `place` of a branch's own.

        Where another token stood there, what followed it, and whoever left behind it, is gone.
        """
        branch = self.branch(key)
        own = branch.tokens
        if not 0 <= place <= len(own):
            raise ValueError(f"token {place} of a branch cannot follow its {len(own)}")
        same = place < len(own) and own[place].token == token.token
        grown = replace(branch, tokens=(*own[:place], token, *own[place + 1 :]) if same else (*own[:place], token))
        tree = self._replaced(grown)
        if not same:
            for child in self.children(key):
                if child.at > branch.at + place:
                    tree = tree._without_all(child.key)
        return tree

    def with_end(self, key: int, ended: str) -> "Tree":
        """The tree with a branch that has ended, or goes on if `ended` is nothing."""
        return self._replaced(replace(self.branch(key), ended=ended))

    def without(self, key: int) -> "Tree":
        """The tree without what only this branch says; the text of every other branch stays what it is."""
        gone = self.branch(key)
        children = self.children(key)
        left = Tree(tuple(branch for branch in self.branches if branch.key != key))
        if not children:
            return left
        heir = max(children, key=lambda child: child.at)
        trunk = gone.tokens[: heir.at - gone.at]
        left = left._replaced(
            replace(
                heir,
                parent=gone.parent,
                at=gone.at,
                tokens=trunk + heir.tokens,
                lead=gone.lead,
                sampling=None,
            )
        )
        for child in children:
            if child.key != heir.key:
                left = left._replaced(replace(child, parent=heir.key))
        return left

    def joined(self, other: "Tree") -> tuple["Tree", dict[int, int]]:
        """The branches of both, and the keys that the other's have in it.

        What both drew alike is one branch, as far as the longer of the two texts goes.
        """
        tree, keys = self, dict[int, int]()
        for branch in sorted(other.branches, key=lambda one: other._generation(one.key)):
            parent = None if branch.parent is None else keys[branch.parent]
            tree, keys[branch.key] = tree._with_other(replace(branch, parent=parent), other.text(branch.key))
        return tree, keys

    def _with_other(self, branch: Branch, text: tuple[SaidToken, ...]) -> tuple["Tree", int]:
        """With a branch of another tree that says `text`, and its key here."""
        said = tuple(one.token for one in text)
        for own in self.branches:
            ids = self.ids(own.key)
            least = min(len(ids), len(said))
            if ids[:least] != said[:least] or not _drawn_alike(own, branch, least):
                continue
            if len(ids) >= len(said):
                return self, own.key
            return self._replaced(replace(own, tokens=own.tokens + text[own.end :], ended=branch.ended)), own.key
        key = 1 + max(self._by_key, default=-1)
        return self.with_branch(replace(branch, key=key)), key

    def _generation(self, key: int) -> int:
        """How many branches stand between a branch and the prompt."""
        parent = self.branch(key).parent
        return 0 if parent is None else 1 + self._generation(parent)

    def segments(self) -> Segment | None:
        """The tree as it is drawn: stretches of text that fork. None where there is no branch."""
        if not self.branches:
            return None
        found = self._stretch([(branch.key, self.ids(branch.key)) for branch in self.branches], 0)
        return replace(found, key=-1, start=-1) if found.end == 0 and found.parts else found

    def first_token(self, segment: Segment) -> SaidToken | None:
        """The token that a segment begins with, if it has any."""
        if segment.key < 0 or segment.start < 0:
            return None
        return next(iter(self.piece(segment.key, segment.start, segment.start + 1)), None)

    def _stretch(self, texts: Sequence[tuple[int, tuple[int, ...]]], start: int) -> Segment:
        """From token `start`, up to which these branches are alike, to where they part."""
        key, ids = texts[0]
        if len(texts) == 1:
            return Segment(key, start, len(ids))
        end = _shared([ids for _, ids in texts], start)
        ways: dict[int, list[tuple[int, tuple[int, ...]]]] = defaultdict(list)
        ended = []
        for branch, ids in texts:
            if len(ids) == end:
                ended.append(Segment(branch, end, end))
            else:
                ways[ids[end]].append((branch, ids))
        parts = [self._stretch(way, end) for way in ways.values()]
        return Segment(key, start, end, self._sorted([*parts, *ended]))

    def _sorted(self, parts: Iterable[Segment]) -> tuple[Segment, ...]:
        """The likeliest first."""

        def likely(segment: Segment) -> float:
            token = self.first_token(segment)
            return -(token.probability or 0.0) if token is not None else 0.0

        return tuple(sorted(parts, key=likely))

    def _replaced(self, branch: Branch) -> "Tree":
        return Tree(tuple(branch if other.key == branch.key else other for other in self.branches))

    def _without_all(self, key: int) -> "Tree":
        """Without a branch and all that leave it."""
        tree = Tree(tuple(branch for branch in self.branches if branch.key != key))
        for child in self.children(key):
            tree = tree._without_all(child.key)
        return tree


def _draws_like(branch: Branch, sampling: SamplingChoice) -> bool:
    return branch.sampling is not None and branch.sampling.effective == sampling.effective


def _drawn_alike(one: Branch, other: Branch, alike: int) -> bool:
    """Whether branches with the same first `alike` tokens go on alike; those of several draws have to be the same."""
    if one.sampling is None or other.sampling is None:
        return one.sampling is other.sampling and one.end == other.end
    begun = one.at + one.lead
    return begun == other.at + other.lead <= alike and one.sampling.effective == other.sampling.effective


def _shared(texts: Sequence[tuple[int, ...]], start: int) -> int:
    """How many tokens all of these begin with alike, which is known of the first `start`."""
    least, most = min(texts), max(texts)
    pairs = zip(islice(least, start, None), islice(most, start, None), strict=False)
    return next((n for n, (one, other) in enumerate(pairs, start) if one != other), min(len(least), len(most)))


def leaves(segment: Segment) -> Iterator[Segment]:
    """The ends of a tree of segments, from the top."""
    if not segment.parts:
        yield segment
    for part in segment.parts:
        yield from leaves(part)
