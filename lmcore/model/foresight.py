"""How well does a model foresee a text that is there? Each token's log-probability and rank, and what else could stand.

Everything is computed in fp32 with the module itself, in pieces between which whoever asks may stop. A text longer
than the context is read in windows.
"""

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import torch
from torch import Tensor
from torch.nn import functional

from lmcore.errors import UsageError
from lmcore.model.decoder import Ids
from lmcore.model.generation import Alternative, weighed
from lmcore.model.sampling import Sampler, Sampling
from lmcore.model.transformer import TransformerLM
from lmcore.model.windows import windows

_SCORES: Final = 1 << 22
"""Numbers that are computed at once of all positions' scores: 16 MiB."""


@dataclass(frozen=True)
class Foreseen:
    """The ids from number `first` on: natural log-probability, entropy (nats) of what was expected, and rank from 1."""

    first: int
    log_probabilities: tuple[float, ...]
    entropies: tuple[float, ...]
    ranks: tuple[int, ...]


@dataclass(frozen=True)
class Looked:
    """What could stand at a place, by the ids before it; fields as in `Generated`. `token` is what does."""

    place: int
    token: int
    log_probability: float
    entropy: float
    remaining: int
    alternatives: tuple[Alternative, ...]


def foresee(model: TransformerLM, ids: Ids) -> Generator[Foreseen, None, None]:
    """Score all `ids` but the first, in order. Raises `UsageError` for fewer than two, or foreign ones."""
    if len(ids) < 2:
        raise UsageError(
            "A text to score needs at least two tokens, since the first is not foreseen; give a longer one."
        )
    check_known(ids, model)
    positions = max(1, _SCORES // model.architecture.vocab_size)
    for window in windows(len(ids), model.architecture.context_length):
        with torch.inference_mode():
            read = torch.tensor([ids[window.begin : window.end]], device=model.head_weight.device)
            features = model.features(read)[0, window.first - 1 - window.begin :]
        bounds = [*range(window.first, window.end + 1, positions), window.end + 1]
        for first, last in pairwise(bounds):
            part = features[first - window.first : last - window.first]
            yield _foreseen(model, part, first, ids[first:last])


@torch.inference_mode()
def _foreseen(model: TransformerLM, features: Tensor, first: int, ids: Ids) -> Foreseen:
    """What features (n, d_model) expect of the n ids that follow them."""
    scores = functional.linear(features, model.head_weight).float()
    targets = torch.tensor(ids, device=scores.device).unsqueeze(-1)
    logs = scores.log_softmax(-1)
    of_targets = logs.gather(-1, targets).squeeze(-1)
    entropies = torch.linalg.vecdot(logs.exp(), logs).neg()
    ranks = 1 + (scores > scores.gather(-1, targets)).sum(-1)
    return Foreseen(first, tuple(of_targets.tolist()), tuple(entropies.tolist()), tuple(ranks.tolist()))


def look(
    model: TransformerLM, ids: Ids, places: Sequence[int], sampling: Sampling, alternatives: int
) -> Generator[Looked, None, None]:
    """What could stand at these places, from 1, of `ids`, if it were drawn by `sampling`.

    Raises `UsageError` for places that are none, and ids that are foreign or more than the context.
    """
    most = model.architecture.context_length + 1
    if not 2 <= len(ids) <= most:
        raise UsageError(f"Here are {len(ids):,} tokens to look at; give 2 to {most:,}.")
    check_known(ids, model)
    for place in places:
        if not 1 <= place < len(ids):
            raise UsageError(f"There is no place {place:,} with a token in front of it; take 1 to {len(ids) - 1:,}.")
    with torch.inference_mode():
        features = model.features(torch.tensor([ids[:-1]], device=model.head_weight.device))[0]
    for place in places:
        yield _looked(model, features[place - 1 : place], ids, place, sampling, alternatives)


@torch.inference_mode()
def _looked(
    model: TransformerLM, feature: Tensor, ids: Ids, place: int, sampling: Sampling, alternatives: int
) -> Looked:
    scores = functional.linear(feature, model.head_weight).float()
    sampler = Sampler(sampling, [ids[:place]], model.architecture.vocab_size, 0)
    adjusted = sampler.adjusted(scores)
    there = torch.tensor([ids[place]], device=scores.device)
    step = weighed(scores, sampler.tempered(adjusted), sampler.candidates(adjusted), there, alternatives)
    log_probability, entropy, remaining = step.certainty[0]
    return Looked(place, ids[place], log_probability, entropy, int(remaining), step.alternatives[0])


def check_known(ids: Ids, model: TransformerLM) -> None:
    """Raises `UsageError` for an id that the model does not have."""
    size = model.architecture.vocab_size
    foreign = next((token for token in ids if not 0 <= token < size), None)
    if foreign is not None:
        raise UsageError(
            f"The text has the id {foreign:,}, but the model knows {size:,}; use the tokenizer of its training."
        )
