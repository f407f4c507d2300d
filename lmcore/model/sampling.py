"""How is the next id drawn from its scores? Repetition penalty, temperature, top-k, top-p, min-p, then one draw.

The order, and what each step keeps, are those of Hugging Face `transformers`; tests compare the two. Where ids have the
very same score, the cuts keep as many as they say, and `transformers` all of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor

from lmcore.errors import UsageError

_GREEDY: Final = 1e-6
"""A temperature below it takes the likeliest id: quotients would leave what fp32 holds, and no other has a chance."""
_FEW: Final = 128  # likely ids that are looked at first: mostly they hold top-p's share, and nothing need be sorted


@dataclass(frozen=True)
class Sampling:
    """How to draw; each default leaves the model's own probabilities as they are.

    `temperature` 0 always takes the likeliest id. `top_k` keeps that many of the likeliest ids (0: all), `top_p` the
    fewest whose probabilities reach it, `min_p` those at least that share as likely as the likeliest.
    `repetition_penalty` above 1 divides positive scores of ids that occurred before, and multiplies negative ones.
    Row i draws from `seed` + i, whatever else is in its batch. Raises `UsageError`.
    """

    temperature: float = 1.0
    top_k: int = 0
    top_p: float = 1.0
    min_p: float = 0.0
    repetition_penalty: float = 1.0
    seed: int = 0

    @property
    def is_greedy(self) -> bool:
        """Whether the likeliest id is always taken."""
        return self.temperature < _GREEDY

    def __post_init__(self) -> None:
        for name, fits, otherwise in (
            ("temperature", 0 <= self.temperature < float("inf"), "0 (the likeliest id) or above"),
            ("top_k", self.top_k >= 0, "0 (all) or above"),
            ("top_p", 0 < self.top_p <= 1, "above 0, and 1 (all) at most"),
            ("min_p", 0 <= self.min_p <= 1, "from 0 (all) to 1"),
            ("repetition_penalty", 0 < self.repetition_penalty < float("inf"), "above 0; 1 is none"),
        ):
            if not fits:
                raise UsageError(f"{name} is {getattr(self, name)}; it must be {otherwise}.")


@dataclass(frozen=True)
class Candidates:
    """What may be drawn: probabilities (rows, n), 0 for what is cut off, of `ids` (rows, n), or of all ids in order.

    `kept` (rows, n) says which the cuts left, whose probability may be too small for fp32 even so; None is all n.
    """

    probabilities: Tensor
    ids: Tensor | None
    kept: Tensor | None = None

    def count(self) -> Tensor:
        """How many ids (rows,) the cuts left."""
        if self.kept is None:
            rows, number = self.probabilities.shape
            return torch.full((rows,), number, device=self.probabilities.device)
        return self.kept.sum(-1)

    def draw(self, uniform: Tensor) -> Tensor:
        """One id a row, where its uniform number (rows, 1) from [0, 1) falls among the summed probabilities."""
        sums = self.probabilities.cumsum(-1)
        places = torch.searchsorted(sums, uniform * sums[:, -1:], right=True)
        places.clamp_(max=sums.shape[-1] - 1)
        return (places if self.ids is None else self.ids.gather(-1, places)).squeeze(-1)

    def likeliest(self, number: int) -> Tensor:
        """The ids (rows, `number` or fewer) with the highest probabilities, best first."""
        places = self.probabilities.topk(min(number, self.probabilities.shape[-1])).indices
        return places if self.ids is None else self.ids.gather(-1, places)

    def of(self, ids: Tensor) -> Tensor:
        """The probabilities of `ids` (rows, m), in fp32 and adding up to 1 over all."""
        scaled = self.probabilities / self.probabilities.sum(-1, keepdim=True)
        if self.ids is None:
            return scaled.gather(-1, ids)
        return ((ids.unsqueeze(-1) == self.ids.unsqueeze(1)) * scaled.unsqueeze(1)).sum(-1)


class Sampler:
    """Draws for some rows at most `draws` times; `texts` are the prompts, by which repetitions are known."""

    def __init__(self, sampling: Sampling, texts: Sequence[Sequence[int]], vocab_size: int, draws: int) -> None:
        self.sampling, self.draws = sampling, draws
        self.uniforms = _uniforms(sampling.seed, len(texts), draws)
        self.occurred: Tensor | None = None
        if sampling.repetition_penalty != 1:
            self.occurred = torch.zeros(len(texts), vocab_size, dtype=torch.bool)
            for row, text in enumerate(texts):
                self.occurred[row, list(text)] = True

    def adjusted(self, scores: Tensor) -> Tensor:
        """Scores (rows, vocab_size) after the penalty and the temperature (which 0 leaves as they are)."""
        if self.occurred is not None:
            penalty = self.sampling.repetition_penalty
            lowered = torch.where(scores > 0, scores / penalty, scores * penalty)
            scores = torch.where(self.occurred.to(scores.device), lowered, scores)
        as_it_is = self.sampling.is_greedy or self.sampling.temperature == 1
        return scores if as_it_is else scores / self.sampling.temperature

    def candidates(self, adjusted: Tensor) -> Candidates:
        """What is left of adjusted scores when the tail is cut off."""
        if self.sampling.is_greedy:
            return Candidates(torch.ones(len(adjusted), 1, device=adjusted.device), adjusted.argmax(-1, keepdim=True))
        kept = self._likeliest(adjusted)
        if self.sampling.min_p > 0:
            least = self.sampling.min_p * kept.probabilities.amax(-1, keepdim=True)
            likely = kept.probabilities >= least
            return Candidates(kept.probabilities * likely, kept.ids, likely)
        return kept

    def tempered(self, adjusted: Tensor) -> Tensor:
        """Probabilities (rows, vocab_size) of adjusted scores; temperature 0 leaves the likeliest alone."""
        if self.sampling.is_greedy:
            return torch.zeros_like(adjusted).scatter_(-1, adjusted.argmax(-1, keepdim=True), 1.0)
        return adjusted.softmax(-1)

    def choose(self, candidates: Candidates, step: int) -> Tensor:
        """The ids (rows,) drawn in step `step`, from 0; they count as occurred from then on."""
        if candidates.ids is not None and candidates.ids.shape[-1] == 1:
            chosen = candidates.ids.squeeze(-1)
        else:
            chosen = candidates.draw(self.uniforms[step].to(candidates.probabilities.device))
        if self.occurred is not None:
            self.occurred.scatter_(1, chosen.unsqueeze(1).cpu(), True)
        return chosen

    def _likeliest(self, adjusted: Tensor) -> Candidates:
        """After top-k and top-p."""
        size, top_k, top_p = adjusted.shape[-1], self.sampling.top_k, self.sampling.top_p
        if 0 < top_k < size:
            scores, ids = adjusted.topk(top_k)
            return _nucleus(scores.softmax(-1), ids, top_p)
        probabilities = adjusted.softmax(-1)
        if top_p == 1:
            return Candidates(probabilities, None)
        few, ids = probabilities.topk(min(_FEW, size))
        if len(ids[0]) < size and bool((few.sum(-1) < top_p).any()):
            few, ids = probabilities.sort(descending=True)
        return _nucleus(few, ids, top_p)


def _nucleus(probabilities: Tensor, ids: Tensor, top_p: float) -> Candidates:
    """Cut off what comes after the share `top_p` is reached; `probabilities` descend, and may lack the tail."""
    if top_p == 1:
        return Candidates(probabilities, ids)
    kept = probabilities.cumsum(-1) - probabilities < top_p
    return Candidates(probabilities * kept, ids, kept)


def _uniforms(seed: int, rows: int, draws: int) -> Tensor:
    """(draws, rows, 1) numbers from [0, 1), each row from a generator of its own."""
    return torch.stack([_numbers(seed + row, draws) for row in range(rows)], dim=1).unsqueeze(-1)


def _numbers(seed: int, draws: int) -> Tensor:
    return torch.rand(draws, generator=torch.Generator().manual_seed(seed % 2**63))
