"""What is said to go on without the window, from what was read of the runs."""

from app.pages.training.watching import Known, activity_words
from tests.gui.overviews import overview


def test_a_run_that_was_just_made_is_about_to_be_trained_before_its_place_is_seen() -> None:
    """Its folder is listed before its place in the queue is: a window that is closed then has to ask."""
    known, run = Known(), overview("made", standing="created", attempt=0, step=0)
    known.goes_on = True
    known.show([run])
    assert known.going_on() == "", "runs that nobody has queued wait for nothing"
    known.made = frozenset([run.path])
    assert known.going_on() == "One run is about to be trained."
    known.show([overview("made", standing="waiting", place=0)])
    assert known.going_on() == "One run is about to be trained."
    known.show([overview("made", standing="running", step=3, steps=9)])
    assert known.going_on() == "The training “made” is at step 3 of 9."
    known.show([overview("made", standing="paused")])
    assert known.going_on() == ""


def test_the_status_bar_says_what_a_worker_does_before_its_first_step() -> None:
    doing = "Getting ready: reading the data."
    run = overview(standing="starting", step=0, steps=300, message=doing)
    assert activity_words(run, None, 0) == "Getting ready: reading the data"
    assert activity_words(run, None, 2) == "Getting ready: reading the data · 2 runs wait"
    resumed = overview(standing="starting", step=150, steps=300, message=doing)
    assert activity_words(resumed, None, 0) == "Getting ready: reading the data · step 150 of 300"
    begun = overview(standing="running", step=150, steps=300, last={"tokens_per_second": None})
    assert activity_words(begun, None, 0) == "step 150 of 300"
