"""Are texts longer than the context scored whole, models kept as long as they are the same, and accidents survived?"""

import io
import json
import re
from collections.abc import Generator, Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import load_file, save_file

from lmcore.bpe.tokenizer import Tokenizer
from lmcore.interop import export_huggingface, opening
from lmcore.interop.talking import answers, conversation, opened_models
from lmcore.interop.talking.conversation import answer
from lmcore.interop.talking.opened_models import OpenedModels, Ready
from lmcore.interop.talking.requests import request_of
from lmcore.interop.talking.worker import Pen, until_stopped
from lmcore.model import Prepared, Sampling, TransformerLM, generate, pieces
from lmcore.model.decoder import Scored
from lmcore.model.decoder_layer import Cache, DecoderLayer, Span
from lmcore.model.foresight import Foreseen, foresee
from lmcore.model.generation import Alternative
from lmcore.model.text_decoder import TextDecoder
from lmcore.model.windows import begin_of, windows
from lmcore.training import checkpoint_files
from lmcore.training.checkpoint_files import Checkpoint, checkpoints_in
from lmcore.training.devices import choose_device
from lmcore.training.run_folder import RunFolder
from tests.core.exporting import made, tokenizer
from tests.core.small_tokenizers import BYTES
from tests.core.talking import END, talking_run


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    return talking_run(tmp_path_factory.mktemp("talking"))


@pytest.fixture
def models() -> OpenedModels:
    return OpenedModels(choose_device("cpu"))


def folder_of(path: Path, **kind: Any) -> Path:
    export_huggingface(made(kind, tokenizer().vocab_size), tokenizer(), path)
    return path


def said(models: OpenedModels, **request: Any) -> list[answers.Answer]:
    heard = answer(request_of(request | {"model": str(request["model"])}), models)
    return [one for one in heard if one is not None]


def tokens_of(heard: list[answers.Answer]) -> list[answers.ScoredToken]:
    return [token for one in heard if isinstance(one, answers.Part) for token in one.tokens]


# ---- texts longer than the context ----


@given(number=st.integers(2, 400), context=st.integers(1, 70))
def test_each_id_is_scored_once_behind_half_a_context_or_all_there_is(number: int, context: int) -> None:
    scored: list[int] = []
    for window in windows(number, context):
        assert window.begin < window.first <= window.end
        assert window.end - window.begin <= context
        assert window.first - window.begin >= min(window.first, (context + 1) // 2)
        assert {begin_of(place, context) for place in range(window.first, window.end + 1)} == {window.begin}
        scored += range(window.first, window.end + 1)
    assert scored == [*range(1, number)]


@pytest.mark.parametrize("at_once", [1 << 22, 700])
def test_a_long_text_is_scored_by_what_its_windows_see(at_once: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A context of 16: 2, 3 and so on are foreseen behind all that is before them, 17 and on in windows 8 apart."""
    monkeypatch.setattr("lmcore.model.foresight._SCORES", at_once)
    model = made({"context_length": 16}, 97)
    ids = torch.randint(97, (61,), generator=torch.Generator().manual_seed(1)).tolist()
    parts = [part for part in foresee(model, ids) if isinstance(part, Foreseen)]
    assert [part.first + place for part in parts for place in range(len(part.ranks))] == [*range(1, 61)]
    found = [value for part in parts for value in part.log_probabilities]
    for place, value in zip(range(1, 61), found, strict=True):
        begin = 0 if place <= 16 else 8 * -(-(place - 16) // 8)
        with torch.no_grad():
            logs = model(torch.tensor([ids[begin:place]]))[0, -1].double().log_softmax(-1)
        assert value == pytest.approx(logs[ids[place]].item(), abs=1e-4)


def test_many_tokens_are_counted_though_only_the_first_are_told(
    run: RunFolder, models: OpenedModels, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "The whale and the sea. " * 40
    *before, whole = said(models, do="score", model=run.path, text=text)
    working = [one for one in before if isinstance(one, answers.Working)]
    monkeypatch.setattr(conversation, "SHOWN", 100)
    *parts, short = said(models, do="score", model=run.path, text=text)
    assert isinstance(whole, answers.Scored)
    assert isinstance(short, answers.Scored)
    assert (len(tokens_of(parts)), short.number) == (100, whole.number)
    assert tokens_of(parts) == tokens_of(before)[:100]
    assert (short.perplexity, short.bits_per_byte) == (whole.perplexity, whole.bits_per_byte)
    assert max(len(one.tokens) for one in before if isinstance(one, answers.Part)) <= conversation.PART
    assert (whole.windows, whole.context, whole.stride) == (len([*windows(whole.number, 48)]), 48, 24)
    assert [one.done for one in working] == sorted(one.done for one in working)
    assert len(working) > 2 * whole.windows
    assert (working[-1].done, working[-1].total) == (whole.number, whole.number)


# ---- models that are kept ----


def test_a_model_is_opened_once_and_again_when_its_files_change(tmp_path: Path, models: OpenedModels) -> None:
    path = folder_of(tmp_path / "model")
    first = models.get(path)
    assert models.get(path) is first
    weights = load_file(path / "model.safetensors")
    save_file({name: weight * 2 for name, weight in weights.items()}, path / "model.safetensors", {"format": "pt"})
    second = models.get(path)
    assert second is not first
    assert torch.equal(second.model.head_weight, first.model.head_weight * 2)


def test_the_oldest_go_where_there_is_no_room(tmp_path: Path) -> None:
    paths = [folder_of(tmp_path / str(number), rope_theta=100.0 * (number + 1)) for number in range(3)]
    size = OpenedModels(choose_device("cpu")).get(paths[0]).nbytes
    models = OpenedModels(choose_device("cpu"), room=2 * size)
    first, second = models.get(paths[0]), models.get(paths[1])
    assert models.get(paths[0]) is first
    third = models.get(paths[2])
    assert (models.get(paths[0]), models.get(paths[2])) == (first, third)
    assert models.get(paths[1]) is not second
    assert OpenedModels(choose_device("cpu"), room=0).get(paths[0]).opened.eos == first.opened.eos


def test_checkpoints_of_a_run_are_checked_once_and_share_their_tokenizer(
    run: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked: list[int] = []

    def check(one: Checkpoint) -> Generator[None, None, None]:
        checked.append(one.step)
        yield

    monkeypatch.setattr(opened_models, "check_weights", check)
    models = OpenedModels(choose_device("cpu"), room=0)
    found = [models.get(one.path) for _ in range(2) for one in checkpoints_in(run.checkpoints)]
    assert checked == [10, 20, 30, 40]
    assert len({id(ready.opened.tokenizer) for ready in found}) == 1
    assert models.get(run.path).opened.what == f"Step {run.state().best_step} of the run {run.path}"


def test_a_large_model_writes_in_the_precision_that_is_faster(
    tmp_path: Path, models: OpenedModels, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = folder_of(tmp_path / "model")
    monkeypatch.setattr(opened_models, "_LARGE", 0)

    def seconds(_: torch.Tensor, dtype: torch.dtype) -> Generator[None, None, float]:
        yield
        return float(dtype.itemsize)

    monkeypatch.setattr(opened_models, "_seconds", seconds)
    (opened,) = said(models, do="open", model=path)
    assert isinstance(opened, answers.Opened)
    assert opened.precision == "bf16"
    heard = said(models, do="generate", model=path, prompt="Art", max_new_tokens=20, sampling={"temperature": 0})
    low, ids = Prepared(models.get(path).model, torch.bfloat16), tokenizer().encode("Art")
    expected = [event.token for event in generate(low, [ids], Sampling(0), max_new_tokens=20)]
    assert [one.token for one in heard if isinstance(one, answers.Token)] == expected


# ---- a text that was stopped ----


def test_a_text_that_was_stopped_goes_on_with_what_is_kept_of_it(
    run: RunFolder, models: OpenedModels, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To the bit, whatever was asked in between, and also once another model was opened."""
    request = {"do": "generate", "id": 5, "model": str(run.path), "prompt": "The sea", "alternatives": 3}
    request |= {"sampling": {"seed": 2}, "continuation": [5]}
    whole = [one for one in said(models, **request, max_new_tokens=20) if isinstance(one, answers.Token)]
    heard: list[answers.Answer] = []
    answering = answer(request_of(request | {"max_new_tokens": 12}), models)
    heard.extend(until_stopped(answering, 5, lambda: len(heard) > 7))
    assert [one for one in heard if isinstance(one, answers.Token)] == whole[:7]
    said(models, do="look", model=run.path, ids=[5, 6, 7])
    drawn = [one.token for one in whole[:7]]
    read: list[int] = []
    advance = TextDecoder.advance

    def noted(self: TextDecoder, ids: torch.Tensor) -> Scored:
        read.append(self.column)
        return advance(self, ids)

    monkeypatch.setattr(TextDecoder, "advance", noted)
    for number_of_advances in (20 - 7, 20 - 1):
        read.clear()
        begun, *more, done = said(models, **request, drawn=drawn, max_new_tokens=20)
        assert isinstance(begun, answers.Prompt)
        assert [one for one in more if isinstance(one, answers.Token)] == whole[7:]
        assert isinstance(done, answers.Done)
        assert (done.tokens, len(read)) == (13, number_of_advances)
        said(models, do="open", model=checkpoints_in(run.checkpoints)[0].path)
    (refused,) = said(models, **request, drawn=drawn, max_new_tokens=7)
    assert isinstance(refused, answers.Refused)


def test_a_branch_ends_at_the_token_that_ends_a_text(run: RunFolder, models: OpenedModels) -> None:
    """As a drawn text does; behind one that a prompt ends with, another text begins."""
    (opened,) = said(models, do="open", model=run.path)
    assert isinstance(opened, answers.Opened)
    (end,) = opened.eos
    request = {"do": "generate", "model": run.path, "prompt": "The sea", "max_new_tokens": 4}
    *_, done = said(models, **request, continuation=[5, end])
    assert isinstance(done, answers.Done)
    assert (done.tokens, done.ended) == (0, "stop")
    *_, done = said(models, **request | {"prompt": f"The sea{END}"}, continuation=[5])
    assert isinstance(done, answers.Done)
    assert done.tokens > 0


# ---- accidents ----


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (MemoryError(), "The memory is full; close other programs"),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried"), "The memory is full; close"),
        (OSError(5, "Input/output error", "/mnt/model"), r"/mnt/model cannot be read \(Input/output error\)"),
        (
            ZeroDivisionError("by zero"),
            r"error of the program \(test_talking.py, line \d+\): ZeroDivisionError: by zero",
        ),
    ],
)
def test_after_an_accident_the_next_request_is_answered(
    error: Exception, why: str, run: RunFolder, models: OpenedModels, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise error

    ready = models.get(run.path)
    with monkeypatch.context() as patch:
        patch.setattr(conversation, "continue_in_pieces", broken)
        *_, refused = said(models, do="generate", id="x", model=run.path, prompt="a")
    assert isinstance(refused, answers.Refused)
    assert (refused.id, refused.do, refused.model) == ("x", "generate", str(run.path))
    assert re.search(why, refused.why), refused
    assert (models.get(run.path) is ready) == (not refused.why.startswith("The memory"))
    *_, done = said(models, do="generate", model=run.path, prompt="a", max_new_tokens=2)
    assert isinstance(done, answers.Done)


@pytest.mark.parametrize("request_", [{"do": "generate", "prompt": "a"}, {"do": "score", "text": "a b c"}])
def test_a_model_that_diverged_is_told_as_such(request_: dict[str, Any], tmp_path: Path, models: OpenedModels) -> None:
    model: TransformerLM = made({}, tokenizer().vocab_size)
    with torch.no_grad():
        model.head_weight[3].fill_(float("nan"))
    export_huggingface(model, tokenizer(), tmp_path / "model")
    *_, refused = said(models, model=tmp_path / "model", **request_)
    assert isinstance(refused, answers.Refused)
    assert "has diverged" in refused.why


def test_a_model_without_a_tokenizer_continues_ids_but_reads_no_text(tmp_path: Path, models: OpenedModels) -> None:
    export_huggingface(made({}, 257), Tokenizer(BYTES, [], ["<|endoftext|>"]), tmp_path / "model", eos=256)
    (tmp_path / "model" / "tokenizer.json").unlink()
    *tokens, done = said(models, do="generate", model=tmp_path / "model", prompt="", max_new_tokens=2)[1:]
    assert isinstance(done, answers.Done)
    assert {one.bytes for one in tokens if isinstance(one, answers.Token)} == {""}
    (refused,) = said(models, do="generate", model=tmp_path / "model", prompt="a")
    assert isinstance(refused, answers.Refused)
    assert "no tokenizer" in refused.why


# ---- how it is written ----


@pytest.mark.parametrize("stopped_after", range(7))
def test_every_request_has_one_last_answer_whenever_a_stop_comes(
    stopped_after: int, run: RunFolder, models: OpenedModels
) -> None:
    """Prompt, four tokens, done: a stop that comes behind the last is for nobody."""
    request = {"do": "generate", "id": 5, "model": str(run.path), "prompt": "a", "max_new_tokens": 4}
    answering = answer(request_of(request | {"sampling": {"temperature": 0}}), models)
    heard: list[answers.Answer] = []
    heard.extend(until_stopped(answering, 5, lambda: len(heard) >= stopped_after))
    *under_way, last = heard
    assert all(isinstance(one, answers.UNDER_WAY) for one in under_way)
    assert isinstance(last, answers.Done)
    assert len(under_way) == min(stopped_after, 5)
    assert (last.tokens, last.ended) == (max(0, len(under_way) - 1), "asked" if stopped_after < 6 else "length")


def in_small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if the model were a large one: every half of a layer is a piece of work, and eight positions are one."""
    for constant, value in (("WORK", 1), ("_LEAST", 8), ("_MOST", 8)):
        monkeypatch.setattr(pieces, constant, value)


@pytest.mark.parametrize(
    ("request_", "begun"),
    [
        ({"do": "generate", "prompt": "The whale and the sea and the ship"}, ["Prompt", "Working"]),
        ({"do": "score", "text": "The whale and the sea and the ship. " * 40}, ["Working"]),
        ({"do": "look", "ids": [5] * 40}, []),
    ],
)
def test_a_long_text_is_left_between_two_pieces(
    request_: dict[str, Any], begun: list[str], run: RunFolder, models: OpenedModels, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_small_pieces(monkeypatch)
    models.get(run.path)
    halves: list[int] = []
    feed = DecoderLayer.feed

    def noted(self: DecoderLayer, x: torch.Tensor, span: Span, cache: Cache) -> torch.Tensor:
        halves.append(len(x))
        return feed(self, x, span, cache)

    monkeypatch.setattr(DecoderLayer, "feed", noted)
    answering = answer(request_of(request_ | {"id": 5, "model": str(run.path)}), models)
    heard = [*until_stopped(answering, 5, lambda: bool(halves))]
    last = heard.pop()
    assert isinstance(last, answers.Done)
    assert (last.tokens, last.ended) == (0, "asked")
    assert {type(one).__name__ for one in heard} == set(begun)
    assert halves == [8]


def test_a_token_that_is_drawn_after_the_stop_is_not_taken(
    run: RunFolder, models: OpenedModels, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[int] = []

    def noted(rows: Sequence[Alternative], _: Ready) -> tuple[answers.Row, ...]:
        drawn.append(len(rows))
        return ()

    monkeypatch.setattr(conversation, "_rows", noted)
    request = {"do": "generate", "id": 5, "model": str(run.path), "prompt": "a", "max_new_tokens": 9}
    heard = [*until_stopped(answer(request_of(request), models), 5, lambda: len(drawn) > 2)]
    assert [type(one).__name__ for one in heard] == ["Prompt", "Token", "Token", "Done"]
    assert isinstance(heard[-1], answers.Done)
    assert heard[-1].tokens == 2


def test_a_checkpoint_is_left_while_its_weights_are_checked(
    run: RunFolder, models: OpenedModels, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoint_files, "_BLOCK", 1_000)
    monkeypatch.setattr(opening, "_opening_checkpoint", None)  # is never reached
    looks = iter(range(99))
    request = request_of({"do": "open", "id": 5, "model": str(checkpoints_in(run.checkpoints)[0].path)})
    heard = [*until_stopped(answer(request, models), 5, lambda: next(looks) > 20)]
    assert [type(one).__name__ for one in heard] == ["Done"]


def test_a_model_is_left_while_it_is_opened(run: RunFolder, models: OpenedModels) -> None:
    looks = iter(range(99))
    request = request_of({"do": "open", "id": 5, "model": str(run.path)})
    heard = [*until_stopped(answer(request, models), 5, lambda: next(looks) > 5)]
    assert [type(one).__name__ for one in heard] == ["Done"]
    *_, opened = said(models, do="open", model=run.path)
    assert isinstance(opened, answers.Opened)


class Stream(io.BytesIO):
    """What was written, and how much of it had left by the last flush."""

    left = 0

    def flush(self) -> None:
        self.left = self.getvalue().count(b"\n")


def test_tokens_leave_sixty_times_a_second_and_everything_else_at_once() -> None:
    now = [0.0]
    stream, left = Stream(), []
    pen = Pen(stream, lambda: now[0])
    token = answers.Token(1, 0, 5, "61", -1.0, 1.0, 9, (), None, "")
    for milliseconds in (0, 1, 5, 16, 17, 20, 35):
        now[0] = milliseconds / 1000
        pen.write(token)
        left.append(stream.left)
    assert left == [1, 1, 1, 1, 5, 5, 7]
    pen.write(token)
    pen.write(answers.Done(1, 8, 0.035, "length"))
    assert stream.left == 9


def test_of_what_is_under_way_twenty_words_a_second_are_told() -> None:
    now = [0.0]
    stream = Stream()
    pen = Pen(stream, lambda: now[0])
    for milliseconds in range(0, 200, 20):
        now[0] = milliseconds / 1000
        pen.write(answers.Working(1, milliseconds, 200))
    told = [json.loads(line)["done"] for line in stream.getvalue().splitlines()]
    assert (told, stream.left) == ([0, 60, 120, 180], 4)
