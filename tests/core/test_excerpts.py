"""Which passages show a corpus? The beginnings of its documents, and what is said of a file that cannot be read."""

import gzip
from pathlib import Path

import pytest

from lmcore.bpe.excerpts import LENGTH, passage_of, read_excerpts
from lmcore.bpe.options import Options
from lmcore.bpe.sources import find_sources
from lmcore.errors import CorpusError


def test_passages_are_the_beginnings_of_documents(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("One.<|endoftext|>\n\n<|endoftext|>Two.")
    (tmp_path / "b.jsonl").write_text('{"text": "Three."}\n')
    assert read_excerpts(find_sources([tmp_path]), Options()).passages == ("One.", "Two.", "Three.")


def test_a_long_document_ends_with_a_sentence() -> None:
    passage = passage_of("A sentence of some length. " * 100)
    assert len(passage) <= LENGTH
    assert passage.endswith("length.")


def test_no_character_is_cut() -> None:
    assert set(passage_of("é" * 1000)) == {"é"}


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    packed = gzip.compress(b"a rose is a rose " * 1000)
    (tmp_path / "a.txt.gz").write_bytes(packed[: len(packed) // 2])
    with pytest.raises(CorpusError, match=r"a\.txt\.gz: the compressed file is damaged"):
        read_excerpts(find_sources([tmp_path]), Options())
