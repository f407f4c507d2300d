"""What is computed of a vocabulary: trees, usage, reach, prefixes, differences, exports. Each against a plain twin."""

import csv
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lmcore.bpe import Tokenizer
from lmcore.bpe.events import Merge
from lmcore.bpe.vocabulary.columns import NONE, read_vocabulary
from lmcore.bpe.vocabulary.difference import compare, composition, learned_order, longest
from lmcore.bpe.vocabulary.exporting import HEADINGS, export_rows, markdown_lines
from lmcore.bpe.vocabulary.making import making_beside, making_of_merges
from lmcore.bpe.vocabulary.prefixes import measure_prefixes
from lmcore.bpe.vocabulary.reach import Reach, find_reach
from lmcore.bpe.vocabulary.trees import descendants, merge_tree
from lmcore.bpe.vocabulary.usage import count_usage
from lmcore.errors import LmError
from lmcore.generators import result_of
from lmcore.paths import resource
from tests import naive
from tests.core.sample_vocabularies import TEXT, sample, sample_tokenizer, tokenizer_of, trained


def _below(row: int) -> set[int]:
    """All rows in the merge tree of a row."""
    known = sample()
    if known.left[row] == NONE:
        return {row}
    return {row} | _below(int(known.left[row])) | _below(int(known.right[row]))


def test_a_merge_tree_divides_a_token_down_to_its_bytes() -> None:
    known = sample()
    for row in range(len(known)):
        nodes = list(merge_tree(known, row).all())
        for node in nodes:
            assert known.tokens[node.row] == known.tokens[row][node.start : node.end]
            assert [part.depth for part in node.parts] in ([], [node.depth + 1] * 2)
        leaves = [node for node in nodes if not node.parts]
        assert b"".join(known.tokens[leaf.row] for leaf in leaves) == known.tokens[row]
        assert known.special[row] or all(leaf.end == leaf.start + 1 for leaf in leaves)


def test_descendants_are_the_tokens_whose_trees_hold_it() -> None:
    known = sample()
    below = [_below(row) for row in range(len(known))]
    for row in range(0, len(known), 5):
        expected = [other for other in range(len(known)) if other != row and row in below[other]]
        assert descendants(known, row).tolist() == expected


def test_usage_counts_tokens_and_shows_where_they_stand(tmp_path: Path) -> None:
    path = tmp_path / "corpus.one.txt"
    path.write_text(TEXT + "<|end|>the cat", encoding="utf-8")
    usage = result_of(count_usage(sample_tokenizer(), sample(), [path]))
    ids = sample_tokenizer().encode(TEXT + "<|end|>the cat")
    assert (usage.name, usage.tokens, usage.documents) == ("corpus", len(ids), 2)
    assert usage.counts.tolist() == [ids.count(token_id) for token_id in sample().ids.tolist()]
    token = b"cat"
    found = usage.contexts(int(sample().ids[sample().rows_by_token[token]]), len(token), 4)
    data = path.read_bytes()
    assert found
    for context in found:
        assert context.token == token
        whole = context.before + context.token + context.behind
        assert data[context.place - len(context.before) :].startswith(whole)


def test_usage_is_the_same_however_the_corpus_is_divided(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tokenizer = tokenizer_of([(b"t", b"h"), (b"th", b"e"), (b" ", b"the")])
    known = result_of(read_vocabulary(tokenizer))
    path = tmp_path / "corpus.txt"
    path.write_text("the theory of the thing, then 12 them\n" * 40, encoding="utf-8")
    whole = result_of(count_usage(tokenizer, known, [path])).counts
    monkeypatch.setattr("lmcore.bpe.vocabulary.usage.PIECE", 16)
    assert result_of(count_usage(tokenizer, known, [path])).counts.tolist() == whole.tolist()


def test_a_token_whose_bytes_merge_otherwise_is_never_reached() -> None:
    # "abc" is a token, but b and c are joined first, and "a" with "bc" by no merge.
    pairs = [(b"b", b"c"), (b"a", b"b"), (b"ab", b"c")]
    tokenizer = tokenizer_of(pairs)
    known = result_of(read_vocabulary(tokenizer))
    reach = result_of(find_reach(tokenizer, known))
    assert reach[known.rows_by_token[b"abc"]] == Reach.NEVER_MERGED
    assert reach[known.rows_by_token[b"ab"]] == Reach.REACHED
    assert reach[known.special].tolist() == [Reach.REACHED]


def test_merges_whose_sides_a_smaller_vocabulary_lacks_make_nothing() -> None:
    # "abc" is made of "ab", which only a later merge makes.
    smaller = tokenizer_of([(b"b", b"c"), (b"ab", b"c"), (b"a", b"b")]).prefix(2)
    known = result_of(read_vocabulary(smaller))
    row = known.rows_by_token[b"abc"]
    assert (known.ranks[row], known.left[row], known.right[row]) == (NONE, NONE, NONE)
    assert result_of(find_reach(smaller, known))[row] == Reach.NEVER_MERGED
    assert known.ranks[known.rows_by_token[b"bc"]] == 1


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), max_size=40), st.integers(0, 40), st.booleans())
def test_parents_are_the_sides_of_the_first_merge(choices: list[tuple[int, int]], kept: int, twice: bool) -> None:
    tokens, pairs = [b"a", b"b", b"c"], list[tuple[bytes, bytes]]()
    for one, other in choices:
        left, right = tokens[one % len(tokens)], tokens[other % len(tokens)]
        if len(left + right) < 12:
            pairs.append((left, right))
            tokens.append(left + right)
    tokenizer = tokenizer_of([*dict.fromkeys(pairs)])
    if twice:  # two ids with the same bytes, the one listed first not the lower one
        doubled = {max(tokenizer.vocab) + 9: b"a", **tokenizer.vocab}
        tokenizer = Tokenizer(doubled, tokenizer.merges, tokenizer.special_ids)
    tokenizer = tokenizer.prefix(kept)
    known = result_of(read_vocabulary(tokenizer))
    expected = {left + right: (rank, left, right) for rank, (left, right) in [*enumerate(tokenizer.merges, 1)][::-1]}
    for row in np.flatnonzero(known.ranks != NONE).tolist():
        parts = (known.ranks[row], known.tokens[known.left[row]], known.tokens[known.right[row]])
        assert parts == expected.pop(known.tokens[row])
        assert known.left[row] == known.rows_by_token[parts[1]]
    assert not expected


def test_a_token_that_the_pattern_always_cuts_is_told_from_one_that_needs_company() -> None:
    # gpt2 cuts between a letter and a digit; "é" is a letter, whose first byte alone is none.
    tokenizer = tokenizer_of([(b"a", b"1"), (b"a", b"\xc3")])
    known = result_of(read_vocabulary(tokenizer))
    reach = result_of(find_reach(tokenizer, known))
    assert reach[known.rows_by_token[b"a1"]] == Reach.NOT_FOUND
    assert reach[known.rows_by_token[b"a\xc3"]] == Reach.REACHED
    assert len(tokenizer.pretokens(b"a\xc3")) == 2


@given(st.text("abc ", max_size=60))
def test_what_some_text_reaches_is_not_said_to_be_out_of_reach(text: str) -> None:
    tokenizer = trained("abcab abca bcab caab bbca ab c" * 2, 14)
    known = result_of(read_vocabulary(tokenizer))
    reach = result_of(find_reach(tokenizer, known))
    reached = known.rows_of_ids(np.array(tokenizer.encode(text), np.int64))
    assert not reach[reached].any()


def test_prefixes_are_what_smaller_vocabularies_give() -> None:
    tokenizer = sample_tokenizer()
    prefixes = result_of(measure_prefixes(tokenizer, TEXT.encode()))
    words = tokenizer.pretokens(TEXT.encode())
    assert prefixes.text_bytes == len(TEXT.encode())
    for merges in (0, 1, 7, 60, len(tokenizer.merges)):
        tokens = sum(len(naive.encode(word, tokenizer.merges[:merges])) for word in words)
        assert prefixes.tokens[merges] == tokens
    assert prefixes.bytes_per_token[0] == 1.0


def test_a_difference_is_that_of_two_sets() -> None:
    left, right = sample(), result_of(read_vocabulary(trained(TEXT[:120], 60)))
    found = result_of(compare(left, right))
    one, other = set(left.tokens), set(right.tokens)
    assert {left.tokens[row] for row in found.only_left} == one - other
    assert {right.tokens[row] for row in found.only_right} == other - one
    assert [left.tokens[row] for row in found.both] == [right.tokens[row] for row in found.both_right]
    assert found.share == pytest.approx(len(one & other) / len(one))
    for column in ("kinds", "scripts"):
        sums = np.sum([row[1:] for row in found.by(column)], axis=0).tolist()
        assert sums == [len(one - other), len(one & other), len(other - one)]


def test_the_overlap_of_the_first_n_is_that_of_two_sets() -> None:
    left, right = sample(), result_of(read_vocabulary(trained(TEXT[100:220], 80)))
    found = result_of(compare(left, right))
    orders = [[tokens for _, tokens in sorted(zip(learned_order(v), v.tokens, strict=True))][1:] for v in (left, right)]
    assert all(order[0] == b"\0" for order in orders)
    assert len(found.overlap) == min(map(len, orders))
    for n in (1, 256, 260, 300, len(found.overlap)):
        assert found.overlap[n - 1] == pytest.approx(len(set(orders[0][:n]) & set(orders[1][:n])) / n)


def test_the_longest_and_the_commonest_kinds_are_named() -> None:
    known = sample()
    rows = longest(known, np.arange(len(known)), 5)
    lengths = [len(known.tokens[row]) for row in rows]
    assert lengths == sorted((len(token) for token in known.tokens if token != b"<|end|>"), reverse=True)[:5]
    shares = composition(known, np.arange(len(known)))
    assert [share for _, share in shares] == sorted((share for _, share in shares), reverse=True)


def test_the_account_of_a_training_is_found_beside_its_tokenizer() -> None:
    folder = resource("sample/tokenizer")
    tokenizer = Tokenizer.load(folder)
    for path in (folder, folder / "tokenizer.json"):
        known = result_of(read_vocabulary(tokenizer, making_beside(path)))
        assert known.making is not None
        row = known.rows_by_token[b" t"]
        assert known.making.counts[row] == 48464
        assert known.making.gains[row] == pytest.approx(1 - 1 / 1.028570, abs=1e-6)
        assert known.making.counts[known.rows_by_token[b"t"]] == NONE
    assert making_beside(folder / "merges.csv") is None
    assert making_beside(None) is None


def test_the_merges_of_a_training_in_the_window_do_as_well() -> None:
    tokenizer = tokenizer_of([(b"a", b"b"), (b"ab", b"c")])
    merges = [Merge(1, 97, 98, 256, b"a", b"b", 9, 1.25), Merge(2, 256, 99, 257, b"ab", b"c", 4, 1.5)]
    known = result_of(read_vocabulary(tokenizer, making_of_merges(merges)))
    assert known.making is not None
    assert known.making.counts[-3:].tolist() == [9, 4, NONE]
    assert known.making.gains[-3:-1].tolist() == pytest.approx([0.2, 1 - 1.25 / 1.5])


def test_a_damaged_account_is_named(tmp_path: Path) -> None:
    (tmp_path / "merges.csv").write_text("rank,id\n1,2\n")
    with pytest.raises(LmError, match=r"merges\.csv"):
        result_of(read_vocabulary(sample_tokenizer(), making_beside(tmp_path)))


def test_rows_are_written_as_csv_that_reads_back(tmp_path: Path) -> None:
    known, used = sample(), np.arange(len(sample()))
    rows = np.arange(len(known))[::-1]
    path = result_of(export_rows(known, rows, used, tmp_path / "rows.csv"))
    with path.open(newline="", encoding="utf-8") as file:
        read = list(csv.DictReader(file))
    assert [int(line["id"]) for line in read] == known.ids[rows].tolist()
    assert [bytes.fromhex(line["hex"]) for line in read] == [known.tokens[row] for row in rows]
    assert [int(line["count_in_corpus"]) for line in read] == used[rows].tolist()


def test_a_markdown_table_keeps_its_columns_whatever_a_token_holds(tmp_path: Path) -> None:
    tokenizer = tokenizer_of([(b"|", b"|"), (b"\\", b"|")])
    known = result_of(read_vocabulary(tokenizer))
    lines = markdown_lines(known, [256, 257, 10], None).splitlines()
    assert [line.replace("\\\\", "").replace("\\|", "").count("|") for line in lines] == [len(HEADINGS) + 1] * 5
    path = result_of(export_rows(known, np.array([256, 257, 10]), None, tmp_path / "rows.md"))
    assert path.read_text(encoding="utf-8").splitlines() == lines


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(LmError, match="choose another folder"):
        result_of(export_rows(sample(), np.arange(3), None, tmp_path / "file" / "rows.csv"))
