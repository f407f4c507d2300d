"""What does a model say, how sure is it, and what else could it have said? One frozen event for each new id."""

from collections.abc import Collection, Generator, Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from lmcore.errors import UsageError
from lmcore.model.architecture import Architecture
from lmcore.model.decoder import Decoder, Ids, Prepared, Recomputing, Scored, Scoring
from lmcore.model.sampling import Candidates, Sampler, Sampling
from lmcore.model.text_decoder import TextDecoder
from lmcore.model.transformer import TransformerLM

Ended = Literal["", "stop", "length", "context"]


@dataclass(frozen=True, slots=True)
class Alternative:
    """An id that could have come, on its way from the score to the draw.

    `probability` is the model's, `tempered` that after penalty and temperature, `kept` that after the cuts, with which
    it was drawn: 0 where they took it away.
    """

    token: int
    score: float
    probability: float
    tempered: float
    kept: float


@dataclass(frozen=True, slots=True)
class Generated:
    """One new id of one text.

    `index` counts from 0 in its row. `log_probability` (nats) is the model's own, whatever the sampling does to it;
    `entropy` (nats) is that of the model's own distribution. `remaining` is how many ids were left to draw from.
    `alternatives` are the model's likeliest ids, and where a penalty left others, the likeliest of those that could be
    drawn; best first by the model's score, twice as many as asked for at most. `own` is what became of the id itself,
    None where no alternatives are asked for. `ended` says why this was the row's last: a stop id came, as many as asked
    for were made, or the context is full.
    """

    row: int
    index: int
    token: int
    log_probability: float
    entropy: float
    remaining: int
    alternatives: tuple[Alternative, ...]
    own: Alternative | None
    ended: Ended


@dataclass(frozen=True, slots=True)
class Reading:
    """A moment between two pieces of work: so many ids of the longest prompt are read, of all that it has."""

    done: int
    total: int


def generate(
    model: TransformerLM | Prepared,
    prompts: Sequence[Ids],
    sampling: Sampling | None = None,
    *,
    max_new_tokens: int,
    stop: Collection[int] = (),
    alternatives: int = 0,
    cached: bool = True,
) -> Generator[Generated, None, list[list[int]]]:
    """Continue all `prompts` at once; the result is their new ids, a stop id included, one list a prompt.

    Events come step by step, in each step row by row. Who asks often hands in a `Prepared` model, in which the
    precision can be another; `cached=False` computes every position anew for each id, and the ids are the same.
    Raises `UsageError` for a prompt that is empty, longer than the context, or with ids that the model does not have.
    """
    pieces = generate_in_pieces(
        model, prompts, sampling, max_new_tokens=max_new_tokens, stop=stop, alternatives=alternatives, cached=cached
    )
    while True:
        try:
            event = next(pieces)
        except StopIteration as end:
            ids: list[list[int]] = end.value
            return ids
        if isinstance(event, Generated):
            yield event


def generate_in_pieces(
    model: TransformerLM | Prepared,
    prompts: Sequence[Ids],
    sampling: Sampling | None = None,
    *,
    max_new_tokens: int,
    stop: Collection[int] = (),
    alternatives: int = 0,
    cached: bool = True,
) -> Generator[Reading | Generated, None, list[list[int]]]:
    """The same for who wants to stop it at any moment: what takes long is cut by a `Reading` into pieces."""
    prepared = model if isinstance(model, Prepared) else Prepared(model)
    arch = prepared.model.architecture
    check_prompts(prompts, arch, max_new_tokens)
    longest = max(map(len, prompts))
    steps = min(max_new_tokens, arch.context_length - min(map(len, prompts)))
    scoring: Scoring = Recomputing(prepared)
    if cached:
        scoring = Decoder(prepared, len(prompts), longest + steps)
    sampler = Sampler(sampling or Sampling(), prompts, arch.vocab_size, steps)
    rows = [
        _Row(number, arch.context_length - len(prompt), max_new_tokens, stop) for number, prompt in enumerate(prompts)
    ]
    yield from _steps(_Writing(scoring, sampler, rows, alternatives), scoring.start(prompts), longest)
    return [row.ids for row in rows]


def continue_in_pieces(
    decoder: TextDecoder,
    prompt: Ids,
    drawn: Ids,
    sampling: Sampling,
    *,
    max_new_tokens: int,
    stop: Collection[int] = (),
    alternatives: int = 0,
) -> Generator[Reading | Generated, None, None]:
    """Go on with a text of which `drawn` was generated before: the events behind those, to the bit as they would be.

    `max_new_tokens` counts what was drawn as well, and so does `index`. The decoder has room for all of them.
    """
    arch = decoder.prepared.model.architecture
    text = [*prompt, *drawn]
    check_prompts([text], arch, max_new_tokens - len(drawn))
    room = arch.context_length - len(prompt)
    sampler = Sampler(sampling, [text], arch.vocab_size, min(max_new_tokens, room))
    row = _Row(0, room, max_new_tokens, stop, drawn)
    yield from _steps(_Writing(decoder, sampler, [row], alternatives), decoder.go_on(prompt, drawn), len(text))


class _Row:
    """What one text has come to."""

    def __init__(self, number: int, room: int, wanted: int, stop: Collection[int], ids: Ids = ()) -> None:
        self.number, self.room, self.wanted, self.stop = number, room, wanted, stop
        self.ids = list(ids)
        self.ended: Ended = ""

    def take(self, token: int) -> int:
        """Append an id; returns its index."""
        self.ids.append(token)
        if token in self.stop:
            self.ended = "stop"
        elif len(self.ids) == self.wanted:
            self.ended = "length"
        elif len(self.ids) == self.room:
            self.ended = "context"
        return len(self.ids) - 1


@dataclass(frozen=True, slots=True)
class Step:
    """What one step gave for every row."""

    chosen: Tensor  # (rows,)
    tokens: list[int]
    certainty: list[list[float]]  # log-probability, entropy, number of ids left to draw from
    alternatives: list[tuple[Alternative, ...]]
    own: list[Alternative | None]


@dataclass(frozen=True, slots=True)
class _Writing:
    """What writes texts, all of which have as many ids."""

    scoring: Scoring
    sampler: Sampler
    rows: list[_Row]
    alternatives: int


def _steps(writing: _Writing, begun: Scored, length: int) -> Generator[Reading | Generated, None, None]:
    """The events until every row has ended, where `length` ids are read for the first one at most; nothing is computed
    ahead of being asked for.
    """
    scores = yield from _reading(begun, length)
    for number in range(len(writing.rows[0].ids), writing.sampler.draws):
        with torch.inference_mode():
            step = draw(scores, writing.sampler, number, writing.alternatives)
        for row in writing.rows:
            if not row.ended:
                yield _event(row, step)
        if all(row.ended for row in writing.rows):
            return
        scores = yield from _reading(writing.scoring.advance(step.chosen), length)


def _reading(work: Scored, total: int) -> Generator[Reading, None, Tensor]:
    """The scores, and a word between pieces of the work for them."""
    while True:
        try:
            done = next(work)
        except StopIteration as end:
            scores: Tensor = end.value
            return scores
        yield Reading(min(done, total), total)


def draw(scores: Tensor, sampler: Sampler, number: int, alternatives: int) -> Step:
    """Draw from scores (rows, vocab_size), and say how sure the model was."""
    adjusted = sampler.adjusted(scores)
    candidates = sampler.candidates(adjusted)
    tempered = sampler.tempered(adjusted) if alternatives else adjusted
    drawn = Drawn(scores, tempered, candidates, reordered=sampler.occurred is not None)
    return weighed(drawn, sampler.choose(candidates, number), alternatives)


@dataclass(frozen=True)
class Drawn:
    """Scores (rows, vocab_size) on their way to a draw: probabilities after the temperature, what is left of them, and
    whether another id than the likeliest may be the first of those.
    """

    scores: Tensor
    tempered: Tensor
    candidates: Candidates
    reordered: bool


def weighed(drawn: Drawn, chosen: Tensor, alternatives: int) -> Step:
    """How sure the model was where these ids (rows,) follow."""
    logs = drawn.scores.log_softmax(-1)
    of_chosen = logs.gather(-1, chosen.unsqueeze(-1)).squeeze(-1)
    probabilities = logs.exp()
    entropy = torch.linalg.vecdot(probabilities, logs).neg()
    certainty = torch.stack((of_chosen, entropy, drawn.candidates.count()), dim=-1)
    rows = _alternatives(drawn, probabilities, chosen, alternatives) if alternatives else [((), None)] * len(logs)
    return Step(chosen, chosen.tolist(), certainty.tolist(), [others for others, _ in rows], [own for _, own in rows])


def _alternatives(
    drawn: Drawn, probabilities: Tensor, chosen: Tensor, number: int
) -> list[tuple[tuple[Alternative, ...], Alternative | None]]:
    """What each row lists, and its chosen id."""
    likely = drawn.scores.topk(min(number, drawn.scores.shape[-1])).indices
    listed = [chosen.unsqueeze(-1), likely]
    if drawn.reordered:
        listed.append(drawn.candidates.likeliest(number))
    ids = torch.cat(listed, dim=-1)
    shares = (source.gather(-1, ids) for source in (drawn.scores, probabilities, drawn.tempered))
    columns = (ids, *shares, drawn.candidates.of(ids))
    by_row = zip(*(column.tolist() for column in columns), strict=True)
    found = [[Alternative(*fields) for fields in zip(*row, strict=True)] for row in by_row]
    return [(_listed(others, likely.shape[-1]), own) for own, *others in found]


def _listed(found: list[Alternative], number: int) -> tuple[Alternative, ...]:
    """The first ones, the likeliest, and of the others those that were left, by the model's score."""
    others = {one.token: one for one in found[number:] if one.kept > 0} | {one.token: one for one in found[:number]}
    if len(others) == number:
        return tuple(found[:number])
    return tuple(sorted(others.values(), key=lambda one: one.score, reverse=True))


def _event(row: _Row, step: Step) -> Generated:
    """What a row took from a step."""
    token, (log_probability, entropy, remaining) = step.tokens[row.number], step.certainty[row.number]
    index = row.take(token)
    known = log_probability, entropy, int(remaining), step.alternatives[row.number], step.own[row.number]
    return Generated(row.number, index, token, *known, row.ended)


def check_prompts(prompts: Sequence[Ids], architecture: Architecture, max_new_tokens: int) -> None:
    """Raises `UsageError` for what cannot be continued."""
    vocab_size, context_length = architecture.vocab_size, architecture.context_length
    if not prompts:
        raise UsageError("There is no prompt; give at least one.")
    if max_new_tokens < 1:
        raise UsageError(f"max_new_tokens is {max_new_tokens}; it must be at least 1.")
    for number, prompt in enumerate(prompts, 1):
        name = "The prompt" if len(prompts) == 1 else f"Prompt {number}"
        if not prompt:
            raise UsageError(f"{name} has no tokens; begin with the one that divides texts.")
        if len(prompt) >= context_length:
            raise UsageError(
                f"{name} has {len(prompt):,} tokens, which leaves no room for another in a context of "
                f"{context_length:,}; shorten it."
            )
        foreign = [token for token in prompt if not 0 <= token < vocab_size]
        if foreign:
            raise UsageError(
                f"{name} has the id {foreign[0]:,}, but the model knows {vocab_size:,}; "
                f"use the tokenizer that it was trained with."
            )
