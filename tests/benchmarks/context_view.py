"""How soon does the tab "Context what-if" follow a slider? Prints a table; run it on a quiet machine.

    python -m tests.benchmarks.context_view [--moves 300]

From the call that a slider's move makes to the end of the paint that follows it, in a window of the size that the tab
has in one of 1440 by 900: another context (only the marker moves), another d_ff (all curves are computed and painted
anew), the same where amounts are drawn, and a step of the play. The promise is 16 ms at 99 %.
"""

import argparse
import os
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Final

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtWidgets import QApplication

from app.application import make_application
from app.pages.shape.context import ContextView
from lmcore.accounting import Setup, Shape
from lmcore.accounting.hardware import Gpu
from lmcore.accounting.kinds import Position
from lmcore.generators import result_of
from tests.benchmarks.stage import summary, timed

XL: Final = Shape(vocab_size=50_257, context_length=1024, num_layers=48, d_model=1600, num_heads=25, d_ff=6400)
SHAPES: Final = {
    "GPT-2 XL": XL,
    "learned positions": replace(XL, position=Position.LEARNED),
    "experts": replace(XL, num_heads=20, num_kv_heads=4, num_experts=8, active_experts=2),
}
SETUP: Final = Setup(gpu=Gpu("A100 80 GB", 80 * 10**9, 2_039 * 10**9, {"fp32": 19_500 * 10**9}))


def main() -> None:
    """Print everything."""
    parser = argparse.ArgumentParser(description="Measure the context tab.")
    parser.add_argument("--moves", type=int, default=300)
    asked = parser.parse_args()
    app = make_application()
    view = result_of(ContextView.making())
    view.resize(984, 771)
    view.show()
    print(f"{'ms until painted':32} {'median':>9} {'99 %':>9} {'worst':>9} {'work':>9}")
    for name, shape in SHAPES.items():
        view.show_shape(shape, SETUP)
        measure(app, f"{name}, context", asked.moves, partial(another_context, view, shape))
        measure(app, f"{name}, d_ff", asked.moves, partial(another_width, view, shape))
    view.parts.composition.mode.set_current(1)
    measure(app, "amounts, context", asked.moves, partial(another_context, view, XL))
    measure(app, "amounts, d_ff", asked.moves, partial(another_width, view, XL))
    view.reduced_motion = False
    view.play()
    step_ms = view.playing.motion.duration() / asked.moves
    measure(app, "play", asked.moves, lambda step: view.playing.motion.setCurrentTime(round(step * step_ms)))


def another_context(view: ContextView, shape: Shape, step: int) -> None:
    """The slider of the context, from 256 on by 2 % a step."""
    view.show_shape(replace(shape, context_length=256 + 64 * step), SETUP)


def another_width(view: ContextView, shape: Shape, step: int) -> None:
    """The slider of d_ff, in steps of 64."""
    view.show_shape(replace(shape, d_ff=1024 + 64 * step), SETUP)


def measure(app: QApplication, name: str, moves: int, act: Callable[[int], None]) -> None:
    """A line of the table."""
    times = [timed(app, partial(act, step)) for step in range(moves)]
    print(f"{name:32} {summary(times)}", flush=True)


if __name__ == "__main__":
    main()
