"""How does the learning rate run over the steps? A small line, from the first step to the last."""

from typing import Final

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from app import fonts
from app.pages.training.setup.sweeping import number
from app.theme import DATA, Theme
from lmcore import figures
from lmcore.training.schedules import learning_rate
from lmcore.training.settings import OptimizerSettings, ScheduleSettings

HEIGHT: Final = 64
POINTS: Final = 120
WARMUP: Final = 0.02
"""Share of the steps that warming up takes where the settings say none, and the decay of "wsd" below."""
DECAY: Final = 0.2


def rates(optimizer: OptimizerSettings, schedule: ScheduleSettings, steps: int) -> list[tuple[float, float]]:
    """Some steps and their learning rates, the first, the last and the bends among them."""
    warmup = _warmup(schedule, steps)
    decay = round(DECAY * steps) if schedule.decay_steps is None else schedule.decay_steps
    places = {round(steps * point / POINTS) for point in range(POINTS + 1)} | {
        min(warmup, steps),
        max(0, steps - decay),
    }
    peak = optimizer.learning_rate
    return [
        (
            place,
            learning_rate(
                schedule.kind,
                place,
                peak=peak,
                floor=peak * optimizer.final_fraction,
                warmup_steps=warmup,
                total_steps=steps,
                decay_steps=decay,
            ),
        )
        for place in sorted(places)
    ]


def _warmup(schedule: ScheduleSettings, steps: int) -> int:
    return round(WARMUP * steps) if schedule.warmup_steps is None else schedule.warmup_steps


class RateLine(QWidget):
    """The schedule: the highest rate and the last at the left, the steps below."""

    def __init__(self) -> None:
        super().__init__()
        self._points: list[tuple[float, float]] = []
        self._steps = 0
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Learning rate over the steps")

    def show_schedule(self, optimizer: OptimizerSettings, schedule: ScheduleSettings, steps: int) -> None:
        """Draw another."""
        self._points, self._steps = rates(optimizer, schedule, steps), steps
        words = (
            f"{number(optimizer.learning_rate)} after {figures.count(_warmup(schedule, steps))} steps, "
            f"{number(float(f'{self._points[-1][1]:.3g}'))} at step {figures.count(steps)}"
        )
        self.setAccessibleDescription(words)
        self.setToolTip(words)
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(200, fonts.scaled(HEIGHT))

    def minimumSizeHint(self) -> QSize:
        return QSize(120, fonts.scaled(HEIGHT))

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = Theme.of(self.palette())
        axis = fonts.scaled(fonts.AXIS.line)
        plot = QRectF(1, 4, self.width() - 2, self.height() - axis - 8)
        highest = max((rate for _, rate in self._points), default=0.0)
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            for part in (0.0, 1.0):
                painter.fillRect(
                    QRectF(plot.left(), plot.bottom() - part * plot.height(), plot.width(), 1), QColor(theme.grid)
                )
            if highest and self._steps:
                painter.setPen(QPen(QColor(DATA[0]), 1.5))
                painter.drawPolyline(
                    QPolygonF([self._placed(plot, step, rate / highest) for step, rate in self._points])
                )
            painter.setPen(QColor(theme.secondary))
            painter.setFont(fonts.AXIS.font())
            below = QRectF(0, self.height() - axis, self.width(), axis)
            painter.drawText(below, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, "step 0")
            painter.drawText(
                below, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, figures.count(self._steps)
            )

    def _placed(self, plot: QRectF, step: float, part: float) -> QPointF:
        return QPointF(plot.left() + plot.width() * step / self._steps, plot.bottom() - part * plot.height())
