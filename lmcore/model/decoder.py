"""How does a model score the next ids of several texts at once? With a cache, or computing all of it anew.

Both ways are used alike: `start` reads the prompts, `advance` one more id a row, and each gives the scores of what
comes next, (rows, vocab_size) in fp32. They are generators that yield between pieces of work (`pieces`). `Recomputing`
is the plain way, and what tests and a comparison of costs hold `Decoder` against.
"""

from collections.abc import Generator, Sequence
from typing import Final, Protocol

import torch
from torch import Tensor
from torch.nn import functional

from lmcore.model.decoder_layer import DecoderLayer, Norm, Span, joined, product
from lmcore.model.pieces import positions_at_once, stretches
from lmcore.model.transformer import Block, TransformerLM

Ids = Sequence[int]
Scored = Generator[int, None, Tensor]
"""Scores that are being computed; yields the number of columns that are read by then."""
_LOW: Final = (torch.bfloat16, torch.float16)


class Scoring(Protocol):
    """What gives the scores of the next ids."""

    def start(self, prompts: Sequence[Ids]) -> Scored:
        """The scores of what follows the prompts, none of which is empty."""

    def advance(self, ids: Tensor) -> Scored:
        """The scores of what follows these further ids, (rows,)."""


class Prepared:
    """A model made ready to write: its matrices in the precision `dtype` (its own unless given), some of them joined.

    What is joined is a copy, so that a model that learns must be prepared anew. It takes up to as much memory as the
    model, and serves any number of decoders.
    """

    def __init__(
        self, model: TransformerLM, dtype: torch.dtype | None = None, layers: Sequence[DecoderLayer] | None = None
    ) -> None:
        """`layers` are the model's, where they are made by then."""
        self.model = model
        self.dtype = dtype or model.head_weight.dtype
        self.embeddings = model.token_embeddings.weight.detach()
        self.head = joined((model.head_weight,), self.dtype)
        self.ln_final = Norm(model.ln_final)
        self.layers = [DecoderLayer(block, self.dtype) for block in blocks_of(model)] if layers is None else layers
        self.turns = turns_of(model)
        self.device = self.head.device


def blocks_of(model: TransformerLM) -> list[Block]:
    """Its blocks in order."""
    return [block for block in model.layers if isinstance(block, Block)]


def turns_of(model: TransformerLM) -> Tensor | None:
    """RoPE's rotations as unit complex numbers (positions, 1, d_head / 2), None for NoPE."""
    return None if model.rope is None else torch.complex(model.rope.cos, model.rope.sin).unsqueeze(1)


def seen_before(first: int, last: int, device: torch.device) -> Tensor | None:
    """What each of the columns first to before last may see, itself and all before it: (1, 1, positions, last).

    None where nothing need be said: at the beginning, and for a single one.
    """
    if first == 0 or last == first + 1:
        return None
    keys = torch.arange(last, device=device)
    return (keys <= keys[first:].unsqueeze(1))[None, None]


class Decoder:
    """A prepared model with a cache for `rows` texts of up to `columns` ids.

    Prompts of different lengths end in the same column: shorter ones begin later, and nothing looks at what is before
    their beginning.
    """

    def __init__(self, prepared: Prepared, rows: int, columns: int) -> None:
        self.prepared, self.rows = prepared, rows
        self.caches = [layer.attention.cache(rows, columns) for layer in prepared.layers]
        self.starts = torch.zeros(rows, dtype=torch.long, device=prepared.device)
        self.padded = False
        self.column = 0
        self.at_once = positions_at_once(prepared.layers[0], rows)
        self.single = stretches(prepared.layers, self.caches, rows)

    def start(self, prompts: Sequence[Ids]) -> Scored:
        """Read the prompts into the cache, of which nothing else stays."""
        length = max(map(len, prompts))
        self.padded = any(len(prompt) < length for prompt in prompts)
        self.starts = torch.tensor([length - len(prompt) for prompt in prompts], device=self.prepared.device)
        filled = [[0] * (length - len(prompt)) + list(prompt) for prompt in prompts]
        ids = torch.tensor(filled, device=self.prepared.device)
        self.column = 0
        *before, last = ids.split(self.at_once, dim=1)
        for part in before:
            yield from self._read(part)
            yield self.column
        return (yield from self._scores(last))

    def advance(self, ids: Tensor) -> Scored:
        """Read one more id a row."""
        return self._scores(ids.unsqueeze(1))

    def _scores(self, ids: Tensor) -> Scored:
        """Read (rows, positions) new ids, and score what follows the last of each row."""
        x = yield from self._read(ids)
        with torch.inference_mode():
            x = x.view(self.rows, -1, x.shape[-1])[:, -1]
            scores: Tensor = product(self.prepared.ln_final(x).to(self.prepared.dtype), self.prepared.head).float()
        return scores

    def _read(self, ids: Tensor) -> Scored:
        """Work through (rows, positions) new ids; gives back the residual stream behind the last layer."""
        positions = ids.shape[1]
        with torch.inference_mode():
            span = self._span(positions)
            x = functional.embedding(ids, self.prepared.embeddings).flatten(0, 1).float()
        found = self.single if positions == 1 else stretches(self.prepared.layers, self.caches, ids.numel())
        for number, stretch in enumerate(found):
            if number:
                yield self.column
            with torch.inference_mode():
                for half, cache in stretch:
                    x = half(x, span, cache)
        self.column = span.last
        return x

    def _span(self, positions: int) -> Span:
        """The next `positions` columns."""
        first, last = self.column, self.column + positions
        seen = self._seen(first, last) if self.padded else seen_before(first, last, self.starts.device)
        return Span(self.rows, first, last, self._turns(first, last), seen)

    def _turns(self, first: int, last: int) -> Tensor | None:
        """The rotations of those columns: the same for all rows, unless some begin later."""
        turns = self.prepared.turns
        if turns is None or not self.padded:
            return None if turns is None else turns[first:last]
        places = torch.arange(first, last, device=self.starts.device) - self.starts.unsqueeze(1)
        return turns[places.clamp(0, len(turns) - 1)]  # rows that have ended may go further

    def _seen(self, first: int, last: int) -> Tensor:
        """(rows, 1, positions, last): the columns from a row's beginning to the own.

        Padding sees itself: who sees nothing gets numbers that are none, and hands them on.
        """
        keys = torch.arange(last, device=self.starts.device)
        own = keys[first:].unsqueeze(1)
        inside = (keys >= self.starts.view(-1, 1, 1)) & (keys <= own)
        seen: Tensor = (inside | (keys == own)).unsqueeze(1)
        return seen


class Recomputing:
    """A model that works through every text anew for each id, in the precision it is prepared for."""

    def __init__(self, prepared: Prepared) -> None:
        self.model, self.dtype = prepared.model, prepared.dtype
        self.low = self.dtype in _LOW and self.model.head_weight.dtype == torch.float32
        self.texts: list[list[int]] = []

    def start(self, prompts: Sequence[Ids]) -> Scored:
        """Keep the prompts."""
        self.texts = [list(prompt) for prompt in prompts]
        return self._scores()

    def advance(self, ids: Tensor) -> Scored:
        """Keep one more id a row, where there is room."""
        for text, following in zip(self.texts, ids.tolist(), strict=True):
            if len(text) < self.model.architecture.context_length:
                text.append(following)
        return self._scores()

    def _scores(self) -> Scored:
        """Shorter texts are filled up behind their end, where nothing looks at."""
        device = self.model.head_weight.device
        length = max(map(len, self.texts))
        ids = torch.tensor([text + [0] * (length - len(text)) for text in self.texts], device=device)
        ends = torch.tensor([len(text) - 1 for text in self.texts], device=device)
        with torch.inference_mode():
            rotation = self.model.rope(length) if self.model.rope else None
            x = self.model.token_embeddings(ids)
        for block in blocks_of(self.model):
            with torch.inference_mode(), self._precision(device):
                x = block(x, rotation)
            yield 0
        with torch.inference_mode(), self._precision(device):
            last = self.model.ln_final(x)[torch.arange(len(self.texts), device=device), ends]
            scores: Tensor = functional.linear(last, self.model.head_weight).float()
        return scores

    def _precision(self, device: torch.device) -> torch.autocast:
        return torch.autocast(device.type, self.dtype, enabled=self.low)
