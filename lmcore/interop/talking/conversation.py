"""What is answered to a request? Generators of frozen answers, with no input, output or thread in them."""

import traceback
from collections.abc import Generator, Iterator, Sequence
from math import exp, isfinite, log
from pathlib import Path
from time import perf_counter
from typing import Final

import torch

from lmcore.errors import LmError
from lmcore.interop.talking import answers, requests
from lmcore.interop.talking.answers import Answer, Piece, Row, short
from lmcore.interop.talking.opened_models import OpenedModels, Ready
from lmcore.model.foresight import Foreseen, Worked, foresee, look
from lmcore.model.generation import Alternative, Reading, check_prompts, continue_in_pieces
from lmcore.model.speeds import measure_speeds
from lmcore.model.windows import stride_of, windows
from lmcore.training.memory import is_out_of_memory

SHOWN: Final = 10_000
"""Tokens of a scored text that are told one by one; its figures are of all."""
PART: Final = 500
"""Tokens that are told in one line: reading it takes a window some milliseconds."""
LARGEST: Final = 700.0
"""Nats a token, of which a float can hold the perplexity."""
_PRECISIONS: Final = {torch.float32: "fp32", torch.bfloat16: "bf16"}


class DivergedError(LmError):
    """A model whose scores are no numbers."""


def answer(request: requests.Request, models: OpenedModels) -> Generator[Answer | None, None, None]:
    """All answers, of which the last is the result. Raises nothing: what cannot be done is an answer as well.

    None is no answer, but a moment between two pieces of work, in which whoever asks may stop it.
    """
    try:
        ready = yield from models.opening(request.model)
        writes = isinstance(request, requests.Generate | requests.Speed)  # token by token; the others read many at once
        torch.set_num_threads(ready.threads if writes else models.threads)
        match request:
            case requests.Open():
                yield _opened(request, ready, models.device.name)
            case requests.Generate():
                yield from _generated(request, ready, models)
            case requests.Score():
                yield from _scored(request, ready)
            case requests.Look():
                yield from _looked(request, ready)
            case requests.Speed():
                yield from _speed(request, ready)
    except Exception as error:  # whatever it is, the next request can be another
        if is_out_of_memory(error):
            models.clear()
        yield answers.Refused(request.id, type(request).__name__.lower(), str(request.model), sentence_of(error))


def sentence_of(error: Exception) -> str:
    """What went wrong and what to do."""
    if isinstance(error, LmError):
        return str(error)
    if is_out_of_memory(error):
        return "The memory is full; close other programs, or choose a smaller model or a shorter text."
    if isinstance(error, OSError):
        return f"{error.filename or 'A file'} cannot be read ({error.strerror or error}); choose another model."
    where = traceback.extract_tb(error.__traceback__)[-1]
    place = f"{Path(where.filename).name}, line {where.lineno}"
    return f"This is an error of the program ({place}): {type(error).__name__}: {error}. Please report it."


def _opened(request: requests.Open, ready: Ready, device: str) -> Answer:
    arch, opened = ready.model.architecture, ready.opened
    return answers.Opened(
        request.id,
        str(request.model),
        opened.what,
        arch.vocab_size,
        arch.context_length,
        sum(weight.numel() for weight in ready.model.parameters()),
        *ready.flops(arch.context_length),
        device,
        _PRECISIONS[ready.prepared.dtype],
        opened.eos,
        opened.lacking,
    )


def _generated(request: requests.Generate, ready: Ready, models: OpenedModels) -> Iterator[Answer | None]:
    begun = perf_counter()
    prompt = ready.opened.prompt_ids(request.prompt)
    ids = [*prompt, *request.continuation]
    told = answers.Prompt(request.id, tuple(Piece(token, ready.hex_of(token)) for token in prompt))
    text, context = [*ids, *request.drawn], ready.model.architecture.context_length
    ended = _ended_at_once(request, len(prompt), ready)
    if ended:
        yield told
        yield answers.Done(request.id, 0, perf_counter() - begun, ended)
        return
    check_prompts([text], ready.model.architecture, request.max_new_tokens - len(request.drawn))
    yield told
    made = 0
    decoder = yield from models.decoder(ready, min(context, len(ids) + request.max_new_tokens))
    for event in continue_in_pieces(
        decoder,
        ids,
        request.drawn,
        request.sampling,
        max_new_tokens=request.max_new_tokens,
        stop=ready.opened.eos,
        alternatives=request.alternatives,
    ):
        if isinstance(event, Reading):
            yield answers.Working(request.id, event.done, event.total) if event.done < event.total else None
            continue
        _check_numbers(event.log_probability, ready)
        made, ended = made + 1, event.ended
        rows = _rows(event.alternatives, ready), _row(event.own, ready) if event.own else None
        certainty = short(event.log_probability), short(event.entropy), event.remaining
        yield answers.Token(
            request.id, event.index, event.token, ready.hex_of(event.token), *certainty, *rows, event.ended
        )
    yield answers.Done(request.id, made, perf_counter() - begun, ended)


def _ended_at_once(request: requests.Generate, prompt: int, ready: Ready) -> answers.Ended:
    """What ends a branch whose first token is its last, behind so many tokens of a prompt; nothing where it goes on."""
    if request.continuation and request.continuation[-1] in ready.opened.eos:
        return "stop"
    given = len(request.continuation) + len(request.drawn)
    return "context" if given and prompt + given == ready.model.architecture.context_length else ""


def _scored(request: requests.Score, ready: Ready) -> Iterator[Answer]:
    ids = ready.opened.text_ids(request.text)
    given = [answers.ScoredToken(token, ready.hex_of(token), None, None, None) for token in ids[:1]]
    total = 0.0
    for part in foresee(ready.prepared, ids):
        if isinstance(part, Worked):
            yield answers.Working(request.id, part.done, part.total)
            continue
        _check_numbers(sum(part.log_probabilities), ready)
        total -= sum(part.log_probabilities)
        told = [*given, *_scored_tokens(part, ids, ready)]
        yield from (answers.Part(request.id, tuple(told[n : n + PART])) for n in range(0, len(told), PART))
        given = []
        yield answers.Working(request.id, part.first + len(part.ranks), len(ids))
    context, each = ready.model.architecture.context_length, total / (len(ids) - 1)
    size = _foreseen_bytes(ids, ready)
    yield answers.Scored(
        request.id,
        len(ids),
        nats_per_token=each,
        perplexity=exp(each) if each < LARGEST else None,
        bits_per_byte=total / log(2) / size if size else None,
        bytes=size,
        windows=sum(1 for _ in windows(len(ids), context)),
        context=context,
        stride=stride_of(context),
    )


def _scored_tokens(part: Foreseen, ids: Sequence[int], ready: Ready) -> Iterator[answers.ScoredToken]:
    """Those of a part that are told one by one."""
    columns = zip(part.log_probabilities, part.entropies, part.ranks, strict=True)
    for place, (log_probability, entropy, rank) in zip(range(part.first, SHOWN), columns, strict=False):
        token = ids[place]
        yield answers.ScoredToken(token, ready.hex_of(token), short(log_probability), short(entropy), rank)


def _foreseen_bytes(ids: Sequence[int], ready: Ready) -> int:
    """Bytes of all tokens but the first, or those that lead.

    Special tokens have none, as in a validation: see `evaluation.evaluate`.
    """
    tokenizer, given = ready.opened.needed_tokenizer(), max(1, len(ready.opened.leading))
    special = set(tokenizer.special_ids.values())
    return sum(len(tokenizer.vocab[token]) for token in ids[given:] if token not in special)


def _looked(request: requests.Look, ready: Ready) -> Iterator[Answer | None]:
    places = range(1, len(request.ids)) if request.places is None else request.places
    found = []
    for one in look(ready.prepared, request.ids, places, request.sampling, request.alternatives):
        if isinstance(one, Worked):
            yield None
            continue
        _check_numbers(one.log_probability, ready)
        certainty = short(one.log_probability), short(one.entropy), one.remaining
        rows = _rows(one.alternatives, ready), _row(one.own, ready) if one.own else None
        found.append(answers.Position(one.place, one.token, ready.hex_of(one.token), *certainty, *rows))
    yield answers.Look(request.id, tuple(found))


def _speed(request: requests.Speed, ready: Ready) -> Iterator[Answer | None]:
    measuring = measure_speeds(ready.prepared)
    made = 0
    while True:
        try:
            timed = next(measuring)
        except StopIteration as end:
            speeds = end.value
            break
        made += timed.whole
        yield answers.Working(request.id, made, 0) if timed.whole else None
    flops = ready.flops(speeds.position + 1)
    yield answers.Speed(request.id, speeds.cached, speeds.uncached, speeds.position, *flops)


def _rows(alternatives: Sequence[Alternative], ready: Ready) -> tuple[Row, ...]:
    return tuple(_row(one, ready) for one in alternatives)


def _row(one: Alternative, ready: Ready) -> Row:
    shares = short(one.score), short(one.probability), short(one.tempered), short(one.kept)
    return one.token, ready.hex_of(one.token), *shares


def _check_numbers(value: float, ready: Ready) -> None:
    """Raises `DivergedError` for what is no number."""
    if not isfinite(value):
        raise DivergedError(
            f"{ready.opened.what} gives scores that are no numbers: it has diverged. Take an earlier one."
        )
