"""Does every step get the ids that it should: refused where they do not fit, each window as often as promised?"""

import hashlib
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lmcore.bpe.token_file import IdType, TokenFile
from lmcore.errors import CorpusError, UsageError
from lmcore.training import data as module
from lmcore.training.data import Batches, Order, TokenData, documents, open_data, split, validation_windows
from lmcore.training.permutations import Permutation, uniform

SHA = hashlib.sha256(b"tokenizer").hexdigest()
sizes = st.integers(1, 3_000)
seeds = st.integers(0, 2**64 - 1)
RECORDED = {"random": [539, 710, 337, 254], "permutation": [732, 572, 762, 852]}


def write(path: Path, ids: list[int] | npt.NDArray[Any], dtype: IdType = "uint16") -> Path:
    kept = np.array(ids, np.dtype(dtype).newbyteorder("<"))
    kept.tofile(path)
    TokenFile(path, dtype, len(kept), 1, 9, None, SHA, 500).write_sidecar()
    return path


def in_memory(length: int, context: int = 1) -> TokenData:
    """Ids that are their own places."""
    file = TokenFile(Path("t.bin"), "uint32", length, 1, 9, None, SHA, length)
    return TokenData(file, np.arange(length, dtype=np.uint32), context)


# ---- files ----


@pytest.mark.parametrize("dtype", ["uint16", "uint32"])
def test_a_file_is_mapped_not_read(tmp_path: Path, dtype: IdType) -> None:
    data = open_data(write(tmp_path / "t.bin", range(9), dtype), vocab_size=9, tokenizer_sha256=SHA, context_length=8)  # type: ignore[arg-type]
    assert isinstance(data.ids.base, np.memmap)
    assert data.ids.tolist() == list(range(9))


@pytest.mark.parametrize("place", [0, 3, 4, 8])
def test_an_id_beyond_the_vocabulary_is_named_with_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: int
) -> None:
    monkeypatch.setattr(module, "PIECE", 4)
    ids = [1] * 9
    ids[place] = 20
    path = write(tmp_path / "t.bin", ids)
    assert len(open_data(path, vocab_size=21, tokenizer_sha256=None, context_length=3)) == 9
    with pytest.raises(CorpusError, match=f"t.bin: the id at position {place} is 20, but .* ends at 19; .* 500"):
        open_data(path, vocab_size=20, tokenizer_sha256=None, context_length=3)


def test_ids_of_another_tokenizer_are_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "t.bin", [1] * 9)
    other = hashlib.sha256(b"other").hexdigest()
    with pytest.raises(CorpusError, match=f"another tokenizer .*{SHA[:12]}.*{other[:12]}"):
        open_data(path, vocab_size=9, tokenizer_sha256=other, context_length=3)


@pytest.mark.parametrize("length", [0, 1, 8])
def test_less_than_a_context_and_its_last_target_is_refused(tmp_path: Path, length: int) -> None:
    path = write(tmp_path / "t.bin", [1] * length)
    with pytest.raises(CorpusError, match=f"t.bin: {length} ids, but a context of 8 .* take 9"):
        open_data(path, vocab_size=9, tokenizer_sha256=None, context_length=8)


# ---- splitting ----


@given(st.integers(20, 400), st.floats(0.1, 0.9))
def test_the_two_parts_are_the_whole_cut_at_the_end(length: int, fraction: float) -> None:
    train, validation = split(in_memory(length), fraction)
    assert np.concatenate((train.ids, validation.ids)).tolist() == list(range(length))
    assert abs(len(validation) - length * fraction) <= 0.5
    assert validation.ids[0] == validation.first == len(train)


@pytest.mark.parametrize(("fraction", "part"), [(0.05, "to validate on: 5 ids"), (0.95, "to train on: 5 ids")])
def test_a_part_that_is_too_short_is_named(fraction: float, part: str) -> None:
    with pytest.raises(CorpusError, match=part):
        split(in_memory(100, 5), fraction)
    assert len(split(in_memory(100, 4), fraction)) == 2


@pytest.mark.parametrize("fraction", [0.0, 1.0, -0.1, float("nan")])
def test_a_part_that_is_none_is_refused(fraction: float) -> None:
    with pytest.raises(UsageError, match="between 0 and 1"):
        split(in_memory(100), fraction)


# ---- random numbers and permutations ----


@given(sizes, seeds, st.integers(-5, 2**40))
def test_a_permutation_is_one_to_one(size: int, seed: int, counter: int) -> None:
    assert sorted(Permutation(size, seed, counter).at(np.arange(size)).tolist()) == list(range(size))


def test_a_permutation_of_billions_takes_no_memory_and_stays_one_to_one_where_it_is_looked_at() -> None:
    size = 10_000_000_019
    places = np.arange(size - 100_000, size)
    found = Permutation(size, 1, 0).at(places)
    assert len(np.unique(found)) == len(places)
    assert 0 <= found.min() < size // 1000
    assert size - size // 1000 < found.max() < size


@pytest.mark.parametrize("size", [2, 3, 5, 7])
def test_everything_stands_everywhere_equally_often(size: int) -> None:
    orders = 4_000
    found = np.stack([Permutation(size, 7, counter).at(np.arange(size)) for counter in range(orders)])
    expected, spread = orders / size, (orders / size * (1 - 1 / size)) ** 0.5
    for place in range(size):
        assert np.abs(np.bincount(found[:, place], minlength=size) - expected).max() < 5 * spread


def test_neighbours_do_not_stay_neighbours() -> None:
    size = 5_000
    found = Permutation(size, 3, 0).at(np.arange(size))
    assert abs(np.corrcoef(np.arange(size), found)[0, 1]) < 5 / size**0.5
    assert (np.diff(found) == 1).sum() < 10  # one, on average


@given(st.sampled_from([1, 2, 3, 1_000, 2**62, 2**62 + 1, 2**63 - 1]), seeds, st.integers(0, 2**40))
def test_random_numbers_are_the_remainders_of_words_that_favour_none(below: int, seed: int, step: int) -> None:
    drawn = np.random.Philox(key=np.array([seed, step], np.uint64)).random_raw(400).tolist()
    fair = [word for word in drawn if word < 2**64 - 2**64 % below][:50]
    assert Counter(uniform(seed, step, below, 50).tolist()) == Counter(word % below for word in fair)


# ---- batches ----


orders = st.sampled_from(["random", "permutation"])


@given(st.integers(3, 200), st.integers(1, 9), st.integers(1, 40), seeds, st.integers(0, 2**40), orders)
def test_rows_are_windows_of_the_data_and_slices_join_to_the_whole(
    context: int, batch: int, more: int, seed: int, step: int, order: Order
) -> None:
    batches = Batches(in_memory(context + more), context, batch, seed, order)
    whole = batches.at(step)
    assert whole.dtype == np.int64
    assert whole.shape == (batch, context + 1)
    assert (np.diff(whole) == 1).all()
    assert whole.min() >= 0
    assert whole.max() < context + more
    cut = batch // 2
    parts = [batches.at(step, part) for part in (slice(0, cut), slice(cut, None))]
    assert np.array_equal(np.concatenate(parts), whole)


@given(seeds, st.integers(0, 2**40), orders)
def test_a_batch_depends_on_seed_and_step_only(seed: int, step: int, order: Order) -> None:
    batches = Batches(in_memory(1_000), 10, 4, seed, order)
    before = batches.at(step)
    batches.at(step + 1)
    assert np.array_equal(batches.at(step), before)
    assert np.array_equal(Batches(in_memory(1_000), 10, 4, seed, order).at(step), before)


def test_batches_of_a_seed_are_those_that_a_resumed_run_continues_with() -> None:
    data = in_memory(1_000)
    assert Batches(data, 10, 4, 1).starts(7).tolist() == RECORDED["random"]
    assert Batches(data, 10, 4, 1, "permutation").starts(7).tolist() == RECORDED["permutation"]


@pytest.mark.parametrize("order", ["random", "permutation"])
def test_other_seeds_and_steps_give_other_batches(order: Order) -> None:
    data = in_memory(100_000)
    found = {
        tuple(Batches(data, 10, 4, seed, order).starts(step).tolist()) for seed in (0, 1, 2**32) for step in range(20)
    }
    assert len(found) == 60


def test_every_start_is_equally_likely_the_first_and_the_last_too() -> None:
    length, context, rows, steps = 23, 4, 50, 400
    batches = Batches(in_memory(length), context, rows, 11)
    counts = np.bincount(np.concatenate([batches.starts(step) for step in range(steps)]))
    places = length - context
    assert len(counts) == places
    assert counts.sum() == rows * steps
    expected = rows * steps / places
    assert np.abs(counts - expected).max() < 5 * (expected * (1 - 1 / places)) ** 0.5
    assert ((counts - expected) ** 2 / expected).sum() < 45  # χ² of 18 degrees of freedom: 1 in 2,500


@given(st.integers(2, 300), st.integers(1, 7), st.integers(1, 30), seeds)
def test_an_epoch_takes_every_window_once_and_the_next_ones_have_another_order(
    length: int, context: int, batch: int, seed: int
) -> None:
    length = max(length, context + 1)
    batches = Batches(in_memory(length), context, batch, seed, "permutation")
    number = batches.windows_an_epoch
    steps = -(-3 * number // batch)
    starts = np.concatenate([batches.starts(step) for step in range(steps)])
    for epoch in range(3):
        inside = np.sort(starts[epoch * number : (epoch + 1) * number])
        assert (np.diff(inside) == context).all()  # side by side, none twice, none left out
        assert inside[0] >= 0
        assert inside[-1] + context < length
    assert length - number * context < max(2 * context, context + 1) + 1


def test_epochs_differ_in_order_and_offset() -> None:
    batches = Batches(in_memory(1_000), 10, 99, 5, "permutation")
    epochs = np.stack([batches.starts(step) for step in range(200)])
    assert batches.windows_an_epoch == 99
    offsets = epochs.min(axis=1)
    assert set(offsets.tolist()) == set(range(10))
    assert len(np.unique(np.argsort(epochs, axis=1), axis=0)) == 200


@pytest.mark.parametrize("batch", [1, 7, 250])
def test_a_batch_may_hold_the_end_of_one_epoch_and_others(batch: int) -> None:
    data = in_memory(1_000)
    joined = np.concatenate(
        [Batches(data, 10, batch, 5, "permutation").starts(step) for step in range(500 // batch + 1)]
    )
    single = np.concatenate([Batches(data, 10, 1, 5, "permutation").starts(step) for step in range(500)])
    assert np.array_equal(joined[:500], single)


def test_too_little_data_for_a_batch_is_refused() -> None:
    with pytest.raises(CorpusError, match="10 ids, but a context of 10"):
        Batches(in_memory(10), 10, 1, 0)
    assert Batches(in_memory(11), 10, 1, 0).at(3).tolist() == [list(range(11))]


# ---- documents and validation ----


def test_a_separator_begins_the_document_behind_it() -> None:
    rows = np.array([[5, 5, 0, 7, 0], [0, 5, 0, 0, 7]])
    assert documents(rows, 0).tolist() == [[0, 0, 1, 1, 2], [1, 1, 2, 3, 3]]


@given(st.integers(2, 500), st.integers(1, 20), st.integers(1, 60) | st.none())
def test_validation_windows_do_not_overlap_and_reach_over_all_of_the_data(
    length: int, context: int, number: int | None
) -> None:
    length = max(length, context + 1)
    windows = validation_windows(in_memory(length), context, number)
    there = (length - 1) // context
    assert len(windows) == min(there, number or there)
    assert (np.diff(windows) == 1).all()
    targets = windows[:, 1:]
    assert len(np.unique(targets)) == targets.size
    apart = np.diff(windows[:, 0])
    if len(apart):
        assert apart.max() - apart.min() <= context
        assert windows[0, 0] <= apart.max()
        assert length - windows[-1, -1] <= apart.max() + context
