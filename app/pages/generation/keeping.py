"""How is a conversation kept? As JSON: every branch with the figures of its tokens, and the way it was drawn.

It says which files its model was made of, since another model in their place is not to go on with what this one said.
"""

import csv
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from io import StringIO
from pathlib import Path
from typing import Any, Final

from app.pages.generation.conversation import Conversation
from app.pages.generation.tokens import Alternative, SaidToken, SamplingChoice, text_of
from app.pages.generation.tree import Branch, Tree
from app.pages.generation.work import Version
from lmcore.atomic import writing_aside
from lmcore.errors import UsageError

FORMAT: Final = "lm-explorer-conversation"
VERSION: Final = 2


def content_of(conversation: Conversation, about: Mapping[str, Any]) -> dict[str, Any]:
    """A conversation as JSON's values; `about` says more of the model and of how it was made.

    Ways to draw stand in a list of their own, and are referred to by their numbers.
    """
    branches = conversation.tree.branches
    samplings = _samplings([branch.sampling for branch in branches], *(branch.tokens for branch in branches))
    return {
        "format": FORMAT,
        "version": VERSION,
        "about": dict(about),
        "model": conversation.model,
        "model_files": conversation.version,
        "prompt": conversation.prompt,
        "samplings": [asdict(sampling) for sampling in samplings],
        "prompt_tokens": [_written(one, samplings) for one in conversation.prompt_tokens],
        "shown": conversation.shown,
        "branches": [_written_branch(branch, samplings) for branch in conversation.tree.branches],
    }


def conversation_in(content: Mapping[str, Any]) -> Conversation:
    """The conversation in JSON's values. Raises `UsageError` where they are none."""
    try:
        if content["format"] != FORMAT or content["version"] != VERSION:
            raise UsageError(f"This is no conversation of version {VERSION}.")
        made = Conversation(str(content["model"]), str(content["prompt"]), _version(content.get("model_files")))
        made.name, made.step = str(content["about"].get("name", "")), int(content["about"].get("step", -1))
        samplings = [SamplingChoice(**sampling) for sampling in content["samplings"]]
        made.prompt_tokens = tuple(_token(one, samplings) for one in content["prompt_tokens"])
        made.tree = Tree(tuple(_branch(one, samplings) for one in content["branches"]))
        made.shown = content["shown"]
        for branch in made.tree.branches:
            made.tree.text(branch.key)
        if made.shown is not None:
            made.show(made.shown)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise UsageError(f"This is no conversation of version {VERSION}.") from error
    return made


def save(path: Path, conversation: Conversation, about: Mapping[str, Any]) -> None:
    """Write a conversation aside and rename it. Raises `OSError` or `LmError` where that cannot be."""
    with writing_aside(path) as file:
        json.dump(content_of(conversation, about), file, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def load(path: Path) -> tuple[Conversation, dict[str, Any]]:
    """A conversation and what is said about it; what grew when it was saved is broken off.

    Raises `UsageError` where the file is none.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        return _broken_off(conversation_in(content)), dict(content["about"])
    except OSError as error:
        raise UsageError(f"{path} cannot be read ({error.strerror}); choose another file.") from error
    except (UsageError, ValueError, TypeError, KeyError) as error:
        words = f"{path} holds no conversation of version {VERSION}; choose another file."
        raise UsageError(words) from error


def shown_as_json(conversation: Conversation) -> str:
    """The shown text with the probability of each token and of what else it could have been.

    A token's "sampling" is the number, from 0, of the way in which it was drawn.
    """
    samplings = _samplings([], conversation.said)
    content = {
        "model": conversation.model,
        "prompt": conversation.prompt,
        "prompt_tokens": [
            {"token": one.token, "text": one.raw.decode("utf-8", "replace"), "bytes": one.raw.hex()}
            for one in conversation.prompt_tokens
        ],
        "text": text_of(conversation.said),
        "ended": found.ended if (found := conversation.branch) is not None else "",
        "units": {"log_probability": "nats", "entropy": "nats"},
        "samplings": [asdict(sampling) for sampling in samplings],
        "tokens": [_readable(one, samplings) for one in conversation.said],
    }
    return json.dumps(content, ensure_ascii=False, indent=1, allow_nan=False)


def scored_as_csv(tokens: Sequence[SaidToken]) -> str:
    """A text that was scored, a line a token: loss in nats, entropy in bits; empty where nothing foresees it."""
    written = StringIO()
    table = csv.writer(written, lineterminator="\n")
    table.writerow(("number", "id", "text", "bytes", "loss_nats", "entropy_bits", "rank"))
    for number, one in enumerate(tokens, 1):
        loss = None if one.log_probability is None else -one.log_probability
        text = one.raw.decode("utf-8", "replace")
        table.writerow((number, one.token, text, one.raw.hex(), loss, one.bits, one.rank))
    return written.getvalue()


def save_scored(path: Path, tokens: Sequence[SaidToken]) -> None:
    """Write that aside and rename it. Raises `OSError` or `LmError` where that cannot be."""
    with writing_aside(path) as file:
        file.write(scored_as_csv(tokens))


def _version(found: Any) -> Version | None:
    """Older files say nothing of it."""
    return None if found is None else tuple((str(name), int(time), int(size)) for name, time, size in found)


def _broken_off(conversation: Conversation) -> Conversation:
    for branch in conversation.tree.branches:
        if not branch.ended and not branch.tokens:
            conversation.remove(branch.key)  # nothing had come yet
        elif not branch.ended:
            conversation.tree = conversation.tree.with_end(branch.key, "lost")
    return conversation


def _samplings(first: Sequence[SamplingChoice | None], *texts: Sequence[SaidToken]) -> list[SamplingChoice]:
    """All ways in which tokens were drawn, each once."""
    found: list[SamplingChoice | None] = [*first, *(one.sampling for text in texts for one in text)]
    return [sampling for sampling in dict.fromkeys(found) if sampling is not None]


def _readable(token: SaidToken, samplings: Sequence[SamplingChoice]) -> dict[str, Any]:
    return {
        "token": token.token,
        "text": token.raw.decode("utf-8", "replace"),
        "bytes": token.raw.hex(),
        "probability": token.probability,
        "log_probability": token.log_probability,
        "entropy": token.entropy,
        "remaining": token.remaining,
        "tempered": None if token.own is None else token.own.tempered,
        "kept": None if token.own is None else token.own.kept,
        "taken": token.taken,
        "sampling": _number(token.sampling, samplings),
        "alternatives": [
            {
                "token": one.token,
                "text": one.raw.decode("utf-8", "replace"),
                "bytes": one.raw.hex(),
                "probability": one.probability,
                "log_probability": one.log_probability,
                "tempered": one.tempered,
                "kept": one.kept,
            }
            for one in token.alternatives
        ],
    }


def _written(token: SaidToken, samplings: Sequence[SamplingChoice]) -> list[Any]:
    others = [[one.token, one.raw.hex(), one.log_probability, one.tempered, one.kept] for one in token.alternatives]
    figures = [token.log_probability, token.entropy, token.remaining]
    drawn = [] if token.own is None else [token.own.tempered, token.own.kept]
    return [token.token, token.raw.hex(), *figures, token.taken, _number(token.sampling, samplings), others, *drawn]


def _number(sampling: SamplingChoice | None, samplings: Sequence[SamplingChoice]) -> int | None:
    return None if sampling is None else samplings.index(sampling)


def _token(found: Any, samplings: Sequence[SamplingChoice]) -> SaidToken:
    token, raw, log_probability, entropy, remaining, taken, number, others, *drawn = found
    rows = tuple(Alternative(one[0], bytes.fromhex(one[1]), *one[2:]) for one in others)
    sampling = None if number is None else samplings[number]
    own = Alternative(token, bytes.fromhex(raw), log_probability, *drawn) if drawn else None
    known = log_probability, entropy, remaining, rows, taken
    return SaidToken(token, bytes.fromhex(raw), *known, sampling=sampling, own=own)


def _written_branch(branch: Branch, samplings: Sequence[SamplingChoice]) -> dict[str, Any]:
    return {
        "key": branch.key,
        "parent": branch.parent,
        "at": branch.at,
        "lead": branch.lead,
        "ended": branch.ended,
        "sampling": _number(branch.sampling, samplings),
        "tokens": [_written(one, samplings) for one in branch.tokens],
    }


def _branch(found: Mapping[str, Any], samplings: Sequence[SamplingChoice]) -> Branch:
    number = found["sampling"]
    return Branch(
        int(found["key"]),
        found["parent"],
        int(found["at"]),
        tuple(_token(one, samplings) for one in found["tokens"]),
        None if number is None else samplings[number],
        int(found["lead"]),
        str(found["ended"]),
    )
