"""Does a model say what it would without a cache, alone or beside others, drawn as the settings ask for?"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any, Final

import pytest
import torch
import transformers
from hypothesis import given
from hypothesis import strategies as st

from lmcore.errors import UsageError
from lmcore.generators import result_of
from lmcore.model import Architecture, Generated, Prepared, Sampling, TransformerLM, generate, pieces, read_huggingface
from lmcore.model.decoder import Decoder, Scored
from lmcore.model.generation import Reading, continue_in_pieces, draw, generate_in_pieces
from lmcore.model.rope_scaling import LinearScaling, Llama3Scaling
from lmcore.model.sampling import Sampler
from lmcore.model.text_decoder import TextDecoder

SMALL: Final = Architecture(vocab_size=97, context_length=48, d_model=32, num_layers=2, num_heads=4, d_ff=88)
SWITCHES: Final = {
    "plain": SMALL,
    "Θ": replace(SMALL, rope_theta=500.0),
    "linear scaling": replace(SMALL, rope_scaling=LinearScaling(4.0)),
    "Llama 3.1's scaling": replace(SMALL, rope_theta=100.0, rope_scaling=Llama3Scaling(8.0, 1.0, 4.0, 16)),
    "num_kv_heads": replace(SMALL, num_kv_heads=2),
    "d_head": replace(SMALL, d_head=12),
    "tied_head": replace(SMALL, tied_head=True),
    "qk_norm": replace(SMALL, qk_norm=True, num_kv_heads=1),
    "post-norm": replace(SMALL, norm="post"),
    "no norm": replace(SMALL, norm="none"),
    "NoPE": replace(SMALL, position="none"),
    "SiLU": replace(SMALL, feed_forward="silu"),
    "GELU": replace(SMALL, feed_forward="gelu"),
    "ReLU²": replace(SMALL, feed_forward="relu2"),
}
PROMPTS: Final = [[5, 17, 3], [60], [1, 2, 3, 4, 5, 6, 7, 8, 9], [96, 0, 96]]


def made(architecture: Architecture = SMALL) -> TransformerLM:
    """A model whose scores differ enough from one another, norms included."""
    torch.manual_seed(0)
    model = TransformerLM.of(architecture)
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if "norm" in name or "ln" in name:
                weight.uniform_(0.5, 1.5)
        model.head_weight.mul_(3)
    return model


def said(
    model: TransformerLM | Prepared, prompts: Sequence[Sequence[int]], sampling: Sampling, **options: Any
) -> list[Generated]:
    return list(generate(model, prompts, sampling, **{"max_new_tokens": 12, **options}))


def ids_of(events: Iterable[Generated], row: int = 0) -> list[int]:
    return [event.token for event in events if event.row == row]


# ---- with and without the cache ----


@pytest.mark.parametrize("name", SWITCHES)
@pytest.mark.parametrize("temperature", [0.0, 1.0])
def test_cached_and_uncached_say_the_same(name: str, temperature: float) -> None:
    model, sampling = made(SWITCHES[name]), Sampling(temperature, repetition_penalty=1.1, seed=3)
    cached, uncached = (said(model, PROMPTS, sampling, cached=cached, max_new_tokens=20) for cached in (True, False))
    assert [(event.row, event.token, event.ended) for event in cached] == [
        (event.row, event.token, event.ended) for event in uncached
    ]
    for one, other in zip(cached, uncached, strict=True):
        assert one.log_probability == pytest.approx(other.log_probability, abs=2e-4)
        assert one.entropy == pytest.approx(other.entropy, abs=2e-4)


def test_lower_precision_is_the_same_with_and_without_the_cache_but_for_its_rounding() -> None:
    model, greedy = made(), Sampling(0)
    prepared = Prepared(model, torch.bfloat16)
    exact = [event.log_probability for event in said(model, PROMPTS, greedy, max_new_tokens=1)]
    for cached in (True, False):
        low = [event.log_probability for event in said(prepared, PROMPTS, greedy, cached=cached, max_new_tokens=1)]
        assert low == pytest.approx(exact, abs=0.1)
        assert low != exact


@pytest.mark.parametrize("name", SWITCHES)
@pytest.mark.parametrize("prompts", [PROMPTS[2:3], PROMPTS])
def test_prompts_that_are_read_in_pieces_are_continued_as_if_they_were_read_whole(
    name: str, prompts: list[list[int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    model, sampling = made(SWITCHES[name]), Sampling(seed=3)
    whole = said(model, prompts, sampling)
    for constant, value in (("WORK", 1), ("_LEAST", 4 * len(prompts)), ("_MOST", 4 * len(prompts))):
        monkeypatch.setattr(pieces, constant, value)
    both = list(generate_in_pieces(model, prompts, sampling, max_new_tokens=12))
    begin = next(place for place, event in enumerate(both) if isinstance(event, Generated))
    read = [event.done for event in both[:begin] if isinstance(event, Reading)]
    assert read == [0, 0, 0, 4, 4, 4, 4, 8, 8, 8, 8]  # behind each half of two layers, but for the last
    found = [event for event in both if isinstance(event, Generated)]
    assert [(event.row, event.token) for event in found] == [(event.row, event.token) for event in whole]
    for one, other in zip(found, whole, strict=True):
        assert one.log_probability == pytest.approx(other.log_probability, abs=2e-4)


@pytest.mark.parametrize("name", ["plain", "num_kv_heads", "NoPE", "Llama 3.1's scaling"])
def test_a_row_says_in_a_batch_what_it_says_alone(name: str) -> None:
    """Row i draws from seed + i."""
    model = made(SWITCHES[name])
    together = said(model, PROMPTS, Sampling(seed=7))
    for row, prompt in enumerate(PROMPTS):
        assert ids_of(together, row) == ids_of(said(model, [prompt], Sampling(seed=7 + row)))


def test_the_cache_stays_where_it_is() -> None:
    decoder = Decoder(Prepared(made()), 2, 16)
    places = [cache.keys.data_ptr() for cache in decoder.caches]
    with torch.inference_mode():
        result_of(decoder.start([[1, 2], [3, 4]]))
        result_of(decoder.advance(torch.tensor([5, 6])))
    assert [cache.keys.data_ptr() for cache in decoder.caches] == places
    filled = decoder.caches[0].keys.abs().sum((0, 1, 3)) > 0
    assert filled.tolist() == [True] * 3 + [False] * 13


# ---- a text that was stopped ----


def continued(decoder: TextDecoder, drawn: Sequence[int], **options: Any) -> Iterator[Generated]:
    settings: dict[str, Any] = {"max_new_tokens": 20, "alternatives": 3, **options}
    sampling = Sampling(1.3, top_k=60, repetition_penalty=1.4, seed=11)
    events = continue_in_pieces(decoder, PROMPTS[2], drawn, sampling, **settings)
    return (event for event in events if isinstance(event, Generated))


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("name", SWITCHES)
def test_a_text_that_was_stopped_goes_on_to_the_bit(name: str, dtype: torch.dtype) -> None:
    """With its cache, in one with more room, behind a token that nobody saw any more, and when all of it is gone."""
    prepared = Prepared(made(SWITCHES[name]), dtype)
    sampling = Sampling(1.3, top_k=60, repetition_penalty=1.4, seed=11)
    whole = said(prepared, PROMPTS[2:3], sampling, max_new_tokens=20, alternatives=3)
    tokens = ids_of(whole)
    for seen in (0, 1, 6, 19):
        kept = TextDecoder(prepared, len(PROMPTS[2]) + 8)
        first = [*islice(continued(kept, [], max_new_tokens=8), min(seen + 1, 7))]
        assert first == whole[: len(first)]
        list(kept.making_room(len(PROMPTS[2]) + 20))
        assert list(continued(kept, tokens[:seen])) == whole[seen:]
        assert list(continued(TextDecoder(prepared, len(PROMPTS[2]) + 20), tokens[:seen])) == whole[seen:]


def test_what_the_cache_has_of_a_text_is_not_read_again() -> None:
    decoder = TextDecoder(Prepared(made()), 40)
    tokens = [event.token for event in continued(decoder, [])]
    for prompt, drawn, read in (
        (PROMPTS[2], tokens[:12], 1),
        (PROMPTS[2], [*tokens[:4], 96 - tokens[4], *tokens[5:9]], 5),
        (PROMPTS[0], tokens[:3], 4),  # a prompt in one piece
    ):
        pieces_read = list(decoder.go_on(prompt, drawn))
        assert len(pieces_read) == read - (prompt is PROMPTS[0])
        assert (decoder.prompt, decoder.one_by_one) == (prompt, list(drawn))
        assert decoder.column == len(prompt) + len(drawn)


def test_a_text_that_was_stopped_is_as_long_as_asked_for_in_all() -> None:
    decoder = TextDecoder(Prepared(made()), 48)
    *_, last = continued(decoder, tokens := [event.token for event in continued(decoder, [])], max_new_tokens=99)
    assert (last.index, last.ended) == (48 - len(PROMPTS[2]) - 1, "context")
    with pytest.raises(UsageError, match="max_new_tokens is 0"):
        next(continued(decoder, tokens, max_new_tokens=20))


# ---- what is drawn ----


def peer_distribution(scores: torch.Tensor, seen: list[int], sampling: Sampling) -> torch.Tensor:
    """What `transformers` would draw from, step by step."""
    steps: list[Any] = [transformers.RepetitionPenaltyLogitsProcessor(sampling.repetition_penalty)]
    steps += [transformers.TemperatureLogitsWarper(sampling.temperature)]
    steps += [transformers.TopKLogitsWarper(sampling.top_k)] if sampling.top_k else []
    steps += [transformers.TopPLogitsWarper(sampling.top_p)] if sampling.top_p < 1 else []
    steps += [transformers.MinPLogitsWarper(sampling.min_p)] if sampling.min_p > 0 else []
    for step in steps:
        scores = step(torch.tensor([seen]), scores)
    return scores.softmax(-1)


@given(
    seed=st.integers(0, 10_000),
    spread=st.sampled_from([0.3, 2.0, 8.0]),
    sampling=st.builds(
        Sampling,
        temperature=st.sampled_from([0.5, 1.0, 1.7]),
        top_k=st.sampled_from([0, 1, 5, 400]),
        top_p=st.sampled_from([1.0, 0.95, 0.5, 0.01]),
        min_p=st.sampled_from([0.0, 0.05, 1.0]),
        repetition_penalty=st.sampled_from([1.0, 1.3, 0.7]),
    ),
)
def test_what_is_drawn_from_is_what_transformers_draws_from(seed: int, spread: float, sampling: Sampling) -> None:
    """300 ids, so that the likely ones that are looked at first do not always reach top-p."""
    scores = torch.randn(1, 300, generator=torch.Generator().manual_seed(seed)) * spread
    seen = [3, 250, 3]
    sampler = Sampler(sampling, [seen], 300, 1)
    ours = sampler.candidates(sampler.adjusted(scores.clone())).of(torch.arange(300)[None])
    theirs = peer_distribution(scores.clone(), seen, sampling)
    torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("sampling", [Sampling(), Sampling(top_k=6), Sampling(top_p=0.6), Sampling(min_p=0.3)])
def test_ids_are_drawn_as_often_as_they_are_likely(sampling: Sampling) -> None:
    scores = torch.tensor([[2.0, -1.0, 0.5, 1.5, -3.0, 0.0, 1.0, 1.9]])
    sampler = Sampler(sampling, [[0]], 8, 1)
    candidates = sampler.candidates(sampler.adjusted(scores))
    uniform = (torch.arange(10_000) + 0.5) / 10_000
    drawn = torch.cat([candidates.draw(number.view(1, 1)) for number in uniform])
    share = drawn.bincount(minlength=8) / 10_000
    torch.testing.assert_close(share, candidates.of(torch.arange(8)[None])[0], rtol=0, atol=2e-4)


def test_the_largest_random_number_draws_an_id_that_was_kept() -> None:
    scores = torch.tensor([[0.0, 9.0, 8.5, -40.0]])
    sampler = Sampler(Sampling(top_p=0.9), [[0]], 4, 1)
    candidates = sampler.candidates(sampler.adjusted(scores))
    assert candidates.draw(torch.tensor([[1 - 2**-24]])).item() == 2


def test_the_same_seed_says_the_same_and_another_something_else() -> None:
    model = made()
    first, again, other = (ids_of(said(model, PROMPTS[:1], Sampling(seed=seed))) for seed in (1, 1, 2))
    assert first == again != other


def test_a_penalty_keeps_from_repeating() -> None:
    model = made()
    plain = ids_of(said(model, [[1, 2]], Sampling(0), max_new_tokens=40))
    varied = ids_of(said(model, [[1, 2]], Sampling(0, repetition_penalty=1e6), max_new_tokens=40))
    assert len(set(varied)) == 40 > len(set(plain))


@pytest.mark.parametrize("penalty", [1.0, 1.2])
def test_greedy_text_is_that_of_transformers(tmp_path: Path, penalty: float) -> None:
    torch.manual_seed(2)
    config = transformers.LlamaConfig(
        vocab_size=97, hidden_size=32, intermediate_size=88, num_hidden_layers=2, num_attention_heads=4,
        num_key_value_heads=2, max_position_embeddings=64, initializer_range=0.3,
        bos_token_id=None, eos_token_id=None,
    )  # fmt: skip
    theirs = transformers.LlamaForCausalLM(config)
    theirs.eval()
    theirs.save_pretrained(tmp_path)
    prompt = torch.tensor([[5, 17, 3]])
    settings = transformers.GenerationConfig(max_new_tokens=30, repetition_penalty=penalty, pad_token_id=0)
    expected = theirs.generate(prompt, settings, attention_mask=torch.ones_like(prompt))
    assert isinstance(expected, torch.Tensor)
    ours = said(read_huggingface(tmp_path), [[5, 17, 3]], Sampling(0, repetition_penalty=penalty), max_new_tokens=30)
    assert ids_of(ours) == expected[0, 3:].tolist()


# ---- what is told ----


def test_an_event_tells_what_the_model_thinks_and_what_was_drawn_from() -> None:
    model, prompt = made(), PROMPTS[0]
    sampling = Sampling(temperature=0.7, top_k=5, repetition_penalty=1.3)
    event = said(model, [prompt], sampling, alternatives=8, max_new_tokens=1)[0]
    scores = model(torch.tensor([prompt]))[0, -1]
    probabilities = scores.softmax(-1)
    assert event.log_probability == pytest.approx(probabilities[event.token].log().item(), abs=1e-4)
    assert event.entropy == pytest.approx(-(probabilities * probabilities.log()).sum().item(), abs=1e-4)
    assert event.remaining == 5
    drawn_from = peer_distribution(scores[None].detach(), prompt, sampling)[0]
    tempered = peer_distribution(scores[None].detach(), prompt, replace(sampling, top_k=0))[0]
    listed = {*scores.topk(8).indices.tolist(), *drawn_from.nonzero()[:, 0].tolist()}
    assert [other.token for other in event.alternatives] == sorted(listed, key=lambda one: -scores[one].item())
    assert event.own is not None
    assert event.own.token == event.token
    for other in (*event.alternatives, event.own):
        assert other.score == pytest.approx(scores[other.token].item(), abs=1e-4)
        assert other.probability == pytest.approx(probabilities[other.token].item(), abs=1e-5)
        assert other.tempered == pytest.approx(tempered[other.token].item(), abs=1e-5)
        assert other.kept == pytest.approx(drawn_from[other.token].item(), abs=1e-5)
    assert sum(other.kept == 0 for other in event.alternatives) >= 3


def test_what_a_penalty_left_is_listed_beside_the_likeliest() -> None:
    """The model's eight likeliest occurred before: of what is drawn from then, the likeliest eight are listed too."""
    scores = torch.arange(60.0).mul(0.1)[None]
    plain = draw(scores, Sampler(Sampling(), [[0]], 60, 1), 0, 8)
    assert [other.token for other in plain.alternatives[0]] == [*range(59, 51, -1)]
    sampling = Sampling(top_k=20, repetition_penalty=1e9)
    step = draw(scores, Sampler(sampling, [[*range(52, 60)]], 60, 1), 0, 8)
    assert [other.token for other in step.alternatives[0]] == [*range(59, 43, -1)]
    assert [other.kept > 0 for other in step.alternatives[0]] == [False] * 8 + [True] * 8
    nothing_else = draw(scores, Sampler(replace(sampling, top_k=3), [[*range(52, 60)]], 60, 1), 0, 8)
    assert [other.token for other in nothing_else.alternatives[0]] == [*range(59, 48, -1)]


def test_a_drawn_id_has_its_shares_though_it_is_not_listed() -> None:
    scores = torch.arange(60.0).mul(0.01)[None]
    for seed in range(20):
        sampling = Sampling(temperature=1.5, top_k=50, repetition_penalty=1.3, seed=seed)
        sampler = Sampler(sampling, [[59, 3]], 60, 1)
        step = draw(scores, sampler, 0, 2)
        (own,), (chosen,) = step.own, step.tokens
        assert own is not None
        expected = peer_distribution(scores, [59, 3], sampling)[0]
        assert own.token == chosen
        assert own.kept == pytest.approx(expected[chosen].item(), rel=1e-4)
        assert own.probability == pytest.approx(scores.softmax(-1)[0, chosen].item(), rel=1e-4)
    assert draw(scores, sampler, 0, 0).own == [None]


def test_greedy_keeps_one_and_takes_it() -> None:
    event = said(made(), PROMPTS[:1], Sampling(0), alternatives=3, max_new_tokens=1)[0]
    assert event.remaining == 1
    assert [other.kept for other in event.alternatives] == [1, 0, 0]
    assert event.token == event.alternatives[0].token


@pytest.mark.parametrize("temperature", [1e-300, 1e-40, 1e-8, 1e-5])
def test_a_temperature_near_0_takes_the_likeliest(temperature: float) -> None:
    event = said(made(), PROMPTS[:1], Sampling(temperature), alternatives=3, max_new_tokens=1)[0]
    assert event.token == event.alternatives[0].token
    assert [other.kept for other in event.alternatives] == [1, 0, 0]
    assert [other.tempered for other in event.alternatives] == [1, 0, 0]


def test_greedy_has_nothing_left_of_the_others_after_the_temperature() -> None:
    event = said(made(), PROMPTS[:1], Sampling(0, repetition_penalty=1.2), alternatives=3, max_new_tokens=1)[0]
    assert sorted(other.tempered for other in event.alternatives) == [0, 0, 1]
    assert [other.tempered for other in event.alternatives] == [other.kept for other in event.alternatives]


@pytest.mark.parametrize(
    ("cuts", "left"),
    [({}, 8), ({"top_k": 5}, 5), ({"top_p": 0.999}, 1), ({"top_k": 5, "top_p": 0.999}, 1), ({"min_p": 0.01}, 1)],
)
def test_what_fp32_cannot_tell_from_0_is_not_cut(cuts: dict[str, Any], left: int) -> None:
    """Of these scores all but the first are e^-200 and less."""
    sampler = Sampler(Sampling(**cuts), [[0]], 8, 1)
    scores = -200.0 * torch.arange(8.0)[None]
    event = draw(scores, sampler, 0, 8)
    assert event.certainty[0][2] == left
    assert event.tokens == [0]


def test_every_row_ends_for_its_own_reason() -> None:
    model = made()
    free = said(model, PROMPTS, Sampling(seed=1), max_new_tokens=10)
    stop = ids_of(free, 1)[3]
    before = [ids_of(free, row).index(stop) if stop in ids_of(free, row) else None for row in range(4)]
    ended = {event.row: event for event in said(model, PROMPTS, Sampling(seed=1), stop={stop}, max_new_tokens=10)}
    for row, place in enumerate(before):
        assert (ended[row].index, ended[row].ended) == ((9, "length") if place is None else (place, "stop"))


@pytest.mark.parametrize("cached", [True, False])
def test_a_full_context_ends_a_row_and_leaves_the_others_alone(cached: bool) -> None:
    model, long = made(), [1] * 45
    events = said(model, [long, [5, 17, 3]], Sampling(0), max_new_tokens=30, cached=cached)
    ends = {event.row: (event.index, event.ended) for event in events}
    assert ends == {0: (2, "context"), 1: (29, "length")}
    assert ids_of(events, 1) == ids_of(said(model, [[5, 17, 3]], Sampling(0), max_new_tokens=30))


def test_the_result_is_all_new_ids() -> None:
    generator = generate(made(), PROMPTS, Sampling(seed=4), max_new_tokens=6)
    events = []
    while True:
        try:
            events.append(next(generator))
        except StopIteration as end:
            result = end.value
            break
    assert result == [ids_of(events, row) for row in range(4)]


def test_an_id_is_told_before_the_next_is_computed(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[int] = []
    advance = Decoder.advance

    def noted(self: Decoder, ids: torch.Tensor) -> Scored:
        calls.append(len(ids))
        return advance(self, ids)

    monkeypatch.setattr(Decoder, "advance", noted)
    generator = generate(made(), PROMPTS, max_new_tokens=5)
    for _ in range(2 * len(PROMPTS)):
        next(generator)
    generator.close()
    assert calls == [4]


def test_generating_leaves_gradients_switched_on() -> None:
    generator = generate(made(), PROMPTS, max_new_tokens=2)
    next(generator)
    assert torch.is_grad_enabled()
    assert not torch.is_inference_mode_enabled()


@pytest.mark.parametrize(
    ("prompts", "reason"),
    [
        ([], "There is no prompt"),
        ([[1], []], "Prompt 2 has no tokens"),
        ([[1] * 48], "The prompt has 48 tokens, which leaves no room"),
        ([[1, 97]], "has the id 97, but the model knows 97"),
        ([[-1]], "has the id -1"),
    ],
)
def test_prompts_that_cannot_be_continued_are_refused(prompts: list[list[int]], reason: str) -> None:
    with pytest.raises(UsageError, match=reason):
        next(generate(made(), prompts, max_new_tokens=5))


@pytest.mark.parametrize(
    "change",
    [{"temperature": -1.0}, {"temperature": float("nan")}, {"top_k": -1}, {"top_p": 0.0}, {"top_p": 1.5},
     {"min_p": -0.1}, {"repetition_penalty": 0.0}],
)  # fmt: skip
def test_settings_outside_their_range_are_refused_by_name(change: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match=f"{next(iter(change))} is .*; it must be"):
        Sampling(**change)
