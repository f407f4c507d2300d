"""Does the BPE training page show the training as it is, and obey while it runs?"""

import threading
import time
from collections import Counter
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.main_window import MainWindow
from app.pages.bpe_training.actions import State
from app.pages.bpe_training.page import BpeTrainingPage
from app.pages.bpe_training.wording import summary
from app.widgets.buttons import Button
from app.widgets.labels import label
from app.widgets.phases import State as PhaseState
from lmcore import figures
from lmcore.bpe.patterns import EXPRESSIONS
from tests import naive
from tests.gui.bpe_page import PATIENCE, page_of, take_corpus, train, wait_for, write_large, write_story
from tests.gui.test_bpe_inputs import choose_expression

MERGES = 32_000


def shown_actions(page: BpeTrainingPage) -> list[str]:
    return [one.text() for one in page.header_actions() if isinstance(one, Button) and one.isVisible()]


def shown_tokens(page: BpeTrainingPage) -> list[bytes]:
    """The text as it is cut on the screen."""
    return [page.live.passage[piece.start : piece.end] for piece in page.live.text.pieces]


def figure(page: BpeTrainingPage, name: str) -> str:
    """What stands at the right of the last line of the inspector with that name."""
    labels = [one for one in page.panel.findChildren(type(label(""))) if one.isVisible()]
    lines = [one for one in labels if one.text() == name]
    place = lines[-1].mapTo(page.panel, lines[-1].rect().center()).y()
    beside = [one for one in labels if abs(one.mapTo(page.panel, one.rect().center()).y() - place) < 4]
    return max(beside, key=lambda one: one.mapTo(page.panel, one.rect().topLeft()).x()).text()


def test_a_training_makes_the_current_tokenizer(qtbot: QtBot, page: BpeTrainingPage, tmp_path: Path) -> None:
    take_corpus(qtbot, page, write_story(tmp_path / "story.txt"))
    train(qtbot, page)
    info = page.session.tokenizer
    assert info is not None
    assert (info.name, info.vocab_size, info.path) == ("story", 340, None)
    assert len(page.live.received) == 340 - 257
    ids = info.tokenizer.encode(page.live.passage.decode())
    assert [piece.token_id for piece in page.live.text.pieces] == ids
    assert shown_tokens(page) == [info.tokenizer.vocab[token] for token in ids]
    assert shown_actions(page) == ["Start again", "Save"]
    assert [phase.state for phase in page.phases.phases[:2]] == [PhaseState.DONE] * 2
    assert page.training is not None
    found = naive.pretokens((tmp_path / "story.txt").read_bytes(), EXPRESSIONS["gpt2"], ["<|endoftext|>"])
    assert figure(page, "Different pre-tokens") == figures.count(len(set(found)))
    assert figure(page, "Peak memory") == figures.size(max(phase.peak_memory for phase in page.training.phases))


def test_the_panes_replay_the_growth(qtbot: QtBot, page: BpeTrainingPage, tmp_path: Path) -> None:
    """Every pane after n merges against a training done as plainly as Python can say it."""
    story = write_story(tmp_path / "story.txt")
    take_corpus(qtbot, page, story)
    train(qtbot, page)
    corpus = naive.pretokens(story.read_bytes(), EXPRESSIONS["gpt2"], ["<|endoftext|>"])
    expected = [pair for pair, _ in naive.train(Counter(corpus), 83, byte_ids=range(256))]
    passage = naive.pretokens(page.live.passage, EXPRESSIONS["gpt2"])
    for count in (50, 1, 0, 83):
        page.live.scrubber.slider.setValue(count)
        qtbot.waitUntil(lambda count=count: page.live.chart.marker == count)  # type: ignore[misc]
        qtbot.waitUntil(lambda: page.live.settled)
        pairs = expected[:count]
        tokens = [token for word in passage for token in naive.encode(word, pairs)]
        assert shown_tokens(page) == tokens
        assert page.live.caption.text.startswith(f"{len(page.live.passage)} bytes in {len(tokens)} tokens")
        assert page.live.merges.rowCount() == count
        rows = [page.live.merges.merge_at(row) for row in range(count)]
        assert [(merge.left, merge.right) for merge in reversed(rows)] == pairs
        longest = max((len(a + b) for a, b in pairs), default=0)
        assert -min((entry.minus_length for entry in page.live.longest.entries), default=0) == longest
    words = Counter(corpus)
    cut = sum(number * len(naive.encode(word, expected)) for word, number in words.items())
    assert page.live.chart.values[83] == pytest.approx(sum(len(word) * n for word, n in words.items()) / cut)


def test_nothing_arrives_while_it_is_paused(qtbot: QtBot, page: BpeTrainingPage, tmp_path: Path) -> None:
    take_corpus(qtbot, page, write_large(tmp_path / "large.txt"), 257 + MERGES)
    page.start()
    qtbot.waitUntil(lambda: bool(page.live.received), timeout=PATIENCE)
    page.toggle_pause()
    wait_for(qtbot, page, State.PAUSED)
    arrived = len(page.live.received)
    assert 0 < arrived < MERGES
    assert shown_actions(page) == ["Cancel", "Resume"]
    assert page.phases.time_left == "paused"
    qtbot.waitUntil(lambda: len(page.live.merges.merges) == arrived)
    assert len(page.live.received) == arrived
    page.toggle_pause()
    wait_for(qtbot, page, State.FINISHED)
    assert len(page.live.received) == MERGES


def test_a_training_is_cancelled_while_it_merges(qtbot: QtBot, page: BpeTrainingPage, tmp_path: Path) -> None:
    take_corpus(qtbot, page, write_large(tmp_path / "large.txt"), 257 + MERGES)
    page.start()
    qtbot.waitUntil(lambda: bool(page.live.received), timeout=PATIENCE)
    page.cancel()
    assert page.state is State.CANCELLING
    wait_for(qtbot, page, State.IDLE)
    assert page.session.jobs.running == 0
    assert "job" not in [thread.name for thread in threading.enumerate()]
    arrived = len(page.live.received)
    assert 0 < arrived < MERGES
    assert page.live.scrubber.total == arrived == page.live.merges.rowCount()
    assert page.session.tokenizer is None
    assert [phase.state for phase in page.phases.phases] == [
        PhaseState.DONE,
        PhaseState.CANCELLED,
        PhaseState.NOT_BEGUN,
    ]
    page.panel.set_vocab_size(300)
    train(qtbot, page)
    assert len(page.live.received) == 300 - 257


def test_a_training_is_cancelled_while_it_counts(qtbot: QtBot, page: BpeTrainingPage, tmp_path: Path) -> None:
    """A custom expression counts slowly enough to be caught at it."""
    take_corpus(qtbot, page, write_large(tmp_path / "large.txt"))
    choose_expression(page, r"\w+|\W")
    page.start()
    qtbot.waitUntil(lambda: page.phases.phases[0].state is PhaseState.ACTIVE, timeout=PATIENCE)
    page.cancel()
    wait_for(qtbot, page, State.IDLE)
    assert page.live.received == []
    assert page.phases.phases[0].state is PhaseState.CANCELLED
    assert page.phases.isVisible()
    assert not page.live.scrubber.isVisible()
    assert shown_actions(page) == ["Start"]


def test_the_inputs_are_locked_while_it_runs(qtbot: QtBot, page: BpeTrainingPage, tmp_path: Path) -> None:
    large = write_large(tmp_path / "large.txt")
    take_corpus(qtbot, page, large, 257 + MERGES)
    page.start()
    assert not page.panel.corpus.isEnabled()
    assert page.session.is_busy("bpe")
    said: list[str] = []
    page.session.status.connect(said.append)
    page.open_paths([tmp_path / "other.txt"])
    assert page.panel.corpus.paths == (large,)
    assert "nothing else is opened" in said[0]
    wait_for(qtbot, page, State.FINISHED)
    assert page.panel.corpus.isEnabled()
    assert not page.session.is_busy("bpe")


def test_a_second_training_says_that_counting_was_skipped(qtbot: QtBot, page: BpeTrainingPage, tmp_path: Path) -> None:
    said: list[str] = []
    page.session.status.connect(said.append)
    take_corpus(qtbot, page, write_story(tmp_path / "story.txt"), 290)
    train(qtbot, page)
    first = [merge.token for merge in page.live.received]
    assert "counted before" not in said[-1]
    page.panel.set_vocab_size(330)
    train(qtbot, page)
    assert figure(page, "counting") == "skipped: counted before"
    assert said[-1].endswith("the corpus was counted before")
    assert page.messages.shown == []
    assert [merge.token for merge in page.live.received][:33] == first


def test_a_count_that_went_on_is_told_in_the_summary(qtbot: QtBot, page: BpeTrainingPage, tmp_path: Path) -> None:
    take_corpus(qtbot, page, write_story(tmp_path / "story.txt"), 290)
    train(qtbot, page)
    assert page.training is not None
    assert "before" not in summary(page.training)
    went_on = replace(page.training, counts_resumed=1_500_000)
    assert summary(went_on).endswith("; 1.50 MB had been counted before a break")


def test_all_warnings_stand_together(qtbot: QtBot, page: BpeTrainingPage, tmp_path: Path) -> None:
    odd = tmp_path / "odd.txt"
    odd.write_bytes(b"the cat \xff\xfe sat on the cat")
    take_corpus(qtbot, page, odd, 5000)
    train(qtbot, page)
    utf8, small = page.messages.shown
    assert utf8.startswith("warning: 2 bytes of the corpus are not UTF-8; the first is at offset 8 of odd.txt.")
    assert "no pair was left" in small
    assert b"".join(shown_tokens(page)) == odd.read_bytes()
    assert page.session.tokenizer is not None
    assert page.session.tokenizer.vocab_size < 5000


def test_an_error_in_the_middle_keeps_the_page_alive(qtbot: QtBot, page: BpeTrainingPage, tmp_path: Path) -> None:
    """The bad line is beyond what the forecast reads."""
    lines = tmp_path / "lines.jsonl"
    text = write_large(tmp_path / "large.txt", 200_000).read_text(encoding="utf-8").replace("\n", " ").replace('"', "'")
    good = f'{{"text": "{text.replace(chr(92), "").replace(chr(9), " ")}"}}\n'
    lines.write_text(good * 80 + "{\n" + good, encoding="utf-8")
    take_corpus(qtbot, page, lines, 300)
    page.start()
    wait_for(qtbot, page, State.IDLE)
    assert "lines.jsonl, line 81: not JSON" in page.messages.shown[0]
    assert page.phases.phases[0].state is PhaseState.FAILED
    with qtbot.waitSignal(page.panel.changed, timeout=PATIENCE):
        page.panel.leave_out_bad_lines()
    train(qtbot, page)
    assert len(page.live.received) == 300 - 257


def test_closing_the_window_ends_a_training(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    window.show_page("bpe")
    page = page_of(window)
    page.panel.set_vocab_size(257 + MERGES)
    page.panel.corpus.set_paths([write_large(tmp_path / "large.txt")])
    page.start()
    qtbot.waitUntil(lambda: bool(page.live.received), timeout=PATIENCE)
    began = time.monotonic()
    window.close()
    assert time.monotonic() - began < 2.0
    assert not [thread.name for thread in threading.enumerate() if thread.name in ("job", "count")]


def test_the_palette_offers_what_can_be_done(qtbot: QtBot, window: MainWindow, page: BpeTrainingPage) -> None:
    titles = [command.title for command in window.commands() if command.page == "BPE training"]
    assert {"Start the training", "Cancel the training", "Save the tokenizer", "Open a tokenizer"} <= set(titles)
    keys = [command.shortcut for command in window.commands() if command.shortcut]
    assert [pair for pair in pairwise(sorted(keys)) if pair[0] == pair[1]] == []
    start = next(command for command in window.commands() if command.title == "Start the training")
    start.run()
    wait_for(qtbot, page, State.FINISHED)
    assert window.status_text.startswith("9,743 merges in ")
