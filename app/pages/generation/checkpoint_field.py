"""Which checkpoint of a run speaks? Its step, typed or scrubbed, and a button that plays all of them in order."""

from bisect import bisect_left
from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.widgets.buttons import Button
from app.widgets.labels import label
from app.widgets.slider import Slider
from app.widgets.spin import NumberSpin
from lmcore.figures import count

LARGEST = 2**31 - 1


class CheckpointField(QWidget):
    """One of some steps. `step_changed` comes when the user goes to another one, `play_asked` from the button."""

    step_changed = Signal(int)
    play_asked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._steps: tuple[int, ...] = ()
        self._step = -1
        self.spin = NumberSpin("Checkpoint, step", 0, LARGEST)
        self.slider = Slider("Checkpoint, coarse")
        self.play = Button(icon="play", kind="bare", small=True, name="Play all checkpoints")
        self._caption = label("", "caption", wrap=True)
        self._best = -1
        self._words = "the prompt and the seed stay"
        self._build()
        self._connect()

    def _build(self) -> None:
        self.slider.setPageStep(1)
        line = QHBoxLayout()
        line.addWidget(label("Checkpoint, step", buddy=self.spin), 1)
        line.addWidget(self.play)
        line.addWidget(self.spin)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(line)
        column.addWidget(self.slider)
        column.addSpacing(4)
        column.addWidget(self._caption)

    def _connect(self) -> None:
        self.spin.step_with(self._stepped)
        self.spin.valueChanged.connect(self._typed)
        self.slider.valueChanged.connect(self._scrubbed)
        self.play.clicked.connect(self.play_asked)

    @property
    def step(self) -> int:
        """The step that is chosen, -1 where there is none."""
        return self._step

    @property
    def words(self) -> str:
        """What is said of them."""
        return self._caption.text()

    @property
    def steps(self) -> Sequence[int]:
        """Those that can be chosen, in order."""
        return self._steps

    def show_steps(self, steps: Sequence[int], step: int, best: int = -1) -> None:
        """Offer these, of which one may be the best, and stand at one of them, without telling."""
        self._steps, self._best = tuple(steps), best
        self._tell()
        for control in (self.spin, self.slider, self.play):
            control.setEnabled(len(steps) > 1)
        self._show(step)

    def set_words(self, words: str) -> None:
        """Say what stays the same at all of them."""
        self._words = words
        self._tell()

    def set_playing(self, playing: bool) -> None:
        """Whether they are being played: the button stops it then."""
        self.play.set_icon("pause" if playing else "play", "Stop playing" if playing else "Play all checkpoints")

    def go_to(self, step: int) -> None:
        """Stand at a step and tell."""
        if step != self._step:
            self._show(step)
            self.step_changed.emit(step)

    def _tell(self) -> None:
        best = f", {count(self._best)} is the best" if self._best in self._steps else ""
        several = f"{count(len(self._steps))} checkpoints{best}; {self._words}"
        self._caption.setText("One checkpoint" if len(self._steps) == 1 else several)

    def _show(self, step: int) -> None:
        self._step = step
        for control in (self.spin, self.slider):
            control.blockSignals(True)
        self.slider.setRange(0, max(0, len(self._steps) - 1))
        if step in self._steps:
            self.slider.setValue(self._steps.index(step))
            self.spin.setValue(step)
        for control in (self.spin, self.slider):
            control.blockSignals(False)
        self.slider.update()

    def _stepped(self, value: int, steps: int) -> int:
        place = self._steps.index(self._nearest(value)) + steps
        return self._steps[max(0, min(len(self._steps) - 1, place))]

    def _nearest(self, value: int) -> int:
        at = bisect_left(self._steps, value)
        return min(self._steps[max(0, at - 1) : at + 1], key=lambda step: abs(step - value))

    def _typed(self, value: int) -> None:
        if self._steps:
            wanted = self._nearest(value)
            if wanted == self._step:
                self._show(wanted)
            self.go_to(wanted)

    def _scrubbed(self, place: int) -> None:
        self.go_to(self._steps[place])
