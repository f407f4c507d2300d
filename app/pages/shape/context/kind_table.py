"""What does each kind of attention cost at this context, and how far does it reach within memory and time?"""

from collections.abc import Sequence

from app.pages.shape import units
from app.pages.shape.context.kinds import KINDS, Kind
from app.pages.shape.context.outlook import Outlook
from app.pages.shape.context.wording import gibibytes, memory, tokens, weight_precision
from app.widgets.fact_table import Cell, Column, FactTable, text_cell
from lmcore import figures


class KindTable(FactTable):
    """A row for each kind; columns whose limits are chosen elsewhere say them."""

    def __init__(self) -> None:
        titles = (
            "FLOPs of attention",
            "Share",
            "Activations",
            "KV cache",
            "Trains up to",
            "Serves up to",
            "In time up to",
        )
        spares = (3, 0, 1, 2, 0, 0, 0)  # what the strip above says as well goes first where there is no room
        columns = [Column(title, number=True, spare=spare) for title, spare in zip(titles, spares, strict=True)]
        super().__init__([Column("Attention", stretch=True, least=150), *columns], "Kinds of attention")

    def show_outlook(self, outlook: Outlook, context: int) -> None:
        """The figures of a context."""
        self.show_rows([_row(outlook, kind, context) for kind in KINDS])


def caption(outlook: Outlook) -> str:
    """What the last three columns stay within."""
    limits = outlook.choices
    weights = weight_precision(outlook.setup)
    return (
        f"longest contexts that train, or are served (weights in {weights} and KV cache), in "
        f"{memory(limits.memory_bytes)}; whose step takes {figures.duration(limits.seconds)}"
    )


def _row(outlook: Outlook, kind: Kind, context: int) -> Sequence[Cell]:
    attention, forward = outlook.attention(context, kind), outlook.forward(context, kind)
    reach = outlook.reach[kind]
    name = f"{kind.title}, {figures.count(outlook.choices.window)}" if kind is Kind.WINDOW else kind.title
    figures_of = (
        figures.count(attention),
        units.share(attention, forward),
        str(units.size(outlook.kept_by(kind).at(context))),
        gibibytes(outlook.cache(context, kind)),
        tokens(reach.training),
        tokens(reach.serving),
        "–" if reach.step is None else tokens(reach.step),
    )
    chosen = kind is outlook.choices.kind
    return [text_cell(name, "accent" if chosen else "text"), *[text_cell(text) for text in figures_of]]
