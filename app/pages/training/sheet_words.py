"""What has to stand on a picture of curves, so that it can be read where the window is not there to explain it?"""

from collections.abc import Sequence

from app.pages.training.series import AXES, AXIS_TITLES, LOSS, Axis, Measure, RunSeries
from app.widgets.run_scene import Options
from app.widgets.run_sheet import SheetWords


def sheet_words(
    series: Sequence[RunSeries], measure: Measure, axis: Axis, options: Options, weight: float
) -> SheetWords:
    """The words for runs with their whole names; `options` and the `weight` of the smoothing are those of the loss."""
    x_name, is_loss = AXIS_TITLES[AXES.index(axis)], measure is LOSS
    name = measure.title if measure.title.isupper() else measure.title.lower()
    unit = f", {measure.unit}" if measure.unit else ""
    return SheetWords(
        f"{measure.title} over {x_name}",
        _note(series, weight) if is_loss else "",
        x_name + _scale(options.log_x),
        name + unit + _scale(options.log_y and is_loss),
        {one.path: one.name for one in series},
    )


def _scale(logarithmic: bool) -> str:
    return ", logarithmic" if logarithmic else ""


def _note(series: Sequence[RunSeries], weight: float) -> str:
    """How the lines were made, and what the signs are."""
    smooth = f"Smoothed by a debiased exponential moving average of weight {weight:g}, raw values behind."
    parts = [smooth if weight else "Not smoothed.", "○ validation, × diverged."]
    parts += [
        f"Below the plot, of {one.name}: ◆ texts, bars for checkpoints."
        for one in series
        if one.current and (one.samples or one.checkpoints)
    ]
    return " ".join(parts)
