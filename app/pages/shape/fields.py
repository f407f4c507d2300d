"""Which sizes has a shape, and how are they set? The sliders of the inspector, and lines of a name and a control."""

from dataclasses import dataclass
from typing import Final

from PySide6.QtWidgets import QHBoxLayout, QWidget

from app.widgets.labels import ElidedLabel, label
from app.widgets.number_field import NumberField, Snap, multiples_of
from lmcore.accounting.constraints import snap_context, snap_vocabulary, snap_width


@dataclass(frozen=True)
class Size:
    """A size: the field of `Shape` that it sets ("batch" is one of the setup), its name, range, and its steps."""

    key: str
    name: str
    low: int
    high: int
    snap: Snap
    told: str


SIZES: Final = (
    Size("num_layers", "Layers", 1, 4_096, multiples_of(1), "Blocks of attention and feed-forward, one after another."),
    Size("d_model", "d_model", 8, 262_144, snap_width, "The width of the residual stream; heads divide it."),
    Size("num_heads", "Heads", 1, 2_048, multiples_of(1), "Heads of attention; each is d_model / heads wide."),
    Size("d_ff", "d_ff", 8, 1_048_576, snap_width, "The width inside of the feed-forward part."),
    Size(
        "vocab_size", "Vocabulary", 2, 4_194_304, snap_vocabulary, "Tokens: rows of the embedding and of the LM head."
    ),
    Size("context_length", "Context", 1, 4_194_304, snap_context, "Tokens that a sequence is long: T."),
    Size("batch", "Batch", 1, 65_536, multiples_of(1), "Sequences in one step, on one device."),
)


def size_field(size: Size, beside: QWidget | None, parent: QWidget) -> NumberField:
    """The slider and spin box of a size."""
    widest = max(size.high for size in SIZES)
    made = NumberField(
        *(size.name, size.low, size.high),
        logarithmic=True,
        snap=size.snap,
        lenient=True,
        beside=beside,
        widest=widest,
        parent=parent,
    )
    made.label.setToolTip(size.told)
    return made


def line(name: str, control: QWidget, told: str = "", *, gives_way: bool = False) -> QHBoxLayout:
    """A name at the left, its control at the right; a name that gives way is cut where the control needs the room."""
    made = QHBoxLayout()
    made.setContentsMargins(0, 0, 0, 0)
    named = ElidedLabel(name) if gives_way else label(name)
    named.setBuddy(control)
    (control if gives_way else named).setToolTip(told)
    made.addWidget(named, 1)
    made.addWidget(control)
    return made
