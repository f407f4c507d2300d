"""Are ids that come from chunks the ids of the whole, as soon as they can be, wherever the chunks end?"""

import unicodedata
from itertools import count, islice, pairwise, repeat

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from lmcore.bpe import text_stream
from lmcore.bpe.characters import class_table
from lmcore.bpe.safe_cuts import cut_from, last_cut, next_cut
from lmcore.bpe.tokenizer import Tokenizer
from tests.core.engine import DECLARATION, NAMES, at_most
from tests.core.small_tokenizers import BYTES, any_bytes, texts, trained

_SAME_PATCH = [HealthCheck.function_scoped_fixture]  # the patch is the same for all examples
_CUSTOM = r"\p{Lu}?\p{Ll}+|[0-9]{2}| "


@settings(max_examples=at_most(150, 15), deadline=None, suppress_health_check=_SAME_PATCH)
@given(text=st.lists(texts, max_size=4).map("".join), places=st.lists(st.integers(0, 60), max_size=12))
@example(text="a <|endoftext|><|pad|> b", places=[3, 12, 15, 17])
@example(text="it's <|endof the end<|", places=[2, 3, 7, 9])
@example(text="\U0001f600 a\ud83d\ude00b \ud83dc", places=[1, 4, 9])
@pytest.mark.parametrize("pattern", [*NAMES, _CUSTOM])
def test_where_chunks_end_changes_no_id(
    monkeypatch: pytest.MonkeyPatch, pattern: str, text: str, places: list[int]
) -> None:
    monkeypatch.setattr(text_stream, "_ENOUGH", 1)
    cuts = [0, *sorted(min(place, len(text)) for place in places), len(text)]
    chunks = [text[start:end] for start, end in pairwise(cuts)]
    for specials in (True, False):
        found = [*trained(pattern).encode_iterable(iter(chunks), specials=specials)]
        assert found == trained(pattern).encode(text, specials=specials)


@settings(max_examples=at_most(200, 15), deadline=None, suppress_health_check=_SAME_PATCH)
@given(
    text=st.lists(st.sampled_from([*"ae .'<|>x", "\u0301", "\u0327", "\u1100", "\u1161", "\u2126", "<|a|>", " é"])).map(
        "".join
    ),
    size=st.integers(1, 4),
)
@example(text="xe\u0301 e<|a|>\u0301", size=1)
@pytest.mark.parametrize("specials", [True, False])
def test_where_chunks_end_changes_no_id_of_normalized_text(
    monkeypatch: pytest.MonkeyPatch, specials: bool, text: str, size: int
) -> None:
    monkeypatch.setattr(text_stream, "_ENOUGH", 1)
    tokenizer = Tokenizer(BYTES, [], ["<|a|>"])
    tokenizer.normalizer = "NFC"
    chunks = [text[start : start + size] for start in range(0, len(text), size)]
    ids = tokenizer.encode(text, specials=specials)
    assert [*tokenizer.encode_iterable(chunks, specials=specials)] == ids
    assert tokenizer.encode_batch([text], specials=specials) == [ids]
    assert tokenizer.encode_array(text, specials=specials).tolist() == ids
    wanted = [unicodedata.normalize("NFC", part) for part in (text.split("<|a|>") if specials else [text])]
    assert tokenizer.decode(ids) == "<|a|>".join(wanted)


@pytest.mark.parametrize("language", ["The cat sat. ", "猫は座った。", "القطة جلست، ثم نامت. "])
def test_an_endless_text_gives_its_ids_as_it_comes(language: str) -> None:
    asked = at_most(50_000, 300)
    wanted = trained().encode(language * asked)[:asked]
    assert [*islice(trained().encode_iterable(repeat(language)), asked)] == wanted


def test_a_pretoken_that_does_not_end_is_merged_as_one() -> None:
    size = at_most(300_000, 3000)
    chunks = ("a" * 1000 for _ in range(size // 1000))
    assert [*trained().encode_iterable(chunks)] == trained().encode("a" * size)


def test_nothing_is_read_before_it_is_asked_for() -> None:
    numbers = count()
    stream = trained().encode_iterable(f"line {number}\n" for number in numbers)
    assert next(numbers) == 0
    next(stream)
    assert next(numbers) < 20_000


@settings(max_examples=at_most(200, 20))
@given(data=any_bytes, position=st.integers(0, 40))
@pytest.mark.parametrize("pattern", [*NAMES, _CUSTOM])
@pytest.mark.parametrize("specials", [True, False])
def test_a_text_may_be_divided_at_every_cut(pattern: str, specials: bool, data: bytes, position: int) -> None:
    tokenizer = trained(pattern)
    array, tokens = np.frombuffer(data, np.uint8), tokenizer.encoder.split_off(specials)
    kind, place = tokenizer.pattern.kind, position
    while (place := cut_from(kind, array, place + 1, len(data), class_table(), tokens)) >= 0:
        left, right = (tokenizer.pretokens(part, specials=specials) for part in (data[:place], data[place:]))
        assert left + right == tokenizer.pretokens(data, specials=specials)
        for more in (b"x", b"'s", b"\n", " \u3000".encode(), b"|>"):
            assert tokenizer.pretokens(data + more, specials=specials)[: len(left)] == left, "whatever comes behind"


def test_cuts_are_found_from_both_ends() -> None:
    text = DECLARATION.read_bytes()[: at_most(50_000, 5000)]
    array, tokens = np.frombuffer(text, np.uint8), trained().encoder.split_off(True)
    first, last = next_cut(0, array, 0, tokens), last_cut(0, array, 0, tokens)
    assert 0 < first < 100
    assert len(text) - 5000 < last < len(text)
    silent = np.frombuffer(b"!" * 9000, np.uint8)
    assert next_cut(0, silent, 0, tokens) == 9000
    assert last_cut(0, silent, 0, tokens) == -1
