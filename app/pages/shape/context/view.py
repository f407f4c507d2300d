"""What if the context grows? Shares, figures, memory and time of a shape against its context length."""

from collections.abc import Callable, Generator
from dataclasses import replace
from functools import partial
from typing import Final, Self, TypeVar

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QHideEvent, QPalette, QResizeEvent
from PySide6.QtWidgets import QScrollArea, QWidget

from app.pages.shape import units
from app.pages.shape.context import exporting, kind_table, lines, stacks, wording
from app.pages.shape.context.exporting import Rows
from app.pages.shape.context.kinds import kind_of
from app.pages.shape.context.layout import LISTS, Parts
from app.pages.shape.context.outlook import Choices, Outlook, axis_for
from app.pages.shape.context.playing import Playing
from app.widgets.marked_chart import MarkedChart
from app.widgets.motion import is_motion_wanted
from app.widgets.stacked_chart import StackCard
from lmcore import figures
from lmcore.accounting import Setup, Shape

FACTOR: Final = 16
"""How far the play goes where the shape's context is not beyond the baseline."""

Card = TypeVar("Card")


class ContextView(QScrollArea):
    """The tab. `context_moved` is emitted when the user moves the marker or has played; not by `show_shape`.

    `context_shown` goes with each step of a play, and with the context that it leaves behind where it is taken back.
    `activations_chosen` asks for another of the lists by which activations are counted, which all of the page shares.
    `said` has words for the status bar, `problem` a sentence about a file that could not be written.
    """

    context_moved = Signal(int)
    context_shown = Signal(int)
    activations_chosen = Signal(object)
    said = Signal(str)
    problem = Signal(str)

    parts: Parts

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.reduced_motion: bool | None = None
        """Whether nothing moves by itself; None asks the desktop."""
        self.playing = Playing(self)
        self._shape: Shape | None = None
        self._setup: Setup | None = None
        self._outlook: Outlook | None = None
        self._context = 1024
        self._exporting = exporting.Exporting(self, self.said.emit, self.problem.emit)
        self._build()

    @classmethod
    def making(cls, parent: QWidget | None = None) -> Generator[None, None, Self]:
        """It in its place, some of its parts a turn."""
        made = cls(parent)
        yield
        made.parts = yield from Parts.making(made.viewport())
        made.setWidget(made.parts)
        made._connect()
        return made

    def _build(self) -> None:
        self.setWidgetResizable(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.viewport().setBackgroundRole(QPalette.ColorRole.Base)
        self.setAccessibleName("Context what-if")

    def _connect(self) -> None:
        parts, composition = self.parts, self.parts.composition
        composition.changed.connect(self._recount)
        composition.look_changed.connect(self._look_changed)
        composition.play.clicked.connect(self._toggle_play)
        parts.activations.activated.connect(lambda place: self.activations_chosen.emit(LISTS[place]))
        parts.memory_size.valueChanged.connect(self._recount)
        parts.step_seconds.valueChanged.connect(self._recount)
        parts.pace.chosen.connect(self._show_time)
        self.playing.moved.connect(self._show_step)
        self.playing.ended.connect(self._played)
        for chart in parts.charts:
            chart.marker_moved.connect(self._dragged)
        self._connect_cards()
        self._connect_menus()

    def _connect_cards(self) -> None:
        """What the charts say of a context, asked for when it is painted."""
        parts = self.parts
        parts.composition.chart.marker_card = self._marker_card
        parts.composition.chart.hover_card = self._asking(stacks.hover_card)
        parts.flops.chart.details = self._asking(lines.part_details)
        parts.memory.chart.details = self._asking(lines.memory_details)
        parts.kinds.chart.details = self._asking(lines.kind_details)
        parts.time.chart.details = self._asking(lines.time_details)

    def _connect_menus(self) -> None:
        parts, composition = self.parts, self.parts.composition
        rows = (exporting.part_rows, exporting.memory_rows, exporting.kind_rows, exporting.time_rows)
        for pane, made in zip(parts.panes, rows, strict=True):
            pane.menu_asked.connect(partial(self._open_menu, pane.title, pane.chart, made))
        composition.menu_asked.connect(
            partial(self._open_menu, "Forward FLOPs by part", composition.chart, exporting.part_rows)
        )

    @property
    def outlook(self) -> Outlook | None:
        """What is shown, or None before a shape was."""
        return self._outlook

    @property
    def context(self) -> int:
        """Where the marker stands."""
        return self._context

    def show_shape(self, shape: Shape, setup: Setup) -> None:
        """Show a shape, and how it is counted. Only the marker moves where only the context is another."""
        self._end_play()
        follows = setup != self._setup and self._follow(setup)
        same = self._shape is not None and not follows and self._differs_by_context(shape, setup)
        self._shape, self._setup, self._context = shape, setup, shape.context_length
        if same:
            self._show_context(self._context)
            self._show_play()
        else:
            self._count(animate=False)

    def _differs_by_context(self, shape: Shape, setup: Setup) -> bool:
        """Whether all curves stay what they are, on the axis that they have."""
        if self._shape is None or self._outlook is None or setup != self._setup:
            return False
        before = replace(self._shape, context_length=shape.context_length)
        return before == shape and axis_for(shape.context_length) == self._outlook.axis

    def _follow(self, setup: Setup) -> bool:
        """Take over what another way of counting says of the tab's own choices; whether that changed any."""
        composition, before = self.parts.composition, self._setup
        chosen = self._choices()
        if before is None or (kind_of(before), before.window) != (kind_of(setup), setup.window):
            composition.choose_kind(kind_of(setup), setup.window)
        self.parts.activations.setCurrentIndex(LISTS.index(setup.activations))
        if setup.gpu is not None and (before is None or before.gpu != setup.gpu):
            self.parts.choose_memory(setup.gpu.memory)
        return self._choices() != chosen

    def play(self) -> None:
        """Let the marker go from the baseline to the shape's context, or 16 times as far where that is not beyond."""
        if self._outlook is not None:
            self.parts.composition.chart.reveal(True)
            self.playing.start(*self._way(), at_once=not self._may_move())
            self._show_play()

    def _way(self) -> tuple[int, int]:
        """From where to where the play goes, within the axis."""
        base = self.parts.composition.baseline.value()
        goal = self._context if self._context > base else FACTOR * base
        axis = axis_for(self._context)
        begin, end = (round(min(axis.high, max(axis.low, context))) for context in (base, goal))
        return begin, end

    def _may_move(self) -> bool:
        wanted = is_motion_wanted(self) if self.reduced_motion is None else not self.reduced_motion
        return wanted and self.isVisible()

    def _toggle_play(self) -> None:
        if self.playing.running:
            self.playing.stop()
        else:
            self.play()

    def _show_step(self, context: int) -> None:
        self._show_context(context)
        self.context_shown.emit(context)

    def _played(self, context: int) -> None:
        """The play has ended, or was stopped: the shape takes the context over."""
        self.parts.composition.chart.reveal(False)
        self._show_context(context)
        if context != self._context:
            self._context = context
            self.context_moved.emit(context)
        self._show_play()

    def _show_play(self) -> None:
        begin, end = self._way()
        running = self.playing.running
        name = "Stop" if running else f"Play from {figures.count(begin)} to {units.tokens(end)}"
        self.parts.composition.show_playing(running, name)
        self.parts.composition.play.setEnabled(running or begin != end)

    def _end_play(self) -> None:
        """Something else moves the marker from now on."""
        if self.playing.running:
            self.playing.cancel()
            self.parts.composition.chart.reveal(False)

    def _dragged(self, context: int) -> None:
        self._end_play()
        self._context = context
        self._show_context(context)
        self._show_play()
        self.context_moved.emit(context)

    def _recount(self) -> None:
        """The user has chosen another kind, baseline or limit."""
        if self._outlook is not None:
            self._count(animate=True)

    def _count(self, *, animate: bool) -> None:
        """Compute all curves anew and show them."""
        assert self._shape is not None
        assert self._setup is not None
        self._outlook = Outlook(self._shape, self._setup, self._choices(), axis_for(self._context))
        self._show_stack(self._context, animate=animate)
        self._show_curves(self._outlook)
        self._show_context(self._context)
        self._show_play()

    def _choices(self) -> Choices:
        parts, composition = self.parts, self.parts.composition
        return Choices(
            composition.chosen_kind,
            composition.window_size.value(),
            composition.baseline.value(),
            parts.memory_bytes,
            parts.step_seconds.value(),
        )

    def _show_stack(self, context: int, *, animate: bool) -> None:
        if self._outlook is None:
            return
        composition = self.parts.composition
        absolute = composition.is_absolute
        stack = stacks.amount_stack(self._outlook, context) if absolute else stacks.share_stack(self._outlook)
        composition.chart.show_stack(stack, animate=animate)
        composition.caption.set_text(wording.composition(self._outlook.choices))

    def _show_curves(self, outlook: Outlook) -> None:
        parts = self.parts
        for pane, curves, caption in (
            (parts.flops, lines.part_curves(outlook), lines.part_caption(outlook)),
            (parts.memory, lines.memory_curves(outlook), lines.memory_caption(outlook)),
            (parts.kinds, lines.kind_curves(outlook), lines.kind_caption(outlook)),
        ):
            pane.show_curves(curves, caption)
        parts.table_caption.set_text(kind_table.caption(outlook))
        self._show_time()

    def _show_time(self) -> None:
        if self._outlook is not None:
            curves = lines.time_curves(self._outlook, rates=self.parts.pace.current == 1)
            self.parts.time.show_curves(curves, lines.time_caption(self._outlook))

    def _show_context(self, context: int) -> None:
        """Put the markers at a context, and show its figures. Nothing that was drawn is drawn anew."""
        outlook, parts = self._outlook, self.parts
        if outlook is None:
            return
        for chart in parts.charts:
            chart.set_marker(context)
        composition = parts.composition
        if composition.is_absolute and composition.chart.stack.top != stacks.top_for(outlook, context):
            self._show_stack(context, animate=False)
        parts.strip.show_figures(wording.five(outlook, context))
        composition.chart.setAccessibleDescription(wording.shares(outlook, context))
        for pane in parts.panes:
            pane.chart.describe()
        parts.table_title.setText(f"At {units.tokens(context)}")
        parts.table.show_outlook(outlook, context)

    def _look_changed(self) -> None:
        self._show_stack(self._context, animate=True)
        self._show_context(self._context)

    def _marker_card(self, context: int) -> StackCard | None:
        if self._outlook is None:
            return None
        return stacks.marker_card(self._outlook, context, absolute=self.parts.composition.is_absolute)

    def _asking(self, card: Callable[[Outlook, int], Card]) -> Callable[[int], Card | None]:
        """A card of whatever is shown when it is asked for."""
        return lambda context: None if self._outlook is None else card(self._outlook, context)

    def _open_menu(self, title: str, chart: MarkedChart, rows: Callable[[Outlook], Rows], at: QPoint) -> None:
        if self._outlook is not None:
            self._exporting.open(title, chart, partial(rows, self._outlook), at)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.parts.fit(self.viewport().height())

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._end_play()
        self._show_step(self._context)
        self._show_play()
