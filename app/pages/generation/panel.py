"""Which model speaks, and how is a token drawn? The inspector of the page: model, sampling, speed."""

from collections.abc import Callable, Generator, Mapping, Sequence
from functools import partial
from pathlib import Path
from random import SystemRandom
from typing import Final, Self

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from app.pages.generation.checkpoint_field import CheckpointField
from app.pages.generation.tokens import SamplingChoice
from app.pages.generation.wording import TIPS, large
from app.pages.generation.work import Model
from app.widgets.buttons import Button
from app.widgets.choice import Choice
from app.widgets.inspector import Inspector
from app.widgets.labels import label
from app.widgets.scaled_field import ScaledField
from app.widgets.spin import NumberSpin
from lmcore import figures

FIELDS_GAP: Final = 10
SEEDS: Final = 100_000
"""Seeds that the die throws; any other can be typed."""
LARGEST_SEED: Final = 2**31 - 1
MOST_TOKENS: Final = 4096
TOP_K: Final = 10_000
"""The greatest top-k before a model is open, whose vocabulary says."""
OPEN: Final = "Open a folder …"
NOTHING: Final = "–"
FIELDS: Final[Mapping[str, Callable[[], ScaledField]]] = {
    "temperature": partial(ScaledField, "Temperature", 0, 2, decimals=True, snap=0.05),
    "top_k": partial(ScaledField, "Top-k", 0, TOP_K, bent=True),
    "top_p": partial(ScaledField, "Top-p", 0.01, 1, decimals=True, snap=0.01),
    "min_p": partial(ScaledField, "Min-p", 0, 1, decimals=True, snap=0.01),
    "repetition_penalty": partial(ScaledField, "Repetition penalty", 1, 2, decimals=True, snap=0.05),
    "most": partial(ScaledField, "Most tokens", 1, MOST_TOKENS, bent=True),
}


LETTERS: Final = 12
"""Of a model's name that there is room for at least."""


class Panel(Inspector):
    """The inputs. What they mean for the worker is `sampling`."""

    model_chosen = Signal(object)
    """A Model of the list."""
    folder_asked = Signal()
    step_changed = Signal(int)
    play_asked = Signal()
    speed_asked = Signal()
    sampling_changed = Signal()
    """How or how much is to be drawn was changed by the user."""

    def __init__(self, fields: Mapping[str, ScaledField], checkpoint: CheckpointField, parent: QWidget) -> None:
        super().__init__(edge_in_small=18, parent=parent)
        self._fields = fields
        self._models: tuple[Model, ...] = ()
        self._current: Path | None = None
        self._wanted_top_k = self._shown_top_k = -1
        self.models = Choice("Model")
        self.models.setSizeAdjustPolicy(Choice.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.models.setMinimumContentsLength(LETTERS)  # the longest name of a closed list would widen the page
        self.models.setPlaceholderText("choose a model")
        self.checkpoint = checkpoint
        self.about = label("", "caption", wrap=True)
        self.temperature, self.top_k, self.top_p, self.min_p, self.penalty, self.most = self._fields.values()
        self.seed = NumberSpin("Seed", 0, LARGEST_SEED, quantity=False)
        self.die = Button(icon="dice-5", kind="bare", small=True, name="Another seed")
        self.place = label("", "caption", wrap=True)
        self.measure = Button("Measure", icon="ruler", small=True)
        self.speeds: dict[str, QLabel] = {}
        self._build()
        self._connect()
        self.show_sampling(SamplingChoice(), 256)

    @classmethod
    def making(cls, parent: QWidget) -> Generator[None, None, Self]:
        """The panel, made a field a turn."""
        fields = {}
        for key, make in FIELDS.items():
            fields[key] = make()
            yield
        checkpoint = CheckpointField()
        yield
        return cls(fields, checkpoint, parent)

    def _build(self) -> None:
        model = self.section("Model")
        model.addWidget(self.models)
        model.addWidget(self.checkpoint)
        model.addWidget(self.about)
        self.checkpoint.hide()
        self.about.hide()
        sampling = self.section("Sampling")
        sampling.setSpacing(FIELDS_GAP)
        for key, field in self._fields.items():
            field.set_tip(TIPS[key])
            if field is not self.most:
                sampling.addWidget(field)
        self.seed.setToolTip(TIPS["seed"])
        seed = QHBoxLayout()
        named_seed = label("Seed", buddy=self.seed)
        self._drawn = (*self._fields.values(), named_seed, self.seed, self.die)
        seed.addWidget(named_seed, 1)
        seed.addWidget(self.die)
        seed.addWidget(self.seed)
        sampling.addLayout(seed)
        sampling.addWidget(self.most)
        speed = self.section("Speed")
        for name in ("With cache", "Without", "FLOPs a token, cached", "FLOPs a token, uncached"):
            self.speeds[name] = speed.add_figure(name)
        self.measure.setToolTip(TIPS["speed"])
        line = QHBoxLayout()
        line.addWidget(self.measure)
        line.addWidget(self.place, 1)
        speed.addLayout(line)
        self.show_speed(None, None)

    def _connect(self) -> None:
        self.models.activated.connect(self._chosen)
        self.checkpoint.step_changed.connect(self.step_changed)
        self.checkpoint.play_asked.connect(self.play_asked)
        self.die.clicked.connect(lambda: self.seed.setValue(SystemRandom().randrange(SEEDS)))
        self.measure.clicked.connect(self.speed_asked)
        for field in self._fields.values():
            field.value_changed.connect(self.sampling_changed)
        self.seed.valueChanged.connect(self.sampling_changed)

    @property
    def sampling(self) -> SamplingChoice:
        """How a token is to be drawn."""
        return SamplingChoice(
            temperature=self.temperature.value,
            top_k=int(self.top_k.value),
            top_p=self.top_p.value,
            min_p=self.min_p.value,
            repetition_penalty=self.penalty.value,
            seed=self.seed.value(),
        )

    @property
    def most_tokens(self) -> int:
        """How many tokens are to be drawn at most."""
        return int(self.most.value)

    def show_sampling(self, sampling: SamplingChoice, most: int) -> None:
        """Show how a text was drawn."""
        self.temperature.set_value(sampling.temperature)
        self.top_k.set_value(sampling.top_k)
        self.top_p.set_value(sampling.top_p)
        self.min_p.set_value(sampling.min_p)
        self.penalty.set_value(sampling.repetition_penalty)
        self.seed.setValue(sampling.seed)
        self.most.set_value(most)

    def show_models(self, models: Sequence[Model], current: Path | None) -> None:
        """Offer these, and show which is chosen, without telling."""
        self._models, self._current = tuple(models), current
        names = [model.name for model in models]
        if [self.models.itemText(n) for n in range(self.models.count())] != [*names, OPEN]:
            self.models.clear()
            self.models.addItems([*names, OPEN])
        self._show_current()

    def show_steps(self, model: Model | None, step: int) -> None:
        """Offer the checkpoints of a run, of which one is chosen; none of what is no run."""
        self.checkpoint.setVisible(model is not None and model.is_run)
        if model is not None and model.is_run:
            self.checkpoint.show_steps([one for one, _ in model.steps], step, model.best, model.damaged)
        else:
            self.checkpoint.show_steps((), -1)

    def set_drawing(self, drawing: bool) -> None:
        """Whether what is set has a part in what comes."""
        for field in self._drawn:
            field.setEnabled(drawing)

    def show_model(self, words: str) -> None:
        """Say what the model is, where that is known."""
        self.about.setText(words)
        self.about.setVisible(bool(words))

    def show_vocabulary(self, vocab_size: int) -> None:
        """How many tokens a model that was opened has; a top-k above it comes back with a larger one."""
        shown = int(self.top_k.value)
        wanted = self._wanted_top_k if shown == self._shown_top_k else shown
        self.top_k.set_high(vocab_size)
        self.top_k.set_value(min(wanted, vocab_size))
        self._wanted_top_k, self._shown_top_k = wanted, int(self.top_k.value)

    def show_speed(self, rates: tuple[float, float] | None, flops: tuple[int, int] | None, place: str = "") -> None:
        """Tokens a second with and without cache, and FLOPs a token, all at one place; None is not known."""
        cached, uncached = rates or (None, None)
        for name, rate in (("With cache", cached), ("Without", uncached)):
            self.speeds[name].setText(f"{figures.significant(rate)} tokens/s" if rate is not None else NOTHING)
        for name, amount in zip(
            ("FLOPs a token, cached", "FLOPs a token, uncached"), flops or (None, None), strict=True
        ):
            self.speeds[name].setText(large(amount) if amount is not None else NOTHING)
        self.place.setText(place)
        self.place.setVisible(bool(place))

    def _show_current(self) -> None:
        paths = [model.path for model in self._models]
        self.models.setCurrentIndex(paths.index(self._current) if self._current in paths else -1)

    def _chosen(self, place: int) -> None:
        if place >= len(self._models):
            self._show_current()  # until a folder was chosen, if one is
            self.folder_asked.emit()
        else:
            self.model_chosen.emit(self._models[place])
