"""How many merges of the text are done? Buttons, a slider and a number, and the last of these merges in words."""

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from app.widgets.buttons import Button
from app.widgets.choice import Choice
from app.widgets.labels import label
from app.widgets.merge_line import MergeLine
from app.widgets.slider import Slider
from app.widgets.spin import NumberSpin
from lmcore import figures

FRAME: Final = 40
"""Milliseconds between two steps while it plays."""
FRAMES: Final = 200
"""Steps that a play from the first to the last merge takes at the most."""
LEAST: Final = 40
TIP: Final = (
    "One step is one merge of the vocabulary, done wherever the text has its pair. "
    "Merges go in the order in which they were learned."
)


class StepBar(QWidget):
    """A number of steps, 0 to `total`. `stepped` comes at most once a turn of the event loop."""

    stepped = Signal(int)
    column_chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.slider = Slider("Merges done, coarse", 0, 0)
        self.spin = NumberSpin("Merges done", 0, 0)
        self.merge = MergeLine()
        self.column = Choice("Tokenizer that is shown step by step", parent=self)
        self._total = label("", "secondary")
        self._rest = label("", "caption")
        self._back = Button(icon="skip-back", small=True, name="One merge back")
        self._play = Button(icon="play", small=True, name="Play")
        self._forward = Button(icon="skip-forward", small=True, name="One merge forward")
        self._timer = QTimer(self, interval=0, singleShot=True)
        self._playing = QTimer(self, interval=FRAME)
        self._build()
        self._connect()
        self.wait()

    @property
    def value(self) -> int:
        """How many merges are done."""
        return self.spin.value()

    @property
    def total(self) -> int:
        """How many there are to do."""
        return self.spin.maximum()

    @property
    def playing(self) -> bool:
        """Whether it goes on by itself."""
        return self._playing.isActive()

    def set_columns(self, titles: Sequence[str], current: int) -> None:
        """Offer these columns to be shown step by step."""
        self.column.blockSignals(True)
        self.column.clear()
        self.column.addItems(list(titles))
        self.column.setCurrentIndex(current)
        self.column.setToolTip(self.column.currentText())
        self.column.blockSignals(False)
        self.column.setVisible(len(titles) > 1)

    def wait(self, words: str = "") -> None:
        """There are no steps, or they are not known yet."""
        self.pause()
        self._set_total(0, enabled=False)
        self._total.setText("")
        self.merge.show_words(words)

    def rest(self) -> None:
        """Stand at the end, without telling."""
        self.pause()
        self.spin.blockSignals(True)
        self.spin.setValue(self.total)
        self.spin.blockSignals(False)
        self._timer.stop()
        if self.slider.value() != self.total:
            self._place_slider(self.total)

    def set_total(self, total: int) -> None:
        """So many steps there are; all of them are done."""
        self.pause()
        self._set_total(total, enabled=total > 0)
        self._total.setText(f"of {figures.count(total)} {'merge' if total == 1 else 'merges'}")

    def say_rest(self, words: str) -> None:
        """What is said of the other columns, at the right."""
        self._rest.setText(words)

    def go_to(self, step: int) -> None:
        """Let so many merges be done, and tell."""
        self.spin.setValue(max(0, min(self.total, step)))

    def play(self) -> None:
        """Go on by itself, from the beginning if it is at the end."""
        if self.value == self.total:
            self.go_to(0)
        self._playing.start()
        self._show_play()

    def pause(self) -> None:
        """Stand still."""
        if self.playing:
            self._playing.stop()
            self._show_play()

    def toggle(self) -> None:
        """Play or pause."""
        if self.playing:
            self.pause()
        elif self.total:
            self.play()

    def _build(self) -> None:
        self.column.setMinimumWidth(90)
        self.column.setMaximumWidth(200)
        self.column.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        controls = QHBoxLayout()
        controls.setSpacing(8)
        controls.addWidget(label("Step by step", "section"))
        controls.addWidget(self.column, 2)
        for widget in (self._back, self._play, self._forward):
            controls.addWidget(widget)
        controls.addWidget(self.slider, 5)
        controls.addWidget(self.spin)
        controls.addWidget(self._total)
        words = QHBoxLayout()
        words.setSpacing(16)
        words.addWidget(self.merge, 1)
        words.addWidget(self._rest)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 10, 24, 10)
        column.setSpacing(8)
        column.addLayout(controls)
        column.addLayout(words)
        self.slider.setMinimumWidth(LEAST)
        self.slider.setToolTip(TIP)

    def _connect(self) -> None:
        self._back.clicked.connect(lambda: self._move(-1))
        self._forward.clicked.connect(lambda: self._move(1))
        self._play.clicked.connect(self.toggle)
        self.slider.valueChanged.connect(self._slid)
        self.spin.valueChanged.connect(self._changed)
        self.column.activated.connect(self.column_chosen)
        self._timer.timeout.connect(lambda: self.stepped.emit(self.value))
        self._playing.timeout.connect(self._advance)

    def _move(self, steps: int) -> None:
        self.pause()
        self.go_to(self.value + steps)

    def _slid(self, step: int) -> None:
        if self.slider.isSliderDown():
            self.pause()
        self.go_to(step)

    def _changed(self, step: int) -> None:
        self._place_slider(step)
        self._timer.start()

    def _place_slider(self, step: int) -> None:
        self.slider.blockSignals(True)
        self.slider.setValue(step)
        self.slider.blockSignals(False)
        self.slider.update()

    def _advance(self) -> None:
        self.go_to(self.value + max(1, self.total // FRAMES))
        if self.value == self.total:
            self.pause()

    def _set_total(self, total: int, enabled: bool) -> None:
        self.spin.blockSignals(True)
        self.slider.blockSignals(True)
        self.spin.setRange(0, total)
        self.spin.setValue(total)
        self.slider.setRange(0, total)
        self.slider.setPageStep(max(1, total // 20))
        self.slider.blockSignals(False)
        self.spin.blockSignals(False)
        self._place_slider(total)
        self._timer.stop()
        for widget in (self.slider, self.spin, self._back, self._play, self._forward):
            widget.setEnabled(enabled)

    def _show_play(self) -> None:
        self._play.set_icon("pause" if self.playing else "play", "Pause" if self.playing else "Play")
