"""Does the worker say what the library computes, stop when it is told to, and go on after whatever was wrong?"""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from lmcore.accounting import account
from lmcore.bpe.tokenizer import Tokenizer
from lmcore.interop import open_model
from lmcore.model import Generated, Sampling, generate
from lmcore.training.checkpoint_files import checkpoints_in
from lmcore.training.run_folder import RunFolder
from tests.core.talking import END, Talk, long_model, talking_run

PROMPT = "The whale and the"
SETTINGS: dict[str, Any] = {
    "temperature": 1.3,
    "top_k": 40,
    "top_p": 0.9,
    "min_p": 0.01,
    "repetition_penalty": 1.2,
    "seed": 7,
}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    return talking_run(tmp_path_factory.mktemp("talking"))


@pytest.fixture(scope="module")
def endless(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return long_model(tmp_path_factory.mktemp("endless") / "model")


@pytest.fixture(scope="module")
def talk() -> Iterator[Talk]:
    with Talk() as made:
        yield made


def tokens_of(heard: list[dict[str, Any]]) -> list[int]:
    return [said["token"] for said in heard if said["event"] == "token"]


def said_by_library(path: Path, ids: list[int], settings: dict[str, Any], **options: Any) -> list[Generated]:
    opened = open_model(path)
    return [*generate(opened.model, [ids], Sampling(**settings), stop=opened.eos, **options)]


# ---- what is said ----


def test_a_model_is_told_by_its_sizes(run: RunFolder, talk: Talk) -> None:
    opened, (said,) = open_model(run.path), talk.answers("open", id="o", model=run.path)
    shape = run.config().model.shape(run.vocab_size)
    assert (said["event"], said["id"], said["model"]) == ("opened", "o", str(run.path))
    assert (said["vocab_size"], said["context_length"]) == (512, 48)
    assert said["parameters"] == sum(weight.numel() for weight in opened.model.parameters())
    assert said["flops_cached"] == account(shape).decode_cached.amount
    assert said["flops_uncached"] == account(shape).decode_uncached.amount
    assert (said["eos"], said["precision"], said["lacking"]) == ([run.separator], "fp32", "")
    assert said["what"] == opened.what


def test_the_stream_is_what_generate_says(run: RunFolder, talk: Talk) -> None:
    tok = open_model(run.path).needed_tokenizer()
    prompt = tok.encode(PROMPT)
    request = {"prompt": PROMPT, "sampling": SETTINGS, "max_new_tokens": 30, "alternatives": 5}
    heard = talk.answers("generate", id=3, model=run.path, **request)
    expected = said_by_library(run.path, prompt, SETTINGS, max_new_tokens=30, alternatives=5)
    begun, *tokens, done = heard
    assert [piece["token"] for piece in begun["tokens"]] == prompt
    assert b"".join(bytes.fromhex(piece["bytes"]) for piece in begun["tokens"]) == PROMPT.encode()
    assert [(said["index"], said["token"], said["remaining"], said["ended"]) for said in tokens] == [
        (event.index, event.token, event.remaining, event.ended) for event in expected
    ]
    for said, event in zip(tokens, expected, strict=True):
        assert bytes.fromhex(said["bytes"]) == tok.decode_bytes([event.token])
        assert said["log_probability"] == pytest.approx(event.log_probability, rel=1e-5)
        assert said["entropy"] == pytest.approx(event.entropy, rel=1e-5)
        for row, other in zip(said["alternatives"], event.alternatives, strict=True):
            assert (row[0], bytes.fromhex(row[1])) == (other.token, tok.decode_bytes([other.token]))
            assert row[2:] == pytest.approx([other.score, other.probability, other.tempered, other.kept], rel=1e-4)
        assert event.own is not None
        assert said["own"][:2] == [said["token"], said["bytes"]]
        assert said["own"][5] == pytest.approx(event.own.kept, rel=1e-4)
    assert (done["event"], done["tokens"], done["ended"]) == ("done", len(expected), expected[-1].ended)
    assert {said["id"] for said in heard} == {3}


def test_a_branch_continues_from_its_ids(run: RunFolder, talk: Talk) -> None:
    prompt = open_model(run.path).needed_tokenizer().encode(PROMPT)
    settings, branch = {"temperature": 0}, [5, 300, 44]
    request = {"model": run.path, "prompt": PROMPT, "sampling": settings, "max_new_tokens": 12}
    heard = talk.answers("generate", id=1, continuation=branch, **request)
    expected = said_by_library(run.path, [*prompt, *branch], settings, max_new_tokens=12)
    assert tokens_of(heard) == [event.token for event in expected]
    assert [said["index"] for said in heard if said["event"] == "token"] == [*range(len(expected))]
    whole = tokens_of(talk.answers("generate", id=2, **request))
    again = tokens_of(talk.answers("generate", id=3, continuation=whole[:5], **request))
    assert again[:7] == whole[5:]


def test_a_branch_that_fills_the_context_has_ended(run: RunFolder, talk: Talk) -> None:
    prompt = open_model(run.path).needed_tokenizer().encode(PROMPT)
    branch = [5] * (48 - len(prompt))
    begun, done = talk.answers("generate", model=run.path, prompt=PROMPT, continuation=branch, max_new_tokens=9)
    assert [piece["token"] for piece in begun["tokens"]] == prompt
    assert (done["event"], done["tokens"], done["ended"]) == ("done", 0, "context")
    (refused,) = talk.answers("generate", model=run.path, prompt=PROMPT, continuation=[*branch, 5], max_new_tokens=9)
    assert "leaves no room for another in a context of 48" in refused["why"]


def test_every_checkpoint_says_its_own_with_the_same_prompt_and_seed(run: RunFolder, talk: Talk) -> None:
    prompt = open_model(run.path).needed_tokenizer().encode(PROMPT)
    texts = {}
    for _ in range(2):
        for checkpoint in checkpoints_in(run.checkpoints):
            request = {"prompt": PROMPT, "sampling": {"seed": 5}, "max_new_tokens": 20}
            heard = talk.answers("generate", model=checkpoint.path, **request)
            expected = said_by_library(checkpoint.path, prompt, {"seed": 5}, max_new_tokens=20)
            texts[checkpoint.step] = tuple(tokens_of(heard))
            assert list(texts[checkpoint.step]) == [event.token for event in expected]
    assert len(set(texts.values())) == 4


@pytest.mark.parametrize("prompt", ["", END, f"a{END}b"])
def test_special_tokens_are_read_as_such_and_begin_a_text(prompt: str, run: RunFolder, talk: Talk) -> None:
    begun = talk.answers("generate", model=run.path, prompt=prompt, max_new_tokens=1)[0]
    assert run.separator is not None
    expected = Tokenizer.load(run.tokenizer).encode(prompt) or [run.separator]
    assert [piece["token"] for piece in begun["tokens"]] == expected
    assert run.separator in expected


def test_a_place_is_looked_at_as_when_it_was_written(run: RunFolder, talk: Talk) -> None:
    request = {"model": run.path, "sampling": SETTINGS, "alternatives": 4}
    begun, *tokens, _ = talk.answers("generate", prompt=PROMPT, max_new_tokens=10, **request)
    ids = [said["token"] for said in (*begun["tokens"], *tokens)]
    first = len(begun["tokens"])
    (said,) = talk.answers("look", id=8, ids=ids, places=[*range(first, len(ids))], **request)
    for position, token in zip(said["positions"], tokens, strict=True):
        for name in ("token", "bytes", "remaining"):
            assert position[name] == token[name]
        assert position["log_probability"] == pytest.approx(token["log_probability"], abs=2e-4)
        assert position["entropy"] == pytest.approx(token["entropy"], abs=2e-4)
        others = zip(position["alternatives"], token["alternatives"], strict=True)
        for one, other in (*others, (position["own"], token["own"])):
            assert one == pytest.approx(other, abs=1e-3)
    (all_of_them,) = talk.answers("look", ids=ids, **request)
    assert [position["place"] for position in all_of_them["positions"]] == [*range(1, len(ids))]


def test_a_text_is_scored_as_the_whole_model_scores_it(run: RunFolder, talk: Talk) -> None:
    text = f"It was the whale.{END}The sea rolled on, and"
    opened = open_model(run.path)
    tok = opened.needed_tokenizer()
    ids = tok.encode(text)
    with torch.no_grad():
        scores = opened.model(torch.tensor([ids]))[0, :-1]
    logs, there = scores.double().log_softmax(-1), torch.tensor(ids[1:])
    wanted = logs.gather(-1, there[:, None])[:, 0]
    *before, said = talk.answers("score", id=4, model=run.path, text=text)
    first, *others = [token for one in before if one["event"] == "part" for token in one["tokens"]]
    assert (first["token"], first["log_probability"], first["rank"]) == (ids[0], None, None)
    assert [one["token"] for one in others] == ids[1:]
    assert [one["log_probability"] for one in others] == pytest.approx(wanted.tolist(), abs=1e-5)
    assert [one["entropy"] for one in others] == pytest.approx((-logs.exp() * logs).sum(-1).tolist(), abs=1e-5)
    ranks = [logs[place].argsort(descending=True).tolist().index(token) + 1 for place, token in enumerate(ids[1:])]
    assert [one["rank"] for one in others] == ranks
    size = len(text.replace(END, "").encode()) - len(tok.decode_bytes(ids[:1]))
    nats = -wanted.sum().item()
    assert (said["bytes"], said["number"]) == (size, len(ids))
    assert said["nats_per_token"] == pytest.approx(nats / len(wanted))
    assert said["perplexity"] == pytest.approx(torch.tensor(nats / len(wanted)).exp().item())
    assert said["bits_per_byte"] == pytest.approx(nats / torch.tensor(2.0).log().item() / size)


def test_the_speed_is_told_with_what_a_token_costs_there(run: RunFolder, talk: Talk) -> None:
    *_, said = talk.answers("speed", id=9, model=run.path)
    shape = run.config().model.shape(run.vocab_size)
    assert said["position"] < shape.context_length
    shape = replace(shape, context_length=said["position"] + 1)
    assert said["flops_cached"] == account(shape).decode_cached.amount
    assert said["flops_uncached"] == account(shape).decode_uncached.amount
    assert said["cached"] > 0
    assert said["uncached"] > 0


# ---- stopping and ending ----


def test_a_stop_ends_what_is_under_way_and_what_waits(run: RunFolder, endless: Path, talk: Talk) -> None:
    talk.ask("generate", id=1, model=endless, prompt="a", max_new_tokens=20_000)
    while talk.hear()["event"] != "token":
        pass
    talk.ask("score", id=2, model=endless, text="many words " * 20_000)
    talk.ask("stop")
    talk.ask("generate", id=3, model=run.path, prompt="a", max_new_tokens=3, sampling={"temperature": 0})
    stopped, waiting = talk.hear_all(), talk.hear_all()
    assert talk.hear() == {"event": "stopped"}
    after = talk.hear_all()
    assert (stopped[-1]["id"], stopped[-1]["ended"]) == (1, "asked")
    assert 0 < stopped[-1]["tokens"] == 1 + len(tokens_of(stopped)) < 19_000
    assert [(said["event"], said["id"], said["ended"]) for said in waiting] == [("done", 2, "asked")]
    assert (len(tokens_of(after)), after[-1]["ended"]) == (3, "length")


def test_a_stop_when_nothing_is_asked_stops_nothing(run: RunFolder, talk: Talk) -> None:
    talk.ask("stop")
    assert talk.hear() == {"event": "stopped"}
    assert talk.answers("generate", model=run.path, prompt="a", max_new_tokens=2)[-1]["ended"] == "length"


@pytest.mark.parametrize("busy", [False, True])
def test_it_ends_with_its_standard_input(busy: bool, endless: Path) -> None:
    with Talk() as talk:
        talk.answers("open", model=endless)
        if busy:
            talk.ask("generate", model=endless, prompt="a", max_new_tokens=20_000)
            assert talk.hear()["event"] == "prompt"
        assert talk.process.stdin
        assert talk.process.stdout
        talk.process.stdin.close()
        heard = [json.loads(line) for line in talk.process.stdout]
        assert talk.process.wait(30) == 0
        assert [said["ended"] for said in heard if said["event"] == "done"] == ["asked"] * busy


# ---- what cannot be done ----


@pytest.mark.parametrize(
    ("request_", "why"),
    [
        ({"do": "sing"}, "knows how to do 'sing'"),
        ({"do": "generate"}, "lacks prompt"),
        ({"do": "generate", "prompt": 5}, "prompt is 5; it must be a text"),
        ({"do": "generate", "prompt": "a" * 500}, "no room for another in a context of 48"),
        ({"do": "generate", "prompt": "a", "max_new_tokens": 0}, "must be at least 1"),
        ({"do": "generate", "prompt": "a", "alternatives": -1}, "alternatives is -1"),
        ({"do": "generate", "prompt": "a", "continuation": [512]}, "the id 512, but the model knows 512"),
        ({"do": "generate", "prompt": "a", "continuation": "b"}, "must be a list of whole numbers"),
        ({"do": "generate", "prompt": "a", "sampling": {"temperature": -1}}, "temperature is -1"),
        ({"do": "generate", "prompt": "a", "sampling": {"top_k": 1.5}}, "top_k is 1.5; it must be a whole number"),
        ({"do": "generate", "prompt": "a", "sampling": {"topk": 1}}, "sampling has 'topk'"),
        ({"do": "look", "ids": [1, 2], "places": [2]}, "no place 2 with a token in front"),
        ({"do": "look", "ids": [1]}, "give 2 to 49"),
        ({"do": "score", "text": "a"}, "at least two tokens"),
        ({"do": "open", "model": "/no/such/folder"}, "/no/such/folder cannot be read .* Choose another"),
    ],
)
def test_what_cannot_be_done_is_refused(request_: dict[str, Any], why: str, run: RunFolder, talk: Talk) -> None:
    (said,) = talk.answers(**{"id": 6, "model": run.path, **request_})
    assert (said["event"], said["id"], said["do"]) == ("refused", 6, request_["do"])
    assert re.search(why, said["why"]), said


@pytest.mark.parametrize("line", [b"rubbish", b"[1]", b"\xff\xfe{}", b'{"do": "stop"', b"[" * 100_000])
def test_a_line_that_is_no_request_is_refused(line: bytes, talk: Talk) -> None:
    talk.say(line)
    said = talk.hear()
    assert said["event"] == "refused"
    assert said["why"].startswith("A request is a JSON object")
