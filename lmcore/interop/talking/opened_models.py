"""Which models are at hand? Those that were asked for last, as long as their files stay and there is room."""

import gc
from collections import OrderedDict
from collections.abc import Generator, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from time import perf_counter
from typing import Final

import torch

from lmcore.accounting import Shape, account
from lmcore.bpe.tokenizer import Tokenizer
from lmcore.errors import ModelError
from lmcore.generators import result_of
from lmcore.interop.opening import Opened, Readers, best_checkpoint, check_weights, opening_model, tokenizer_of
from lmcore.model.decoder import Decoder, Prepared, blocks_of
from lmcore.model.decoder_layer import DecoderLayer, product
from lmcore.model.shapes import shape_of_architecture
from lmcore.model.text_decoder import TextDecoder
from lmcore.model.transformer import TransformerLM
from lmcore.training.checkpoint_files import Checkpoint
from lmcore.training.devices import Device
from lmcore.training.run_folder import RunFolder

ROOM: Final = 2 << 30
"""Bytes of weights that are kept; the model that is asked for may be larger."""
_LARGE: Final = 100_000_000  # parameters from which it is worth trying whether bf16 is faster
_FASTER: Final = 1.15  # bf16 costs digits, so it has to win clearly
_TRIALS: Final = 5
Version = tuple[tuple[str, int, int], ...]
"""Names, times of change and sizes of the files of a folder."""


@dataclass(frozen=True)
class Ready:
    """A model that can write at once."""

    opened: Opened
    prepared: Prepared
    threads: int = 1
    """With which it writes fastest here, token by token."""

    @property
    def model(self) -> TransformerLM:
        """The module."""
        return self.prepared.model

    @property
    def nbytes(self) -> int:
        """Bytes of the weights, and of what is joined or converted of them."""
        numbers = sum(weight.numel() for weight in self.model.parameters())
        return numbers * (self.model.head_weight.itemsize + self.prepared.dtype.itemsize)

    @cached_property
    def shape(self) -> Shape:
        """Its sizes."""
        return shape_of_architecture(self.model.architecture)

    def flops(self, context: int) -> tuple[int, int]:
        """FLOPs of one more token, of `context` with it, cached and not."""
        counted = account(replace(self.shape, context_length=context))
        return counted.decode_cached.amount, counted.decode_uncached.amount

    def hex_of(self, token: int) -> str:
        """The bytes of a token in hexadecimal; none where the tokenizer does not know the id."""
        tokenizer = self.opened.tokenizer
        return "" if tokenizer is None else tokenizer.vocab.get(token, b"").hex()


class OpenedModels:
    """Opens models, and keeps them by folder and version, the last ones first to stay.

    A checkpoint's weights are held against their sha256 once: what was whole and did not change since is whole.
    """

    def __init__(self, device: Device, room: int = ROOM) -> None:
        self._device, self._room = device, room
        self.threads = torch.get_num_threads()
        """All that there are."""
        self._kept: OrderedDict[tuple[Path, Version], Ready] = OrderedDict()
        self._whole: set[tuple[Path, Version]] = set()
        self._tokenizers: dict[tuple[Path, Version], tuple[Tokenizer | None, str]] = {}
        self._readers = Readers(self._check, self._tokenizer)
        self._decoder: TextDecoder | None = None

    @property
    def device(self) -> Device:
        """On which they are."""
        return self._device

    def get(self, path: Path) -> Ready:
        """The model of a folder, or of a run's best checkpoint. Raises `ModelError`."""
        return result_of(self.opening(path))

    def opening(self, path: Path) -> Generator[None, None, Ready]:
        """The same for who may want to stop it: yields between pieces of the work."""
        yield
        place = (yield from best_checkpoint(path, self._readers)).path if RunFolder(path).is_run else path
        key = _key(place)
        if key not in self._kept:
            self._kept[key] = yield from self._open(place)
        self._kept.move_to_end(key)
        self._make_room()
        ready = self._kept[key]
        if self._decoder is not None and self._decoder.prepared is not ready.prepared:
            self._decoder = None
        return ready

    def decoder(self, ready: Ready, columns: int) -> Generator[None, None, TextDecoder]:
        """One with room for so many ids. It is kept until another model is asked for, so that a text can go on."""
        found = self._decoder
        if found is None:
            found = self._decoder = TextDecoder(ready.prepared, columns)
        yield from found.making_room(columns)
        return found

    def clear(self) -> None:
        """Let go of all models, for the sake of memory."""
        self._decoder = None
        self._kept.clear()
        gc.collect()

    def _open(self, place: Path) -> Generator[None, None, Ready]:
        opened = yield from opening_model(place, self._readers)
        yield from _letting_go_of_files(opened.model)
        opened.model.to(self._device.torch)
        dtype, layers = (yield from _faster_dtype(opened.model)), []
        for block in blocks_of(opened.model):
            with torch.inference_mode():
                layers.append(DecoderLayer(block, dtype))
            yield
        with torch.inference_mode():
            prepared = Prepared(opened.model, dtype, layers)
        threads = yield from _fastest_threads(prepared, self.threads)
        return Ready(opened, prepared, threads)

    def _make_room(self) -> None:
        """The oldest go, but never the one that was asked for."""
        while len(self._kept) > 1 and sum(ready.nbytes for ready in self._kept.values()) > self._room:
            self._kept.popitem(last=False)

    def _check(self, checkpoint: Checkpoint) -> Generator[None, None, None]:
        key = _key(checkpoint.path)
        if key not in self._whole:
            yield from check_weights(checkpoint)
            self._whole.add(key)

    def _tokenizer(self, folder: Path) -> tuple[Tokenizer | None, str]:
        """The checkpoints of a run have one in common."""
        key = _key(folder)
        if key not in self._tokenizers:
            self._tokenizers = {key: tokenizer_of(folder)}
        return self._tokenizers[key]


def _key(folder: Path) -> tuple[Path, Version]:
    """By what a folder's content is known without reading it. Raises `ModelError`."""
    try:
        found = [(file.name, file.stat()) for file in sorted(folder.iterdir()) if file.is_file()]
    except OSError as error:
        raise ModelError(
            f"{folder} cannot be read ({error.strerror or error}); it may have been removed. Choose another model."
        ) from error
    return folder.resolve(), tuple((name, about.st_mtime_ns, about.st_size) for name, about in found)


def _letting_go_of_files(model: TransformerLM) -> Iterator[None]:
    """Copy weights that are still read from their file, which would end the process if it were cut off meanwhile."""
    for weight in model.parameters():
        weight.data = weight.data.clone()
        yield


def _fastest_threads(prepared: Prepared, most: int) -> Generator[None, None, int]:
    """One for a small model, whose products are over before a second thread has woken up; found by trying."""
    parameters = sum(weight.numel() for weight in prepared.model.parameters())
    if parameters >= _LARGE or prepared.device.type != "cpu" or most == 1:
        return most
    seconds = {}
    for threads in (1, most):
        torch.set_num_threads(threads)
        seconds[threads] = yield from _seconds_a_token(prepared)
    return min(seconds, key=lambda threads: seconds[threads])


def _seconds_a_token(prepared: Prepared) -> Generator[None, None, float]:
    """The least time of a token behind another one."""
    decoder = Decoder(prepared, 1, _TRIALS + 2)
    result_of(decoder.start([[0]]))
    token, times = torch.zeros(1, dtype=torch.long, device=prepared.device), []
    for _ in range(_TRIALS):
        begun = perf_counter()
        result_of(decoder.advance(token)).sum().item()
        times.append(perf_counter() - begun)
        yield
    return min(times)


def _faster_dtype(model: TransformerLM) -> Generator[None, None, torch.dtype]:
    """fp32, or bf16 for a large model whose head it multiplies clearly faster here.

    One token is multiplied at a time: that depends on how fast weights are read, of which bf16 has half as many bytes.
    """
    if sum(weight.numel() for weight in model.parameters()) < _LARGE:
        return torch.float32
    seconds = {}
    for dtype in (torch.float32, torch.bfloat16):
        seconds[dtype] = yield from _seconds(model.head_weight, dtype)
    return torch.bfloat16 if seconds[torch.float32] > _FASTER * seconds[torch.bfloat16] else torch.float32


def _seconds(matrix: torch.Tensor, dtype: torch.dtype) -> Generator[None, None, float]:
    """The least time of a product with one row."""
    with torch.inference_mode():
        converted = matrix.to(dtype)
        row = converted[:1].clone()
    times = []
    for _ in range(_TRIALS):
        yield
        begun = perf_counter()
        with torch.inference_mode():
            product(row, converted).sum().item()
        times.append(perf_counter() - begun)
    return min(times)
