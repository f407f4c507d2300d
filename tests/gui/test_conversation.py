"""Do a worker's answers become the right texts, and can they be kept and read again?"""

import json
from dataclasses import replace
from itertools import pairwise
from math import log
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.pages.generation import keeping
from app.pages.generation.conversation import Conversation, Conversations, is_complete, scored_tokens
from app.pages.generation.keeping import content_of, conversation_in
from app.pages.generation.telling import lines_of, surprising, tree_of, whole_characters, words_of
from app.pages.generation.tokens import Alternative, SaidToken, SamplingChoice, figures_of, text_of
from app.pages.generation.tree import Branch
from app.pages.generation.wording import columns_of, distribution_caption, ended
from lmcore.errors import UsageError
from lmcore.paths import resource
from tests.gui.generation import GENERATE, MOST, PROMPT, SAMPLING, SCORE, SCORED, TOO_LONG, answers

MODEL = "/runs/sample/ckpt/step-00000600"


def ask(every: Conversations) -> tuple[Conversation, Branch, dict[str, Any]]:
    """The request that was recorded."""
    conversation = every.of(MODEL, PROMPT)
    branch = conversation.start(SamplingChoice(**SAMPLING))  # type: ignore[arg-type]
    return conversation, branch, every.ask_for(conversation, branch, MOST)


def take(every: Conversations, request: dict[str, Any], recorded: int, last: int | None = None) -> list[str]:
    """Hand recorded answers over as those to a request; what they came to."""
    happened = [every.take({**event, "id": request["id"]}) for event in answers(recorded)[:last]]
    return [one.kind for one in happened if one is not None]


def test_answers_become_the_text_with_its_figures() -> None:
    every = Conversations()
    conversation, branch, request = ask(every)
    kinds = take(every, request, GENERATE)
    events = [event for event in answers(GENERATE) if event["event"] == "token"]
    assert kinds == ["prompt", *["grown"] * MOST, "done"]
    assert [one.token for one in conversation.said] == [event["token"] for event in events]
    assert text_of(conversation.prompt_tokens) == PROMPT
    assert [one.log_probability for one in conversation.said] == [event["log_probability"] for event in events]
    assert [len(one.alternatives) for one in conversation.said] == [10] * MOST
    assert conversation.tree.branch(branch.key).ended == "length"
    assert every.under_way == ()
    found = figures_of(conversation.said)
    assert found is not None
    assert found.nats == pytest.approx(-sum(event["log_probability"] for event in events) / MOST)


def test_a_branch_asks_for_what_stands_before_it_and_keeps_its_first_token() -> None:
    every = Conversations()
    conversation, _, request = ask(every)
    take(every, request, GENERATE)
    said = [one.token for one in conversation.said]
    other = next(one for one in conversation.said[5].alternatives if one.token != said[5])
    branch = conversation.fork(5, other, SamplingChoice(seed=3))
    request = every.ask_for(conversation, branch, 4)
    assert request["continuation"] == [*said[:5], other.token]
    assert request["sampling"]["seed"] == 3
    take(every, request, GENERATE, last=4)
    assert [one.token for one in conversation.said] == [*said[:5], other.token, *said[:3]]
    taken = conversation.said[5]
    assert taken.taken
    assert taken.log_probability == pytest.approx(log(other.probability))


def test_what_nobody_waits_for_any_more_changes_nothing() -> None:
    every = Conversations()
    conversation, branch, request = ask(every)
    take(every, request, GENERATE, last=4)
    conversation.remove(branch.key)
    assert take(every, request, GENERATE) == []
    assert conversation.tree.branches == ()
    assert every.under_way == ()
    assert every.take({"event": "token", "id": 99}) is None


def test_a_branch_that_was_asked_for_anew_is_filled_by_the_newer_request_alone() -> None:
    every = Conversations()
    conversation, branch, first = ask(every)
    second = every.ask_for(conversation, branch, MOST)
    assert every.take({"event": "done", "id": first["id"], "tokens": 0, "seconds": 0.1, "ended": "asked"}) is None
    assert conversation.tree.branch(branch.key).ended == ""
    assert take(every, second, GENERATE)[-1] == "done"
    assert len(conversation.said) == MOST
    assert every.under_way == ()


def test_what_comes_of_a_removed_branch_is_not_put_into_the_next_one() -> None:
    """Though that one has its number."""
    every = Conversations()
    conversation, branch, first = ask(every)
    take(every, first, GENERATE, last=4)
    conversation.remove(branch.key)
    other = conversation.start(SamplingChoice(seed=5))
    second = every.ask_for(conversation, other, MOST)
    assert [every.take({**event, "id": first["id"]}) for event in answers(GENERATE)[4:]] == [None] * (MOST - 2)
    assert conversation.said == ()
    take(every, second, GENERATE)
    assert len(conversation.said) == MOST


def test_a_lost_worker_leaves_what_it_said() -> None:
    every = Conversations()
    conversation, branch, request = ask(every)
    take(every, request, GENERATE, last=6)
    lost = every.lose()
    assert [one.key for one in lost] == [branch.key]
    assert len(conversation.said) == 5
    assert conversation.tree.branch(branch.key).ended == "lost"
    assert not is_complete(conversation.tree.branch(branch.key), 5)


def test_a_refusal_leaves_no_branch_in_which_nothing_is_said() -> None:
    every = Conversations()
    conversation, branch, request = ask(every)
    take(every, request, GENERATE)
    said = conversation.said
    made = conversation.fork(3, said[3].alternatives[1], SamplingChoice())
    refused = every.ask_for(conversation, made, MOST)
    take(every, refused, TOO_LONG)
    assert conversation.tree.branch(made.key).ended == "lost"
    nothing = conversation.start(SamplingChoice(seed=5))
    take(every, every.ask_for(conversation, nothing, MOST), TOO_LONG)
    assert nothing.key not in conversation.tree
    assert conversation.shown == branch.key
    assert len(conversation.tree) == 2


def test_a_text_that_is_stopped_before_its_first_token_leaves_no_branch() -> None:
    every = Conversations()
    conversation, _, request = ask(every)
    every.take({"event": "done", "id": request["id"], "tokens": 0, "seconds": 0.1, "ended": "asked"})
    assert (len(conversation.tree), conversation.shown) == (0, None)


def test_tokens_before_a_fork_stay_what_they_were_drawn_as() -> None:
    every = Conversations()
    conversation, _, request = ask(every)
    take(every, request, GENERATE)
    first = conversation.said
    conversation.fork(3, first[3].alternatives[1], SamplingChoice(temperature=0.1))
    assert [one.sampling for one in conversation.said] == [SamplingChoice(**SAMPLING)] * 4  # type: ignore[arg-type]
    assert columns_of(conversation.said[3].sampling)[1] == "Temperature 0.80"
    kept = conversation_in(json.loads(json.dumps(content_of(conversation, {}))))
    assert kept.said == conversation.said
    assert kept.tree == conversation.tree


def test_branches_that_begin_alike_share_a_stem_and_say_how_they_were_drawn() -> None:
    every = Conversations()
    conversation, branch, request = ask(every)
    take(every, request, GENERATE)
    sampling = SamplingChoice(**{**SAMPLING, "temperature": 0.25})  # type: ignore[arg-type]
    colder = conversation.start(sampling)
    for place, one in enumerate(conversation.tree.text(branch.key)[:5]):
        conversation.tree = conversation.tree.with_token(colder.key, place, one)
    root = tree_of(conversation)
    assert root is not None
    ends = {node.key: node for node in root.parts}
    assert set(ends) == {branch.key, colder.key}
    assert root.on_path
    assert ends[colder.key].caption == "5 tokens, T 0.25, shown"
    assert ends[branch.key].caption.endswith(f"{MOST} tokens, T 0.8")
    assert not ends[branch.key].on_path


@given(st.text(max_size=12), st.data())
def test_no_character_is_cut_however_the_tokens_are(text: str, data: st.DataObject) -> None:
    raw = text.encode()
    places = data.draw(st.lists(st.integers(0, len(raw)), max_size=6).map(sorted))
    raws = [raw[start:end] for start, end in pairwise([0, *places, len(raw)])]
    shown = whole_characters(raws)
    assert len(shown) == len(raws)
    assert "".join(one.decode() for one in shown) == text


def test_bytes_that_are_no_character_stay_with_their_token() -> None:
    cut = "é".encode()
    assert whole_characters([cut[:1], b"a", cut[1:], "é".encode()]) == [cut[:1], b"a", cut[1:], "é".encode()]
    assert whole_characters(["a€".encode()[:2], "€".encode()[1:2], "€".encode()[2:]]) == ["a€".encode(), b"", b""]


def test_a_token_without_text_is_called_by_its_id() -> None:
    unknown = SaidToken(562, b"", -1.0, 1.0, 3, (Alternative(562, b"", -1.0, 0.3, 0.3),))
    assert words_of([unknown], 0)[0].raw == b"[id 562]"
    assert [line.raw for line in lines_of(unknown)] == [b"[id 562]"]


def test_where_no_files_are_known_the_conversation_that_began_last_is_found() -> None:
    all_said = Conversations()
    before, other = all_said.of("m", "p", (("w", 1, 9),)), all_said.of("m", "q", (("w", 1, 9),))
    newest = all_said.of("m", "p", (("w", 2, 9),))
    assert all_said.of("m", "p", (("w", 1, 9),)) is before
    assert all_said.find("m", "p") is newest
    assert all_said.find("m", "q") is other
    kept = Conversation("m", "p", None)
    assert all_said.join(kept) is kept
    assert all_said.find("m", "p") is kept
    assert all_said.find("m", "p", (("w", 1, 9),)) is before
    assert all_said.find("m", "r") is None


def test_the_same_seed_is_drawn_once() -> None:
    every = Conversations()
    conversation, branch, request = ask(every)
    take(every, request, GENERATE)
    again = conversation.start(SamplingChoice(**SAMPLING))  # type: ignore[arg-type]
    assert again.key == branch.key
    assert is_complete(again, MOST)
    assert not is_complete(again, MOST + 1)
    assert conversation.start(SamplingChoice(seed=1)).key != branch.key


def test_rows_have_the_token_that_was_said_even_beyond_the_listed_ones(tmp_path: Path) -> None:
    """With the shares that the worker told, also of one that was saved."""
    every = Conversations()
    conversation, _, request = ask(every)
    take(every, request, GENERATE)
    keeping.save(tmp_path / "file", conversation, {})
    back, _ = keeping.load(tmp_path / "file")
    events = [event for event in answers(GENERATE) if event["event"] == "token"]
    for said in (conversation.said, back.said):
        for event, token in zip(events, said, strict=True):
            assert [line.raw for line in lines_of(token) if line.said] == [token.raw]
            hidden = replace(token, alternatives=token.alternatives[:0])
            (line,) = lines_of(hidden)
            assert line.shares == pytest.approx((token.probability, *event["own"][4:]))
            assert event["own"][5] > 0


def test_a_penalty_is_told_where_it_changed_what_was_drawn() -> None:
    sampling = SamplingChoice(1.0, 0, 1.0, 0.0, 1.5, 1)
    assert columns_of(sampling) == ("Model", "Penalty 1.50, temperature 1.00", "Nothing cut")
    greedy = replace(sampling, temperature=0.0, repetition_penalty=1.0)
    assert columns_of(greedy) == ("Model", "Temperature 0", "Likeliest kept")
    one = Alternative(5, b"a", log(0.5), 0.4, 0.4)
    token = SaidToken(5, b"a", log(0.5), 1.0, 300, (one,), sampling=sampling, own=one)
    assert distribution_caption(token, 512).endswith("the 1 best before or after the penalty are listed")


def test_what_ended_before_anything_was_drawn_has_no_figures() -> None:
    assert ended({"tokens": 0, "seconds": 0.2, "ended": "stop"}) == "The text ended."
    assert ended({"tokens": 2, "seconds": 2.0, "ended": "asked"}) == "2 tokens in 2.0 s, 1.00 tokens/s: stopped."


def test_scored_tokens_know_their_place() -> None:
    part, event = answers(SCORE)[-2:]
    tokens = scored_tokens(part)
    assert text_of(tokens) == SCORED
    assert tokens[0].probability is None
    found = figures_of(tokens)
    assert found is not None
    assert found.nats == pytest.approx(event["nats_per_token"], rel=1e-5)
    worst = surprising(tokens)
    assert tokens[worst[0]].log_probability == min(one.log_probability or 0 for one in tokens[1:])
    assert 0 not in worst


def test_a_conversation_is_read_as_it_was_saved(tmp_path: Path) -> None:
    every = Conversations()
    conversation, _, request = ask(every)
    take(every, request, GENERATE)
    conversation.fork(3, conversation.said[3].alternatives[-1], SamplingChoice(seed=9))
    keeping.save(tmp_path / "tree.json", conversation, {"name": "sample"})
    read, about = keeping.load(tmp_path / "tree.json")
    assert read.tree == conversation.tree.with_end(1, "lost")  # it was to grow, and nobody draws it any more
    assert read.prompt_tokens == conversation.prompt_tokens
    assert (read.shown, read.prompt, about["name"]) == (conversation.shown, PROMPT, "sample")


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"format": "lm-explorer-conversation", "version": 2, "about": {}}'])
def test_another_file_is_refused_in_a_sentence(tmp_path: Path, text: str) -> None:
    (tmp_path / "other.json").write_text(text)
    with pytest.raises(UsageError, match=r"other.json holds no conversation .*; choose another file"):
        keeping.load(tmp_path / "other.json")


def test_the_shown_text_as_json_has_every_probability() -> None:
    every = Conversations()
    conversation, _, request = ask(every)
    take(every, request, GENERATE)
    content = json.loads(keeping.shown_as_json(conversation))
    assert content["text"] == text_of(conversation.said)
    assert [one["probability"] for one in content["tokens"]] == [one.probability for one in conversation.said]
    assert content["samplings"] == [SAMPLING]
    assert {one["sampling"] for one in content["tokens"]} == {0}


def test_the_bundled_conversation_has_branches_and_no_path_of_a_machine() -> None:
    conversation, about = keeping.load(resource("sample/generation.json"))
    assert len(conversation.tree) >= 2
    assert about["step"] in about["steps"]
    written = resource("sample/generation.json").read_text(encoding="utf-8")
    assert "/runs/" not in written
    assert "/tmp" not in written
