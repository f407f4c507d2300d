"""What is known of the models that spoke? Their vocabulary, context, FLOPs and speed, as the worker told."""

from collections.abc import Mapping
from pathlib import Path
from time import monotonic
from typing import Any, Final

from app.pages.generation.conversation import Asked
from app.pages.generation.panel import Panel
from app.pages.generation.wording import behind, model_words, progress
from app.session import Activity
from lmcore import figures

PAGE: Final = "generation"
TITLES: Final = {"open": "Opening the model", "score": "Scoring", "speed": "Measuring the speed", "look": "Looking up"}


class Facts:
    """By a model's folder. Checkpoints of one run are as fast as each other."""

    def __init__(self) -> None:
        self._opened: dict[str, Mapping[str, Any]] = {}
        self._speeds: dict[str, Mapping[str, Any]] = {}
        self._begun, self._came, self._there = 0.0, 0, 0
        self._read = 0, 0

    def opened(self, model: str) -> Mapping[str, Any] | None:
        """What an "opened" event said."""
        return self._opened.get(model)

    def take_opened(self, model: str, event: Mapping[str, Any]) -> None:
        """A model was opened."""
        self._opened[model] = event

    def take_speed(self, model: str, event: Mapping[str, Any]) -> None:
        """A model's speed was measured."""
        self._speeds[_of_run(model)] = event

    def forget(self, model: str) -> None:
        """A model was replaced by another one in the same place."""
        self._opened.pop(model, None)
        self._speeds.pop(_of_run(model), None)

    def forget_opened(self) -> None:
        """The worker is another one, which has opened nothing."""
        self._opened.clear()

    def is_measured(self, model: str) -> bool:
        """Whether the speed is known."""
        return _of_run(model) in self._speeds

    def vocab_size(self, model: str) -> int | None:
        """How many tokens a model has, if that is known."""
        opened = self.opened(model)
        return int(opened["vocab_size"]) if opened is not None else None

    def _opened_like(self, model: str) -> Mapping[str, Any] | None:
        """What is known of a model, or of another checkpoint of its run: they differ in nothing that is shown."""
        alike = (event for other, event in self._opened.items() if _of_run(other) == _of_run(model))
        return self.opened(model) or next(alike, None)

    def begin(self, there: int) -> None:
        """A text is asked for, of which so many tokens are there; its clock runs from the first further one on."""
        self._begun, self._came, self._there = 0.0, 0, there
        self._read = 0, 0

    def take_reading(self, event: Mapping[str, Any]) -> None:
        """So much of the prompt is read."""
        self._read = int(event["done"]), int(event["total"])

    def count_token(self) -> None:
        """A token has come."""
        self._begun = self._begun or monotonic()
        self._came += 1

    def show(self, panel: Panel, model: str) -> None:
        """Show what is known of a model in the inspector."""
        opened, speed = self._opened_like(model), self._speeds.get(_of_run(model))
        if opened is not None:
            panel.show_vocabulary(opened["vocab_size"])
        panel.show_model(model_words(opened) if opened is not None else "")
        rates = (speed["cached"], speed["uncached"]) if speed is not None else None
        known = speed or opened
        flops = (known["flops_cached"], known["flops_uncached"]) if known is not None else None
        place = speed["position"] if speed else opened["context_length"] - 1 if opened else 0
        panel.show_speed(rates, flops, behind(place) if known else "")

    def activity(self, asked: Asked, most: int, words: str) -> Activity:
        """What the status bar says of a request that is under way; `words` are for all but a text that is drawn."""
        if asked.stopped:
            return Activity(PAGE, "Stopping …", "", None)
        if asked.do == "generate" and self._read[1] and not self._begun:
            done, total = self._read
            words = f"{figures.count(done)} of {figures.count(total)} tokens"
            return Activity(PAGE, f"Reading the {'text' if self._there else 'prompt'}", words, done / total)
        if asked.do == "generate" and asked.conversation is not None and asked.key in asked.conversation.tree:
            branch = asked.conversation.tree.branch(asked.key)
            done = self._there + self._came
            given = len(asked.conversation.prompt_tokens) + branch.at + branch.lead
            opened = self.opened(asked.model)
            room = int(opened["context_length"]) - given if opened is not None else most
            most = max(1, done, min(most, room))
            seconds = monotonic() - self._begun if self._begun else 0.0
            return Activity(PAGE, "Generating", progress(done, most, self._came, seconds), done / most)
        return Activity(PAGE, TITLES.get(asked.do, "Working"), words, None)


def _of_run(model: str) -> str:
    """The run of a checkpoint; else the model itself."""
    path = Path(model)
    return str(path.parent.parent) if path.parent.name == "ckpt" else model
