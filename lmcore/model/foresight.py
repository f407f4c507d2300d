"""How well does a model foresee a text that is there? Each token's log-probability and rank, and what else could stand.

Everything is computed in fp32, layer by layer in pieces between which whoever asks may stop. A text longer than the
context is read in windows.
"""

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import torch
from torch import Tensor
from torch.nn import functional

from lmcore.errors import UsageError
from lmcore.model.decoder import Ids, Prepared, blocks_of, seen_before, turns_of
from lmcore.model.decoder_layer import DecoderLayer, Norm, Span
from lmcore.model.generation import Alternative, Drawn, weighed
from lmcore.model.pieces import positions_at_once, spans
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
class Worked:
    """A moment between two pieces of work: as much is done as reading so many ids of all takes."""

    done: int
    total: int


@dataclass(frozen=True)
class Looked:
    """What could stand at a place, by the ids before it; fields as in `Generated`. `token` is what does."""

    place: int
    token: int
    log_probability: float
    entropy: float
    remaining: int
    alternatives: tuple[Alternative, ...]
    own: Alternative | None


def foresee(model: TransformerLM | Prepared, ids: Ids) -> Generator[Foreseen | Worked, None, None]:
    """Score all `ids` but the first, in order. Raises `UsageError` for fewer than two, or foreign ones."""
    if len(ids) < 2:
        raise UsageError(
            "A text to score needs at least two tokens, since the first is not foreseen; give a longer one."
        )
    module = model.model if isinstance(model, Prepared) else model
    check_known(ids, module)
    positions = max(1, _SCORES // module.architecture.vocab_size)
    for window in windows(len(ids), module.architecture.context_length):
        features = _features(model, ids[window.begin : window.end])
        scored = window.end + 1 - window.first
        read = yield from _worked(features, window.first, scored, len(ids))
        bounds = [*range(window.first, window.end + 1, positions), window.end + 1]
        for first, last in pairwise(bounds):
            part = read[first - 1 - window.begin : last - 1 - window.begin]
            yield _foreseen(module, part, first, ids[first:last])


def _worked(
    work: Generator[float, None, Tensor], before: int, scored: int, total: int
) -> Generator[Worked, None, Tensor]:
    """The features of a window that scores so many ids behind those before it, and words between the pieces."""
    while True:
        try:
            share = next(work)
        except StopIteration as end:
            features: Tensor = end.value
            return features
        yield Worked(before + int(share * scored), total)


def _features(model: TransformerLM | Prepared, ids: Ids) -> Generator[float, None, Tensor]:
    """What the head reads (n, d_model) at `ids`, layer by layer; yields which share of the work is done.

    Keys and values are kept for one layer at a time.
    """
    module = model.model if isinstance(model, Prepared) else model
    with torch.inference_mode():
        turns = turns_of(module)
        x = module.token_embeddings(torch.tensor(ids, device=module.head_weight.device)).float()
    done, depth = 0, len(module.layers)
    for layer in _exact_layers(model):
        at_once = positions_at_once(layer, 1)
        with torch.inference_mode():
            cache = layer.attention.cache(1, len(ids))
        for first, last in spans(0, len(ids), at_once):
            span = Span(
                1, first, last, None if turns is None else turns[first:last], seen_before(first, last, x.device)
            )
            for half in layer.halves:
                with torch.inference_mode():
                    x[first:last] = half(x[first:last], span, cache)
                done += last - first
                yield done / (2 * depth * len(ids))
    with torch.inference_mode():
        return Norm(module.ln_final)(x)


def _exact_layers(model: TransformerLM | Prepared) -> Iterator[DecoderLayer]:
    """The layers in fp32; those that are not at hand are made one at a time, and not kept."""
    if isinstance(model, Prepared) and model.dtype == torch.float32:
        yield from model.layers
        return
    for block in blocks_of(model.model if isinstance(model, Prepared) else model):
        with torch.inference_mode():
            layer = DecoderLayer(block, torch.float32)
        yield layer


@torch.inference_mode()
def _foreseen(model: TransformerLM, features: Tensor, first: int, ids: Ids) -> Foreseen:
    """What features (n, d_model) expect of the n ids that follow them."""
    scores = functional.linear(features, model.head_weight.float())
    targets = torch.tensor(ids, device=scores.device).unsqueeze(-1)
    logs = scores.log_softmax(-1)
    of_targets = logs.gather(-1, targets).squeeze(-1)
    entropies = torch.linalg.vecdot(logs.exp(), logs).neg()
    ranks = 1 + (scores > scores.gather(-1, targets)).sum(-1)
    return Foreseen(first, tuple(of_targets.tolist()), tuple(entropies.tolist()), tuple(ranks.tolist()))


def look(
    model: TransformerLM | Prepared, ids: Ids, places: Sequence[int], sampling: Sampling, alternatives: int
) -> Generator[Looked | Worked, None, None]:
    """What could stand at these places, from 1, of `ids`, if it were drawn by `sampling`.

    Raises `UsageError` for places that are none, and ids that are foreign or more than the context.
    """
    module = model.model if isinstance(model, Prepared) else model
    most = module.architecture.context_length + 1
    if not 2 <= len(ids) <= most:
        raise UsageError(f"Here are {len(ids):,} tokens to look at; give 2 to {most:,}.")
    check_known(ids, module)
    for place in places:
        if not 1 <= place < len(ids):
            raise UsageError(f"There is no place {place:,} with a token in front of it; take 1 to {len(ids) - 1:,}.")
    features = yield from _worked(_features(model, ids[:-1]), 1, len(ids) - 1, len(ids))
    for place in places:
        yield _looked(module, features[place - 1 : place], ids, place, sampling, alternatives)


@torch.inference_mode()
def _looked(
    model: TransformerLM, feature: Tensor, ids: Ids, place: int, sampling: Sampling, alternatives: int
) -> Looked:
    scores = functional.linear(feature, model.head_weight.float())
    sampler = Sampler(sampling, [ids[:place]], model.architecture.vocab_size, 0)
    adjusted = sampler.adjusted(scores)
    there = torch.tensor([ids[place]], device=scores.device)
    candidates = sampler.candidates(adjusted)
    drawn = Drawn(scores, sampler.tempered(adjusted), candidates, reordered=sampler.occurred is not None)
    step = weighed(drawn, there, alternatives)
    log_probability, entropy, remaining = step.certainty[0]
    known = log_probability, entropy, int(remaining), step.alternatives[0], step.own[0]
    return Looked(place, ids[place], *known)


def check_known(ids: Ids, model: TransformerLM) -> None:
    """Raises `UsageError` for an id that the model does not have."""
    size = model.architecture.vocab_size
    foreign = next((token for token in ids if not 0 <= token < size), None)
    if foreign is not None:
        raise UsageError(
            f"The text has the id {foreign:,}, but the model knows {size:,}; use the tokenizer of its training."
        )
