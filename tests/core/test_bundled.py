"""Is what comes with the application what it says it is?"""

import re

from lmcore.bpe import Tokenizer, train_bpe
from lmcore.paths import resource
from lmcore.training.overview import overview
from lmcore.training.run_folder import runs_in


def test_the_sample_tokenizer_is_trained_on_the_sample() -> None:
    bundled = Tokenizer.load(resource("sample/tokenizer"))
    corpus = resource("sample/moby-dick-and-speeches.txt")
    vocab, merges = train_bpe(corpus, len(bundled.vocab), ["<|endoftext|>"])
    assert bundled.merges == merges
    assert bundled.vocab == vocab


def test_the_bundled_runs_are_whole_and_tell_no_path() -> None:
    found = [overview(run) for run in runs_in(resource("sample/runs"))]
    assert [run.standing for run in found] == ["failed", "finished", "finished", "finished"]
    assert found[0].reason == "diverged"
    assert len({run.group["id"] for run in found if run.group}) == 1
    assert all(run.last["validation"] < 6.1 and len(run.samples) == 10 for run in found[1:])
    texts = [path.read_text(encoding="utf-8") for path in resource("sample/runs").rglob("*.*") if path.is_file()]
    assert not [text for text in texts if re.search(r'"(/|[A-Z]:\\\\)', text)]
