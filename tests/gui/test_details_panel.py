"""Does the panel of a run say what was run, on what, how long and with which result, and show what it wrote?"""

import time
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QTextDocument
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from app.pages.training.details_panel import MARGIN, DetailsPanel, why_no_texts
from app.pages.training.fact_list import FactList, shortened
from app.pages.training.run_facts import Fact, failure_of, machine_facts, result_facts, seconds_left, what_facts
from app.pages.training.samples_view import earlier, markup, nearest
from app.tables.run_columns import text_of
from app.theme import Theme
from lmcore.training.curves import TRAIN, VALIDATION, Columns, empty
from lmcore.training.overview import Overview
from lmcore.training.sample_files import Sample
from tests.gui.overviews import NOTHING, NOW, of_the_picture, overview

PROMPT = "Once upon a time"
SAMPLES = tuple(
    Sample(step, loss, ((PROMPT, f" at {step}"), ("", f"nothing at {step}")))
    for step, loss in ((100, 3.456), (500, None), (1000, 1.791), (2000, 1.6), (3000, 1.535))
)


@pytest.fixture
def panel(qtbot: QtBot) -> DetailsPanel:
    made = DetailsPanel()
    qtbot.addWidget(made)
    made.resize(308, 800)
    made.show()
    return made


def columns(steps: int, seconds_a_step: float, **changes: Any) -> Columns:
    """The rows of so many steps, of which the last 100 took so long each, and those before twice as long."""
    step = np.arange(1, steps + 1)
    seconds = np.cumsum(np.where(step > steps - 100, seconds_a_step, 2 * seconds_a_step))
    made = {name: np.zeros(steps) for name in TRAIN} | {"step": step, "seconds": seconds}
    return Columns(train=made | changes)


def words(facts: list[Fact]) -> dict[str, str]:
    return {fact.name: fact.words.replace("\u00a0", " ") for fact in facts}


def plain(label: QLabel) -> str:
    """What a label says, without its markup."""
    document = QTextDocument()
    document.setHtml(label.text())
    return document.toPlainText()


def test_the_time_left_follows_the_recent_steps() -> None:
    run = overview(step=1000, steps=3000)
    assert seconds_left(run, columns(1000, 0.5)) == pytest.approx(2000 * 0.5)
    assert seconds_left(overview(), None) == pytest.approx(1820 * (26_050_560 / 3180) / 20_680)


def timed(run: Columns, attempts: list[tuple[int, float]], seen: list[tuple[int, float]]) -> Columns:
    """The same with attempts that began behind steps at moments, and validations."""
    (first, begun), (step, moment) = (np.array(list(zip(*rows, strict=True))) for rows in (attempts, seen))
    lacking = {name: np.full(len(step), np.nan) for name in VALIDATION}
    return replace(
        run,
        attempts={"step": first, "attempt": np.arange(1, len(first) + 1), "time": begun},
        validation=lacking | {"step": step, "time": moment},
    )


def test_the_time_left_has_evaluations_texts_and_checkpoints_in_it() -> None:
    run = overview(step=1000, steps=3000, last={"seconds": 550.0})
    slow = timed(columns(1000, 0.5), [(0, NOW)], [(500, NOW + 500), (1000, NOW + 1000)])
    assert seconds_left(run, slow) == pytest.approx(2000 * 1.0)
    jumped = timed(columns(1000, 0.5), [(0, NOW)], [(1000, NOW + 9e7)])
    assert seconds_left(run, jumped) == pytest.approx(2000 * 0.5)


def test_what_a_run_took_is_told_apart_from_what_its_steps_took() -> None:
    run = overview(last={"seconds": 78.0})
    rows = timed(
        columns(300, 0.2), [(0, NOW), (200, NOW + 5000)], [(100, NOW + 50), (200, NOW + 80), (300, NOW + 5039)]
    )
    assert words(result_facts(run, rows))["Took"] == "1 min 59 s"
    assert words(result_facts(run, rows))["Trained for"].startswith("1 min 18 s, ")
    said = overview(last={"seconds": 78.0, "wall": 125.0})
    assert words(result_facts(said, None))["Took"] == "2 min 5 s"
    assert "Took" not in words(result_facts(run, None))


@pytest.mark.parametrize(
    "changes", [{"standing": "stopped"}, {"step": 5000}, {"step": 0}, {"steps": 0}, {"last": NOTHING}]
)
def test_nobody_guesses_a_time_left(changes: dict[str, Any]) -> None:
    assert seconds_left(overview(**changes)) is None


def test_a_clock_that_stands_still_or_runs_back_gives_no_time_left_of_nothing() -> None:
    train = {"step": np.arange(1, 51), "seconds": np.full(50, 7.0)}
    still = columns(50, 1.0, seconds=train["seconds"])
    assert seconds_left(overview(last=NOTHING), still) is None
    facts = words(machine_facts(overview(heartbeat=NOW + 500), None, NOW))
    assert facts["Last checkpoint"] == "step 3,000, 71 s ago"


def test_the_machine_is_told_with_units() -> None:
    memory = columns(3180, 0.4, memory=np.array([2_440_000_000] * 3180))
    facts = words(machine_facts(overview(heartbeat=NOW - 4), memory, NOW))
    assert facts == {
        "Parameters": "22,696,448",
        "Device": "CPU, 16 cores, bf16, MFU 38 % of 1.50 TFLOP/s",
        "Memory": "2.31 GB, peak 2.44 GB",
        "Last checkpoint": "step 3,000, 108 s ago",
    }


def test_what_was_run_is_told() -> None:
    assert words(what_facts(overview())) == {
        "Text": "tinystories.bin, 544 M tokens",
        "Tokenizer": "tinystories-10k, 10,000 tokens",
        "Shape": "4 layers, d_model 512, 16 heads",
        "Optimizer": "AdamW at 1e-3, cosine",
        "Batch": "32 × 256 tokens a step",
    }


def test_the_result_is_told_with_bits_a_byte_where_they_were_measured() -> None:
    validation = empty(VALIDATION) | {"step": np.array([2500, 3000]), "bits_per_byte": np.array([0.6, 0.5411])}
    assert words(result_facts(overview(), Columns(validation=validation))) == {
        "Best validation": "1.535 at step 3,000",
        "Bits a byte": "0.541",
        "Trained for": "21 min, 26.1 M tokens",
    }
    assert "Bits a byte" not in words(result_facts(overview(), None))
    assert result_facts(overview(last=NOTHING), None) == []


@pytest.mark.parametrize(
    "broken",
    [
        {"config": {"model.num_heads": "many"}},
        {"config": {"model.no_such": 1}},
        {"about": {"vocab_size": None}},
        {"config": {"training.batch_size": None, "optimizer.learning_rate": "x", "data.train": None}},
    ],
)
def test_a_damaged_run_is_told_as_far_as_it_is_known(panel: DetailsPanel, broken: dict[str, Any]) -> None:
    run = overview(standing="damaged", message="config.json: is no JSON. Put back what it held.", **broken)
    panel.show_run(run)
    assert panel.failure.strip is not None
    assert "Put back" in panel.failure.strip.accessibleName()


def test_the_head_says_how_far_it_is(panel: DetailsPanel) -> None:
    panel.show_run(overview(heartbeat=time.time()))
    assert panel.steps.text() == "3,180 of 5,000 steps"
    assert panel.left.text() == "12 min left"
    assert panel.bar.fraction == pytest.approx(0.636)
    assert not panel.failure.isVisible()
    panel.show_columns(overview().path, columns(3180, 0.05))
    assert panel.left.text() == "91 s left"


def test_what_a_worker_does_before_its_first_step_is_said(panel: DetailsPanel) -> None:
    panel.show_run(overview(standing="starting", step=0, message="Getting ready: reading the data."))
    assert panel.doing.isVisible()
    assert plain(panel.doing) == "Getting ready: reading the data."
    panel.show_run(overview(standing="starting", message="Getting ready: trying out the model on this machine."))
    assert plain(panel.doing) == "Getting ready: trying out the model on this machine."
    for old in (overview(standing="starting", message="The worker could not begin: no data."), overview()):
        panel.show_run(old)
        assert not panel.doing.isVisible()


@pytest.mark.parametrize(
    ("changes", "tone", "bold", "resumes"),
    [
        (
            {"standing": "failed", "reason": "diverged", "step": 411, "last": {"step": 412}},
            "error",
            "The loss diverged at step 412.",
            False,
        ),
        ({"standing": "failed", "reason": "memory"}, "error", "The worker ran out of memory.", True),
        (
            {"standing": "paused", "reason": "disk"},
            "warning",
            "The disk is full; the run is paused at step 3,180.",
            True,
        ),
        ({"standing": "lost", "heartbeat": 1.7e9}, "warning", "The worker is lost since", True),
        (
            {"standing": "damaged", "message": "state.json: no JSON. Resume the run, which writes it anew."},
            "error",
            "state.json: no JSON.",
            True,
        ),
        (
            {"standing": "damaged", "message": "config.json: no JSON. Put back what it held, or delete the run."},
            "error",
            "config.json: no JSON.",
            False,
        ),
    ],
)
def test_failures_are_shown_as_what_they_are(
    qtbot: QtBot, panel: DetailsPanel, changes: dict[str, Any], tone: str, bold: str, resumes: bool
) -> None:
    run = overview(**changes)
    panel.show_run(run)
    assert panel.failure.isVisible()
    assert panel.failure.strip is not None
    assert panel.failure.strip.accessibleName().startswith(f"{tone}: {bold}")
    assert panel.left.text() in ("diverged", "out of memory", "disk full", "lost", "damaged")
    assert ("resume" in panel.failure.buttons) is resumes
    with qtbot.waitSignal(panel.asked) as told:
        panel.failure.buttons["duplicate"].click()
    assert told.args == ["duplicate", (run.path,)]


def test_the_remedy_of_the_run_itself_is_told() -> None:
    run = of_the_picture()[2]
    found = failure_of(run)
    assert found is not None
    assert (found.what, found.remedy) == (
        "The loss became NaN at step 412.",
        "Lower the learning rate, or resume from step 400.",
    )
    assert failure_of(overview(standing="finished")) is None
    assert failure_of(overview(standing="starting", message="Getting ready: reading the data.")) is None


def blown(*losses: float, still: int = 0) -> Columns:
    """A step a loss, the last so many of them without a gradient."""
    norms = np.ones(len(losses))
    norms[len(losses) - still :] = 0.0
    return columns(len(losses), 0.5, loss=np.array(losses), grad_norm=norms)


def blown_unseen() -> Columns:
    """The loss of the steps stays as it was, that of unseen text does not."""
    found = blown(9.2, 9.22, 9.22)
    table = {**{name: np.zeros(1) for name in found.validation}, "step": np.array([2]), "loss": np.array([285_983.0])}
    return replace(found, validation=table)


@pytest.mark.parametrize(
    ("given", "what"),
    [
        (blown_unseen(), "The loss blew up at step 2, to 286,000."),
        (blown(9.2, 9.0, 30.0, 938_123.0, 9.21), "The loss blew up at step 3, to 938,000."),
        (
            blown(9.2, 40.0, *[9.21] * 6, still=5),
            "The loss blew up at step 2, to 40. The gradient is 0 from step 4 on: nothing more is learned.",
        ),
        (blown(9.2, *[9.21] * 6, still=6), "The gradient is 0 from step 2 on: nothing more is learned."),
        (blown(9.2, 40.0, 9.0, 8.0), ""),  # found back
        (blown(9.2, 18.0, 9.0), ""),
        (blown(300.0, 400.0, 500.0), ""),  # weights that were large from the first
        (blown(2.0, 9.0, 12.0), ""),  # no worse than a model that knows nothing
        (blown(9.2, *[9.21] * 4, still=4), ""),
        (blown(), ""),
    ],
)
def test_a_run_that_is_spoilt_though_its_loss_is_a_number_is_told(given: Columns, what: str) -> None:
    for standing in ("running", "finished"):
        found = failure_of(overview(standing=standing, about={"vocab_size": 10_000}), given)
        assert (found.what if found else "") == what
    assert failure_of(overview()) is None, "nobody knows before the rows are read"


def test_going_on_is_no_way_out_for_a_run_that_blew_up(panel: DetailsPanel) -> None:
    panel.show_run(overview(standing="stopped"), blown(9.2, 40.0, 9.3))
    assert set(panel.failure.buttons) == {"folder", "duplicate"}
    panel.show_run(overview())
    panel.show_columns(overview().path, blown(9.2, 40.0, 9.3))
    assert panel.failure.strip is not None
    assert "Stop the run" in panel.failure.strip.accessibleName()


def test_the_log_is_asked_for_when_it_is_opened_and_gone_with_the_run(qtbot: QtBot, panel: DetailsPanel) -> None:
    run = of_the_picture()[2]
    panel.show_run(run)
    with qtbot.waitSignal(panel.log_asked) as told:
        panel.log.disclosure.set_open(True)
    assert told.args == [run.path]
    panel.show_log(overview("another").path, ["of another"])
    panel.show_log(run.path, ["one", "two"])
    assert panel.log.log.toPlainText() == "one\ntwo"
    panel.show_run(overview(standing="lost"))
    assert panel.log.log.toPlainText() == ""
    assert not panel.log.disclosure.is_open


def test_the_log_of_any_run_that_began_is_there_and_read_again_while_it_goes_on(
    qtbot: QtBot, panel: DetailsPanel
) -> None:
    panel.resize(340, 600)
    panel.show()
    panel.show_run(overview(standing="created", attempt=0, step=0))
    assert not panel.log.isVisible()
    for run, below in ((overview("sound"), panel.what), (of_the_picture()[2], panel.failure)):
        panel.show_run(run)
        qtbot.waitUntil(lambda: panel.log.isVisible() and panel.log.y() > 0)
        column = panel._column
        assert column.indexOf(panel.log) == column.indexOf(below) + (1 if below is panel.failure else 2)
    live, asked = overview("live"), list[object]()
    panel.show_run(live)
    panel.log_asked.connect(asked.append)
    panel.log.disclosure.set_open(True)
    panel.show_run(replace(live, step=live.step + 1))
    assert asked == [live.path] * 2
    panel.show_log(live.path, [f"line {number}" for number in range(40)])
    bar = panel.log.log.verticalScrollBar()
    assert bar.value() == bar.maximum() > 0
    bar.setValue(0)
    panel.show_log(live.path, [f"line {number}" for number in range(50)])
    assert bar.value() == 0


def test_what_was_edited_is_not_told_as_what_was_run(panel: DetailsPanel) -> None:
    run = overview(config={"optimizer.learning_rate": 9.0}, standing="damaged", edited=True)
    panel.show_run(run)
    assert "What config.json says now, which is not what was run" in panel.what_title.text()
    assert panel.machine.values["Parameters"].text() == "–"
    assert text_of(run, "optimizer.learning_rate") == "–"
    panel.show_run(overview("another"))
    assert "What was run" in panel.what_title.text()


def test_large_counts_do_not_widen_the_panel(qtbot: QtBot, panel: DetailsPanel) -> None:
    panel.resize(308, 600)
    panel.show()
    panel.show_run(overview(step=123_456_789_012, steps=10**15))
    assert panel._body.minimumSizeHint().width() <= 308 - 2 * MARGIN
    assert panel.steps.whole_text == "123,456,789,012 of 1,000,000,000,000,000 steps"
    assert panel.steps.toolTip() == panel.steps.whole_text


@pytest.mark.parametrize(("ahead", "told"), [(90_000.0, False), (-90_000.0, False), (-3.0, True)])
def test_a_checkpoint_is_so_old_only_where_the_clocks_agree(ahead: float, told: bool) -> None:
    facts = {fact.name: fact.words for fact in machine_facts(overview(heartbeat=NOW + ahead), None, NOW)}
    assert facts["Last checkpoint"].endswith(" ago") == told
    assert facts["Last checkpoint"].startswith("step 3,000")


def with_samples(panel: DetailsPanel, run: Overview, samples: tuple[Sample, ...] = SAMPLES) -> None:
    panel.show_run(run)
    panel.show_samples(run.path, samples)


def test_the_newest_text_is_followed_until_an_earlier_one_is_chosen(panel: DetailsPanel) -> None:
    run = overview()
    with_samples(panel, run, SAMPLES[:3])
    assert panel.samples.step == 1000
    panel.show_samples(run.path, SAMPLES[:4])
    assert panel.samples.step == 2000
    panel.samples.slider.setValue(1)
    assert panel.samples.step == 500
    panel.show_samples(run.path, SAMPLES)
    assert (panel.samples.step, panel.samples.spin.value(), panel.samples.slider.value()) == (500, 500, 1)


def test_the_text_and_earlier_ones_are_shown_with_their_loss(panel: DetailsPanel) -> None:
    with_samples(panel, overview())
    assert plain(panel.samples.text) == f"{PROMPT} at 3000"
    shown = [caption.text() for caption, _ in panel.samples.earlier if caption.isVisible()]
    assert shown == ["step 1,000, loss 1.79", "step 100, loss 3.46"]
    panel.show_step(500)
    assert plain(panel.samples.text) == f"{PROMPT} at 500"
    assert panel.samples.text.toolTip() == "step 500"


def test_a_step_chosen_before_its_text_is_known_is_shown_then(panel: DetailsPanel) -> None:
    run = overview()
    panel.show_run(run)
    panel.show_step(1000)
    assert panel.samples.none.isVisible()
    panel.show_samples(run.path, SAMPLES)
    assert panel.samples.step == 1000
    panel.show_samples(overview("another").path, SAMPLES[:1])
    assert panel.samples.step == 1000


def test_arrows_and_typing_go_to_steps_that_have_texts(qtbot: QtBot, panel: DetailsPanel) -> None:
    with_samples(panel, overview())
    panel.samples.spin.stepDown()
    assert panel.samples.step == 2000
    panel.samples.spin.setValue(640)
    assert (panel.samples.step, panel.samples.spin.value()) == (500, 500)
    qtbot.keyClick(panel.samples.slider, Qt.Key.Key_Home)
    assert panel.samples.step == 100


def test_one_of_several_prompts_is_chosen(panel: DetailsPanel) -> None:
    run = overview()
    with_samples(panel, run)
    assert [panel.samples.prompts.itemText(place) for place in (0, 1)] == [f"“{PROMPT}”", "without a prompt"]
    panel.samples.prompts.setCurrentIndex(1)
    assert plain(panel.samples.text) == "nothing at 3000"
    panel.show_samples(run.path, (*SAMPLES, Sample(4000, None, SAMPLES[0].texts)))
    assert plain(panel.samples.text) == "nothing at 100"


def test_another_run_leaves_nothing_of_the_one_before(panel: DetailsPanel) -> None:
    with_samples(panel, overview())
    panel.show_run(overview("another", samples=(), standing="running", step=100))
    assert panel.samples.step is None
    assert panel.samples.none.isVisible()
    assert "step 500" in plain(panel.samples.none)
    panel.show_run(None)
    assert panel.run is None
    assert not panel.bar.isVisible()


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"step": 100}, "The first text is written at step 500."),
        ({"step": 100, "standing": "paused"}, "No text was written by step 100. The first is written at step 500."),
        ({"step": 3180}, "No text was written by step 3,180."),
        ({"config": {"data.tokenizer": ""}}, "This run writes no texts: it knows no tokenizer to write with."),
        ({"config": {"evaluation.sample_tokens": 0}}, "This run writes no texts: evaluation.sample_tokens is 0."),
    ],
)
def test_it_is_said_why_there_is_no_text(changes: dict[str, Any], expected: str) -> None:
    assert why_no_texts(overview(samples=(), **changes)) == expected


def test_another_run_is_shown_at_the_same_step_and_prompt(panel: DetailsPanel) -> None:
    one, other, third = overview("one"), overview("other"), overview("third")
    panel.show_run(one)
    panel.show_samples(one.path, SAMPLES)
    panel.samples.prompts.setCurrentIndex(1)
    panel.samples.show_step(1000)
    for run, expected in ((other, 1000), (third, 1000)):
        panel.show_run(run)
        panel.show_samples(run.path, ())
        panel.show_samples(run.path, SAMPLES)
        assert panel.samples.step == expected
        assert panel.samples.prompts.currentIndex() == 1
    panel.samples.show_step(3000)
    panel.show_run(one)
    panel.show_samples(one.path, SAMPLES[:3])
    assert panel.samples.step == 1000, "the newest of each, where the newest was looked at"


def test_marks_of_markup_in_a_text_are_letters() -> None:
    assert markup("<b>", "x\ny & z", strong=False) == "&lt;b&gt;x<br>y &amp; z"
    assert markup("", "\n\nx\n", strong=False) == "x"
    assert markup("", "a" * 5_000).endswith("a … and 1,000 letters more")


def test_places_among_steps() -> None:
    steps = [100, 500, 1000, 3000]
    assert [nearest(steps, step) for step in (0, 290, 301, 2500, 9999)] == [0, 0, 1, 3, 3]
    assert earlier(steps, 3) == [2, 0]
    assert earlier(steps, 0) == []


def test_a_long_name_does_not_widen_the_panel(qtbot: QtBot, panel: DetailsPanel, theme: Theme) -> None:
    assert len(shortened("a" * 90)) == 26
    name = "/data/" + "very_long_name" * 9 + ".bin"
    panel.show_run(overview("n" * 200, config={"data.train": name, "data.tokenizer": name}))
    QApplication.processEvents()
    content = panel.widget()
    assert content is not None
    assert content.minimumSizeHint().width() <= panel.viewport().width()
    facts = panel.findChildren(FactList)[-1]
    assert facts.values["Text"].toolTip() == name


def test_a_duplicate_says_of_which_run_it_is_one() -> None:
    assert words(what_facts(overview(about={"parent": "20261129T101010Z-base-00000000"})))["Duplicate of"] == (
        "20261129T101010Z-base-00000000"
    )
    assert "Duplicate of" not in words(what_facts(overview()))
