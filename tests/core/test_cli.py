"""Do the commands print what scripts rely on, and end with the status that says what happened?"""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from lmcore import cli, figures
from lmcore.bpe import prepare as preparing
from lmcore.bpe import result_files, sampling
from lmcore.bpe.choices import TieRule
from lmcore.bpe.options import Options
from lmcore.bpe.tokenizer import Tokenizer
from lmcore.paths import resource
from tests.core.engine import train_files

_TEXT = "low lower lowest, new newer newest<|endoftext|>wide wider widest café\n" * 20


@pytest.fixture
def corpus(tmp_path: Path) -> str:
    path = tmp_path / "corpus.txt"
    path.write_text(_TEXT, encoding="utf-8")
    return str(path)


def _printed(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    """The one JSON object on standard output."""
    printed = json.loads(capsys.readouterr().out)
    assert isinstance(printed, dict)
    return printed


def _refusal(capsys: pytest.CaptureFixture[str]) -> str:
    """The one line on standard error; nothing is on standard output."""
    captured = capsys.readouterr()
    assert captured.out == ""
    (line,) = captured.err.splitlines()
    return line


def test_training_prints_one_object_with_the_agreed_keys(corpus: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["bpe-train", corpus, "--vocab-size", "280", "--special-token", "<|endoftext|>", "--json"]) == 0
    report = _printed(capsys)
    _, training = train_files([Path(corpus)], Options(280))
    assert (report["vocab_size"], report["merges"]) == (280, 23)
    assert report["bytes"] == len(_TEXT.encode())
    assert report["pretokens"] == training.counts.pretokens
    assert report["unique_pretokens"] == len(training.counts.words)
    assert report["peak_rss_bytes"] > 10_000_000
    assert set(report["seconds"]) == {"count", "merge", "total"}
    assert report["seconds"]["count"] + report["seconds"]["merge"] <= report["seconds"]["total"]
    assert report["longest_tokens"][0] == max((merge.token.decode() for merge in training.merges), key=len)


@pytest.mark.parametrize(
    ("arguments", "wanted"),
    [
        ([], ["<|endoftext|>"]),
        (["--special-token", "wide"], ["wide"]),
        (["--no-special-tokens"], []),
    ],
)
def test_the_usual_special_token_is_there_unless_others_or_none_are_asked_for(
    corpus: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], wanted: list[str]
) -> None:
    out = tmp_path / "out"
    assert cli.main(["bpe-train", corpus, "--vocab-size", "270", "--fresh", "--out", str(out), *arguments]) == 0
    capsys.readouterr()
    assert cli.main(["vocab", str(out), "--json"]) == 0
    assert _printed(capsys)["special_tokens"] == wanted


def test_lines_left_out_are_counted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "corpus.jsonl"
    path.write_text('{"text": "low lower lowest"}\n{bad\n{"body": "x"}\n')
    for more in ([], ["--fresh"]):  # also where the counts are kept
        for _ in range(2):
            assert cli.main(["bpe-train", str(path), "--vocab-size", "259", "--skip-bad-lines", "--json", *more]) == 0
            captured = capsys.readouterr()
            assert json.loads(captured.out)["skipped_lines"] == 2
            assert '2 lines were left out: not JSON, or without a text in the field "text".' in captured.err


def test_options_reach_the_training(corpus: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--vocab-size", "275", "--pattern", "whitespace", "--tie", "lowest-ids", "--threads", "1"]
    arguments += ["--special-token", "<|endoftext|>", "--special-token", "wide"]
    assert cli.main(["bpe-train", corpus, *arguments, "--out", str(tmp_path / "out"), "--json"]) == 0
    _printed(capsys)
    options = json.loads((tmp_path / "out" / "training.json").read_text(encoding="utf-8"))["options"]
    assert options == Options(
        vocab_size=275,
        special_tokens=("<|endoftext|>", "wide"),
        pattern="whitespace",
        tie=TieRule.LOWEST_IDS,
        threads=1,
    ).as_json() | {"special_tokens": ["<|endoftext|>", "wide"]}
    assert Tokenizer.load(tmp_path / "out").special_tokens == ("<|endoftext|>", "wide")


def test_counts_are_reused_unless_a_fresh_start_is_asked_for(corpus: str, capsys: pytest.CaptureFixture[str]) -> None:
    reused, resumed = [], []
    for more in ([], [], ["--fresh"]):
        assert cli.main(["bpe-train", corpus, "--vocab-size", "270", "--json", *more]) == 0
        report = _printed(capsys)
        reused.append(report["counts_reused"])
        resumed.append(report["counts_resumed_bytes"])
    assert reused == [False, True, False]
    assert resumed == [0, 0, 0], "nothing was broken off"


def test_people_get_sentences_and_notices_go_elsewhere(
    corpus: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["bpe-train", corpus, "--vocab-size", "5000", "--fresh", "--out", str(tmp_path / "out")]) == 0
    captured = capsys.readouterr()
    assert "no pair was left" in captured.err
    assert "merges from" in captured.out
    assert f"Saved to {tmp_path / 'out'}." in captured.out


def test_a_forecast_trains_nothing(corpus: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert (
        cli.main(["bpe-train", corpus, "--vocab-size", "280", "--forecast", "--json", "--out", str(tmp_path / "out")])
        == 0
    )
    report = _printed(capsys)
    assert (report["exact"], report["counts_known"]) == (True, False)
    assert not (tmp_path / "out").exists()


def test_a_forecast_comes_first_and_is_kept_beside_what_happened(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sampling, "SAMPLE", 60_000)
    monkeypatch.setattr(sampling, "PIECE", 6_000)
    corpus, out = tmp_path / "corpus.txt", tmp_path / "out"
    corpus.write_text(" ".join(f"word{number % 977}" for number in range(20_000)), encoding="utf-8")
    command = ["bpe-train", str(corpus), "--vocab-size", "300", "--fresh", "--forecast-first"]
    assert cli.main([*command, "--out", str(out)]) == 0
    captured = capsys.readouterr()
    (line,) = captured.err.splitlines()
    assert re.match(r"From \d\d\.\d kB of \d+ kB: .+ to .+, peak memory .+ to .+, .+ different pre-tokens\.$", line)
    told = json.loads((out / "training.json").read_text(encoding="utf-8"))
    low, high = (figures.duration(told["forecast"][f"seconds_{end}"]) for end in ("low", "high"))
    assert f"Expected were {low} to {high}, peak memory " in captured.out
    assert f": {low} to {high}, peak memory " in line
    assert told["forecast"]["corpus_bytes"] == pytest.approx(told["corpus"]["bytes"], rel=0.2)
    assert told["phases"]["merge"]["seconds"] > 0
    assert cli.main([*command, "--json"]) == 0
    assert _printed(capsys)["forecast"]["sample_bytes"] == told["forecast"]["sample_bytes"]


def test_no_forecast_is_made_where_it_would_be_the_work_itself(
    corpus: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    assert cli.main(["bpe-train", corpus, "--vocab-size", "280", "--forecast-first", "--out", str(out)]) == 0
    assert "No forecast: in a corpus so small" in capsys.readouterr().err
    assert json.loads((out / "training.json").read_text(encoding="utf-8"))["forecast"] is None


def test_vocabularies_can_be_looked_into(corpus: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out"
    assert (
        cli.main(
            [
                "bpe-train",
                corpus,
                "--vocab-size",
                "280",
                "--special-token",
                "<|endoftext|>",
                "--out",
                str(out),
                "--json",
            ]
        )
        == 0
    )
    longest = _printed(capsys)["longest_tokens"]
    assert cli.main(["vocab", str(out), "--longest", "3", "--json"]) == 0
    report = _printed(capsys)
    assert (report["vocab_size"], report["merges"], report["pattern"]) == (280, 23, "gpt2")
    assert report["special_tokens"] == ["<|endoftext|>"]
    assert [row["token"] for row in report["longest_tokens"]] == longest[:3]
    assert cli.main(["vocab", str(out / "tokenizer.json")]) == 0
    assert "280 tokens, 23 merges, pattern gpt2" in capsys.readouterr().out


def test_tokenizers_are_converted_and_opened_again(
    corpus: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, text = tmp_path / "out", "lower newest<|endoftext|>"
    assert cli.main(["bpe-train", corpus, "--vocab-size", "280", "--out", str(out), "--fresh"]) == 0
    ids = Tokenizer.load(out).encode(text)
    capsys.readouterr()
    for form, name in (("tiktoken", "x.tiktoken"), ("vocab-merges", "y"), ("tokenizer.json", "z.json")):
        assert cli.main(["convert", str(out), "--to", form, "--out", str(tmp_path / name), "--json"]) == 0
        report = _printed(capsys)
        assert (report["format"], report["vocab_size"]) == (form, len(Tokenizer.load(out).vocab))
        assert bool(report["notes"]) == (form != "tokenizer.json")
        assert Tokenizer.load(tmp_path / name).encode(text) == ids
    assert cli.main(["convert", str(tmp_path / "y"), "--to", "tiktoken", "--out", str(tmp_path / "x.tiktoken")]) == 0
    assert cli.main(["convert", str(tmp_path / "z.json"), "--to", "vocab-merges", "--out", str(tmp_path / "y")]) == 0
    assert "tokens saved to" in capsys.readouterr().out
    (tmp_path / "x.tiktoken.json").unlink()
    assert cli.main(["vocab", str(tmp_path / "x.tiktoken")]) == 2
    assert "give the pattern" in capsys.readouterr().err
    assert cli.main(["vocab", str(tmp_path / "x.tiktoken"), "--pattern", "gpt2"]) == 0


def test_converting_replaces_nothing_of_another_form(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sample = resource("sample/tokenizer")
    ranks, folder = tmp_path / "custom.tiktoken", tmp_path / "pair"
    for form, out in (("tiktoken", ranks), ("vocab-merges", folder), ("tokenizer.json", tmp_path / "t.json")):
        assert cli.main(["convert", str(sample), "--to", form, "--out", str(out)]) == 0
    (tmp_path / "notes.txt").write_text("mine", encoding="utf-8")
    (tmp_path / "new.json").write_text('{"mine": 1}', encoding="utf-8")
    (tmp_path / "new.tiktoken.json").write_text('{"mine": 1}', encoding="utf-8")
    capsys.readouterr()
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    for form, opened, out in (
        ("tokenizer.json", sample, ranks),
        ("tokenizer.json", sample, tmp_path / "new.json"),
        ("tokenizer.json", sample, folder),
        ("tokenizer.json", tmp_path / "t.json", tmp_path / "t.json"),
        ("tiktoken", sample, tmp_path / "t.json"),
        ("tiktoken", sample, tmp_path / "notes.txt"),
        ("tiktoken", sample, tmp_path / "new.tiktoken"),
        ("tiktoken", ranks, ranks),
        ("vocab-merges", sample, ranks),
        ("vocab-merges", sample, tmp_path),
        ("vocab-merges", folder, folder),
        ("vocab-merges", folder / "vocab.json", folder / "merges.txt"),
    ):
        assert cli.main(["convert", str(opened), "--to", form, "--out", str(out)]) == 2
        assert "choose" in _refusal(capsys) or out == folder
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


_WRONG = {
    "no command": ([], "required: COMMAND"),
    "unknown command": (["train-bpe"], "invalid choice: 'train-bpe'"),
    "no corpus": (["bpe-train"], "required: corpus"),
    "no number": (["bpe-train", "x.txt", "--vocab-size", "many"], "invalid int value: 'many'"),
    "missing file": (["bpe-train", "missing.txt"], "missing.txt: no such file"),
    "small vocabulary": (["bpe-train", "x.txt", "--vocab-size", "5"], "A vocabulary of 5 tokens cannot be"),
    "bad pattern": (["bpe-train", "x.txt", "--pattern", "("], "nor a valid expression"),
    "empty special token": (["bpe-train", "x.txt", "--special-token", ""], "special token is empty"),
    "special token and none": (["bpe-train", "x", "--special-token", "a", "--no-special-tokens"], "not allowed with"),
    "unknown tie rule": (["bpe-train", "x.txt", "--tie", "random"], "invalid choice: 'random'"),
    "unknown format": (["convert", "x", "--to", "gguf", "--out", "y"], "invalid choice: 'gguf'"),
    "nowhere to write": (["convert", "x", "--to", "tiktoken"], "arguments are required: --out"),
    "missing tokenizer": (["vocab", "missing"], "missing: no such file"),
}


@pytest.mark.parametrize("kind", _WRONG)
def test_wrong_arguments_end_with_status_two_and_one_line(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    arguments, sentence = _WRONG[kind]
    assert cli.main(arguments) == 2
    line = _refusal(capsys)
    assert line.startswith("lmcore: ")
    assert sentence in line


def test_work_that_fails_ends_with_status_one(
    corpus: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(result_files, "write_counts", fail)
    assert cli.main(["bpe-train", corpus, "--vocab-size", "270", "--fresh", "--out", str(tmp_path / "out")]) == 1
    assert _refusal(capsys).endswith("out: cannot be written (No space left on device); choose another folder.")
    assert not (tmp_path / "out").exists()


def test_an_interrupt_ends_with_its_own_status(
    corpus: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupt(*arguments: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("lmcore.bpe.training.count_corpus", interrupt)
    assert cli.main(["bpe-train", corpus, "--fresh"]) == 130
    assert _refusal(capsys) == "lmcore: stopped; no tokenizer was written."


def test_preparing_twice_does_nothing_more(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> None:
        raise AssertionError("prepared again")

    monkeypatch.setattr(preparing, "prepare", refuse)
    assert cli.main(["prepare"]) == 0


def test_the_command_is_a_process_of_its_own(corpus: str) -> None:
    """Whole: nothing but the object on standard output, and nothing at all on standard error."""
    command = [sys.executable, "-m", "lmcore.cli", "bpe-train", corpus, "--vocab-size", "280", "--fresh", "--json"]
    result = subprocess.run(command, capture_output=True, text=True, cwd=Path(cli.__file__).parent.parent, check=True)
    assert json.loads(result.stdout)["merges"] == 23
    assert result.stderr == ""
