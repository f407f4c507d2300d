"""What does the palette offer on the Training page, and by which keys?"""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Final

from app.commands import Command
from app.pages.training.listed_view import DIFFERENCES, RUNS, SWEEP
from app.pages.training.series import AXES, AXIS_TITLES

if TYPE_CHECKING:
    from app.pages.training.page import TrainingPage

TITLE: Final = "Training"


def commands_of(page: "TrainingPage") -> list[Command]:
    """The commands of the page, the usual ones first."""

    def act(action: str) -> Callable[[], object]:
        return partial(page.act, action)

    def show(place: int) -> Callable[[], object]:
        return partial(page.see_tab, place)

    return [
        Command("Set up a run", page.set_up, "plus", TITLE, "Ctrl+N", "train launch new"),
        Command("Train on the sample", page.train_sample, "play", TITLE, "", "first run"),
        Command("Pause or resume the run", page.pause_or_resume, "pause", TITLE, "Ctrl+P", "stop go on"),
        Command("Stop the run", act("stop"), "square", TITLE),
        Command("Duplicate the run with changes", act("duplicate"), "copy", TITLE, "Ctrl+D"),
        Command("Tags and note of the run", act("annotate"), "pin", TITLE, "", "label comment"),
        Command("Move the run to the bin", act("delete"), "trash-2", TITLE, "", "delete remove"),
        Command("Show the runs", show(RUNS), "chart-line", TITLE, "Alt+1"),
        Command("Show differences of runs", show(DIFFERENCES), "table-2", TITLE, "Alt+2"),
        Command("Show a sweep", show(SWEEP), "chart-line", TITLE, "Alt+3", "learning rate"),
        Command("Sort the runs", page.runs.table.header.setFocus, "columns-3", TITLE, "", "order column heading"),
        *(
            Command(f"Draw the curves over {name}", partial(page.listed.curves.choose_axis, axis), "chart-line", TITLE)
            for axis, name in zip(AXES, AXIS_TITLES, strict=True)
        ),
        Command("Linear or logarithmic loss", page.listed.curves.turn_scale, "chart-line", TITLE, "", "log y axis"),
        Command("Save the curves as PNG", partial(page.listed.curves.ask_picture, "png"), "download", TITLE),
        Command("Save the curves as SVG", partial(page.listed.curves.ask_picture, "svg"), "download", TITLE),
        Command("Save the curves as CSV", act("csv"), "download", TITLE),
        Command("Save the run for TensorBoard", act("tensorboard"), "download", TITLE),
        Command("Save the run as zip, newest checkpoint", act("zip"), "download", TITLE),
        Command("Save the run as zip, all checkpoints", act("zip-all"), "download", TITLE),
        Command("Cancel saving", page.requests.saving.cancel, "x", TITLE, "", "stop export"),
        Command("Open the run’s folder", act("folder"), "folder-open", TITLE),
        Command("Generate with the run", act("generate"), "message-square-text", TITLE, "Ctrl+G"),
        Command("Find runs", page.find_runs, "search", TITLE, "Ctrl+F"),
    ]
