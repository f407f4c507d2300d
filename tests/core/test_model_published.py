"""Does a published model say here what it says elsewhere? llama2.c's stories260K, from the developers' data folder.

Its weights may not be shipped, and no package has them: `LM_EXPLORER_DATA` names the folder with stories260K.tar.xz and
ts_all_unique.txt.xz, by default `shared/data` beside the project's. Without them these tests fail, they do not pass.
"""

import lzma
import os
import struct
import tarfile
from itertools import pairwise
from pathlib import Path
from typing import Final

import pytest
import torch

from lmcore.model import Sampling, TransformerLM, generate, read_llama2c

pytestmark = pytest.mark.slow

DATA: Final = Path(os.environ.get("LM_EXPLORER_DATA") or Path(__file__).resolve().parents[3] / "shared" / "data")
BOS: Final = 1
FIRST_BYTE: Final = 3  # the id of byte 0


class Pieces:
    """llama2.c's tokenizer file: pieces with scores; the pair whose joined piece scores highest is joined first."""

    def __init__(self, data: bytes) -> None:
        self.pieces: list[bytes] = []
        self.scores: list[float] = []
        place = 4
        while place < len(data):
            score, length = struct.unpack_from("<fi", data, place)
            self.pieces.append(data[place + 8 : place + 8 + length])
            self.scores.append(score)
            place += 8 + length
        self.ids = {piece: number for number, piece in enumerate(self.pieces)}

    def encode(self, text: str) -> list[int]:
        """With a blank in front, as the model was trained."""
        ids: list[int] = []
        for character in f" {text}":
            raw = character.encode()
            ids += [self.ids[raw]] if raw in self.ids else [byte + FIRST_BYTE for byte in raw]
        while best := max(self._joins(ids), default=None):
            _, place, joined = best
            ids[-place : 2 - place] = [joined]
        return ids

    def _joins(self, ids: list[int]) -> list[tuple[float, int, int]]:
        """Score, negated place (the first of equals is taken) and id of every pair that can be joined."""
        pairs = enumerate(pairwise(ids))
        joined = ((place, self.ids.get(self.pieces[one] + self.pieces[other])) for place, (one, other) in pairs)
        return [(self.scores[new], -place, new) for place, new in joined if new is not None]

    def decode(self, ids: list[int]) -> str:
        """Without the blank in front."""
        raw = (bytes([one - FIRST_BYTE]) if FIRST_BYTE <= one < FIRST_BYTE + 256 else self.pieces[one] for one in ids)
        return b"".join(raw).decode()[1:]


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    archive = DATA / "stories260K.tar.xz"
    assert archive.is_file(), f"{archive} is missing; name the folder that has it in LM_EXPLORER_DATA"
    folder = tmp_path_factory.mktemp("published")
    with tarfile.open(archive) as tar:
        tar.extractall(folder, filter="data")
    return folder / "stories260K"


@pytest.fixture(scope="module")
def model(unpacked: Path) -> TransformerLM:
    return read_llama2c(unpacked / "stories260K.bin")


@pytest.fixture(scope="module")
def pieces(unpacked: Path) -> Pieces:
    return Pieces((unpacked / "tok512.bin").read_bytes())


@pytest.mark.parametrize("cached", [True, False])
def test_its_greedy_text_is_the_documented_one(
    model: TransformerLM, pieces: Pieces, unpacked: Path, cached: bool
) -> None:
    documented = (unpacked / "stories260K.md").read_text().split("-t 0.0\n")[1].split("\n```")[0]
    events = generate(model, [[BOS]], Sampling(temperature=0), max_new_tokens=256, cached=cached)
    assert pieces.decode([event.token for event in events]) == documented


def test_it_knows_the_stories_that_it_was_trained_on(model: TransformerLM, pieces: Pieces) -> None:
    """About 1.27 nats a token; its author measured 1.297 on a validation part."""
    with lzma.open(DATA / "ts_all_unique.txt.xz", "rt", encoding="utf-8") as file:
        stories = file.read(60_000).split("<|endoftext|>")[:40]
    total, count = 0.0, 0
    for story in stories:
        ids = torch.tensor([BOS, *pieces.encode(story.strip())][: model.architecture.context_length])
        with torch.inference_mode():
            scores = model(ids[None, :-1])[0]
        total += torch.nn.functional.cross_entropy(scores, ids[1:], reduction="sum").item()
        count += len(ids) - 1
    assert count > 10_000
    assert 1.20 < total / count < 1.32
