"""Does a small model learn more of the bundled corpus than pairs of tokens tell? From text to a text that it writes."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lmcore.bpe.tokenizer import Tokenizer
from lmcore.cli import main
from lmcore.generators import result_of
from lmcore.paths import resource
from lmcore.training.config import config_of
from lmcore.training.creating import Planned, create, plan
from lmcore.training.data import validation_windows
from lmcore.training.run_folder import RunFolder
from tests.core.trainings import worked

MERGES = 255
CONTEXT = 64


@pytest.fixture(scope="module")
def planned(tmp_path_factory: pytest.TempPathFactory) -> Planned:
    """The bundled corpus in the first 512 tokens of the bundled tokenizer, and a model of width 128."""
    tokenizer = tmp_path_factory.mktemp("tokenizer")
    Tokenizer.load(resource("sample/tokenizer")).prefix(MERGES).save(tokenizer)
    corpus = str(resource("sample/moby-dick-and-speeches.txt"))
    tables: dict[str, Any] = {
        "data": {"corpus": [corpus], "tokenizer": str(tokenizer)},
        "model": {"d_model": 128, "num_layers": 2, "num_heads": 4, "context_length": CONTEXT},
        "optimizer": {"learning_rate": 5e-3},
        "training": {"steps": 150, "batch_size": 32, "micro_batch_size": 32, "precision": "fp32", "threads": 1},
        "evaluation": {"every": 150, "prompts": ["The whale"]},
    }
    return result_of(plan(config_of(tables)))


@pytest.fixture(scope="module")
def run(planned: Planned, tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    """The model, trained."""
    made = create(planned, tmp_path_factory.mktemp("runs"))
    assert worked(made).status == "finished"
    return made


def _bigram_loss(planned: Planned) -> float:
    """Nats a token of the best of some bigram models on the windows that the model is validated on.

    Counts of the training part, smoothed towards the frequency of the token alone (Jelinek and Mercer's kind).
    """
    ids, vocab = planned.data.train.ids.astype(np.int64), planned.shape.vocab_size
    assert planned.data.validation is not None
    windows = validation_windows(planned.data.validation, CONTEXT, planned.config.evaluation.windows)
    alone = (np.bincount(ids, minlength=vocab) + 1) / (len(ids) + vocab)
    pairs = np.bincount(ids[:-1] * vocab + ids[1:], minlength=vocab * vocab)
    before = np.bincount(ids[:-1], minlength=vocab)
    first, second = windows[:, :-1], windows[:, 1:]
    seen = pairs[first * vocab + second]
    losses = [-np.log((seen + k * alone[second]) / (before[first] + k)).mean() for k in (3, 10, 30, 100, 300)]
    return float(min(losses))


def test_it_predicts_better_than_pairs_of_tokens(planned: Planned, run: RunFolder) -> None:
    best = run.state().best_loss
    assert best is not None
    assert 2.0 < best < _bigram_loss(planned)


def test_bits_a_byte_are_those_of_the_bytes_of_the_text_without_special_tokens(
    planned: Planned, run: RunFolder
) -> None:
    assert planned.data.validation is not None
    assert planned.data.tokenizer is not None
    windows = validation_windows(planned.data.validation, CONTEXT, planned.config.evaluation.windows)
    ordinary = [window[1:][window[1:] != planned.data.separator] for window in windows]
    size = sum(len(planned.data.tokenizer.decode_bytes(ids)) for ids in ordinary)
    row = next(json.loads(line) for line in run.metrics.read_text().splitlines() if '"validation"' in line)
    assert row["bits_per_byte"] == pytest.approx(row["loss"] / np.log(2) * windows[:, 1:].size / size)
    assert row["perplexity"] == pytest.approx(np.exp(row["loss"]))


def test_it_writes_words(run: RunFolder, capsys: pytest.CaptureFixture[str]) -> None:
    (sample,) = run.samples.iterdir()
    assert json.loads(sample.read_text())["texts"][0]["prompt"] == "The whale"
    command = ["generate", str(run.path), "--prompt", "The whale", "--temperature", "0.5", "--max-new-tokens", "200"]
    assert main([*command, "--json"]) == 0
    text = json.loads(capsys.readouterr().out)["text"]
    known = set(Path(resource("sample/moby-dick-and-speeches.txt")).read_text(encoding="utf-8").split())
    words = text.split()[1:-1]
    assert sum(word in known for word in words) > len(words) / 2
