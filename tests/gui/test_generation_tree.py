"""Does a branch stay what was said, whatever is said, taken and removed beside it?"""

import json
from collections.abc import Iterator
from dataclasses import replace
from math import log

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from app.pages.generation.conversation import Conversation, Conversations
from app.pages.generation.keeping import content_of, conversation_in, shown_as_json
from app.pages.generation.tokens import Alternative, SaidToken, SamplingChoice
from app.pages.generation.tree import Branch, Segment, Tree, leaves
from app.pages.generation.wording import text_caption

VOCABULARY = tuple(Alternative(n, bytes([97 + n]), 0.25, 0.25, 0.25) for n in range(4))


def token(number: int) -> SaidToken:
    return SaidToken(number, bytes([97 + number]), -1.0 - number, 1.0, 4, VOCABULARY)


def ids(tokens: tuple[SaidToken, ...]) -> tuple[int, ...]:
    return tuple(one.token for one in tokens)


class Trees(RuleBasedStateMachine):
    """A conversation beside the plainest model of it: the ids that each branch says."""

    def __init__(self) -> None:
        super().__init__()
        self.conversation = Conversation("model", "prompt")
        self.said: dict[int, tuple[int, ...]] = {}

    @property
    def tree(self) -> Tree:
        return self.conversation.tree

    @rule(seed=st.integers(0, 2))
    def start(self, seed: int) -> None:
        branch = self.conversation.start(SamplingChoice(seed=seed))
        self.said.setdefault(branch.key, ())

    @precondition(lambda self: self.said)
    @rule(data=st.data(), number=st.integers(0, 3))
    def say(self, data: st.DataObject, number: int) -> None:
        """The next token of a branch."""
        branch = self.tree.branch(data.draw(st.sampled_from(sorted(self.said))))
        self.conversation.tree = self.tree.with_token(branch.key, len(branch.tokens), token(number))
        self.said[branch.key] += (number,)

    @precondition(lambda self: any(self.said.values()))
    @rule(data=st.data(), other=st.sampled_from(VOCABULARY), seed=st.integers(0, 2))
    def fork(self, data: st.DataObject, other: Alternative, seed: int) -> None:
        key = data.draw(st.sampled_from(sorted(key for key, said in self.said.items() if said)))
        at = data.draw(st.integers(0, len(self.said[key]) - 1))
        self.conversation.show(key)
        before = set(self.said)
        branch = self.conversation.fork(at, other, SamplingChoice(seed=seed))
        wanted = (*self.said[key][:at], other.token)
        if branch.key in before:
            assert self.said[branch.key][: at + 1] == wanted
        else:
            self.said[branch.key] = wanted

    @precondition(lambda self: self.said)
    @rule(data=st.data())
    def remove(self, data: st.DataObject) -> None:
        key = data.draw(st.sampled_from(sorted(self.said)))
        self.conversation.remove(key)
        del self.said[key]

    @invariant()
    def every_branch_says_what_it_said(self) -> None:
        assert {branch.key: ids(self.tree.text(branch.key)) for branch in self.tree.branches} == self.said

    @invariant()
    def a_text_is_the_parents_prefix_and_its_own(self) -> None:
        for branch in self.tree.branches:
            before = () if branch.parent is None else self.tree.text(branch.parent)[: branch.at]
            assert len(before) == branch.at
            assert self.tree.text(branch.key) == before + branch.tokens

    @invariant()
    def what_is_shown_is_there(self) -> None:
        assert (self.conversation.shown in self.said) if self.said else (self.conversation.shown is None)

    @invariant()
    def the_drawn_stretches_make_up_the_texts(self) -> None:
        root = self.tree.segments()
        assert (root is None) == (not self.said)
        if root is not None:
            assert texts_along(self.tree, root, ()) == self.said
            assert len(list(leaves(root))) == len(self.said)

    @invariant()
    def no_two_ways_begin_alike(self) -> None:
        for segment in stretches(self.tree.segments()):
            firsts = [ids(self.tree.text(part.key))[part.start] for part in segment.parts if part.start < part.end]
            assert len(set(firsts)) == len(firsts)


def stretches(segment: Segment | None) -> Iterator[Segment]:
    """All stretches of a drawn tree."""
    if segment is not None:
        yield segment
        for part in segment.parts:
            yield from stretches(part)


def texts_along(tree: Tree, segment: Segment, before: tuple[int, ...]) -> dict[int, tuple[int, ...]]:
    """The text at each end of the drawn tree, put together of its stretches."""
    own = () if segment.key < 0 else ids(tree.text(segment.key)[segment.start : segment.end])
    if not segment.parts:
        return {segment.key: before + own}
    found: dict[int, tuple[int, ...]] = {}
    for part in segment.parts:
        found |= texts_along(tree, part, before + own)
    return found


TestTrees = Trees.TestCase


@given(st.lists(st.integers(0, 3), min_size=1), st.data())
def test_drawing_the_same_again_leaves_those_who_left_it(said: list[int], data: st.DataObject) -> None:
    """A branch that is drawn anew with the same seed says the same tokens; nothing may be lost by that."""
    conversation = Conversation("model", "prompt")
    branch = conversation.start(SamplingChoice())
    for place, number in enumerate(said):
        conversation.tree = conversation.tree.with_token(branch.key, place, token(number))
    at = data.draw(st.integers(0, len(said) - 1))
    other = VOCABULARY[(said[at] + 1) % 4]
    conversation.fork(at, other, SamplingChoice())
    before = conversation.tree
    for place, number in enumerate(said):
        conversation.tree = conversation.tree.with_token(branch.key, place, token(number))
    assert conversation.tree == before


def test_another_token_in_a_place_takes_what_followed_it_with_it() -> None:
    conversation = Conversation("model", "prompt")
    first = conversation.start(SamplingChoice())
    for place in range(4):
        conversation.tree = conversation.tree.with_token(first.key, place, token(0))
    early = conversation.fork(1, VOCABULARY[1], SamplingChoice())
    conversation.show(first.key)
    late = conversation.fork(3, VOCABULARY[1], SamplingChoice())
    conversation.tree = conversation.tree.with_token(first.key, 2, token(2))
    assert ids(conversation.tree.text(first.key)) == (0, 0, 2)
    assert early.key in conversation.tree
    assert late.key not in conversation.tree


def test_a_token_cannot_follow_what_is_not_there() -> None:
    tree = Tree((Branch(0, None, 0, (token(0),), SamplingChoice()),))
    with pytest.raises(ValueError, match="token 2 of a branch cannot follow its 1"):
        tree.with_token(0, 2, token(0))
    with pytest.raises(ValueError, match="has none with the number 1"):
        tree.place(0, 1)
    with pytest.raises(KeyError):
        tree.branch(1)


def test_a_branch_of_several_draws_is_not_taken_for_a_draw() -> None:
    """What remains of a removed branch goes to one that left it; that one is not what its seed draws."""
    conversation = Conversation("model", "prompt")
    first = conversation.start(SamplingChoice())
    for place in range(3):
        conversation.tree = conversation.tree.with_token(first.key, place, token(0))
    conversation.fork(2, VOCABULARY[1], SamplingChoice())
    conversation.remove(first.key)
    again = conversation.start(SamplingChoice())
    assert again.tokens == ()
    assert len(conversation.tree) == 2


def said_by(seed: int, before: tuple[int, ...], length: int) -> tuple[int, ...]:
    """What a model would draw with a seed behind these ids: always the same, like a real one."""
    drawn = before
    while len(drawn) < length:
        drawn += ((seed + 3 * sum(drawn) + len(drawn)) % 4,)
    return drawn


@st.composite
def grown(draw: st.DrawFn) -> Conversation:
    """A conversation of a few draws, each stopped somewhere, with forks and branches that were removed."""
    conversation = Conversation("model", "prompt")
    for _ in range(draw(st.integers(1, 5))):
        sampling = SamplingChoice(seed=draw(st.integers(0, 1)))
        if draw(st.booleans()) and conversation.said:
            at = draw(st.integers(0, len(conversation.said) - 1))
            branch = conversation.fork(at, VOCABULARY[draw(st.integers(0, 3))], sampling)
        else:
            branch = conversation.start(sampling)
        before = ids(conversation.tree.text(branch.key)[: branch.at + branch.lead])
        text = said_by(sampling.seed, before, len(before) + draw(st.integers(0, 4)))
        for place, number in enumerate(text[branch.at :]):
            if place >= len(conversation.tree.branch(branch.key).tokens):
                conversation.tree = conversation.tree.with_token(branch.key, place, token(number))
        if draw(st.integers(0, 4)) == 0:
            gone = draw(st.integers(0, len(conversation.tree) - 1))
            conversation.remove(conversation.tree.branches[gone].key)
    return conversation


@given(grown(), grown())
def test_joined_trees_say_all_that_both_said(ours: Conversation, theirs: Conversation) -> None:
    tree, keys = ours.tree.joined(theirs.tree)
    for branch in ours.tree.branches:
        said = ids(ours.tree.text(branch.key))
        assert ids(tree.text(branch.key))[: len(said)] == said
    for branch in theirs.tree.branches:
        said = ids(theirs.tree.text(branch.key))
        assert ids(tree.text(keys[branch.key]))[: len(said)] == said
    before = {ids(one.tree.text(branch.key)) for one in (ours, theirs) for branch in one.tree.branches}
    assert {ids(tree.text(branch.key)) for branch in tree.branches} <= before
    for branch in tree.branches:
        assert branch.parent is None or len(tree.text(branch.parent)) >= branch.at


@given(grown())
def test_a_tree_joined_with_itself_is_itself(said: Conversation) -> None:
    tree, keys = said.tree.joined(said.tree)
    assert tree == said.tree
    assert all(ids(tree.text(key)) == ids(tree.text(found)) for key, found in keys.items())


def say(conversation: Conversation, seed: int, numbers: list[int]) -> None:
    """Have these drawn with a seed."""
    branch = conversation.start(SamplingChoice(seed=seed))
    for place, number in enumerate(numbers):
        conversation.tree = conversation.tree.with_token(branch.key, place, token(number))


def test_what_was_saved_is_shown_beside_what_was_said_since() -> None:
    """A file is opened again after more was said of its prompt: neither replaces the other."""
    all_of_them, saved = Conversations(), Conversation("model", "prompt")
    say(saved, 1, [0, 1, 2])
    say(saved, 2, [3])
    here = all_of_them.of("model", "prompt")
    say(here, 3, [2, 2])
    say(here, 1, [0, 1])
    found = all_of_them.join(saved)
    assert found is here
    assert [ids(found.tree.text(one.key)) for one in found.tree.branches] == [(2, 2), (0, 1, 2), (3,)]
    assert ids(found.said) == (3,)
    assert all_of_them.find("model", "prompt") is found


def test_the_likeliest_way_is_drawn_first() -> None:
    conversation = Conversation("model", "prompt")
    first = conversation.start(SamplingChoice())
    for number in (0, 2):
        tree = conversation.tree
        conversation.tree = tree.with_token(first.key, len(tree.branch(first.key).tokens), token(number))
    likely = replace(VOCABULARY[1], log_probability=log(0.9))
    made = conversation.fork(1, likely, SamplingChoice())
    root = conversation.tree.segments()
    assert root is not None
    assert [part.key for part in root.parts] == [made.key, first.key]


def test_a_token_too_unlikely_for_fp32_has_a_finite_loss() -> None:
    """Its probability is e^-150, of which fp32 knows no digit."""
    rows = [[1, "61", 100.0, 1.0, 1.0, 1.0], [2, "62", -50.0, 0.0, 0.0, 0.0]]
    event = {"token": 1, "bytes": "61", "log_probability": 0.0, "entropy": 0.0, "alternatives": rows}
    conversation = Conversation("model", "prompt")
    first = conversation.start(SamplingChoice())
    conversation.tree = conversation.tree.with_token(first.key, 0, SaidToken.of_event(event))
    conversation.fork(0, conversation.said[0].alternatives[1], SamplingChoice())
    assert conversation.said[0].log_probability == -150
    assert text_caption((), conversation.said) == "150.00 nats a token, perplexity about 10^65; 1 token"
    assert json.loads(shown_as_json(conversation), parse_constant=pytest.fail)["tokens"][0]["log_probability"] == -150
    kept = json.loads(json.dumps(content_of(conversation, {}), allow_nan=False))
    assert conversation_in(kept).said == conversation.said
