"""Does a measurement give what the real module has, and say why it leaves something out?"""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from lmcore.errors import UsageError
from lmcore.measuring import Event, LeftOut, Measured, Request, measure, request_from
from lmcore.model.architecture import Architecture
from lmcore.model.transformer import TransformerLM

SIZES: dict[str, Any] = {
    "vocab_size": 300,
    "context_length": 24,
    "d_model": 32,
    "num_layers": 2,
    "num_heads": 4,
    "d_ff": 96,
    "attention": "manual",
}
REQUEST = Request(SIZES, batch=3, precision="fp32", memory=10**6, training_flops=10**6)


def found(request: Request) -> dict[str, Event]:
    return {event.quantity: event for event in measure(request)}


def value(event: Event) -> float:
    assert isinstance(event, Measured), event
    return event.value


@contextmanager
def kept(model: TransformerLM) -> Iterator[list[torch.Tensor]]:
    """What autograd keeps of a real pass, each storage once, without the model's own."""
    known = {tensor.untyped_storage().data_ptr() for tensor in (*model.parameters(), *model.buffers())}
    held: list[torch.Tensor] = []

    def pack(tensor: torch.Tensor) -> torch.Tensor:
        if tensor.untyped_storage().data_ptr() not in known:
            known.add(tensor.untyped_storage().data_ptr())
            held.append(tensor)
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        yield held


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
@pytest.mark.parametrize("attention", ["manual", "sdpa"])
def test_what_is_kept_without_data_is_what_a_real_pass_keeps(precision: Any, attention: str) -> None:
    request = replace(REQUEST, precision=precision, architecture={**SIZES, "attention": attention})
    model = TransformerLM.of(Architecture(**request.architecture))
    tokens = torch.zeros((3, 24), dtype=torch.long)
    with kept(model) as held, torch.autocast("cpu", torch.bfloat16, enabled=precision == "bf16"):
        torch.nn.functional.cross_entropy(model(tokens).flatten(0, 1), tokens.clone().flatten())
    assert value(found(request)["activations"]) == sum(tensor.untyped_storage().nbytes() for tensor in held)


def test_it_counts_the_real_module() -> None:
    told = found(REQUEST)
    model = TransformerLM.of(Architecture(**SIZES))
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        model(torch.zeros((3, 24), dtype=torch.long))
    assert value(told["parameters"]) == sum(weights.numel() for weights in model.parameters())
    assert value(told["forward_flops"]) == counter.get_total_flops()
    assert value(told["training_flops"]) == 3 * counter.get_total_flops()
    assert value(told["seconds"]) > 0
    assert list(told) == ["parameters", "forward_flops", "training_flops", "activations", "memory", "seconds"]


@pytest.mark.parametrize(
    ("request_", "reason"),
    [
        (replace(REQUEST, memory=10**15), "needs 1.00 PB, "),
        (replace(REQUEST, training_flops=10**18), "4 steps would take about "),
    ],
)
def test_no_step_is_tried_where_it_would_not_fit(request_: Request, reason: str) -> None:
    told = found(request_)
    for quantity in ("memory", "seconds"):
        event = told[quantity]
        assert isinstance(event, LeftOut)
        assert event.reason.startswith(reason)


def test_a_request_that_lacks_something_is_refused() -> None:
    with pytest.raises(UsageError, match="lacks 'precision'"):
        request_from({"architecture": {}, "batch": 1})


def test_the_worker_writes_a_json_object_a_line() -> None:
    request = json.dumps(
        {"architecture": SIZES, "batch": 1, "precision": "fp32", "memory": 10**15, "training_flops": 1}
    )
    line = [sys.executable, "-m", "lmcore.cli", "worker", "measure"]
    done = subprocess.run(line, input=request, capture_output=True, text=True, check=True)
    events = [json.loads(written) for written in done.stdout.splitlines()]
    assert [event["event"] for event in events] == ["Measured"] * 4 + ["LeftOut"] * 2
    assert events[0] == {
        "event": "Measured",
        "quantity": "parameters",
        "value": 2 * 300 * 32 + 2 * (4 * 32 * 32 + 3 * 32 * 96 + 2 * 32) + 32,
        "where": "meta device",
    }


def test_a_worker_refuses_what_is_no_object() -> None:
    line = [sys.executable, "-m", "lmcore.cli", "worker", "measure"]
    done = subprocess.run(line, input="[1]\n", capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.strip().endswith("this is another kind of value.")
