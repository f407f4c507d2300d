"""What does the page say in words? Captions computed from figures, and what each control means."""

from collections.abc import Mapping, Sequence
from math import exp, log
from pathlib import Path
from typing import Any, Final

from app.pages.generation.tokens import SaidToken, SamplingChoice, figures_of
from app.pages.generation.tree import Branch
from app.widgets.distribution_table import percent
from lmcore import figures
from lmcore.bpe.display import plain

LARGEST_PERPLEXITY: Final = 1e9
"""Up to which it is written in full; no vocabulary is as large."""
TIPS: Final[Mapping[str, str]] = {
    "temperature": "Scores are divided by it: below 1 the likely tokens gain, above 1 the unlikely ones. "
    "0 always takes the likeliest.",
    "top_k": "Only so many of the likeliest tokens are kept. 0 keeps all.",
    "top_p": "The fewest tokens are kept whose probabilities reach this share. 1 keeps all.",
    "min_p": "Tokens are kept that are at least this share as likely as the likeliest. 0 keeps all.",
    "repetition_penalty": "Lowers the scores of tokens that occurred before. 1 is none.",
    "seed": "The same seed draws the same text.",
    "most": "How many tokens are drawn at most; the text may end before.",
    "speed": "Measures how fast this model writes on this machine, with the cache of keys and values and without it.",
}
SHORT: Final[Mapping[str, str]] = {
    "temperature": "T",
    "top_k": "top-k",
    "top_p": "top-p",
    "min_p": "min-p",
    "repetition_penalty": "penalty",
    "seed": "seed",
}
CUT_SHORT: Final[Mapping[str, str]] = {"context": "context full", "asked": "stopped", "lost": "broken off"}
"""Ends that the text itself does not tell."""
ENDS: Final[Mapping[str, str]] = {
    "stop": "the text ended",
    "length": "as many as asked for",
    "context": "the context is full",
    "asked": "stopped",
    "lost": "broken off",
    "": "under way",
}


def text_caption(prompt: Sequence[SaidToken], said: Sequence[SaidToken]) -> str:
    """What is said beside the title of the text."""
    if not prompt and not said:
        return ""
    words = _tokens(len(said)) + (f" behind {_tokens(len(prompt))} of the prompt" if prompt else "")
    found = figures_of(said)
    if found is None:
        return words
    return f"{_sureness(found.nats)}; {words}"


def scored_caption(event: Mapping[str, Any], shown: int) -> str:
    """What is said of a text that was scored, of which so many tokens are shown; of a long one how it was read."""
    bits = event["bits_per_byte"]
    words = f"{figures.decimal(bits, 2)} bits a byte, " if bits is not None else ""
    words += f"{_sureness(event['nats_per_token'])}; {_tokens(event['number'])}"
    if event["windows"] > 1:
        words += f"; {figures.count(event['windows'])} windows of {figures.count(event['context'])} tokens"
    if shown < event["number"]:
        words += f"; the first {figures.count(shown)} are shown"
    return words


def _tokens(number: int) -> str:
    return f"{figures.count(number)} {'token' if number == 1 else 'tokens'}"


def _sureness(nats: float) -> str:
    huge = nats > log(LARGEST_PERPLEXITY)
    perplexity = f"about 10^{figures.count(round(nats / log(10)))}" if huge else figures.significant(exp(nats))
    return f"{figures.decimal(nats, 2)} nats a token, perplexity {perplexity}"


def columns_of(sampling: SamplingChoice | None) -> tuple[str, ...]:
    """The titles of the distribution's columns."""
    if sampling is None:
        return ("Model", "Temperature", "Kept")
    cuts = []
    if sampling.top_k:
        cuts.append(f"top-k {figures.count(sampling.top_k)}")
    if sampling.top_p < 1:
        cuts.append(f"top-p {figures.decimal(sampling.top_p, 2)}")
    if sampling.min_p > 0:
        cuts.append(f"min-p {figures.decimal(sampling.min_p, 2)}")
    steps = []
    if sampling.repetition_penalty != 1:
        steps.append(f"penalty {figures.decimal(sampling.repetition_penalty, 2)}")
    greedy = sampling.temperature == 0
    steps.append("temperature 0" if greedy else f"temperature {figures.decimal(sampling.temperature, 2)}")
    kept = "likeliest kept" if greedy else ", ".join(cuts) or "nothing cut"
    return ("Model", *(f"{words[0].upper()}{words[1:]}" for words in (", ".join(steps), kept)))


def distribution_caption(token: SaidToken, vocab_size: int | None, *, given: bool = False) -> str:
    """What is said beside the title of the distribution."""
    name = f"“{plain(token.raw)}”" if token.raw else f"id {token.token}"
    if token.rank is not None:
        words = f"{name} was the model’s number {figures.count(token.rank)}{_of(vocab_size)}"
        return words if token.alternatives else f"{words}; click a token for its alternatives"
    if token.remaining is None:
        return "given by the prompt"
    if given:
        return f"{name} was given by the prompt; the {figures.count(len(token.alternatives))} best are listed"
    how = "was taken by you" if token.taken else "was sampled"
    number = f"{figures.count(token.remaining)}{_of(vocab_size)}" if vocab_size else _tokens(token.remaining)
    words = f"{number} kept; {name} {how}"
    listed = len(token.alternatives)
    if listed and (vocab_size is None or listed < vocab_size):
        penalty = token.sampling is not None and token.sampling.repetition_penalty != 1
        words += f"; the {figures.count(listed)} best{' before or after the penalty' if penalty else ''} are listed"
    return words


def unread(files: Sequence[Path]) -> str:
    """Which files of what was said before cannot be read."""
    more = f" and {figures.count(len(files) - 1)} more" if len(files) > 1 else ""
    return f"Part of what was said before cannot be read: {files[0]}{more}."


def _of(vocab_size: int | None) -> str:
    return f" of {figures.count(vocab_size)}" if vocab_size else ""


def model_words(opened: Mapping[str, Any]) -> str:
    """What a model is, by the worker's "opened"."""
    sizes = f"{large(opened['parameters'])} parameters, {figures.count(opened['vocab_size'])} tokens"
    place = f"context {figures.count(opened['context_length'])}, {opened['precision']} on {opened['device']}"
    lacking = f". It has no tokenizer that can be opened: {opened['lacking']}" if opened.get("lacking") else ""
    return f"{sizes}, {place}{lacking}"


def behind(place: int) -> str:
    """At which place of the context the figures of a token hold, that has so many before it."""
    return f"behind {_tokens(place)}"


def large(number: int) -> str:
    """A large count in three digits: large(36_214_000) -> "36.2 M"."""
    for power, sign in ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")):
        if number >= 0.9995 * power:
            return f"{figures.significant(number / power)} {sign}"
    return figures.count(number)


def differences(samplings: Sequence[SamplingChoice | None]) -> list[str]:
    """The settings, by name, in which these differ."""
    known = {sampling for sampling in samplings if sampling is not None}
    return [name for name in SHORT if len({getattr(one, name) for one in known}) > 1]


def how_drawn(sampling: SamplingChoice | None, names: Sequence[str]) -> list[str]:
    """How a branch was drawn, in words for each of these settings."""
    if sampling is None:
        return []
    values = [(SHORT[name], getattr(sampling, name)) for name in names]
    return [f"{word} {value if isinstance(value, int) else format(value, 'g')}" for word, value in values]


def branch_caption(first: SaidToken | None, branch: Branch, drawn: Sequence[str], shown: bool) -> str:
    """What is said below a branch: its first token's probability, how long it is, what ended it, how it was drawn."""
    parts = []
    if first is not None and first.probability is not None:
        parts.append(percent(first.probability))
    parts.append(_tokens(branch.end))
    if branch.ended in CUT_SHORT:
        parts.append(CUT_SHORT[branch.ended])
    parts.extend(drawn)
    if shown:
        parts.append("shown")
    return ", ".join(parts)


def progress(done: int, most: int, came: int, seconds: float) -> str:
    """What the status bar says while a text grows, of which so many tokens came in these seconds."""
    words = f"{figures.count(done)} of at most {_tokens(most)}"
    return f"{words} · {figures.significant(came / seconds)} tokens/s" if came and seconds > 0 else words


def ended(event: Mapping[str, Any]) -> str:
    """What the status bar says once a text has ended; of one whose worker was killed there are no figures, and none are
    said where nothing was drawn.
    """
    why = ENDS.get(event["ended"], event["ended"])
    if not event.get("tokens"):
        return f"{why[0].upper()}{why[1:]}."
    number, seconds = int(event["tokens"]), float(event["seconds"])
    rate = f", {figures.significant(number / seconds)} tokens/s" if number and seconds > 0 else ""
    return f"{_tokens(number)} in {figures.duration(seconds)}{rate}: {why}."
