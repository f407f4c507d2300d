"""Is what the BPE training page saves what others open, and does it open what others save?"""

import json
from pathlib import Path

import tokenizers
from pytestqt.qtbot import QtBot

from app.pages.bpe_training.actions import State
from app.pages.bpe_training.page import BpeTrainingPage
from app.widgets.phases import State as PhaseState
from lmcore.bpe.tokenizer import Tokenizer
from tests.gui.bpe_page import PATIENCE, take_corpus, train, wait_for, write_large, write_story

TEXT = "the cat sat; 李雷 said: مريم 👩‍🚀 at 12:34<|endoftext|>  the end\n"


def save(qtbot: QtBot, page: BpeTrainingPage, folder: Path) -> None:
    page.save(folder)
    assert page.state is State.SAVING
    wait_for(qtbot, page, State.FINISHED)


def test_a_saved_tokenizer_opens_elsewhere_with_equal_ids(qtbot: QtBot, page: BpeTrainingPage, tmp_path: Path) -> None:
    take_corpus(qtbot, page, write_story(tmp_path / "story.txt"))
    train(qtbot, page)
    save(qtbot, page, tmp_path / "tokenizer of mine")
    info = page.session.tokenizer
    assert info is not None
    assert (info.name, info.path) == ("tokenizer of mine", tmp_path / "tokenizer of mine")
    assert page.messages.shown[0].startswith("success: Saved to ")
    other = tokenizers.Tokenizer.from_file(str(tmp_path / "tokenizer of mine" / "tokenizer.json"))
    assert other.encode(TEXT).ids == info.tokenizer.encode(TEXT)
    told = json.loads((tmp_path / "tokenizer of mine" / "training.json").read_text(encoding="utf-8"))
    assert told["vocab_size"] == 340
    assert told["forecast"]["corpus_bytes"] == told["corpus"]["bytes"]
    assert page.session.settings.recent("tokenizers") == [tmp_path / "tokenizer of mine"]


def test_a_result_can_be_saved_after_the_inputs_changed(qtbot: QtBot, page: BpeTrainingPage, tmp_path: Path) -> None:
    """The name, the corpus and the forecast that are saved are those of the training."""
    first, second = write_story(tmp_path / "first.txt"), write_story(tmp_path / "second.txt", 3)
    take_corpus(qtbot, page, first)
    train(qtbot, page)
    shown = page.live.text.pieces
    take_corpus(qtbot, page, second, 300)
    assert page.live.text.pieces == shown
    assert page.session.tokenizer is not None
    assert page.session.tokenizer.name == "first"
    save(qtbot, page, tmp_path / "saved")
    told = json.loads((tmp_path / "saved" / "training.json").read_text(encoding="utf-8"))
    assert [Path(file["path"]).name for file in told["corpus"]["files"]] == ["first.txt"]
    assert told["forecast"]["corpus_bytes"] == first.stat().st_size
    assert told["vocab_size"] == 340


def test_where_nothing_can_be_written_the_result_stays(qtbot: QtBot, page: BpeTrainingPage, tmp_path: Path) -> None:
    take_corpus(qtbot, page, write_story(tmp_path / "story.txt"))
    train(qtbot, page)
    (tmp_path / "occupied").write_text("a file", encoding="utf-8")
    save(qtbot, page, tmp_path / "occupied" / "tokenizer")
    assert "cannot be written" in page.messages.shown[0]
    assert page.phases.phases[-1].state is PhaseState.FAILED
    assert (tmp_path / "occupied").read_text(encoding="utf-8") == "a file"
    save(qtbot, page, tmp_path / "free")
    assert page.messages.shown[0].startswith("success: ")


def test_a_tokenizer_is_opened_from_its_file_or_folder(qtbot: QtBot, page: BpeTrainingPage, tmp_path: Path) -> None:
    made = Tokenizer({byte: bytes([byte]) for byte in range(256)} | {256: b"th"}, [(b"t", b"h")])
    made.save(tmp_path / "theirs")
    for path in (tmp_path / "theirs", tmp_path / "theirs" / "tokenizer.json"):
        with qtbot.waitSignal(page.session.tokenizer_changed, timeout=PATIENCE):
            page.open_paths([path])
        info = page.session.tokenizer
        assert info is not None
        assert (info.name, info.vocab_size) == ("theirs", 257)
        assert info.tokenizer.encode("the") == [256, 101]
        assert page.messages.shown[-1] == "success: theirs is the current tokenizer. It has 257 tokens."
    assert page.panel.corpus.is_sample


def test_a_file_that_is_no_tokenizer_is_refused(qtbot: QtBot, page: BpeTrainingPage, tmp_path: Path) -> None:
    broken = tmp_path / "broken.json"
    broken.write_text('{"model": {"type": "Unigram"}}', encoding="utf-8")
    page.open_paths([broken])
    qtbot.waitUntil(lambda: "broken.json" in page.messages.shown[-1], timeout=PATIENCE)
    assert page.messages.shown[-1].startswith("error: ")
    assert page.session.tokenizer is None
    assert page.state is State.IDLE


def test_a_training_that_comes_to_nothing_leaves_the_one_before(
    qtbot: QtBot, page: BpeTrainingPage, tmp_path: Path
) -> None:
    take_corpus(qtbot, page, write_story(tmp_path / "story.txt"))
    train(qtbot, page)
    kept = page.training
    take_corpus(qtbot, page, write_large(tmp_path / "large.txt"), 32_000)
    page.start()
    page.cancel()
    wait_for(qtbot, page, State.FINISHED)
    assert page.training is kept
    assert any("finished before is kept" in sentence for sentence in page.messages.shown)
    page.save(tmp_path / "saved")
    qtbot.waitUntil(lambda: (tmp_path / "saved" / "tokenizer.json").exists() and page.state is State.FINISHED)
    assert Tokenizer.load(tmp_path / "saved").vocab_size == 340


def test_a_save_that_fails_leaves_the_panes_as_they_are(qtbot: QtBot, page: BpeTrainingPage, tmp_path: Path) -> None:
    take_corpus(qtbot, page, write_story(tmp_path / "story.txt"))
    train(qtbot, page)
    page.live.scrubber.slider.setValue(20)
    qtbot.waitUntil(lambda: page.live.chart.marker == 20)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "precious.txt").write_text("mine", encoding="utf-8")
    page.save(tmp_path / "full")
    qtbot.waitUntil(lambda: any(sentence.startswith("error") for sentence in page.messages.shown))
    assert page.state is State.FINISHED
    assert (page.live.scrubber.value, page.live.chart.marker) == (20, 20)
