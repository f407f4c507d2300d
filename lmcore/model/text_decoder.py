"""How does a text go on that was stopped? With what the cache still has of it, to the bit as if it had never stopped.

Ids that are read together get other last digits in their scores than those that are read one by one, and in bf16 more
than digits. So what was drawn is never read as a prompt is: what the cache has lost is read again as it was drawn.
"""

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from lmcore.model.decoder import Decoder, Ids, Prepared, Scored
from lmcore.model.pieces import stretches


class TextDecoder(Decoder):
    """A decoder of one text that knows what its cache has: `prompt`, read together, and behind it `one_by_one`."""

    def __init__(self, prepared: Prepared, columns: int) -> None:
        super().__init__(prepared, 1, columns)
        self.prompt: list[int] = []
        self.one_by_one: list[int] = []

    @property
    def columns(self) -> int:
        """Ids that it has room for."""
        return self.caches[0].keys.shape[2]

    def making_room(self, columns: int) -> Iterator[None]:
        """Have room for so many ids; what is read stays. A moment comes behind each layer."""
        if columns <= self.columns:
            return
        caches = []
        for layer, cache in zip(self.prepared.layers, self.caches, strict=True):
            caches.append(layer.attention.cache(1, columns))
            for old, new in zip((cache.keys, cache.values), (caches[-1].keys, caches[-1].values), strict=True):
                new[:, :, : self.column] = old[:, :, : self.column]
            yield
        self.caches, self.single = caches, stretches(self.prepared.layers, caches, 1)

    def start(self, prompts: Sequence[Ids]) -> Scored:
        """Read the only prompt."""
        self.prompt, self.one_by_one = [], []
        scores = yield from super().start(prompts)
        self.prompt = list(prompts[0])
        return scores

    def advance(self, ids: Tensor) -> Scored:
        """Read one more id."""
        del self.one_by_one[self.column - len(self.prompt) :]
        scores = yield from super().advance(ids)
        self.one_by_one += ids.tolist()
        return scores

    def go_on(self, prompt: Ids, drawn: Ids) -> Scored:
        """The scores of what follows ids that were drawn behind a prompt; what the cache has is not read again."""
        if not drawn or list(prompt) != self.prompt:
            scores = yield from self.start([prompt])
        known = _shared(self.one_by_one, drawn[:-1])
        self.column = len(prompt) + known
        for token in drawn[known:]:
            yield self.column
            scores = yield from self.advance(torch.tensor([token], device=self.prepared.device))
        return scores


def _shared(one: Ids, other: Ids) -> int:
    """How many ids both begin with."""
    return next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
