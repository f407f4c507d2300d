"""How fast are texts encoded and decoded, beside other tokenizers? Prints tables in Markdown.

    python tests/benchmarks/encoding.py --corpus gutenberg.txt --size 100MB --vocabulary cl100k_base.tiktoken

The vocabulary is a published file of ranks, by whose name the peers know theirs. Everything runs in one process, in
turns, on text that is in memory; a peer that is not installed is named. Ids are compared before anything is timed.
"""

import argparse
import importlib.util
import re
import statistics
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from itertools import chain, pairwise
from pathlib import Path
from typing import Any, Final

import numpy as np

ROOT: Final = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from lmcore.bpe.prepare import is_prepared, prepare  # noqa: E402
from lmcore.bpe.pretoken_table import PretokenTable  # noqa: E402
from lmcore.bpe.process import processors  # noqa: E402  (found by the line above)
from lmcore.bpe.specials import prepare_specials  # noqa: E402
from lmcore.bpe.tokenizer import Tokenizer  # noqa: E402
from tests.benchmarks.bpe_training import SAMPLE, concatenated, describe_machine, parse_size, show_size, table  # noqa: E402

PEERS: Final = {
    "tiktoken": "tiktoken",
    "bpe-openai": "bpe_openai",
    "quicktok-v1": "quicktok",
    "tokenizers": "tokenizers",
}
_PART: Final = 400_000  # characters; it refuses more than 200,000 ids at a time

Action = Callable[[], Any]


def whole_characters(raw: bytes) -> bytes:
    """The same without the beginning of a character at its end."""
    return raw.decode("utf-8", "ignore").encode()


def parts_of(text: str) -> list[str]:
    """The text in parts that `bpe-openai` accepts, cut between a letter and a blank, where no id changes."""
    cuts, place = [0], 0
    while place + _PART < len(text):
        found = re.compile("[a-z](?= )").search(text, place + _PART)
        if not found:
            break
        place = found.end()
        cuts.append(place)
    return [text[start:end] for start, end in pairwise([*cuts, len(text)])]


class Contest:
    """What takes part, for one vocabulary and one text."""

    def __init__(self, vocabulary: Path, text: bytes, rounds: int) -> None:
        self.name = vocabulary.stem
        self.raw = text
        self.text = text.decode()
        self.encoding: dict[str, Action] = {}
        self.decoding: dict[str, Action] = {}
        self.ours = Tokenizer.load(vocabulary)
        specials = set(self.ours.special_ids.values())
        self.ranks = {token: rank for rank, token in self.ours.vocab.items() if rank not in specials}
        self.array = self.ours.encode_array(text, specials=False)
        self.ids = self.array.tolist()
        self.new = [self.tokenizer() for _ in range(2 * rounds + 2)]

    def tokenizer(self) -> Tokenizer:
        """Ours, with nothing remembered."""
        return Tokenizer(self.ours.vocab, self.ours.merges, self.ours.special_tokens, self.ours.pattern)

    def add_ours(self) -> None:
        """The ways to use this project's."""
        ours, text, many = self.ours, self.text, processors()
        self.encoding["lmcore, list"] = lambda: ours.encode(text, specials=False, threads=1)
        self.encoding["lmcore, list, its first text"] = lambda: self.new.pop().encode(text, specials=False, threads=1)
        self.encoding[f"lmcore, list, {many} threads"] = lambda: ours.encode(text, specials=False)
        self.encoding["lmcore, array"] = lambda: ours.encode_array(text, specials=False, threads=1)
        self.encoding["lmcore, array, its first text"] = lambda: self.new.pop().encode_array(
            text, specials=False, threads=1
        )
        self.encoding[f"lmcore, array, {many} threads"] = lambda: ours.encode_array(text, specials=False)
        self.decoding["lmcore, list"] = lambda: ours.decode(self.ids, threads=1)
        self.decoding["lmcore, array"] = lambda: ours.decode(self.array, threads=1)
        self.decoding[f"lmcore, array, {many} threads"] = lambda: ours.decode(self.array)

    def add_tiktoken(self) -> None:
        """Built from the same ranks."""
        import tiktoken

        peer = tiktoken.Encoding(
            self.name, pat_str=self.ours.pattern.expression, mergeable_ranks=self.ranks, special_tokens={}
        )
        self._add("tiktoken", peer.encode_ordinary, peer.decode)
        self.encoding["tiktoken, array"] = lambda: peer.encode_to_numpy(self.text, disallowed_special=())

    def add_bundled(self, name: str) -> None:
        """A peer that brings published vocabularies and is used as `tiktoken` is."""
        peer = import_module(PEERS[name]).get_encoding(self.name)
        encode = peer.encode_ordinary
        if name == "bpe-openai":
            parts = parts_of(self.text)
            self._add(name, lambda _: list(chain.from_iterable(map(encode, parts))), peer.decode)
        else:
            self._add(name, encode, peer.decode)
            self.encoding[f"{name}, array"] = lambda: peer.encode_batch([self.text], threads=1)[0]

    def add_tokenizers(self) -> None:
        """Hugging Face's, opened from the file that we write."""
        import tempfile

        import tokenizers

        with tempfile.TemporaryDirectory() as folder:
            self.ours.save(Path(folder) / "saved")
            peer = tokenizers.Tokenizer.from_file(str(Path(folder) / "saved" / "tokenizer.json"))
        self._add("tokenizers", lambda text: peer.encode(text).ids, peer.decode)

    def _add(self, name: str, encode: Callable[[str], Any], decode: Callable[[Any], str]) -> None:
        self.encoding[f"{name}, list"] = lambda: encode(self.text)
        self.decoding[f"{name}, list"] = lambda: decode(self.ids)

    def add_limits(self) -> dict[str, Action]:
        """What encoding cannot be faster than: cutting and counting, and making a list of so many numbers."""
        data = np.frombuffer(self.raw, np.uint8)
        kind, specials = self.ours.pattern.kind, prepare_specials([])
        return {
            "counting pre-tokens, one thread": lambda: PretokenTable().count(
                kind, data, np.array([0, len(data)]), specials
            ),
            "the ids from an array to a list": self.array.tolist,
            "the text to UTF-8": self.text.encode,
        }


def take_turns(actions: Mapping[str, Action], rounds: int) -> dict[str, list[float]]:
    """Seconds of all actions, one after the other in each round."""
    seconds: dict[str, list[float]] = {name: [] for name in actions}
    for _ in range(rounds):
        for name, action in actions.items():
            started = time.perf_counter()
            result = action()
            seconds[name].append(time.perf_counter() - started)
            del result
    return seconds


def show(title: str, seconds: Mapping[str, Sequence[float]], size: int) -> None:
    """A table of rates, the fastest first."""
    rows = []
    for name, times in sorted(seconds.items(), key=lambda item: statistics.median(item[1])):
        rates = [size / one / 1e6 for one in times]
        rows.append((name, f"{statistics.median(rates):,.0f}", f"{min(rates):,.0f} to {max(rates):,.0f}"))
    table(title, ("what", "MB/s (median)", "least to most"), rows)


def check_ids(contest: Contest) -> None:
    """Says whose ids differ."""
    for name, action in contest.encoding.items():
        same = np.array_equal(np.asarray(action(), np.uint32), contest.array)
        if not same:
            print(f"{name}: other ids than ours.")


def arguments() -> argparse.Namespace:
    """What to run."""
    parser = argparse.ArgumentParser(description="Benchmark of encoding and decoding; prints tables in Markdown.")
    parser.add_argument("--vocabulary", type=Path, required=True, metavar="FILE", help="such as cl100k_base.tiktoken")
    parser.add_argument("--corpus", type=Path, action="append", metavar="FILE", help="may be given several times")
    parser.add_argument("--size", default="", metavar="SIZE", help="a prefix, such as 100MB; all of it unless given")
    parser.add_argument("--rounds", type=int, default=5, metavar="N")
    parser.add_argument("--peers", default=",".join(PEERS), metavar="NAMES", help="or an empty text")
    return parser.parse_args()


def main() -> None:
    """Runs everything, a table at a time."""
    given = arguments()
    wanted = [name for name in given.peers.split(",") if name]
    peers = [name for name in wanted if importlib.util.find_spec(PEERS[name])]
    describe_machine(peers)
    if not is_prepared():
        for _ in prepare():
            pass
    corpora = given.corpus or [SAMPLE]
    size = parse_size(given.size) if given.size else sum(corpus.stat().st_size for corpus in corpora)
    contest = Contest(given.vocabulary, whole_characters(b"".join(concatenated(corpora, size))), given.rounds)
    contest.add_ours()
    for name in peers:
        if name == "tiktoken":
            contest.add_tiktoken()
        elif name == "tokenizers":
            contest.add_tokenizers()
        else:
            contest.add_bundled(name)
    check_ids(contest)
    size = len(contest.raw)
    print(f"{size:,} bytes, {len(contest.ids):,} ids of {contest.name}, {given.rounds} rounds in turns.")
    show(f"Encoding {show_size(size)}", take_turns(contest.encoding, given.rounds), size)
    show(f"Decoding {show_size(size)}", take_turns(contest.decoding, given.rounds), size)
    show("Limits", take_turns(contest.add_limits(), given.rounds), size)


if __name__ == "__main__":
    main()
