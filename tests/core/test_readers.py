"""Does every file give its text, in blocks whose borders change nothing?"""

import gzip
import itertools
import json
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lmcore.bpe import readers
from lmcore.bpe.patterns import EXPRESSIONS, find_pattern
from lmcore.bpe.readers import Block, blocks, make_cutter
from lmcore.bpe.sources import classify, find_sources
from lmcore.bpe.specials import prepare_specials
from tests import naive
from tests.core.engine import NAMES, at_most

_DOCUMENTS = [
    "It's the first.\n",
    "",
    "Das zweite, schöne.",
    "  第三个 \n",
    "a" * 300,
    "<|endoftext|> inside",
    "\u2028 x",
]


def _jsonl(documents: Sequence[str]) -> bytes:
    return b"".join(json.dumps({"id": i, "text": text}).encode() + b"\n" for i, text in enumerate(documents))


def _parquet(documents: Sequence[str]) -> bytes:
    buffer = pa.BufferOutputStream()
    table = pa.table({"id": list(range(len(documents))), "text": list(documents)})
    pq.write_table(table, buffer, row_group_size=2)
    return bytes(buffer.getvalue().to_pybytes())


def _plain(documents: Sequence[str]) -> bytes:
    return "".join(documents).encode()


_FORMS: dict[str, Callable[[Sequence[str]], bytes]] = {
    "txt": _plain,
    "md": _plain,
    "jsonl": _jsonl,
    "parquet": _parquet,
}
_PACKERS: dict[str, Callable[[bytes], bytes]] = {"": bytes, ".gz": gzip.compress, ".zst": zstandard.compress}


def _blocks(path: Path, special_tokens: Sequence[str] = (), pattern: str = "gpt2") -> list[Block]:
    cutter = make_cutter(find_pattern(pattern), prepare_specials(special_tokens))
    (source,) = find_sources([path])
    return list(blocks(source, cutter, "text", False))


def _texts(block: Block) -> list[bytes]:
    bounds = block.bounds.tolist()
    return [block.data[start:end].tobytes() for start, end in itertools.pairwise(bounds)]


@pytest.mark.parametrize("packing", _PACKERS)
@pytest.mark.parametrize("form", _FORMS)
@pytest.mark.parametrize("block", [1, 20, 2_000_000])
def test_every_form_gives_its_texts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str, packing: str, block: int
) -> None:
    monkeypatch.setattr(readers, "BLOCK", block)
    path = tmp_path / f"corpus.{form}{packing}"
    path.write_bytes(_PACKERS[packing](_FORMS[form](_DOCUMENTS)))
    found = _blocks(path)
    texts = [text.decode() for one in found for text in _texts(one)]
    if form in ("txt", "md"):
        assert "".join(texts) == "".join(_DOCUMENTS)
    else:
        assert [text for text in texts if text] == [text for text in _DOCUMENTS if text], "documents stay apart"
    sizes = [len(one.data) for one in found]
    assert [one.offset for one in found] == [0, *itertools.accumulate(sizes)][:-1]
    assert all(not one.data.flags.writeable for one in found), "kernels are compiled for data that is read-only"
    assert 0 < found[-1].end.disk <= path.stat().st_size


@pytest.mark.parametrize("packing", [".gz", ".zst"])
def test_compressed_parts_one_behind_the_other_are_all_read(tmp_path: Path, packing: str) -> None:
    path = tmp_path / f"parts.txt{packing}"
    path.write_bytes(_PACKERS[packing](b"first and ") + _PACKERS[packing](b"second"))
    assert b"".join(text for one in _blocks(path) for text in _texts(one)) == b"first and second"


@pytest.mark.parametrize(
    ("name", "meaning"),
    [
        ("a.txt", ("text", "")),
        ("A.MD.GZ", ("text", "gz")),
        ("x.jsonl.zst", ("jsonl", "zst")),
        ("v1.2.parquet", ("parquet", "")),
        ("a.json", None),
        ("a.gz", None),
        ("txt", None),
    ],
)
def test_names_say_what_is_in_a_file(name: str, meaning: tuple[str, str] | None) -> None:
    assert classify(Path(name)) == meaning


_PIECES = [
    "word ",
    "it's",
    " \n",
    "\n\n",
    "12 ",
    "3",
    "é ",
    "中 ",
    ". ",
    "  ",
    "<|e|>",
    "a b",
    "x <|",
    "e|> ",
    "\u0301 ",
    "٣\n",
    " ",
    "b",
    "a ",
]
_SPECIALS: list[list[str]] = [[], ["<|e|>"], ["a b", " \n", "<|e|>"], ["b", "ba", "word word"], ["x <|e|> ", "3 12"]]

texts = st.lists(st.sampled_from(_PIECES), max_size=60).map(lambda pieces: "".join(pieces).encode())


@pytest.mark.parametrize("pattern", [*NAMES, "[a-z]+ ?"])
@settings(max_examples=at_most(60, 12), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=texts, specials=st.sampled_from(_SPECIALS), block=st.sampled_from([1, 2, 3, 7, 16, 50]))
def test_borders_of_blocks_cut_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pattern: str, data: bytes, specials: list[str], block: int
) -> None:
    """The pre-tokens of the blocks, one block after another, are those of the whole text."""
    monkeypatch.setattr(readers, "BLOCK", block)
    monkeypatch.setattr(readers, "_SEARCH", 4)
    path = tmp_path / "corpus.txt"
    path.write_bytes(data or b"x")
    parts = [text for one in _blocks(path, specials, pattern) for text in _texts(one)]
    expression = EXPRESSIONS.get(pattern, pattern)
    assert b"".join(parts) == (data or b"x")
    found = [pretoken for part in parts for pretoken in naive.pretokens(part, expression, specials)]
    assert found == naive.pretokens(data or b"x", expression, specials)


def test_a_long_text_is_read_in_many_blocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory does not grow with the corpus: blocks stay near their size where the text can be cut."""
    monkeypatch.setattr(readers, "BLOCK", 1000)
    monkeypatch.setattr(readers, "_SEARCH", 50)
    path = tmp_path / "corpus.txt"
    path.write_bytes(b"some words " * 2000)
    sizes = [len(one.data) for one in _blocks(path)]
    assert len(sizes) >= 22
    assert max(sizes) <= 1000


def test_a_text_without_any_cut_is_one_block(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readers, "BLOCK", 100)
    path = tmp_path / "corpus.txt"
    path.write_bytes("永和九年歲在癸丑".encode() * 200)
    assert [len(one.data) for one in _blocks(path)] == [path.stat().st_size]


def test_a_custom_pattern_is_cut_at_special_tokens_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readers, "BLOCK", 40)
    path = tmp_path / "corpus.txt"
    path.write_bytes(b"one two three<|e|>" * 20)
    found = [block.data.tobytes() for block in _blocks(path, ["<|e|>"], r"one two|\w+")]
    assert len(found) > 5
    assert all(text.startswith(b"<|e|>") for text in found[1:])
    assert len(_blocks(path, [], r"one two|\w+")) == 1


def test_bounds_are_what_kernels_expect(tmp_path: Path) -> None:
    path = tmp_path / "corpus.jsonl"
    path.write_bytes(_jsonl(["one", "two"]))
    (block,) = _blocks(path)
    assert block.bounds.dtype == np.int64
    assert block.data.dtype == np.uint8
