"""A conversation for tests: a small run with a tokenizer, a model of a long context, the worker as a process."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any, BinaryIO, Final, Self

import torch

from lmcore.bpe.tokenizer import Tokenizer
from lmcore.generators import result_of
from lmcore.interop import export_huggingface
from lmcore.paths import resource
from lmcore.training.config import config_of
from lmcore.training.creating import create, plan
from lmcore.training.run_folder import RunFolder
from tests.core.exporting import made, tokenizer
from tests.core.trainings import worked

END: Final = "<|endoftext|>"
ROOT: Final = Path(__file__).resolve().parents[2]
LAST: Final = ("opened", "done", "scored", "look", "speed", "refused")


def talking_run(folder: Path) -> RunFolder:
    """Four checkpoints of a model that has begun to learn the bundled corpus in 512 tokens."""
    Tokenizer.load(resource("sample/tokenizer")).prefix(255).save(folder / "tokenizer")
    corpus = folder / "corpus.txt"
    corpus.write_text(resource("sample/moby-dick-and-speeches.txt").read_text(encoding="utf-8")[:40_000])
    tables: dict[str, Any] = {
        "data": {"corpus": [str(corpus)], "tokenizer": str(folder / "tokenizer")},
        "model": {"d_model": 32, "num_layers": 2, "num_heads": 4, "context_length": 48, "d_ff": 64},
        "optimizer": {"learning_rate": 0.01},
        "training": {"steps": 40, "batch_size": 8, "micro_batch_size": 8, "precision": "fp32", "threads": 1},
        "evaluation": {"every": 10, "windows": 4, "prompts": []},
        "checkpoint": {"every": 10, "keep_last": 9},
    }
    run = create(result_of(plan(config_of(tables))), folder / "runs")
    assert worked(run).status == "finished"
    return run


def long_model(folder: Path) -> Path:
    """A folder of Hugging Face with a model that can write 20,000 tokens: longer than a test waits."""
    torch.manual_seed(0)
    tok = tokenizer()
    model = made({"context_length": 20_000, "d_model": 32, "num_layers": 1, "d_ff": 32}, tok.vocab_size)
    export_huggingface(model, tok, folder)
    return folder


class Talk:
    """The worker, asked and heard over pipes."""

    def __init__(self, errors: BinaryIO | None = None) -> None:
        command = [sys.executable, "-m", "lmcore.cli", "worker", "generate"]
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, stderr=errors)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        with self.process:  # which closes its pipes
            pass

    def say(self, line: bytes) -> None:
        """Write any line."""
        assert self.process.stdin
        self.process.stdin.write(line + b"\n")
        self.process.stdin.flush()

    def ask(self, do: str, **request: Any) -> None:
        """Write a request."""
        self.say(json.dumps({"do": do, **request}, default=str).encode())

    def hear(self) -> dict[str, Any]:
        """The next answer."""
        assert self.process.stdout
        found: dict[str, Any] = json.loads(self.process.stdout.readline())
        return found

    def hear_all(self) -> list[dict[str, Any]]:
        """All answers to a request."""
        heard = [self.hear()]
        while heard[-1]["event"] not in LAST:
            heard.append(self.hear())
        return heard

    def answers(self, do: str, **request: Any) -> list[dict[str, Any]]:
        """What is answered to a request."""
        self.ask(do, **request)
        return self.hear_all()
