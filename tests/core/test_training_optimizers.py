"""Do weights move as AdamW and Muon are defined, each in its group, and does a state go on where it was?"""

import io
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pytest
import torch
import torch.distributed as dist
from torch.distributed import HashStore  # type: ignore[attr-defined]
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import fully_shard

from lmcore.errors import ModelError
from lmcore.model import Architecture, TransformerLM
from lmcore.training.losses import NextTokenLoss, next_token_loss
from lmcore.training.optimizers import Kind, Optimizer, make_optimizer, parameter_groups

SMALL: Final = Architecture(vocab_size=97, context_length=16, d_model=32, num_layers=2, num_heads=4, d_ff=88)
BETAS: Final = (0.9, 0.95)
DECAY: Final = 0.1
MATRICES: Final = ["attn.k_proj", "attn.output_proj", "attn.q_proj", "attn.v_proj", "ffn.w1", "ffn.w2", "ffn.w3"]
HIDDEN: Final = {f"layers.{number}.{name}.weight" for number in range(2) for name in MATRICES}
Matrix = npt.NDArray[np.float64]


def made(architecture: Architecture = SMALL) -> TransformerLM:
    torch.manual_seed(0)
    return TransformerLM.of(architecture)


def optimizer_of(model: TransformerLM, kind: Kind = "adamw", fused: bool = True) -> Optimizer:
    return make_optimizer(model, kind, weight_decay=DECAY, betas=BETAS, eps=1e-8, fused=fused)


def advance(model: TransformerLM, optimizer: Optimizer, steps: range, wrapped: NextTokenLoss | None = None) -> None:
    loss = wrapped or NextTokenLoss(model)
    for step in steps:
        tokens = torch.randint(0, 97, (2, 17), generator=torch.Generator().manual_seed(step))
        optimizer.set_learning_rate(0.01 / (1 + step))
        loss(tokens, chunk=10).backward()
        optimizer.step()
        optimizer.zero_grad()


def weights(model: TransformerLM) -> dict[str, torch.Tensor]:
    return {name: parameter.detach().clone() for name, parameter in model.named_parameters()}


# ---- groups ----


@pytest.mark.parametrize("kind", ["adamw", "muon"])
@pytest.mark.parametrize("changed", [{}, {"tied_head": True}, {"qk_norm": True}, {"norm": "none"}])
def test_every_parameter_is_in_the_one_group_that_its_name_says(kind: Kind, changed: dict[str, Any]) -> None:
    model = made(replace(SMALL, **changed))
    found = {n: (g.kind, g.weight_decay) for g in parameter_groups(model, kind, DECAY) for n in g.parameters}
    assert sum(len(g.parameters) for g in parameter_groups(model, kind, DECAY)) == len(found)
    expected = dict.fromkeys(dict(model.named_parameters()), ("adamw", 0.0)) | dict.fromkeys(HIDDEN, (kind, DECAY))
    if not changed.get("tied_head"):
        expected["lm_head.weight"] = ("adamw", DECAY)
    assert found == expected


# ---- AdamW ----


def paper(w: Matrix, gradients: list[Matrix], rate: float, decay: float) -> Matrix:
    """Loshchilov and Hutter 2019, algorithm 2, with α λ in the place of η λ."""
    m, v = np.zeros_like(w), np.zeros_like(w)
    for t, g in enumerate(gradients, 1):
        m, v = BETAS[0] * m + (1 - BETAS[0]) * g, BETAS[1] * v + (1 - BETAS[1]) * g**2
        w = w - rate * (m / (1 - BETAS[0] ** t) / (np.sqrt(v / (1 - BETAS[1] ** t)) + 1e-8) + decay * w)
    return w


def course(w: Matrix, gradients: list[Matrix], rate: float, decay: float) -> Matrix:
    """The course's pseudocode."""
    m, v = np.zeros_like(w), np.zeros_like(w)
    for t, g in enumerate(gradients, 1):
        m, v = BETAS[0] * m + (1 - BETAS[0]) * g, BETAS[1] * v + (1 - BETAS[1]) * g**2
        w = w - rate * np.sqrt(1 - BETAS[1] ** t) / (1 - BETAS[0] ** t) * m / (np.sqrt(v) + 1e-8)
        w = w - rate * decay * w
    return w


@pytest.mark.parametrize("fused", [True, False])
@pytest.mark.parametrize(("twin", "exact"), [(paper, 1e-6), (course, 5e-5)])
def test_adamw_is_that_of_the_paper_and_nearly_the_course_s(
    twin: Callable[[Matrix, list[Matrix], float, float], Matrix], exact: float, fused: bool
) -> None:
    model, rng = made(), np.random.default_rng(3)
    optimizer, before = optimizer_of(model, fused=fused), weights(model)
    gradients: dict[str, list[Matrix]] = {name: [] for name in before}
    optimizer.set_learning_rate(1e-3)
    for _ in range(6):
        for name, parameter in model.named_parameters():
            gradients[name].append(rng.normal(size=parameter.shape) * rng.choice([0.1, 1.0]))
            parameter.grad = torch.tensor(gradients[name][-1], dtype=torch.float32)
        optimizer.step()
    for name, after in weights(model).items():
        decay = DECAY if name in HIDDEN or name == "lm_head.weight" else 0.0
        expected = twin(before[name].double().numpy(), gradients[name], 1e-3, decay)
        np.testing.assert_allclose(after.numpy(), expected, rtol=0, atol=exact)


def test_without_decay_the_two_differ_by_what_decay_does() -> None:
    model = made()
    before = weights(model)
    optimizer = optimizer_of(model)
    optimizer.set_learning_rate(0.5)
    for parameter in model.parameters():
        parameter.grad = torch.zeros_like(parameter)
    optimizer.step()
    for name, after in weights(model).items():
        factor = 0.95 if name in HIDDEN or name == "lm_head.weight" else 1.0
        torch.testing.assert_close(after, before[name] * factor)


# ---- Muon ----


def test_muon_moves_hidden_matrices_by_orthogonal_steps_and_all_else_as_adamw_does() -> None:
    model, alone = made(), made()
    muon, adamw = optimizer_of(model, "muon"), optimizer_of(alone)
    before, momentum = weights(model), {name: torch.zeros_like(p) for name, p in model.named_parameters()}
    for step in range(3):
        for optimizer, moved in ((muon, model), (adamw, alone)):
            optimizer.set_learning_rate(0.02)
            generator = torch.Generator().manual_seed(step)
            for parameter in moved.parameters():
                parameter.grad = torch.randn(parameter.shape, generator=generator)
        start = weights(model)
        for name, parameter in model.named_parameters():
            momentum[name] = 0.95 * momentum[name] + 0.05 * parameter.grad  # type: ignore[operator]
            start[name + " ahead"] = 0.05 * parameter.grad + 0.95 * momentum[name]  # type: ignore[operator]
        muon.step()
        adamw.step()
        for name in HIDDEN:
            change = start[name] * (1 - 0.02 * DECAY) - weights(model)[name]
            assert_near_orthogonal(change / (0.02 * 0.2 * max(change.shape) ** 0.5), start[name + " ahead"])
    for name, after in weights(model).items():
        assert torch.equal(after, weights(alone)[name]) == (name not in HIDDEN)
        assert not torch.equal(after, before[name])


def assert_near_orthogonal(found: torch.Tensor, source: torch.Tensor) -> None:
    """Near U Vᵀ of the source's singular values: these coefficients leave values from about 0.7 to 1.2."""
    u, values, v = torch.linalg.svd(source, full_matrices=False)
    exact = u @ v
    assert ((found * exact).sum() / (found.norm() * exact.norm())) > 0.96
    inside = (u.T @ found @ v.T).diagonal()[values > values.max() / 50]
    assert 0.5 < inside.min() <= inside.max() < 1.3


# ---- learning rates and states ----


@pytest.mark.parametrize("kind", ["adamw", "muon"])
def test_nothing_moves_before_a_learning_rate_is_set(kind: Kind) -> None:
    model = made()
    before, optimizer = weights(model), optimizer_of(model, kind)
    next_token_loss(model, torch.zeros(1, 9, dtype=torch.int64)).backward()
    optimizer.step()
    assert all(torch.equal(after, before[name]) for name, after in weights(model).items())
    optimizer.zero_grad()
    assert all(parameter.grad is None for parameter in model.parameters())


@pytest.mark.parametrize("kind", ["adamw", "muon"])
def test_a_saved_state_goes_on_bit_for_bit(kind: Kind) -> None:
    model = made()
    optimizer = optimizer_of(model, kind)
    advance(model, optimizer, range(4))
    file = io.BytesIO()
    torch.save({"optimizer": optimizer.state_dict(), "weights": model.state_dict()}, file)
    advance(model, optimizer, range(4, 8))
    file.seek(0)
    saved = torch.load(file, weights_only=True)
    resumed = made()
    resumed.load_state_dict(saved["weights"])
    other = optimizer_of(resumed, kind)
    other.load_state_dict(saved["optimizer"])
    advance(resumed, other, range(4, 8))
    assert all(torch.equal(after, weights(model)[name]) for name, after in weights(resumed).items())
    assert set(saved["optimizer"]["state"]) == set(weights(model))


@pytest.mark.parametrize("kind", ["adamw", "muon"])
def test_a_state_goes_by_names_and_is_copied(kind: Kind) -> None:
    model = made()
    optimizer = optimizer_of(model, kind)
    advance(model, optimizer, range(3))
    state = optimizer.state_dict()
    shuffled = {"kind": kind, "state": dict(sorted(state["state"].items(), reverse=True))}
    other = optimizer_of(made(), kind)
    other.load_state_dict(shuffled)
    before = {name: {key: value.clone() for key, value in values.items()} for name, values in state["state"].items()}
    advance(made(), other, range(3, 4))
    for name, values in before.items():
        assert all(torch.equal(value, state["state"][name][key]) for key, value in values.items())
    other.load_state_dict({"kind": kind, "state": {}})
    assert other.state_dict() == optimizer_of(made(), kind).state_dict()


def test_a_state_of_something_else_is_refused_by_name() -> None:
    model = made()
    optimizer = optimizer_of(model)
    advance(model, optimizer, range(1))
    state = optimizer.state_dict()
    with pytest.raises(ModelError, match="adamw, not muon"):
        optimizer_of(made(), "muon").load_state_dict(state)
    with pytest.raises(ModelError, match=r"layers\.2\.attn\.k_proj\.weight"):
        optimizer_of(made(replace(SMALL, num_layers=3))).load_state_dict(state)
    with pytest.raises(ModelError, match=r"layers\.0\.ffn\.w1\.weight has another shape"):
        optimizer_of(made(replace(SMALL, d_ff=96))).load_state_dict(state)


@pytest.mark.parametrize("kind", ["adamw", "muon"])
def test_a_sharded_state_is_saved_whole_and_goes_on_anywhere(kind: Kind) -> None:
    plain = made()
    single = optimizer_of(plain, kind)
    advance(plain, single, range(2))
    dist.init_process_group("gloo", store=HashStore(), rank=0, world_size=1)
    try:
        sharded = made()
        wrapped = NextTokenLoss(sharded)
        for module in (*sharded.layers, wrapped):
            fully_shard(module, mesh=init_device_mesh("cpu", (1,)))
        optimizer = optimizer_of(sharded, kind)
        advance(sharded, optimizer, range(1), wrapped)
        state = optimizer.state_dict()
        optimizer.load_state_dict(state)
        advance(sharded, optimizer, range(1, 2), wrapped)
        again = optimizer.state_dict()
    finally:
        dist.destroy_process_group()
    for name, values in single.state_dict()["state"].items():
        for key, value in values.items():
            torch.testing.assert_close(again["state"][name][key], value)
