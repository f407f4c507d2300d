"""What else could have stood where a token was given? The worker is asked once a token is pointed at or chosen."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QObject, QTimer

from app.pages.generation.conversation import ALTERNATIVES, Asked, Happened
from app.pages.generation.talking import Talking
from app.pages.generation.tokens import SaidToken
from app.pages.generation.views import NOWHERE, Views

PAUSE: Final = 60
"""Milliseconds for which the pointer has to rest: on its way it passes many tokens."""


@dataclass(frozen=True)
class Question:
    """What a model expects behind all `ids` but the last; `take` is given the last with all that is known of it."""

    model: str
    ids: Sequence[int]
    take: Callable[[SaidToken], None]


class Looking(QObject):
    """One question at a time, and the newest that waits; `question_of` has it for a token, or None."""

    def __init__(self, talking: Talking, views: Views, question_of: Callable[[int], Question | None]) -> None:
        super().__init__(views)
        self._talking, self._question_of = talking, question_of
        self._wanted = NOWHERE
        self._asked: dict[int, Question] = {}
        self._rest = QTimer(self, singleShot=True, interval=PAUSE)
        self._rest.timeout.connect(self._ask)
        views.chosen.connect(self._choose)
        views.pointed.connect(self._point_at)
        talking.happened.connect(self._take)
        talking.lost.connect(self._lost)
        talking.changed.connect(self._go_on)

    def _choose(self, place: int) -> None:
        self._wanted = place
        self._ask()

    def _point_at(self, place: int) -> None:
        self._wanted = place
        self._rest.start()

    def _ask(self) -> None:
        """Ask, unless a text is under way: then as soon as it has ended."""
        self._rest.stop()
        if self._asked or self._talking.generating() is not None:
            return
        place, self._wanted = self._wanted, NOWHERE
        question = self._question_of(place) if place != NOWHERE else None
        if question is not None:
            ids = list(question.ids)
            number = self._talking.ask(
                "look", question.model, ids=ids, places=[len(ids) - 1], alternatives=ALTERNATIVES
            )
            self._asked[number] = question

    def _go_on(self) -> None:
        if self._wanted != NOWHERE and not self._rest.isActive():
            self._rest.start()

    def _take(self, happened: Happened) -> None:
        """An answer, or the end of a question that was stopped or refused: another may follow."""
        question = self._asked.pop(happened.asked.number, None)
        if question is None or happened.kind != "look":
            return
        for position in happened.event["positions"]:
            found = SaidToken.of_event(position)
            if found.token == question.ids[-1]:
                question.take(found)

    def _lost(self, _why: str, _lost: Sequence[Asked]) -> None:
        self._asked.clear()
