"""Does a corpus become the ids that the tokenizer gives, whatever breaks off the work, and come back as it was?"""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from lmcore.bpe import readers
from lmcore.bpe.events import Notice
from lmcore.bpe.token_file import TokenFile, sidecar, tokenizer_digest
from lmcore.bpe.token_writing import EncodeOptions, decode_corpus, encode_corpus
from lmcore.bpe.tokenizer import Tokenizer
from lmcore.cli import main
from lmcore.errors import CorpusError, UsageError
from lmcore.paths import resource
from tests.core.engine import finish

END = "<|endoftext|>"
DOCUMENTS = [f"Call me Ishmael {number}, naïve 李 — it's {number * 37}.\n" for number in range(60)]


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return Tokenizer.load(resource("sample/tokenizer"))


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks of a few lines."""
    monkeypatch.setattr(readers, "BLOCK", 200)


def jsonl(path: Path) -> Path:
    lines = [json.dumps({"text": text}) for text in DOCUMENTS]
    path.write_text("\n".join([*lines[:7], "{bad", '{"text": ""}', '{"text": null}', *lines[7:]]), encoding="utf-8")
    return path


def text(path: Path) -> Path:
    path.write_bytes(END.join(DOCUMENTS).encode() + b"\xff\xfe end")
    return path


def encode(tokenizer: Tokenizer, corpus: Path, out: Path, **asked: object) -> TokenFile:
    options = EncodeOptions(skip_bad_lines=True, **asked)  # type: ignore[arg-type]
    return finish(encode_corpus(tokenizer, [corpus], out, options))[1]


@pytest.mark.parametrize("threads", [1, 3])
def test_a_text_file_becomes_its_ids_and_comes_back(
    tokenizer: Tokenizer, tmp_path: Path, small_blocks: None, threads: int
) -> None:
    corpus = text(tmp_path / "corpus.txt")
    made = encode(tokenizer, corpus, tmp_path / "tokens.bin", threads=threads)
    assert made.ids().tolist() == tokenizer.encode_bytes(corpus.read_bytes())
    assert (made.dtype, made.documents, made.bytes) == ("uint16", 1, corpus.stat().st_size)
    assert np.fromfile(tmp_path / "tokens.bin", "<u2").tolist() == made.ids().tolist()
    finish(decode_corpus(tokenizer, TokenFile.open(made.path), tmp_path / "back.txt"))
    assert (tmp_path / "back.txt").read_bytes() == corpus.read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "back.txt",
        "corpus.txt",
        "tokens.bin",
        "tokens.bin.json",
    ]


def test_documents_are_divided_by_the_separator(tokenizer: Tokenizer, tmp_path: Path, small_blocks: None) -> None:
    corpus = jsonl(tmp_path / "corpus.jsonl")
    end = tokenizer.special_ids[END]
    expected: list[int] = []
    for number, document in enumerate(DOCUMENTS):
        expected += [end] * (number > 0) + tokenizer.encode(document)
    made = encode(tokenizer, corpus, tmp_path / "tokens.bin")
    assert made.ids().tolist() == expected
    assert (made.documents, made.separator) == (len(DOCUMENTS), end)
    bare = encode(tokenizer, corpus, tmp_path / "bare.bin", separator="")
    assert bare.ids().tolist() == [token for token in expected if token != end]
    assert bare.separator is None


def test_files_are_divided_as_well(tokenizer: Tokenizer, tmp_path: Path) -> None:
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_text(f"the file {name}", encoding="utf-8")
    made = encode(tokenizer, tmp_path, tmp_path / "out" / "tokens.bin")
    parts = [tokenizer.encode("the file a.txt"), [tokenizer.special_ids[END]], tokenizer.encode("the file b.txt")]
    assert made.ids().tolist() == [token for part in parts for token in part]


@pytest.mark.parametrize("write", [text, jsonl])
@pytest.mark.parametrize("events", [1, 3, 6])
def test_what_was_broken_off_goes_on(
    tokenizer: Tokenizer, tmp_path: Path, small_blocks: None, write: Callable[[Path], Path], events: int
) -> None:
    corpus = write(tmp_path / ("corpus.txt" if write is text else "corpus.jsonl"))
    whole = encode(tokenizer, corpus, tmp_path / "whole.bin").ids().tolist()
    work = encode_corpus(tokenizer, [corpus], tmp_path / "tokens.bin", EncodeOptions(skip_bad_lines=True))
    for _ in range(events):
        next(work)
    work.close()
    part = tmp_path / "tokens.bin.part"
    part.write_bytes(part.read_bytes() + b"torn")
    begun = encode_corpus(tokenizer, [corpus], tmp_path / "tokens.bin", EncodeOptions(skip_bad_lines=True))
    told, made = finish(begun)
    assert any(isinstance(event, Notice) and "goes on from there" in event.text for event in told)
    assert made.ids().tolist() == whole
    assert made.documents == (1 if write is text else len(DOCUMENTS))
    said = "".join(event.text for event in told if isinstance(event, Notice))
    assert (("1 line was left out" in said) and ("1 document was left out" in said)) is (write is jsonl)
    assert not part.exists()


def test_another_tokenizer_begins_anew(tokenizer: Tokenizer, tmp_path: Path, small_blocks: None) -> None:
    corpus = text(tmp_path / "corpus.txt")
    work = encode_corpus(tokenizer, [corpus], tmp_path / "tokens.bin")
    for _ in range(5):
        next(work)
    work.close()
    smaller = tokenizer.prefix(100)
    told, made = finish(encode_corpus(smaller, [corpus], tmp_path / "tokens.bin"))
    assert not any(isinstance(event, Notice) for event in told)
    assert made.ids().tolist() == smaller.encode_bytes(corpus.read_bytes())


def test_a_killed_process_loses_little(tokenizer: Tokenizer, tmp_path: Path) -> None:
    corpus, out = text(tmp_path / "corpus.txt"), tmp_path / "tokens.bin"
    script = f"""
import sys
from pathlib import Path
from lmcore.bpe import readers
from lmcore.bpe.token_writing import encode_corpus
from lmcore.bpe.tokenizer import Tokenizer
from lmcore.paths import resource
readers.BLOCK = 200
tokenizer = Tokenizer.load(resource("sample/tokenizer"))
for number, _ in enumerate(encode_corpus(tokenizer, [Path({str(corpus)!r})], Path({str(out)!r}), interval=0.0)):
    if number == 6:
        print("now", flush=True)
        sys.stdin.read()
"""
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, stdin=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"now\n"
        os.kill(process.pid, signal.SIGKILL)
    assert not out.exists()
    told, made = finish(encode_corpus(tokenizer, [corpus], out))
    assert isinstance(told[0], Notice)
    assert made.ids().tolist() == tokenizer.encode_bytes(corpus.read_bytes())


def test_large_ids_take_four_bytes(tmp_path: Path) -> None:
    vocab = {byte: bytes([byte]) for byte in range(256)} | {70_000: b"th"}
    large = Tokenizer(vocab, [(b"t", b"h")])
    (tmp_path / "corpus.txt").write_text("the path", encoding="utf-8")
    made = encode(large, tmp_path / "corpus.txt", tmp_path / "tokens.bin")
    assert made.dtype == "uint32"
    assert made.ids().tolist() == [70_000, 101, 32, 112, 97, 70_000]


def test_everything_that_decides_ids_is_in_the_digest(tokenizer: Tokenizer) -> None:
    vocab = {byte: bytes([byte]) for byte in range(256)} | {256: b"th", 257: b"he"}
    merges = [(b"t", b"h"), (b"h", b"e")]
    variants = [
        Tokenizer(vocab, merges),
        Tokenizer(vocab, merges[::-1]),
        Tokenizer(vocab, merges[:1]),
        Tokenizer({**vocab, 258: b"the"}, merges),
        Tokenizer(vocab, merges, [END]),
        Tokenizer(vocab, merges, added_tokens=[END]),
        Tokenizer(vocab, merges, pattern="cl100k"),
        Tokenizer(vocab, merges, ignore_merges=True),
    ]
    assert len({tokenizer_digest(variant) for variant in variants}) == len(variants)
    assert tokenizer_digest(Tokenizer(dict(reversed(vocab.items())), merges)) == tokenizer_digest(variants[0])


def test_what_does_not_belong_together_is_refused(tokenizer: Tokenizer, tmp_path: Path) -> None:
    made = encode(tokenizer, text(tmp_path / "corpus.txt"), tmp_path / "tokens.bin")
    with pytest.raises(CorpusError, match="another tokenizer"):
        finish(decode_corpus(tokenizer.prefix(50), made, tmp_path / "back.txt"))
    assert not (tmp_path / "back.txt").exists()
    made.path.write_bytes(made.path.read_bytes()[:-1])
    with pytest.raises(CorpusError, match="encode the corpus again"):
        TokenFile.open(made.path)
    for damage in ("{", "[]", '{"format": "lm-explorer-tokens", "version": 1}', '{"format": "x"}'):
        sidecar(made.path).write_text(damage, encoding="utf-8")
        with pytest.raises(CorpusError, match="cannot be used"):
            TokenFile.open(made.path)
    sidecar(made.path).unlink()
    with pytest.raises(CorpusError, match="which says what the ids are"):
        TokenFile.open(made.path)
    with pytest.raises(UsageError, match="no special token '<x>'"):
        encode(tokenizer, tmp_path / "corpus.txt", tmp_path / "tokens.bin", separator="<x>")


def test_the_commands_write_and_read(tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    corpus, folder = text(tmp_path / "corpus.txt"), str(resource("sample/tokenizer"))
    assert main(["encode", folder, str(corpus), "--out", str(tmp_path / "tokens.bin"), "--json"]) == 0
    report = json.loads(capfdbinary.readouterr().out)
    assert report["tokens"] * 2 == (tmp_path / "tokens.bin").stat().st_size
    assert (report["dtype"], report["bytes"]) == ("uint16", corpus.stat().st_size)
    assert main(["decode", folder, str(tmp_path / "tokens.bin")]) == 0
    assert capfdbinary.readouterr().out == corpus.read_bytes()
    assert main(["decode", folder, str(tmp_path / "tokens.bin"), "--out", str(tmp_path / "back.txt")]) == 0
    assert (tmp_path / "back.txt").read_bytes() == corpus.read_bytes()
