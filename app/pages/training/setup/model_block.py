"""Which model is trained? The Shape page's, a preset, or sizes of its own; a slider for each, switches behind More."""

import functools
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final

from PySide6.QtWidgets import QFileDialog

from app.pages.training.setup.chosen import Chosen, changed, model_of
from app.pages.training.setup.columns import Block
from app.pages.training.setup.inputs import WIDE, choice, line, show_choice, show_swept, whole
from app.pages.training.setup.outlook import Outlook
from app.pages.training.setup.state import SetupState
from app.session import Session
from app.widgets.buttons import Button
from app.widgets.choice import CheckBox
from app.widgets.disclosure import Disclosure
from app.widgets.labels import row
from app.widgets.number_field import NumberField, Snap, multiples_of
from app.widgets.preset_choice import PresetChoice
from lmcore import figures
from lmcore.accounting import Shape
from lmcore.accounting.constraints import Heads, heads_for, nearest, possible_heads, snap_context, snap_width
from lmcore.accounting.huggingface import shape_from_config
from lmcore.accounting.kinds import Position
from lmcore.accounting.presets import Preset, all_presets
from lmcore.errors import LmError
from lmcore.training.settings import ModelSettings

CONFIGS: Final = "Hugging Face config (config.json *.json)"
LONGEST: Final = 1 << 20
"""Tokens of a context: the longest that models of today have."""
OWN: Final = "sizes of its own"
SIZES: Final[dict[str, tuple[str, int, int, Snap, str]]] = {
    "num_layers": ("Layers", 1, 128, multiples_of(1), "Blocks of attention and feed-forward, one after another."),
    "d_model": ("d_model", 8, 16_384, snap_width, "The width of the residual stream; heads divide it."),
    "num_heads": ("Heads", 1, 256, multiples_of(1), "Heads of attention; each is d_model / heads wide."),
    "d_ff": ("d_ff", 8, 65_536, snap_width, "The width inside of the feed-forward part."),
    "context_length": ("Context", 8, LONGEST, snap_context, "Tokens that a sequence is long."),
}
FUNCTIONS: Final = {"swiglu": "SwiGLU", "silu": "SiLU", "gelu": "GELU", "relu2": "ReLU²"}
PLACES: Final = {"pre": "pre", "post": "post", "none": "none"}
POSITIONS: Final = {"rope": "RoPE", "none": "none"}


class ModelBlock(Block):
    """The inputs; they show the state and change it."""

    def __init__(self, session: Session, state: SetupState) -> None:
        super().__init__("Model")
        self._session, self._state = session, state
        self._shape: Shape | None = None
        self.presets = PresetChoice()
        self._from_page = Button("From the Shape page", icon="layers", small=True)
        self._fit = Button("Suggest", icon="list-restart", small=True)
        self.lock = Button(icon="lock-open", kind="bare", small=True, name="d_ff follows d_model")
        self.fields = {key: self._field(key) for key in SIZES}
        self.kv_heads = whole("KV heads", -1, 1, 256, "as heads")
        self.head_size = whole("Head size", -1, 1, 4_096, "d_model / heads", WIDE)
        self.vocabulary = whole("Vocabulary", -1, 1, 1 << 24, "tokenizer’s", WIDE)
        self.function = choice("Feed-forward", FUNCTIONS, partial(self._set_kind, "feed_forward"))
        self.norm_place = choice("Norms", PLACES, partial(self._set_kind, "norm_place"))
        self.position = choice("Positions", POSITIONS, partial(self._set_kind, "position"))
        self.tied = CheckBox("The head is the embedding (tied)")
        self.qk_norm = CheckBox("Norms of queries and keys")
        self._build()
        self._connect()

    def show_chosen(self, chosen: Chosen, outlook: Outlook) -> None:
        """Show the state; nothing is told. Sizes that are no shape are shown as they were given."""
        model = chosen.config.model
        self._shape = outlook.shape or self._shape
        sizes: Mapping[str, Any] = vars(outlook.shape) if outlook.shape else _given(model, self._shape)
        for key, field in self.fields.items():
            field.set_value(sizes[key])
            field.set_invalid(f"model.{key}" in outlook.troubles)
            show_swept(field, f"model.{key}", chosen.sweep)
        self.kv_heads.set_value(model.num_kv_heads or -1)
        self.kv_heads.set_invalid("model.num_kv_heads" in outlook.troubles)
        self.head_size.set_value(model.d_head or -1)
        self.head_size.set_invalid("model.d_head" in outlook.troubles)
        self.vocabulary.set_value(model.vocab_size or -1)
        self.vocabulary.set_invalid("model.vocab_size" in outlook.troubles)
        self._show_kinds(sizes)
        name, title = _presets().get(model, (OWN, OWN))
        self.presets.show_name(model.preset or name, model.preset or title)
        follows = not model.d_ff and not model.preset
        self.lock.set_icon("lock-open" if follows else "lock", _lock_words(follows))
        self._show_page()
        amount = figures.count(outlook.parameters) if outlook.parameters else "…"
        self.section.set_caption(f"{amount} parameters" if outlook.shape else "")

    def _show_page(self) -> None:
        """Whether there is a shape of the Shape page."""
        self._from_page.setEnabled(self._session.model_shape is not None)
        self._from_page.setToolTip(self._session.shape or "The Shape page has not been open yet.")

    def ask_config(self) -> None:
        """Ask for a config.json."""
        name, _ = QFileDialog.getOpenFileName(self.window(), "Open a config.json", "", CONFIGS)
        if name:
            self.take_config(Path(name))

    def take_config(self, path: Path) -> None:
        """Have the shape of a model of Hugging Face."""
        try:
            self._state.take_shape(shape_from_config(path))
        except LmError as error:
            self._state.refused.emit("model", str(error))

    def _field(self, key: str) -> NumberField:
        name, low, high, snap, told = SIZES[key]
        beside = self.lock if key == "d_ff" else None
        made = NumberField(name, low, high, logarithmic=True, snap=snap, lenient=True, beside=beside, widest=LONGEST)
        made.label.setToolTip(told)
        return made

    def _build(self) -> None:
        into = self.section
        into.addWidget(self.presets)
        into.addLayout(row([self._fit, self._from_page], 6))
        into.addSpacing(2)
        for field in self.fields.values():
            into.addWidget(field)
        more = Disclosure("More: heads, vocabulary, norms")
        more.body.addLayout(
            line("KV heads", self.kv_heads, "Heads of keys and values, shared by groups of heads (GQA).")
        )
        more.body.addLayout(line("Head size", self.head_size, "Channels of a head, where it is not d_model / heads."))
        more.body.addLayout(
            line("Vocabulary", self.vocabulary, "Tokens that the model knows; at least those of the tokenizer.")
        )
        more.body.addLayout(line("Feed-forward", self.function, "SwiGLU has three matrices, the others two."))
        more.body.addLayout(line("Norms", self.norm_place, "Before each sublayer, behind each sum, or nowhere."))
        more.body.addLayout(line("Positions", self.position, "RoPE turns queries and keys by their place."))
        more.body.addWidget(self.tied)
        more.body.addWidget(self.qk_norm)
        into.addWidget(more)
        self._fit.setToolTip("A model, an optimizer and an amount that suit this machine and these data")

    def _connect(self) -> None:
        for key, field in self.fields.items():
            field.value_changed.connect(partial(self._set_size, key))
            field.refused.connect(partial(self._refuse, key))
        self.fields["num_heads"].snap_to(self._snap_heads)
        self.lock.clicked.connect(self._toggle_lock)
        self.presets.preset_chosen.connect(self._take_preset)
        self.presets.file_asked.connect(self.ask_config)
        self._from_page.clicked.connect(self._take_page)
        self._session.shape_changed.connect(lambda _summary: self._show_page())
        self._fit.clicked.connect(self._state.suggest)
        for edit in (self.kv_heads, self.head_size, self.vocabulary):
            edit.refused.connect(partial(self._state.refused.emit, "model"))
        self.head_size.value_changed.connect(lambda size: self._state.set("model", d_head=max(0, size)))
        self.vocabulary.value_changed.connect(lambda size: self._state.set("model", vocab_size=max(0, size)))
        self.kv_heads.value_changed.connect(lambda heads: self._state.set("model", num_kv_heads=max(0, heads)))
        self.tied.clicked.connect(lambda on: self._state.set("model", tied=on))
        self.qk_norm.clicked.connect(lambda on: self._state.set("model", qk_norm=on))

    def _show_kinds(self, sizes: Mapping[str, Any]) -> None:
        show_choice(self.function, _place(FUNCTIONS, sizes["feed_forward"]))
        show_choice(self.norm_place, _place(PLACES, sizes["norm_place"]))
        show_choice(self.position, _place(POSITIONS, sizes["position"]))
        self.tied.setChecked(bool(sizes["tied"]))
        self.qk_norm.setChecked(bool(sizes["qk_norm"]))

    def _set_size(self, key: str, value: int) -> None:
        self._state.change(f"model.{key}", lambda now: _sized(now, self._shape, key, value))

    def _set_kind(self, key: str, value: str) -> None:
        kinds: dict[str, Any] = {key: type(getattr(_ANY, key))(value)}
        self._state.set("model", **kinds)

    def _refuse(self, key: str, value: int) -> None:
        name, low, high, _, _ = SIZES[key]
        self._state.refused.emit(f"model.{key}", f"{name} goes from {low:,} to {high:,}; the last value stays.")

    def _snap_heads(self, value: int) -> int:
        """Where the slider of the heads stops: at numbers that divide d_model."""
        width = self.fields["d_model"].value
        return nearest(possible_heads(width, rotated=True) or [1], value)

    def _toggle_lock(self) -> None:
        model = self._state.now.config.model
        locked = self._shape.d_ff if self._shape and not model.d_ff else 0
        self._state.set("model", d_ff=locked)

    def _take_preset(self, preset: Preset) -> None:
        self._state.take_shape(preset.shape, preset.remarks)

    def _take_page(self) -> None:
        if self._session.model_shape is not None:
            self._state.take_shape(self._session.model_shape)


_ANY: Final = Shape(vocab_size=2, context_length=1, num_layers=1, d_model=2, num_heads=1, d_ff=1)


def _sized(now: Chosen, shape: Shape | None, key: str, value: int) -> Chosen:
    """With another size; with another width, heads that divide it."""
    sizes: dict[str, Any] = {key: value}
    if key == "d_model" and shape is not None and not shape.d_head:
        rotated = shape.position is Position.ROPE
        if possible_heads(value, rotated=rotated):
            before = Heads(shape.num_heads, shape.num_kv_heads)
            found = heads_for(value, before, shape.head_width, rotated=rotated)
            sizes |= {"num_heads": found.queries, "num_kv_heads": found.keys}
    return changed(now, "model", **sizes)


def _given(model: ModelSettings, shape: Shape | None) -> dict[str, Any]:
    """The sizes that were given, and those of the last shape where they were not."""
    chosen = {name: value for name, value in vars(model).items() if value not in (0, None, "")}
    return vars(shape or _ANY) | chosen


def _place(words: Mapping[str, str], value: str) -> int:
    """Where a value stands in a list; -1 for one that no training can have."""
    return list(words).index(value) if value in words else -1


@functools.cache
def _presets() -> Mapping[ModelSettings, tuple[str, str]]:
    """The presets' names by what a training takes of them, and what to call that: not all take the whole."""
    found = {}
    for preset in all_presets():
        model, lost = model_of(preset.shape)
        found[model] = (preset.name, f"{preset.name}, in part" if lost else preset.name)
    return found


def _lock_words(follows: bool) -> str:
    if follows:
        return "d_ff follows d_model; lock it where it is"
    return "d_ff is locked; unlock it and it follows d_model"
