"""Is what comes with the application what it says it is?"""

from lmcore.bpe import Tokenizer, train_bpe
from lmcore.paths import resource


def test_the_sample_tokenizer_is_trained_on_the_sample() -> None:
    bundled = Tokenizer.load(resource("sample/tokenizer"))
    corpus = resource("sample/moby-dick-and-speeches.txt")
    vocab, merges = train_bpe(corpus, len(bundled.vocab), ["<|endoftext|>"])
    assert bundled.merges == merges
    assert bundled.vocab == vocab
