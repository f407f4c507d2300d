"""What has a model said so far? The trees of all prompts, grown by a worker's events; no Qt and no process in here.

A conversation is a model, as its files were, and a prompt. What is asked has a number, by which events find the branch
that they belong to.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

from app.pages.generation.tokens import Alternative, SaidToken, SamplingChoice
from app.pages.generation.tree import Branch, Tree
from app.pages.generation.work import Version

ALTERNATIVES: Final = 9
"""How many of the likeliest tokens are asked for at each place."""
Kind = Literal["opened", "prompt", "grown", "done", "part", "scored", "working", "look", "speed", "refused"]


class Conversation:
    """What one model said of one prompt. `shown` is the branch that is on the screen; `name` and `step` are what the
    model was called, and its checkpoint or -1; `version` says which files it was made of, None where nobody knows.
    """

    def __init__(self, model: str, prompt: str, version: Version | None = ()) -> None:
        self.model, self.prompt, self.version = model, prompt, version
        self.name, self.step = "", -1
        self.prompt_tokens: tuple[SaidToken, ...] = ()
        self.tree = Tree()
        self.shown: int | None = None

    @property
    def by(self) -> str:
        """Who says it, in words."""
        return f"{self.name}, step {self.step:,}" if self.step >= 0 else self.name

    @property
    def said(self) -> tuple[SaidToken, ...]:
        """What the shown branch says behind the prompt."""
        return self.tree.text(self.shown) if self.shown is not None else ()

    @property
    def text(self) -> tuple[SaidToken, ...]:
        """The prompt and what the shown branch says."""
        return self.prompt_tokens + self.said

    @property
    def branch(self) -> Branch | None:
        """The shown branch."""
        return self.tree.branch(self.shown) if self.shown is not None else None

    def know(self, place: int, found: SaidToken) -> None:
        """What the model expects at a token of the prompt."""
        if place < len(self.prompt_tokens) and self.prompt_tokens[place].token == found.token:
            self.prompt_tokens = (*self.prompt_tokens[:place], found, *self.prompt_tokens[place + 1 :])

    def start(self, sampling: SamplingChoice) -> Branch:
        """Show the branch that is drawn so from the prompt on; it is a new one if there is none yet."""
        return self._show(self.tree.drawn(sampling) or self._new(None, 0, (), sampling))

    def fork(self, at: int, other: Alternative, sampling: SamplingChoice) -> Branch:
        """Show a branch that says `other` in the place of token `at` of the shown one; the one that is there, or new.

        Raises `ValueError` where no token stands there.
        """
        assert self.shown is not None, "nothing is shown that a branch could leave"
        said = self.said
        if not 0 <= at < len(said):
            raise ValueError(f"a text of {len(said)} tokens has none with the number {at}")
        found = self.tree.saying([one.token for one in said[:at]], other.token, sampling)
        if found is None:
            parent, at = self.tree.place(self.shown, at)
            found = self._new(parent, at, (said[at].instead(other),), sampling)
        return self._show(found)

    def show(self, key: int) -> None:
        """Show another branch. Raises `KeyError`."""
        self.shown = self.tree.branch(key).key

    def remove(self, key: int) -> None:
        """Remove what only this branch says, and show its neighbour if it was shown."""
        gone = self.tree.branch(key)
        self.tree = self.tree.without(key)
        if self.shown == key:
            near = [*self.tree.children(gone.parent), *self.tree.branches]
            beside = [branch for branch in near if branch.key == gone.parent] or near
            self.shown = beside[0].key if beside else None

    def clear(self) -> None:
        """Remove all branches."""
        self.tree, self.shown = Tree(), None

    def given(self, branch: Branch) -> list[int]:
        """The ids behind the prompt that are given to the worker, for the rest of a branch to be drawn."""
        before = self.tree.text(branch.key)[: branch.at + branch.lead]
        return [one.token for one in before]

    def _new(self, parent: int | None, at: int, first: tuple[SaidToken, ...], sampling: SamplingChoice) -> Branch:
        key = 1 + max((branch.key for branch in self.tree.branches), default=-1)
        made = Branch(key, parent, at, first, sampling, lead=len(first))
        self.tree = self.tree.with_branch(made)
        return made

    def _show(self, branch: Branch) -> Branch:
        self.shown = branch.key
        return branch


@dataclass(frozen=True)
class Asked:
    """A request that is under way, and the branch that it is for; `stopped` once its end is asked for."""

    number: int
    do: str
    model: str
    conversation: Conversation | None = None
    key: int = -1
    stopped: bool = False


@dataclass(frozen=True)
class Happened:
    """What an event came to. `event` has what is not kept: figures of a model, of a speed, a sentence."""

    kind: Kind
    asked: Asked
    event: Mapping[str, Any]


class Conversations:
    """All conversations of a window, and what is under way in them."""

    def __init__(self) -> None:
        self._all: dict[tuple[str, str, Version | None], Conversation] = {}
        self._newest: dict[tuple[str, str], Version | None] = {}
        """The files of the model that began last to say something of a prompt."""
        self._asked: dict[int, Asked] = {}
        self._number = 0

    @property
    def every(self) -> tuple[Conversation, ...]:
        """All of them, the one that began last at the end."""
        return tuple(self._all.values())

    def of(self, model: str, prompt: str, version: Version = ()) -> Conversation:
        """The conversation of a model with these files and a prompt; a new one if there is none yet."""
        found = self.find(model, prompt, version)
        if found is None:
            found = Conversation(model, prompt, version)
            self._keep(found)
        return found

    def find(self, model: str, prompt: str, version: Version = ()) -> Conversation | None:
        """The same, if there is one; where no files are known, the last one of whatever files."""
        files = version or self._newest.get((model, prompt), ())
        return self._all.get((model, prompt, files))

    def has_of_others(self, model: str, version: Version) -> bool:
        """Whether something was said by another model that stood in the same place."""
        return any(one.model == model and one.version not in (version, None) for one in self.every if one.tree)

    def join(self, conversation: Conversation) -> Conversation:
        """Take one that was read from a file: with what was said of the same prompt since, if anything was."""
        key = conversation.model, conversation.prompt, conversation.version
        known = self._all.get(key)
        if known is conversation:
            return known
        if known is None or not known.tree:
            self._keep(conversation)
            return conversation
        known.tree, keys = known.tree.joined(conversation.tree)
        known.prompt_tokens = known.prompt_tokens or conversation.prompt_tokens
        if conversation.shown is not None:
            known.show(keys[conversation.shown])
        return known

    def _keep(self, one: Conversation) -> None:
        if (one.model, one.prompt, one.version) not in self._all:
            self._newest[one.model, one.prompt] = one.version
        self._all[one.model, one.prompt, one.version] = one

    @property
    def under_way(self) -> tuple[Asked, ...]:
        """What has not been answered to the end, in order."""
        return tuple(self._asked.values())

    def ask_for(self, conversation: Conversation, branch: Branch, most: int) -> dict[str, Any]:
        """The request that draws the rest of a branch, at most `most` tokens of it in all."""
        conversation.tree = conversation.tree.with_end(branch.key, "")
        assert branch.sampling is not None, "what was put together of several draws is not drawn again"
        return self._request(
            "generate",
            conversation.model,
            conversation,
            branch.key,
            prompt=conversation.prompt,
            continuation=conversation.given(branch),
            drawn=list(branch.ids[branch.lead :]),
            sampling=branch.sampling.as_request(),
            max_new_tokens=most,
            alternatives=ALTERNATIVES,
        )

    def ask(self, do: str, model: str, **more: Any) -> dict[str, Any]:
        """Another request about a model."""
        return self._request(do, model, None, -1, **more)

    def take(self, event: Mapping[str, Any]) -> Happened | None:
        """What an event comes to; None for one that nobody waits for any more."""
        asked = self._asked.get(event.get("id", -1))
        if asked is None:
            return None
        kind = str(event["event"])
        if kind in ("opened", "done", "scored", "look", "speed", "refused"):
            del self._asked[asked.number]
        found = asked.conversation
        if found is not None and (self._made_way(asked) or not _take(found, asked.key, event)):
            return None
        named: dict[str, Kind] = {"token": "grown"}
        return Happened(named.get(kind, kind), asked, event)  # type: ignore[arg-type]

    def stop(self) -> None:
        """The end of all that is under way is asked for."""
        self._asked = {number: replace(asked, stopped=True) for number, asked in self._asked.items()}

    def lose(self) -> tuple[Asked, ...]:
        """The worker is gone, and with it all that was under way; what it said stays."""
        lost = self.under_way
        self._asked.clear()
        for asked in lost:
            if asked.conversation is not None and asked.key in asked.conversation.tree:
                asked.conversation.tree = asked.conversation.tree.with_end(asked.key, "lost")
        return lost

    def _made_way(self, asked: Asked) -> bool:
        """Whether its branch, or one that has its key by now, was asked for anew and is filled by that request."""
        newer = (one for one in self._asked.values() if one.number > asked.number)
        return any((one.conversation, one.key) == (asked.conversation, asked.key) for one in newer)

    def _request(self, do: str, model: str, conversation: Conversation | None, key: int, **more: Any) -> dict[str, Any]:
        self._number += 1
        self._asked[self._number] = Asked(self._number, do, model, conversation, key)
        return {"do": do, "id": self._number, "model": model, **more}


def _take(conversation: Conversation, key: int, event: Mapping[str, Any]) -> bool:
    """Put an event into its branch; whether that is still there."""
    if key not in conversation.tree:
        return False
    kind = event["event"]
    if kind == "prompt":
        given = tuple(SaidToken.of_event(one) for one in event["tokens"])
        if [one.token for one in given] != [one.token for one in conversation.prompt_tokens]:
            conversation.prompt_tokens = given  # what is known of the same ones stays
    elif kind == "token":
        branch = conversation.tree.branch(key)
        said = SaidToken.of_event(event, branch.sampling)
        conversation.tree = conversation.tree.with_token(key, branch.lead + int(event["index"]), said)
    elif kind in ("done", "refused"):
        ended = str(event.get("ended", "lost"))
        if ended in ("asked", "lost") and not conversation.tree.branch(key).tokens:
            conversation.remove(key)  # nothing came of it
        else:
            conversation.tree = conversation.tree.with_end(key, ended)
    return True


def is_complete(branch: Branch, most: int) -> bool:
    """Whether drawing it again would say nothing new."""
    if branch.sampling is None or branch.ended in ("stop", "context"):
        return True
    return branch.ended != "lost" and len(branch.tokens) - branch.lead >= most


def scored_tokens(event: Mapping[str, Any]) -> Sequence[SaidToken]:
    """The tokens of a "part" event."""
    return [SaidToken.of_event(one) for one in event["tokens"]]
