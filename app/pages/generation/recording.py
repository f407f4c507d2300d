"""How was the sample conversation recorded? `python -m app.pages.generation.recording RUN FILE` does it again.

A run's newest checkpoint continues a prompt; where the model hesitated most among tokens that had a chance, the
likeliest others are taken as well. The worker is a process of its own, as in the window, so that torch stays out.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any, Final

from app.pages.generation.conversation import Conversation, Conversations, Happened
from app.pages.generation.keeping import save
from app.pages.generation.tokens import Alternative, SaidToken, SamplingChoice
from lmcore.errors import LmError
from lmcore.training.checkpoint_files import checkpoints_in
from lmcore.training.run_folder import RunFolder

PROMPT: Final = "The whale"
SCORED: Final = (
    "The captain stood upon the deck, and looked at the sea. The crew of the ship had seen the whale, and they were "
    "afraid of it.\n\nIn our days a computer would have found the whale by radar, and told nobody.\n"
)
"""A text to be scored: what comes last is in no book of the corpus."""
LENGTHS: Final = (112, 64, 88, 41)
"""Tokens of the first text, and of the branches."""
CHANCE: Final = 0.03
"""The least probability of a token that is worth a branch."""
PLACES: Final = range(20, 60)
"""Where the branches may leave the text."""


class Recorder:
    """Asks a worker, and waits for each answer."""

    def __init__(self, model: str, requests: IO[str], answers: IO[str]) -> None:
        self.model, self._requests, self._answers = model, requests, answers
        self.all = Conversations()
        self.parts: list[Any] = []
        """The tokens of a text that was scored."""

    def ask(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        """Hand over a request; gives its last event. Raises `LmError` where it was refused."""
        self._requests.write(json.dumps(request) + "\n")
        self._requests.flush()
        for happened in self._events():
            if happened.kind == "refused":
                raise LmError(str(happened.event["why"]))
            if happened.kind == "part":
                self.parts += happened.event["tokens"]
            if happened.kind in ("opened", "done", "scored", "speed"):
                return happened.event
        raise LmError("The worker ended before it had answered.")

    def _events(self) -> Iterator[Happened]:
        for line in self._answers:
            happened = self.all.take(json.loads(line))
            if happened is not None:
                yield happened


def record(recorder: Recorder, sampling: SamplingChoice) -> tuple[Conversation, dict[str, Any]]:
    """The conversation, and what is to be said of the model."""
    about = dict(recorder.ask(recorder.all.ask("open", recorder.model)))
    conversation = recorder.all.of(recorder.model, PROMPT)
    branch = conversation.start(sampling)
    recorder.ask(recorder.all.ask_for(conversation, branch, LENGTHS[0]))
    at, others = busiest(conversation.said)
    for other, most in zip(others, LENGTHS[1:], strict=False):
        conversation.show(branch.key)
        made = conversation.fork(at, other, sampling)
        recorder.ask(recorder.all.ask_for(conversation, made, most - at - 1))
    conversation.show(branch.key)
    scored = recorder.ask(recorder.all.ask("score", recorder.model, text=SCORED))
    about["scored"] = {**scored, "tokens": recorder.parts}
    about["speed"] = dict(recorder.ask(recorder.all.ask("speed", recorder.model)))
    return conversation, about


def busiest(said: Sequence[SaidToken]) -> tuple[int, list[Alternative]]:
    """Where most others had a chance, and those, the likeliest first."""
    found = [(at, _others(said[at])) for at in PLACES if at < len(said)]
    return max(found, key=lambda one: (min(3, len(one[1])), sum(other.kept for other in one[1][:3])))


def _others(token: SaidToken) -> list[Alternative]:
    return [one for one in token.alternatives if one.token != token.token and one.kept > CHANCE and one.raw.strip()]


def main(argv: Sequence[str] | None = None) -> int:
    """Record, and write the file; the exit status."""
    parser = argparse.ArgumentParser(prog="python -m app.pages.generation.recording", description=__doc__)
    parser.add_argument("run", type=Path, metavar="RUN", help="a run's folder")
    parser.add_argument("file", type=Path, metavar="FILE", help="the JSON file to be written")
    asked = parser.parse_args(argv)
    run = RunFolder(asked.run)
    newest = checkpoints_in(run.checkpoints)[-1]
    command = [sys.executable, "-m", "lmcore.cli", "worker", "generate"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as worker:
        assert worker.stdin is not None
        assert worker.stdout is not None
        recorder = Recorder(str(newest.path), worker.stdin, worker.stdout)
        conversation, about = record(recorder, SamplingChoice())
        worker.stdin.close()
    name = run.config().name
    steps = [one.step for one in checkpoints_in(run.checkpoints)]
    about |= {
        "model": name,
        "what": f"Step {newest.step:,} of the run {name}",
        "name": name,
        "step": newest.step,
        "steps": steps,
        "how": f"{parser.prog} RUN FILE",
    }
    conversation.model = name
    save(asked.file, conversation, about)
    return 0


if __name__ == "__main__":
    sys.exit(main())
