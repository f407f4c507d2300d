"""Do our merges equal those that Hugging Face `tokenizers` makes of the same text, with its own tie rule?"""

import os
from collections.abc import Callable
from itertools import islice
from pathlib import Path

import pytest
import tokenizers
from tokenizers import models, pre_tokenizers, trainers

from lmcore.bpe.choices import TieRule
from lmcore.bpe.options import Options
from lmcore.bpe.spelling import spell
from lmcore.paths import resource
from tests.core.engine import DECLARATION, at_most, train_files

_END = "<|endoftext|>"


def _sample() -> str:
    return resource("sample/moby-dick-and-speeches.txt").read_text(encoding="utf-8")[: at_most(10**7, 60_000)]


def _declaration() -> str:
    return DECLARATION.read_text(encoding="utf-8")[: at_most(10**7, 20_000)]


def _python_sources() -> str:
    """Source text of the standard library: deep white space, underscores, digits, all of ASCII."""
    files = sorted(Path(os.__file__).parent.glob("*.py"))
    texts = (file.read_text(encoding="utf-8") for file in islice(files, at_most(60, 2)))
    return _END.join(texts)[: at_most(2_000_000, 40_000)]


def _train_theirs(path: Path, vocab_size: int, special_tokens: list[str]) -> list[tuple[str, str]]:
    """Merges in their spelling. Special tokens are taken out of the text first, as their `train` does not do."""
    theirs = tokenizers.Tokenizer(models.BPE())
    theirs.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
    trainer = trainers.BpeTrainer(
        vocab_size=vocab_size, special_tokens=special_tokens, show_progress=False,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
    )  # fmt: skip
    texts = [path.read_bytes().decode("utf-8")]
    for token in special_tokens:
        texts = [part for text in texts for part in text.split(token)]
    theirs.train_from_iterator(texts, trainer)
    import json

    return [tuple(pair) for pair in json.loads(theirs.to_str())["model"]["merges"]]


@pytest.mark.parametrize("special_tokens", [[_END], [_END, "the ", "self"], []], ids=["end", "several", "none"])
@pytest.mark.parametrize("corpus", [_sample, _declaration, _python_sources])
def test_merges_equal_theirs_on_real_text(tmp_path: Path, corpus: Callable[[], str], special_tokens: list[str]) -> None:
    path = tmp_path / "corpus.txt"
    path.write_bytes(corpus().encode())
    vocab_size = at_most(5000, 500)
    _, training = train_files([path], Options(vocab_size, tuple(special_tokens), tie=TieRule.LOWEST_IDS))
    ours = [(spell(merge.left), spell(merge.right)) for merge in training.merges]
    assert ours == _train_theirs(path, vocab_size, special_tokens)
    assert len(training.vocab) == vocab_size


def test_the_other_tie_rule_gives_other_merges(tmp_path: Path) -> None:
    """Or the comparison above would show nothing about ties."""
    path = tmp_path / "corpus.txt"
    path.write_text(_sample(), encoding="utf-8")
    made = [train_files([path], Options(500, tie=tie))[1].merges for tie in TieRule]
    assert [merge.token for merge in made[0]] != [merge.token for merge in made[1]]
