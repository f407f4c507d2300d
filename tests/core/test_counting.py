"""Are the counts of a corpus those of plain Python, however it is stored, cut into blocks and shared by threads?"""

import gzip
import json
import threading
from collections import Counter
from pathlib import Path

import pytest
import regex
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from lmcore.bpe import meter, patterns, readers
from lmcore.bpe.block_counter import BlockCounter
from lmcore.bpe.counting import count_corpus
from lmcore.bpe.events import Progress
from lmcore.bpe.patterns import EXPRESSIONS, find_pattern
from lmcore.bpe.pretoken_table import PretokenTable
from lmcore.bpe.readers import Block
from lmcore.bpe.sources import find_sources
from lmcore.errors import UsageError
from lmcore.paths import resource
from tests import naive
from tests.core.engine import DECLARATION, NAMES, as_counter, at_most, count_files, finish

_END = "<|endoftext|>"
_SPECIALS: list[list[str]] = [[], [_END], [_END, f"{_END} {_END}", "<|"], ["the", "th", "he c", " "], ["\n"]]
_TEXT = f"The cat's here.\n{_END}the other cat — 12 of them\r\n{_END} {_END}中文 the café\xff".encode(
    "utf-8", "replace"
)


def _wanted(data: bytes, pattern: str, special_tokens: list[str]) -> Counter[bytes]:
    return Counter(naive.pretokens(data, EXPRESSIONS.get(pattern, pattern), special_tokens))


def _specials_in(data: bytes, special_tokens: list[str]) -> int:
    return max(0, len(naive.split_specials(data, special_tokens)) - 1)


@pytest.mark.parametrize("threads", [1, 2, 3])
@pytest.mark.parametrize("special_tokens", _SPECIALS)
@pytest.mark.parametrize("pattern", [*NAMES, r"\w+", "[aeiou]|\\s"])
def test_counts_equal_those_of_plain_python(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pattern: str, special_tokens: list[str], threads: int
) -> None:
    monkeypatch.setattr(readers, "BLOCK", 300)
    data = b"".join(_TEXT + b" number %d\n" % (i % 7) for i in range(at_most(60, 12)))
    path = tmp_path / "corpus.txt"
    path.write_bytes(data)
    counts = count_files([path], pattern, special_tokens, threads)
    wanted = _wanted(data, pattern, special_tokens)
    assert as_counter(counts.words) == wanted
    assert counts.bytes == len(data)
    assert counts.pretokens == wanted.total()
    assert counts.pretoken_bytes == sum(len(word) * count for word, count in wanted.items())
    assert counts.special_tokens == _specials_in(data, special_tokens)


@pytest.mark.parametrize(
    "path", [resource("sample/moby-dick-and-speeches.txt"), DECLARATION], ids=["sample", "declaration"]
)
@pytest.mark.parametrize("pattern", NAMES)
def test_counts_of_real_text_equal_those_of_plain_python(tmp_path: Path, path: Path, pattern: str) -> None:
    data = path.read_bytes()[: at_most(10**7, 30_000)]
    copy = tmp_path / "corpus.txt"
    copy.write_bytes(data)
    assert as_counter(count_files([copy], pattern, [_END]).words) == _wanted(data, pattern, [_END])


@pytest.mark.parametrize("threads", [1, 2])
def test_all_files_of_a_corpus_are_counted_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, threads: int) -> None:
    monkeypatch.setattr(readers, "BLOCK", 64)
    texts = {
        "a.txt": "the first file ends in a wor",
        "sub/b.md": "d of the second",
        "c.jsonl": "third, thé\n",
        "sub/d.txt.gz": "fourth",
    }
    for name, text in texts.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        raw = (json.dumps({"text": text}) if ".jsonl" in name else text).encode()
        path.write_bytes(gzip.compress(raw) if name.endswith(".gz") else raw)
    (tmp_path / "picture.png").write_bytes(b"the wrong kind")
    (tmp_path / ".hidden.txt").write_bytes(b"hidden")
    found = as_counter(count_files([tmp_path, tmp_path / "a.txt"], threads=threads).words)
    assert found == sum((_wanted(text.encode(), "gpt2", []) for text in texts.values()), Counter())


_PIECES = [
    "word ",
    "it's ",
    " \n",
    "12 ",
    "é ",
    "中文",
    ". ",
    "<|e|>",
    "<|e|><|f|>",
    "a" * 20,
    " " * 9,
    "\u2028",
    "x",
    "\x00",
]


@pytest.mark.parametrize("threads", [1, 2])
@settings(max_examples=at_most(80, 15), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    pieces=st.lists(
        st.one_of(st.sampled_from(_PIECES).map(str.encode), st.binary(max_size=3)), min_size=1, max_size=80
    ),
    pattern=st.sampled_from([*NAMES, "[a-z]+|1"]),
    special_tokens=st.sampled_from([[], ["<|e|>"], ["<|e|>", "<|e|><|f|>", "d i"]]),
    block=st.sampled_from([1, 5, 33, 100, 2_000_000]),
)
def test_the_size_of_blocks_never_changes_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, threads: int,
    pieces: list[bytes], pattern: str, special_tokens: list[str], block: int,
) -> None:  # fmt: skip
    monkeypatch.setattr(readers, "BLOCK", block)
    data = b"".join(pieces) or b"x"
    path = tmp_path / "corpus.txt"
    path.write_bytes(data)
    if data.count(0) > len(data) / 1000:
        data = data.replace(b"\0", b"0") or b"x"
        path.write_bytes(data)
    assume(not data.startswith((b"\xff\xfe", b"\xfe\xff")))  # the mark of UTF-16, which is refused
    counts = count_files([path], pattern, special_tokens, threads)
    assert as_counter(counts.words) == _wanted(data, pattern, special_tokens)
    invalid = naive.invalid_bytes(data)
    assert counts.invalid_bytes == len(invalid)
    assert counts.invalid_place == ((path, invalid[0]) if invalid else None)


def test_a_text_without_any_blank_is_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readers, "BLOCK", 500)
    data = "永和九年歲在癸丑。暮春之初。".encode() * at_most(3000, 60)
    (tmp_path / "corpus.txt").write_bytes(data)
    assert as_counter(count_files([tmp_path], threads=2).words) == _wanted(data, "gpt2", [])


def test_one_huge_pretoken_is_counted(tmp_path: Path) -> None:
    size = at_most(6_000_000, 30_000)
    (tmp_path / "corpus.txt").write_bytes(b"start " + b"x" * size + b" end")
    found = as_counter(count_files([tmp_path], threads=2).words)
    assert found == {b"start": 1, b" " + b"x" * size: 1, b" end": 1}


@pytest.mark.parametrize("pattern", ["gpt2", r"\w+|\W"])
@pytest.mark.parametrize("threads", [1, 3])
def test_the_first_byte_that_is_not_utf8_is_named_exactly(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pattern: str, threads: int
) -> None:
    """Also where the same pre-token comes again in later blocks and files, and behind a character cut short."""
    monkeypatch.setattr(readers, "BLOCK", 100)
    sound = "schöne Wörter " * at_most(40, 20)
    (tmp_path / "1.txt").write_text(sound, encoding="utf-8")
    (tmp_path / "2.txt").write_bytes(sound.encode() + b"long\xc3 b\xff\xff\n" + sound.encode() + b" b\xff\xff")
    (tmp_path / "3.txt").write_bytes(b"\xff")
    counts = count_files([tmp_path], pattern, ["<|e|>"], threads)
    assert counts.invalid_bytes == 6
    assert counts.invalid_place == (tmp_path / "2.txt", len(sound.encode()) + 4)


def test_documents_whose_ends_would_join_to_a_character_stay_invalid(tmp_path: Path) -> None:
    """Each document is a text of its own: half a character in one and half in the next are not one character."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = tmp_path / "corpus.parquet"
    pq.write_table(pa.table({"text": [b"abc \xe2\x82", b"\xac def"]}), path)
    counts = count_files([path])
    assert counts.invalid_bytes == 3
    assert counts.invalid_place == (path, 4)


def test_a_small_corpus_starts_no_thread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*arguments: object, **options: object) -> None:
        raise AssertionError("a thread for a small corpus")

    monkeypatch.setattr(threading, "Thread", refuse)
    (tmp_path / "corpus.txt").write_bytes(b"a small corpus " * 100)
    assert count_files([tmp_path], threads=8).pretokens == 301


def test_progress_goes_up_to_the_whole_and_ends_with_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readers, "BLOCK", 1000)
    monkeypatch.setattr(meter, "TICK", 0.0)
    for name in ("a.txt", "b.txt.gz"):
        raw = b"some words of a corpus " * at_most(2000, 200)
        (tmp_path / name).write_bytes(gzip.compress(raw) if name.endswith("gz") else raw)
    told, counts = finish(count_corpus(find_sources([tmp_path]), find_pattern("gpt2"), [], threads=2))
    events = [event for event in told if isinstance(event, Progress)]
    done = [event.done for event in events]
    assert done == sorted(done)
    assert len(events) > 5
    assert all(event.done <= event.total for event in events)
    assert [event.finished for event in events] == [False] * (len(events) - 1) + [True]
    assert events[-1].done == events[-1].total == counts.bytes
    assert events[-1].memory > 1_000_000
    assert events[-1].rate == pytest.approx(counts.bytes / events[-1].seconds)


@pytest.mark.parametrize("pattern", ["gpt2", r"\w+|\W"])
def test_whoever_stops_asking_leaves_no_thread_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pattern: str
) -> None:
    monkeypatch.setattr(readers, "BLOCK", 1000)
    monkeypatch.setattr(meter, "TICK", 0.0)
    (tmp_path / "corpus.txt").write_bytes(b"some words of a corpus <|e|>" * at_most(2000, 300))
    before = threading.active_count()
    for taken in range(1, 8):
        work = count_corpus(find_sources([tmp_path]), find_pattern(pattern), ["<|e|>"], threads=2)
        for _ in range(taken):
            next(work)
        work.close()
        assert threading.active_count() == before


def test_an_error_in_a_counting_thread_comes_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*arguments: object) -> None:
        raise MemoryError("no room")

    monkeypatch.setattr(readers, "BLOCK", 100)
    monkeypatch.setattr(BlockCounter, "count", fail)
    (tmp_path / "corpus.txt").write_bytes(b"some words " * 100)
    before = threading.active_count()
    with pytest.raises(MemoryError, match="no room"):
        count_files([tmp_path], threads=2)
    assert threading.active_count() == before


def test_a_custom_expression_sees_the_whole_text_around_a_match(tmp_path: Path) -> None:
    """Look-arounds and anchors reach to the special tokens, not to the border of a block."""
    pattern, data = r"(?<=a )b|^x|\w+$|.", b"x a b<|e|>x b a b xyz"
    (tmp_path / "corpus.txt").write_bytes(data)
    assert regex.findall(pattern, "x a b")[0] == "x"
    assert as_counter(count_files([tmp_path], pattern, ["<|e|>"]).words) == _wanted(data, pattern, ["<|e|>"])


def test_a_file_named_twice_is_counted_once(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "a.txt").write_text("one text")
    (tmp_path / "link.txt").hardlink_to(folder / "a.txt")
    again = folder / ".." / "folder" / "a.txt"
    assert count_files([folder, again, tmp_path / "link.txt"]).bytes == len("one text")


def test_a_pattern_that_tries_every_way_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patterns, "SECONDS", 0.05)
    (tmp_path / "corpus.txt").write_text("a" * 5000 + "!")
    with pytest.raises(UsageError, match=r"corpus\.txt, from offset 0: the pre-token pattern tries too many ways"):
        count_files([tmp_path], r"(a+)+b|\s")


def test_cancelling_does_not_wait_for_a_pattern_that_tries_every_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The thread ends by itself when its time is up; meanwhile the generator goes on telling, and can be closed."""
    monkeypatch.setattr(patterns, "SECONDS", 1.5)
    (tmp_path / "corpus.txt").write_text("a" * 5000 + "!")
    before = set(threading.enumerate())
    work = count_corpus(find_sources([tmp_path]), find_pattern(r"(a+)+b|\s"), [])
    assert [next(work) for _ in range(3)]
    work.close()
    (thread,) = set(threading.enumerate()) - before
    assert thread.daemon, "nor does the end of the process wait for it"
    thread.join()


def test_every_table_gets_its_blocks_in_the_order_of_the_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else a byte that is not UTF-8 could be new to a table that had it already from a later place."""
    counted: dict[int, list[int]] = {}

    def count(counter: BlockCounter, block: Block, table: PretokenTable) -> None:
        counted.setdefault(id(table), []).append(block.offset)
        usual(counter, block, table)

    usual = BlockCounter.count
    monkeypatch.setattr(readers, "BLOCK", 100)
    monkeypatch.setattr(readers, "_SEARCH", 10)
    monkeypatch.setattr(BlockCounter, "count", count)
    (tmp_path / "corpus.txt").write_bytes(b"some words of a corpus " * at_most(10_000, 300))
    count_files([tmp_path], threads=3)
    assert len(counted) > 1
    assert all(offsets == sorted(offsets) for offsets in counted.values())


def test_a_custom_pattern_never_keeps_anyone_waiting(tmp_path: Path) -> None:
    """Its blocks may be whole files: they are counted beside the generator, which can be closed meanwhile."""
    (tmp_path / "corpus.txt").write_text("low low lower " * 2000)
    counting_thread = count_corpus(find_sources([tmp_path]), find_pattern(r"\w+|\s+"), [], threads=1)
    before = threading.active_count()
    next(counting_thread)
    counting_thread.close()
    assert threading.active_count() == before
    assert count_files([tmp_path], r"\w+|\s+", threads=1).pretokens == 12_000
