"""How does another trainer do the same work? One process a training: `python bpe_peer.py NAME CORPUS VOCAB_SIZE`.

The corpus is UTF-8 text with `<|endoftext|>` between documents. Each peer is used in its fastest usual way; what cannot
keep the special token out of the counts gets the documents without it. Prints one JSON object: the number of merges.
"""

import json
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any, Final

END: Final = "<|endoftext|>"
GPT2: Final = r"'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
_CHUNK: Final = 1 << 22  # characters read at a time


def documents(path: Path) -> Iterator[str]:
    """The texts between special tokens, read as they are asked for."""
    rest = ""
    with path.open(encoding="utf-8", newline="") as file:
        while chunk := file.read(_CHUNK):
            *whole, rest = (rest + chunk).split(END)
            yield from whole
    yield rest


def train_gigabpe(path: Path, vocab_size: int) -> int:
    """Reads the file itself and splits the special token off."""
    gigabpe: Any = import_module("gigabpe")
    _, merges = gigabpe.train_bpe([str(path)], vocab_size, special_tokens=[END])
    return len(merges)


def train_rustbpe(path: Path, vocab_size: int) -> int:
    """Knows no special tokens: as many merges as with one."""
    trainer: Any = import_module("rustbpe").Tokenizer()
    trainer.train_from_iterator(documents(path), vocab_size - 1, pattern=GPT2)
    return int(trainer.vocab_size) - 256


def train_tokenizers(path: Path, vocab_size: int) -> int:
    """Would count a special token that stands in a file."""
    from tokenizers import Tokenizer, models, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer: Any = trainers.BpeTrainer(
        vocab_size=vocab_size, special_tokens=[END], initial_alphabet=alphabet, show_progress=False
    )
    tokenizer.train_from_iterator(documents(path), trainer)
    return int(tokenizer.get_vocab_size()) - 257


TRAINERS: Final = {"gigabpe": train_gigabpe, "rustbpe": train_rustbpe, "tokenizers": train_tokenizers}


def main() -> None:
    """Trains once, as the arguments say."""
    name, corpus, vocab_size = sys.argv[1:]
    print(json.dumps({"merges": TRAINERS[name](Path(corpus), int(vocab_size))}))


if __name__ == "__main__":
    main()
