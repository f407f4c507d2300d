"""Does a corpus become the ids that the tokenizer gives, whatever breaks off the work, and come back as it was?"""

import itertools
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from lmcore import figures
from lmcore.bpe import prepare, readers
from lmcore.bpe.events import Notice, Progress
from lmcore.bpe.token_file import TokenFile, sidecar, tokenizer_digest
from lmcore.bpe.token_part import Part, Reached, kept
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
    assert (made.dtype, made.documents, made.bytes) == ("uint16", len(DOCUMENTS), corpus.stat().st_size)
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


@pytest.mark.parametrize(
    ("content", "separator", "documents"),
    [
        ("one", None, 1),
        (f"one{END}two", None, 2),
        (f"{END}one{END}{END}two{END}", None, 2),
        (f"one{END}two", "", 1),
        (END, None, 0),
    ],
)
def test_documents_are_counted_as_they_are(
    tokenizer: Tokenizer, tmp_path: Path, content: str, separator: str | None, documents: int
) -> None:
    (tmp_path / "a.txt").write_text(content, encoding="utf-8")
    made = encode(tokenizer, tmp_path / "a.txt", tmp_path / "tokens.bin", separator=separator)
    assert made.documents == documents
    (tmp_path / "b.txt").write_text("the other", encoding="utf-8")
    assert encode(tokenizer, tmp_path, tmp_path / "both.bin", separator=separator).documents == documents + 1


def test_a_document_that_begins_with_a_block_is_counted_once(tmp_path: Path, small_blocks: None) -> None:
    """An expression cuts a file at special tokens alone, so that blocks end with them."""
    vocab = {byte: bytes([byte]) for byte in range(256)} | {256: END.encode(), 257: b"<|user|>"}
    custom = Tokenizer(vocab, [], [END, "<|user|>"], pattern=r"[a-z ]+|.")
    document = "<|user|>the question" * 20
    (tmp_path / "corpus.txt").write_text(END.join([document] * 5) + END * 40, encoding="utf-8")
    assert encode(custom, tmp_path / "corpus.txt", tmp_path / "tokens.bin", separator=END).documents == 5


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
    assert made.documents == len(DOCUMENTS)
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
import time
from pathlib import Path
from lmcore import figures
from lmcore.bpe import prepare, readers
from lmcore.bpe.token_part import Part, Reached, kept
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


def _refused(capsys: pytest.CaptureFixture[str], *command: object) -> str:
    """The one sentence with which a command refuses its arguments."""
    assert main([str(part) for part in command]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    (line,) = captured.err.splitlines()
    return line


def _contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_encoding_replaces_nothing_but_token_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    corpus, folder = text(tmp_path / "corpus.txt"), resource("sample/tokenizer")
    (tmp_path / "same.txt").hardlink_to(corpus)
    (tmp_path / "link.txt").symlink_to(corpus)
    (tmp_path / "thesis.docx").write_bytes(b"PK\x03\x04 years of work")
    (tmp_path / "model.json").write_text("{}", encoding="utf-8")
    (tmp_path / "film.part").write_bytes(b"half of it")
    text(tmp_path / "raw.part")
    before = _contents(tmp_path)
    for name, why in (
        ("corpus.txt", "corpus.txt is read for this"),
        ("same.txt", "same.txt is read for this"),
        ("link.txt", "link.txt is read for this"),
        ("thesis.docx", "thesis.docx is there already and is no token file"),
        ("model", "model.json is there already and is no description of a token file"),
        ("film", "film.part is there already and is no part of a token file"),
        ("corpus.txt/tokens.bin", "corpus.txt is a file"),
        (".", "is a folder; name a file in it"),
    ):
        assert why in _refused(capsys, "encode", folder, corpus, "--out", tmp_path / name)
    assert "is read for this" in _refused(capsys, "encode", folder, tmp_path / "raw.part", "--out", tmp_path / "raw")
    assert _contents(tmp_path) == before
    for _ in range(2):  # what the command wrote itself, or nothing at all, may be replaced
        (tmp_path / "empty").touch()
        for name in ("empty", "tokens.bin"):
            assert main(["encode", str(folder), str(corpus), "--out", str(tmp_path / name)]) == 0
    assert TokenFile.open(tmp_path / "empty").tokens == TokenFile.open(tmp_path / "tokens.bin").tokens


def test_decoding_does_not_replace_its_input(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder, tokens = resource("sample/tokenizer"), tmp_path / "tokens.bin"
    assert main(["encode", str(folder), str(text(tmp_path / "corpus.txt")), "--out", str(tokens)]) == 0
    capsys.readouterr()
    before = _contents(tmp_path)
    for out, why in (
        (tokens, "read for this"),
        (sidecar(tokens), "read for this"),
        (tmp_path, "is a folder"),
        (Path(os.devnull), "no file but a device"),
    ):
        assert why in _refused(capsys, "decode", folder, tokens, "--out", out)
    assert _contents(tmp_path) == before


def test_a_full_disk_is_said_in_one_sentence_and_costs_nothing(tmp_path: Path) -> None:
    corpus, folder, out = tmp_path / "corpus.txt", resource("sample/tokenizer"), tmp_path / "tokens.bin"
    corpus.write_bytes(text(tmp_path / "once.txt").read_bytes() * 50)
    limited = (
        "import resource, sys; from lmcore.bpe import readers; readers.BLOCK = 20_000; from lmcore.cli import run;"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (30_000, resource.RLIM_INFINITY)); sys.exit(run(sys.argv[1:]))"
    )
    command = [str(folder), str(corpus), "--out", str(out)]
    result = subprocess.run(
        [sys.executable, "-c", limited, "encode", *command], capture_output=True, text=True, check=False
    )
    assert (result.returncode, result.stdout) == (1, "")
    (line,) = result.stderr.splitlines()
    assert "tokens.bin: cannot be written (File too large); make room" in line
    assert not out.exists()
    assert main(["encode", *command]) == 0
    assert TokenFile.open(out).ids().tolist() == Tokenizer.load(folder).encode_bytes(corpus.read_bytes())
    result = subprocess.run(
        [sys.executable, "-c", limited, "decode", str(folder), str(out), "--out", str(tmp_path / "back.txt")],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr == f"lmcore: {tmp_path}/back.txt: cannot be written (File too large); choose another place.\n"
    assert not (tmp_path / "back.txt").exists()


@pytest.mark.parametrize("command", ["decode", "vocab"])
def test_output_that_is_not_taken_ends_in_one_sentence(tmp_path: Path, command: str) -> None:
    folder, tokens = resource("sample/tokenizer"), tmp_path / "tokens.bin"
    assert main(["encode", str(folder), str(text(tmp_path / "corpus.txt")), "--out", str(tokens)]) == 0
    arguments = [str(folder), str(tokens)] if command == "decode" else [str(folder)]
    with Path("/dev/full").open("wb") as full:
        result = subprocess.run(
            [sys.executable, "-m", "lmcore.cli", command, *arguments],
            stdout=full, stderr=subprocess.PIPE, text=True, check=False,
        )  # fmt: skip
    assert result.returncode == 1
    assert result.stderr == (
        "lmcore: the output: cannot be read or written (No space left on device); make room, or choose another place.\n"
    )


def test_an_interrupt_says_what_is_kept(
    tmp_path: Path, small_blocks: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    corpus, out, add = text(tmp_path / "corpus.txt"), tmp_path / "tokens.bin", Part.add
    command = ["encode", str(resource("sample/tokenizer")), str(corpus), "--out", str(out), "--threads", "1"]
    blocks = itertools.count()

    def interrupted(after: int) -> str:
        def stop(part: Part, ids: npt.NDArray[np.unsignedinteger[Any]], reached: Reached) -> None:
            if next(blocks) >= after:
                raise KeyboardInterrupt
            add(part, ids, reached)

        monkeypatch.setattr(Part, "add", stop)
        assert main(command) == 130
        return capsys.readouterr().err.splitlines()[-1]

    assert interrupted(0) == "lmcore: stopped; nothing was encoded yet."
    said = interrupted(5)
    reached = kept(out)
    assert reached is not None
    size = figures.size(reached.text_bytes)
    assert said == f"lmcore: stopped; the first {size} are encoded and kept: the same command goes on there."
    assert interrupted(0) == f"lmcore: stopped; the {size} that an earlier run encoded are kept."
    monkeypatch.undo()
    assert main(command) == 0
    assert TokenFile.open(out).bytes == corpus.stat().st_size


def test_the_report_names_units_and_counts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "one.txt").write_text("the one document", encoding="utf-8")
    arguments = ["encode", str(resource("sample/tokenizer")), str(tmp_path / "one.txt")]
    assert main([*arguments, "--out", str(tmp_path / "tokens.bin")]) == 0
    told = capsys.readouterr().out.splitlines()[0]
    assert re.fullmatch(
        r"\d+ tokens \(uint16\) of 1 document, 16 bytes, \d\.\d\d bytes a token; "
        r"(\d+ ms|\d+\.\d s), .+ [kM]?B?(bytes)?/s\.",
        told,
    ), told


@pytest.mark.parametrize("command", ["encode", "decode"])
def test_kernels_are_compiled_before_the_clock_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    tokenizer, out = str(resource("sample/tokenizer")), tmp_path / "tokens.bin"
    assert main(["encode", tokenizer, str(text(tmp_path / "corpus.txt")), "--out", str(out)]) == 0
    events: list[str] = []

    def prepared() -> Iterator[Progress]:
        events.append("prepared")
        yield Progress("prepare", 1, 1, 0.0, 0.0, 0, finished=True)

    def tick() -> float:
        events.append("clock")
        return float(len(events))

    monkeypatch.setattr(prepare, "is_prepared", lambda: False)
    monkeypatch.setattr(prepare, "prepare", prepared)
    monkeypatch.setattr(time, "perf_counter", tick)
    arguments = [str(tmp_path / "corpus.txt"), "--out", str(tmp_path / "again.bin")]
    if command == "decode":
        arguments = [str(out), "--out", str(tmp_path / "text.txt")]
    assert main([command, tokenizer, *arguments]) == 0
    assert events[0] == "prepared"
    assert events.count("prepared") == 1
    assert "clock" in events
