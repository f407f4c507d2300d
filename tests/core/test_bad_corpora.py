"""Does everything that cannot be read as a corpus give one clear sentence, with the place and the remedy?"""

import gzip
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard

from lmcore.bpe.events import Notice
from lmcore.bpe.options import Options
from lmcore.bpe.result_files import describe
from lmcore.bpe.sources import find_files, find_sources
from lmcore.errors import CorpusError
from tests.core.engine import as_counter, finish, train_files

_TEXT = b"some words of a corpus, as good as any other. " * 200
_GZ, _ZST = gzip.compress(_TEXT), zstandard.compress(_TEXT)


def _parquet(column: str, values: list[Any], kind: pa.DataType | None = None) -> bytes:
    buffer = pa.BufferOutputStream()
    pq.write_table(pa.table({column: pa.array(values, kind)}), buffer, compression="none")
    return bytes(buffer.getvalue().to_pybytes())


def _broken_page(good: bytes) -> bytes:
    return good[:4] + b"\xff" * 40 + good[44:]


_BINARY = _TEXT + b"\0" * 100 + _TEXT
_LINES = b'{"text": "one"}\n\n{"text": "two"}\n'

# Name of the file, its content, what the sentence must say beside the name.
_REFUSED: dict[str, tuple[str, bytes, str]] = {
    "empty": ("corpus.txt", b"", "there is nothing in it"),
    "nothing packed": ("corpus.txt.gz", gzip.compress(b""), "there is nothing in it"),
    "empty lines": ("corpus.jsonl", b"\n\n", "there is nothing in it"),
    "binary": ("corpus.txt", _BINARY, f"the first zero byte is at offset {len(_TEXT):,}"),
    "binary in gz": ("corpus.txt.gz", gzip.compress(_BINARY), f"the first zero byte is at offset {len(_TEXT):,}"),
    "binary in zst": ("corpus.md.zst", zstandard.compress(_BINARY), "a binary file"),
    "binary lines in gz": ("corpus.jsonl.gz", gzip.compress(_BINARY), "a binary file"),
    "UTF-16 in gz": ("corpus.txt.gz", gzip.compress("Ishmael.".encode("utf-16")), "written in UTF-16"),
    "gz cut off": ("corpus.txt.gz", _GZ[:-20], "damaged"),
    "gz of something else": ("corpus.txt.gz", _TEXT, "damaged"),
    "gz broken inside": ("corpus.txt.gz", _GZ[:20] + b"\xff\xff\xff" + _GZ[23:], "damaged"),
    "zst cut off": ("corpus.txt.zst", _ZST[:-9], "damaged"),
    "zst of something else": ("corpus.md.zst", _TEXT, "damaged"),
    "zst of something else in lines": ("corpus.jsonl.zst", _TEXT, "damaged"),
    "gz cut off in lines": ("corpus.jsonl.gz", gzip.compress(_LINES)[:-10], "damaged"),
    "bad line": ("corpus.jsonl", _LINES + b'{"text": \n', "line 4: not JSON"),
    "line that is not UTF-8": ("corpus.jsonl", _LINES + b'{"text": "\xff"}\n', "line 4: not JSON"),
    "missing field": ("corpus.jsonl", _LINES + b'{"a": "", "b": 1}\n', 'field "text" (the line has: a, b'),
    "field without text": ("corpus.jsonl", _LINES + b'{"text": 5}\n', 'line 4: the field "text" is not a text'),
    "line without the field": ("corpus.jsonl", b'{"body": "x"}\n', 'no text in the field "text" (the line has: body)'),
    "UTF-16": ("corpus.txt", "Call me Ishmael.".encode("utf-16"), "written in UTF-16; save it as UTF-8 first"),
    "line that is a list": ("corpus.jsonl", b'["text"]\n', "line 1: no text in the field"),
    "missing column": ("corpus.parquet", _parquet("body", ["x"]), 'no column "text" (it has: body)'),
    "column of numbers": ("corpus.parquet", _parquet("text", [1, 2]), "holds int64, not text. Name another column."),
    "column of lists": ("corpus.parquet", _parquet("text", [["a", "b"]]), "holds lists of string, not one text a row"),
    "column of large lists": (
        "corpus.parquet", _parquet("text", [["a"]], pa.large_list(pa.string())), "Join each list into a text"
    ),
    "not Parquet": ("corpus.parquet", _TEXT, "not a readable Parquet file"),
    "broken page": ("corpus.parquet", _broken_page(_parquet("text", ["some text"] * 9)), "corpus.parquet"),
}  # fmt: skip


def _sentence(paths: list[Path]) -> str:
    with pytest.raises(CorpusError) as caught:
        train_files(paths, Options(300))
    sentence = str(caught.value)
    assert "\n" not in sentence
    assert sentence.endswith(".")
    return sentence


@pytest.mark.parametrize("kind", _REFUSED)
def test_unusable_files_give_one_sentence(tmp_path: Path, kind: str) -> None:
    name, content, wanted = _REFUSED[kind]
    (tmp_path / name).write_bytes(content)
    sentence = _sentence([tmp_path / name])
    assert name in sentence
    assert wanted in sentence


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    assert "missing.txt: no such file" in _sentence([tmp_path / "missing.txt"])


def test_no_corpus_at_all_is_said() -> None:
    assert "No corpus was given" in _sentence([])


def test_a_folder_without_text_is_named(tmp_path: Path) -> None:
    (tmp_path / "picture.png").write_bytes(b"x")
    assert f"{tmp_path}: no file of a corpus in this folder" in _sentence([tmp_path])


def test_a_pipe_is_refused_without_waiting_for_it(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.txt")
    assert "pipe.txt: not a file (a pipe or a device)" in _sentence([tmp_path / "pipe.txt"])


def _fail_to_open(monkeypatch: pytest.MonkeyPatch, error: OSError) -> None:
    def fail(path: Path, *arguments: object, **options: object) -> None:
        raise error

    monkeypatch.setattr(Path, "open", fail)


def test_a_file_that_may_not_be_read_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "secret.txt").write_bytes(_TEXT)
    _fail_to_open(monkeypatch, PermissionError(13, "Permission denied"))
    assert "secret.txt: may not be read; change its permissions" in _sentence([tmp_path / "secret.txt"])


def test_a_failing_disk_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "corpus.txt").write_bytes(_TEXT)
    _fail_to_open(monkeypatch, OSError(5, "Input/output error"))
    assert "corpus.txt: cannot be read (Input/output error)" in _sentence([tmp_path / "corpus.txt"])


def _write(folder: Path, files: dict[str, bytes]) -> None:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)


_USABLE = {"a.txt": b"one", "deep/b.jsonl": b'{"text": "two"}\n', "z.md": b"", "ignored.png": _BINARY}


def test_a_folder_is_read_without_the_files_that_cannot_be_used(tmp_path: Path) -> None:
    _write(tmp_path, _USABLE | {"m.txt": _BINARY, "deep/c.gz.txt.gz": _TEXT, "v.parquet": _TEXT})
    (tmp_path / "w.md").symlink_to(tmp_path / "missing.md")
    events, training = train_files([tmp_path], Options(300))
    assert as_counter(training.counts.words) == {b"one": 1, b"two": 1}
    notices = [event for event in events if isinstance(event, Notice) and "left out" in event.text]
    assert [notice.kind for notice in notices] == ["warning"]
    first = tmp_path / "deep" / "c.gz.txt.gz"
    assert notices[0].text.startswith(
        f"4 files of 7 were left out. The first is {first}: the compressed file is damaged"
    )


def test_one_file_of_a_folder_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    _write(tmp_path, _USABLE | {"m.txt": _BINARY})
    told, found = finish(find_files([tmp_path]))
    assert [source.path.name for source in found] == ["a.txt", "b.jsonl", "z.md"]
    (notice,) = [one for one in told if one]
    assert notice.text.startswith(
        f"1 file of 4 was left out. It is {tmp_path / 'm.txt'}: a binary file (the first zero"
    )


def test_a_file_named_by_itself_is_refused_even_if_its_folder_is_named_too(tmp_path: Path) -> None:
    _write(tmp_path, _USABLE | {"m.txt": _BINARY})
    assert "m.txt: a binary file" in _sentence([tmp_path, tmp_path / "m.txt"])


def test_a_folder_in_which_nothing_can_be_used_is_refused(tmp_path: Path) -> None:
    _write(tmp_path, {"a/m.txt": _BINARY, "b/m.txt": _BINARY, "b/n.md": _BINARY, "good/c.txt": b"one"})
    assert _sentence([tmp_path / "a"]).startswith(f"{tmp_path / 'a' / 'm.txt'}: a binary file")
    for paths in ([tmp_path / "b"], [tmp_path / "good", tmp_path / "b"]):
        first = tmp_path / "b" / "m.txt"
        assert _sentence(paths).startswith(f"{tmp_path / 'b'}: none of its 2 files can be used. The first is {first}:")


def test_a_folder_inside_that_may_not_be_read_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _write(tmp_path, _USABLE)
    usual = os.walk

    def walk(folder: Path, onerror: Callable[[OSError], None]) -> Iterator[tuple[str, list[str], list[str]]]:
        onerror(PermissionError(13, "Permission denied", str(folder / "secret")))
        yield from usual(folder)

    monkeypatch.setattr(os, "walk", walk)
    told, found = finish(find_files([tmp_path]))
    assert len(found) == 3
    (notice,) = [one for one in told if one]
    assert notice.text.startswith(f"1 file of 4 was left out. It is {tmp_path / 'secret'}: the folder cannot be read")


def test_a_folder_that_may_not_be_read_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def walk(folder: Path, onerror: Callable[[OSError], None]) -> list[object]:
        onerror(PermissionError(13, "Permission denied", str(folder)))
        return []

    monkeypatch.setattr(os, "walk", walk)
    assert f"{tmp_path}: the folder cannot be read" in _sentence([tmp_path])


def test_an_empty_file_among_others_does_no_harm(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"")
    (tmp_path / "b.txt").write_bytes(b"text")
    assert [source.path.name for source in find_sources([tmp_path])] == ["a.txt", "b.txt"]
    assert as_counter(train_files([tmp_path], Options(300))[1].counts.words) == {b"text": 1}


def test_bad_lines_can_be_left_out(tmp_path: Path) -> None:
    (tmp_path / "corpus.jsonl").write_bytes(_LINES + b'{"text": \n{"body": "x"}\n[1]\n{"text": "three"}\n')
    _, training = train_files([tmp_path], Options(300, skip_bad_lines=True))
    assert as_counter(training.counts.words) == {b"one": 1, b"two": 1, b"three": 1}


_NULLS = ["one", None, "", "two", None]
_WITH_NULLS: dict[str, Callable[[], bytes]] = {
    "corpus.jsonl": lambda: "".join(json.dumps({"text": text}) + "\n" for text in _NULLS).encode(),
    "corpus.parquet": lambda: _parquet("text", _NULLS),
}


@pytest.mark.parametrize("skip_bad_lines", [False, True])
@pytest.mark.parametrize("name", _WITH_NULLS)
def test_documents_without_text_are_left_out_and_counted(tmp_path: Path, name: str, skip_bad_lines: bool) -> None:
    (tmp_path / name).write_bytes(_WITH_NULLS[name]())
    events, training = train_files([tmp_path], Options(300, skip_bad_lines=skip_bad_lines))
    assert as_counter(training.counts.words) == {b"one": 1, b"two": 1}
    assert (training.counts.textless_documents, training.counts.skipped_lines) == (2, 0)
    assert describe(training, None)["corpus"]["textless_documents"] == 2
    notices = [event.text for event in events if isinstance(event, Notice)]
    assert '2 documents were left out: the field "text" is null there.' in notices


@pytest.mark.parametrize("name", _WITH_NULLS)
def test_a_corpus_of_documents_without_text_has_nothing_in_it(tmp_path: Path, name: str) -> None:
    content = {"corpus.jsonl": b'{"text": null}\n', "corpus.parquet": _parquet("text", [None])}
    (tmp_path / name).write_bytes(content[name])
    assert "there is nothing in it" in _sentence([tmp_path])


_KINDS = {
    "string": pa.string(),
    "large string": pa.large_string(),
    "string view": pa.string_view(),
    "binary": pa.binary(),
    "large binary": pa.large_binary(),
    "dictionary": pa.dictionary(pa.int32(), pa.string()),
    "dictionary of large strings": pa.dictionary(pa.int8(), pa.large_string()),
}


@pytest.mark.parametrize("kind", _KINDS)
def test_every_type_of_text_column_is_read(tmp_path: Path, kind: str) -> None:
    (tmp_path / "corpus.parquet").write_bytes(_parquet("text", ["one", "two", None, "one", "é"], _KINDS[kind]))
    words = as_counter(train_files([tmp_path], Options(300))[1].counts.words)
    assert words == {b"one": 2, b"two": 1, "é".encode(): 1}


def test_another_field_or_column_can_be_named(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(b'{"body": "one"}\n')
    (tmp_path / "b.parquet").write_bytes(_parquet("body", ["two"]))
    _, training = train_files([tmp_path], Options(300, text_field="body"))
    assert as_counter(training.counts.words) == {b"one": 1, b"two": 1}


def test_a_few_zero_bytes_are_text(tmp_path: Path) -> None:
    (tmp_path / "corpus.txt").write_bytes(_TEXT * 2 + b"\0")
    assert as_counter(train_files([tmp_path], Options(300))[1].counts.words).total() > 1000
