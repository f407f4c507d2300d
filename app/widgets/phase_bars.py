"""How far is each phase of a job, and how long will it take? A bar a phase, each full only when its phase is done."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from app import fonts
from app.icons import paint_icon
from app.theme import Theme
from app.widgets.phases import Phase, State
from lmcore import figures
from lmcore.bpe.events import Progress

BAR: Final = 4
GAP: Final = 16
TIMES: Final = 148
MARGIN: Final = 24
NAME: Final = 56
"""The least width of a bar: room for its name and a sign before it."""
HEIGHT: Final = 65
LINE: Final = 18
ICON: Final = 15
ICON_ROOM: Final = 20
STRONG: Final = fonts.TypeStyle(12, 16, QFont.Weight.DemiBold)


class PhaseBars(QWidget):
    """The strip of a job's phases, in the order they come; time left first, then time so far."""

    def __init__(self, names: Sequence[str] = ("count", "merge", "save"), parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._phases: list[Phase] = []
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Progress")
        self.reset(names)

    @property
    def phases(self) -> Sequence[Phase]:
        """The phases as shown."""
        return self._phases

    def reset(self, names: Sequence[str], expected: Mapping[str, float] | None = None) -> None:
        """Begin anew with these phases, all waiting; `expected` has seconds by name, from a forecast."""
        self._phases = [Phase(name, expected=(expected or {}).get(name)) for name in names]
        self._changed()

    def show_progress(self, progress: Progress) -> None:
        """A phase went on. One that was not announced, such as "prepare", takes its place before those that wait."""
        self._insert(progress.phase)
        self._set(progress.phase, State.DONE if progress.finished else State.ACTIVE, progress)

    def begin(self, name: str) -> None:
        """A phase without figures of its own, such as "save", began."""
        self._insert(name)
        self._set(name, State.ACTIVE)

    def finish(self, name: str) -> None:
        """A phase is done."""
        self._set(name, State.DONE)

    def set_paused(self, paused: bool) -> None:
        """The job pauses, or goes on."""
        self._move({State.ACTIVE: State.PAUSED} if paused else {State.PAUSED: State.ACTIVE})

    def set_cancelling(self) -> None:
        """The job was asked to stop and finishes the piece in hand."""
        self._move({State.ACTIVE: State.CANCELLING, State.PAUSED: State.CANCELLING})

    def set_cancelled(self) -> None:
        """The job has stopped."""
        self._end(State.CANCELLED)

    def set_failed(self) -> None:
        """The job has failed; a message elsewhere says why."""
        self._end(State.FAILED)

    def _end(self, state: State) -> None:
        """The job is over: what was at work ends in `state`, what waited never began."""
        at_work = dict.fromkeys((State.ACTIVE, State.PAUSED, State.CANCELLING), state)
        self._move({**at_work, State.WAITING: State.NOT_BEGUN})

    def _insert(self, name: str) -> None:
        if all(phase.name != name for phase in self._phases):
            waiting = [i for i, phase in enumerate(self._phases) if phase.state is State.WAITING]
            self._phases.insert(waiting[0] if waiting else len(self._phases), Phase(name))

    def _set(self, name: str, state: State, progress: Progress | None = None) -> None:
        self._phases = [
            replace(phase, state=state, progress=progress or phase.progress) if phase.name == name else phase
            for phase in self._phases
        ]
        self._changed()

    def _move(self, states: Mapping[State, State]) -> None:
        self._phases = [replace(phase, state=states.get(phase.state, phase.state)) for phase in self._phases]
        self._changed()

    def _changed(self) -> None:
        parts = [f"{phase.title} {phase.amount}".strip() for phase in self._phases]
        self.setAccessibleDescription("; ".join([*parts, self.time_left, self.time_so_far]))
        self.update()

    @property
    def time_left(self) -> str:
        """What stands first at the right; nothing where it is not known or nothing is at work."""
        timed = [phase for phase in self._phases if phase.name != "save"]
        states = {phase.state for phase in timed}
        left = [phase.seconds_left for phase in timed]
        if states & {State.CANCELLED, State.FAILED, State.CANCELLING} or states <= {State.WAITING, State.NOT_BEGUN}:
            return ""
        if State.PAUSED in states:
            return "paused"
        if states == {State.DONE}:
            return "done"
        known = [seconds for seconds in left if seconds is not None]
        return f"{figures.duration(sum(known))} left" if len(known) == len(left) else ""

    @property
    def time_so_far(self) -> str:
        """The seconds that all phases have worked."""
        seconds = sum(phase.seconds for phase in self._phases)
        done = all(phase.state is State.DONE for phase in self._phases if phase.name != "save")
        return f"{figures.duration(seconds)} {'in all' if done else 'so far'}" if seconds else ""

    def sizeHint(self) -> QSize:
        return QSize(640, fonts.scaled(HEIGHT))

    def minimumSizeHint(self) -> QSize:
        bars = max(3, len(self._phases))
        width = 2 * MARGIN + fonts.scaled(TIMES) + bars * fonts.scaled(NAME) + GAP * (bars - 1)
        return QSize(width, fonts.scaled(HEIGHT))

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = Theme.of(self.palette())
        times = float(fonts.scaled(TIMES))
        width = (self.width() - 2 * MARGIN - times - GAP * (len(self._phases) - 1)) / max(1, len(self._phases))
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            for place, phase in enumerate(self._phases):
                paint_phase(painter, QRectF(MARGIN + place * (width + GAP), 0, width, self.height()), phase, theme)
            self._paint_times(painter, QRectF(self.width() - MARGIN - times, 0, times, self.height()), theme)

    def _paint_times(self, painter: QPainter, room: QRectF, theme: Theme) -> None:
        line, middle = float(fonts.scaled(LINE)), room.center().y()
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        painter.setFont(STRONG.font())
        painter.setPen(QColor(theme.text))
        painter.drawText(QRectF(room.left(), middle - line, room.width(), line), right, self.time_left)
        painter.setFont(fonts.CAPTION.font())
        painter.setPen(QColor(theme.secondary))
        painter.drawText(QRectF(room.left(), middle, room.width(), line), right, self.time_so_far)


def paint_phase(painter: QPainter, room: QRectF, phase: Phase, theme: Theme) -> None:
    """Name, amount and bar of one phase."""
    line = QRectF(room.left(), room.center().y() - fonts.scaled(18), room.width(), fonts.scaled(LINE))
    active = phase.state in (State.ACTIVE, State.PAUSED, State.CANCELLING)
    name = line.adjusted(_paint_icon(painter, line, phase.state, theme), 0, 0, 0)
    style = STRONG if active else fonts.CAPTION
    painter.setFont(style.font())
    painter.setPen(QColor(theme.secondary if phase.state in (State.WAITING, State.NOT_BEGUN) else theme.text))
    painter.drawText(name, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, phase.title)
    taken = QFontMetricsF(style.font()).horizontalAdvance(phase.title) + 8
    _paint_amount(painter, name.adjusted(taken, 0, 0, 0), phase, theme)
    _paint_bar(painter, QRectF(room.left(), line.bottom() + 6, room.width(), BAR), phase, theme)


def _paint_icon(painter: QPainter, line: QRectF, state: State, theme: Theme) -> float:
    """The sign of an end, good or bad; gives the room it takes."""
    names = {State.DONE: ("circle-check", theme.success), State.FAILED: ("circle-x", theme.error)}
    if state not in names:
        return 0.0
    name, colour = names[state]
    paint_icon(painter, QPointF(line.left(), line.center().y() - ICON / 2), name, colour, ICON)
    return ICON_ROOM


def _paint_amount(painter: QPainter, room: QRectF, phase: Phase, theme: Theme) -> None:
    """The amount at the right, or as much of its beginning as fits."""
    painter.setFont(fonts.CAPTION.font())
    painter.setPen(QColor(theme.error if phase.state is State.FAILED else theme.secondary))
    metrics = QFontMetricsF(fonts.CAPTION.font())
    text = phase.amount if metrics.horizontalAdvance(phase.amount) <= room.width() else phase.amount.split(" · ")[0]
    text = metrics.elidedText(text, Qt.TextElideMode.ElideRight, room.width())
    painter.drawText(room, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, text)


def _paint_bar(painter: QPainter, bar: QRectF, phase: Phase, theme: Theme) -> None:
    colours = {State.ACTIVE: theme.accent, State.DONE: theme.success, State.FAILED: theme.error}
    bar = QRectF(round(bar.left()), round(bar.top()), round(bar.width()), bar.height())
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(theme.border))
    painter.drawRoundedRect(bar, BAR / 2, BAR / 2)
    if phase.share > 0:
        painter.setBrush(QColor(colours.get(phase.state, theme.disabled)))
        width = max(float(BAR), bar.width() * phase.share)
        painter.drawRoundedRect(QRectF(bar.left(), bar.top(), width, bar.height()), BAR / 2, BAR / 2)
