"""How is what is known put before the widgets? Tokens as words, rows, cards; trees as boxes with captions."""

from collections.abc import Sequence
from itertools import accumulate, pairwise
from typing import Final

from app.pages.generation.cards import CardContent
from app.pages.generation.conversation import Conversation
from app.pages.generation.tokens import Alternative, SaidToken
from app.pages.generation.tree import Segment
from app.pages.generation.wording import branch_caption, differences, how_drawn
from app.widgets.alternatives_card import TITLE, Offer
from app.widgets.branch_tree import BranchNode
from app.widgets.distribution_table import Line, percent
from app.widgets.fact_cells import Cell, text_cell
from app.widgets.said_text import Word
from app.widgets.surprise import level_of
from lmcore import figures
from lmcore.bpe.display import plain
from lmcore.text.utf8 import is_continuation, unit_at, unit_start

GIVEN, UNKNOWN = -1, -2
OFFERED: Final = 6
"""Alternatives on a card; the table lists all there are."""
WORDS: Final = 14
"""Tokens of a stretch that its box begins, or ends, with."""
SHARED_WORDS: Final = 3
SURPRISES: Final = 10
"""Surprising places that are listed."""


def words_of(tokens: Sequence[SaidToken], given: int) -> list[Word]:
    """Tokens as the text shows them; the first `given` are the prompt's.

    A character that several tokens make up stands in the first of them, the others are left without text.
    """
    raws = whole_characters([seen(one) for one in tokens])
    return [Word(raw, GIVEN if n < given else _level(tokens[n])) for n, raw in enumerate(raws)]


def seen(token: SaidToken | Alternative) -> bytes:
    """The bytes of a token; of one that the tokenizer does not know, its id in words."""
    return token.raw or f"[id {token.token}]".encode()


def whole_characters(raws: Sequence[bytes]) -> Sequence[bytes]:
    """The same bytes cut so that no character of UTF-8 is: each is in the piece in which it begins."""
    whole = b"".join(raws)
    if whole.isascii():
        return raws
    ends = list(accumulate(map(len, raws)))
    moved = [0, *(_behind_character(whole, end) for end in ends)]
    return [whole[start:end] for start, end in pairwise(moved)]


def _behind_character(whole: bytes, place: int) -> int:
    """A place between two bytes, or the end of the character that it is in."""
    if place == len(whole) or not is_continuation(whole[place]):
        return place
    unit = unit_at(whole, unit_start(whole, place))
    return unit.end if unit.start < place < unit.end and unit.code is not None else place


def _level(token: SaidToken) -> int:
    probability = token.probability
    return UNKNOWN if probability is None else level_of(probability)


def card_of(token: SaidToken, number: int, *, scored: bool, given: bool, vocab_size: int | None) -> CardContent | None:
    """What the card of a token says; None for one of which nothing is known."""
    if token.probability is None or token.bits is None:
        return None
    offers = [Offer(seen(one), one.probability) for one in token.alternatives[:OFFERED]]
    ids = [one.token for one in token.alternatives[:OFFERED]]
    said = ids.index(token.token) if token.token in ids else len(offers)
    if said == len(offers):
        offers.append(Offer(seen(token), token.probability))
    bits = f"{figures.decimal(token.bits, 2)} bits"
    if given:
        return CardContent(offers, said, f"Given by the prompt. {bits}.")
    if not scored:
        return CardContent(offers, said, f"Click one to branch here. {bits}.", takes=len(ids))
    of = f" of {figures.count(vocab_size)}" if vocab_size else ""
    place = f"Number {figures.count(token.rank)}{of}. " if token.rank else ""
    title = TITLE if token.alternatives else f"Token {figures.count(number + 1)}"
    return CardContent(offers, said, f"{place}{bits}.", title)


def lines_of(token: SaidToken) -> list[Line]:
    """The distribution at a token as rows, the likeliest first; the token itself is among them, or the last."""
    rows = [
        Line(seen(one), one.log_probability, (one.probability, one.tempered, one.kept), one.token == token.token)
        for one in token.alternatives
    ]
    if not token.is_listed and token.probability is not None and token.log_probability is not None:
        drawn = (None, None) if token.own is None else (token.own.tempered, token.own.kept)
        rows.append(Line(seen(token), token.log_probability, (token.probability, *drawn), said=True))
    return rows


def surprising(tokens: Sequence[SaidToken]) -> list[int]:
    """The numbers of the least probable tokens, the least first; the model's first choice surprises it nowhere."""
    known = [n for n, one in enumerate(tokens) if one.log_probability is not None and one.rank != 1]
    return sorted(known, key=lambda n: tokens[n].log_probability or 0.0)[:SURPRISES]


def surprise_rows(tokens: Sequence[SaidToken], numbers: Sequence[int]) -> list[tuple[Cell, ...]]:
    """Those as a table's rows."""
    return [
        (
            text_cell(plain(seen(tokens[n])), face="mono"),
            text_cell(figures.count(n + 1), "secondary"),
            text_cell(_share(tokens[n].probability or 0.0)),
            text_cell(figures.count(tokens[n].rank or 0)),
        )
        for n in numbers
    ]


def _share(probability: float) -> str:
    return f"{figures.significant(100 * probability, 2)} %" if probability >= 1e-6 else "< 0.0001 %"


def tree_of(conversation: Conversation) -> BranchNode | None:
    """The branches as boxes; the first has the end of the prompt and what all branches share."""
    root = conversation.tree.segments()
    if root is None:
        return None
    node = _node(conversation, root, differences([branch.sampling for branch in conversation.tree.branches]))
    prompt = list(conversation.prompt_tokens)
    shared = [] if root.key < 0 else list(conversation.tree.text(root.key)[: root.end])
    if not root.parts:
        return node
    before = prompt + shared
    words = b"".join(one.raw for one in before[-SHARED_WORDS:])
    return node._replace(caption="", words=(b"\xe2\x80\xa6" if len(before) > SHARED_WORDS else b"") + words)


def _node(conversation: Conversation, segment: Segment, apart: Sequence[str]) -> BranchNode:
    parts = tuple(_node(conversation, part, apart) for part in segment.parts)
    if segment.key < 0:
        return BranchNode(-1, b"", "", True, False, parts)
    tree = conversation.tree
    start = max(0, segment.start)
    said = tree.piece(segment.key, start, min(segment.end, start + WORDS))
    words = b"".join(one.raw for one in said).strip() + b" \xe2\x80\xa6"
    first = tree.first_token(segment)
    if parts:
        return BranchNode(segment.key, words, _shared_caption(first), _on_path(conversation, segment), False, parts)
    shown, branch = segment.key == conversation.shown, tree.branch(segment.key)
    drawn = how_drawn(branch.sampling, apart)
    return BranchNode(segment.key, words, branch_caption(first, branch, drawn, shown), shown, shown)


def _shared_caption(first: SaidToken | None) -> str:
    probability = None if first is None else first.probability
    return "" if probability is None else percent(probability)


def _on_path(conversation: Conversation, segment: Segment) -> bool:
    """Whether the shown text begins like all that a stretch leads to."""
    tree, shown, end = conversation.tree, conversation.shown, segment.end
    return shown is not None and tree.ids(shown)[:end] == tree.ids(segment.key)[:end]


def tree_caption(conversation: Conversation) -> str:
    """How many branches there are."""
    number = len(conversation.tree)
    return f"{figures.count(number)} of this prompt" if number else ""
