"""Which texts has a run written so far? Those of its samples folder, each with the loss of its step."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Any

import orjson

from lmcore.training.plain_files import content_of
from lmcore.training.run_files import Sign, sign_of, written_texts
from lmcore.training.run_folder import RunFolder

Texts = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Sample:
    """What the model wrote at a step: (prompt, text), in the order of the prompts; `loss` is that of the validation of
    the same step, in nats a token, None where there was none.
    """

    step: int
    loss: float | None
    texts: Texts


class SampleReader:
    """The samples of one run; a file is read again only where it has changed."""

    def __init__(self, path: Path) -> None:
        self._run = RunFolder(path)
        self._files: dict[int, tuple[Sign, Texts]] = {}

    def samples(self, validation: Mapping[str, Any]) -> tuple[Sample, ...]:
        """All samples by step, with the losses of these columns. A file that cannot be read has no texts to show."""
        losses = dict(zip(validation["step"].tolist(), validation["loss"].tolist(), strict=True))
        try:
            steps = written_texts(self._run).steps
        except OSError:  # the list of runs says so
            steps = ()
        self._files = {step: self._read(step) for step in steps}
        return tuple(
            Sample(step, loss if (loss := losses.get(step)) is not None and isfinite(loss) else None, texts)
            for step, (_, texts) in self._files.items()
            if texts
        )

    def _read(self, step: int) -> tuple[Sign, Texts]:
        place = self._run.samples / f"step-{step:08d}.json"
        sign = sign_of(str(place))
        known = self._files.get(step)
        return known if known and known[0] == sign else (sign, _texts(place))


def _texts(place: Path) -> Texts:
    try:
        found = orjson.loads(content_of(place))
        return tuple((str(one["prompt"]), str(one["text"])) for one in found["texts"])
    except (OSError, ValueError, TypeError, LookupError):
        return ()
