"""Is the Transformer the course's, under the names that others rely on, and does each of its switches do something?"""

import subprocess
import sys
from dataclasses import replace
from typing import Final

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from lmcore.errors import ModelError
from lmcore.model import Architecture, TransformerLM
from lmcore.model.rope_scaling import LinearScaling, Llama3Scaling

SMALL: Final = Architecture(vocab_size=97, context_length=32, d_model=32, num_layers=2, num_heads=4, d_ff=88)
SWITCHES: Final = {
    "rope_theta": replace(SMALL, rope_theta=500.0),
    "linear scaling": replace(SMALL, rope_scaling=LinearScaling(4.0)),
    "Llama 3.1's scaling": replace(SMALL, rope_theta=100.0, rope_scaling=Llama3Scaling(8.0, 1.0, 4.0, 16)),
    "num_kv_heads": replace(SMALL, num_kv_heads=2),
    "d_head": replace(SMALL, d_head=12),
    "tied_head": replace(SMALL, tied_head=True),
    "qk_norm": replace(SMALL, qk_norm=True),
    "post-norm": replace(SMALL, norm="post"),
    "no norm": replace(SMALL, norm="none"),
    "NoPE": replace(SMALL, position="none"),
    "SiLU": replace(SMALL, feed_forward="silu"),
    "GELU": replace(SMALL, feed_forward="gelu"),
    "ReLU²": replace(SMALL, feed_forward="relu2"),
    "norm_eps": replace(SMALL, norm_eps=1e-2),
}
LAYER: Final = [
    *(f"attn.{name}_proj.weight" for name in ("q", "k", "v", "output")),
    *(f"{name}.weight" for name in ("ln1", "ln2", "ffn.w1", "ffn.w2", "ffn.w3")),
]


def made(architecture: Architecture, seed: int = 0) -> TransformerLM:
    torch.manual_seed(seed)
    return TransformerLM.of(architecture)


def ids(architecture: Architecture, batch: int = 2, length: int = 17) -> torch.Tensor:
    return torch.randint(0, architecture.vocab_size, (batch, length), generator=torch.Generator().manual_seed(1))


# ---- names, shapes, sizes ----


def test_the_names_of_the_weights_are_those_that_others_rely_on() -> None:
    layers = [f"layers.{number}.{name}" for number in range(2) for name in LAYER]
    outside = ["token_embeddings.weight", "ln_final.weight", "lm_head.weight"]
    assert set(made(SMALL).state_dict()) == {*layers, *outside}


@pytest.mark.parametrize(
    ("name", "gone", "new"),
    [
        ("tied_head", {"lm_head.weight"}, set()),
        ("no norm", {"ln_final.weight", *(f"layers.{n}.ln{m}.weight" for n in (0, 1) for m in (1, 2))}, set()),
        ("post-norm", set(), set()),
        ("qk_norm", set(), {f"layers.{n}.attn.{which}_norm.weight" for n in (0, 1) for which in "qk"}),
        ("SiLU", {"layers.0.ffn.w3.weight", "layers.1.ffn.w3.weight"}, set()),
    ],
)
def test_a_switch_adds_and_takes_away_no_more_than_its_weights(name: str, gone: set[str], new: set[str]) -> None:
    assert set(made(SWITCHES[name]).state_dict()) == set(made(SMALL).state_dict()) - gone | new


def test_the_course_model_has_as_many_parameters_as_published() -> None:
    with torch.device("meta"):
        model = TransformerLM(10_000, 256, 512, 4, 16, 1_344, 10_000.0)
        xl = TransformerLM(50_257, 1_024, 1_600, 48, 25, 6_400)
    assert all(parameter.is_meta for parameter in model.parameters())
    assert sum(parameter.numel() for parameter in model.parameters()) == 22_696_448
    assert sum(parameter.numel() for parameter in xl.parameters()) == 2_127_057_600


def test_a_model_from_the_meta_device_becomes_real() -> None:
    with torch.device("meta"):
        model = TransformerLM.of(SWITCHES["tied_head"])
    model.to_empty(device="cpu")
    torch.manual_seed(0)
    model.reset_parameters()
    torch.manual_seed(0)
    assert model.rope
    assert torch.equal(model.rope.cos, made(SMALL).rope.cos)  # type: ignore[union-attr]
    assert torch.isfinite(model(ids(SMALL))).all()
    assert model.token_embeddings.weight.std() < 0.2


def test_weights_begin_as_in_the_course() -> None:
    model = made(replace(SMALL, vocab_size=2_000, d_model=128, d_ff=384))
    weights = model.state_dict()
    embedding, up = weights["token_embeddings.weight"], weights["layers.0.ffn.w1.weight"]
    sigma = (2 / (128 + 384)) ** 0.5
    shrunk = 0.98658  # the standard deviation of a normal one truncated at three of its own
    assert embedding.std() == pytest.approx(shrunk, abs=0.005)
    assert up.std() == pytest.approx(shrunk * sigma, rel=0.01)
    assert embedding.abs().max() <= 3
    assert 2.9 * sigma < up.abs().max() <= 3 * sigma
    assert torch.equal(weights["ln_final.weight"], torch.ones(128))


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"num_heads": 5}, "d_model 32 cannot be divided among 5 heads"),
        ({"num_kv_heads": 3}, "4 heads cannot share 3"),
        ({"d_head": 7}, "d_head 7 must be even"),
        ({"d_ff": 0}, "d_ff is 0"),
        ({"rope_theta": 0.0}, "rope_theta is 0.0"),
        ({"norm": "layer"}, "norm is 'layer'; choose from ('pre', 'post', 'none')"),
        ({"d_head": -2}, "d_model 32 cannot|d_head is -2"),
    ],
)
def test_sizes_that_do_not_fit_are_refused_by_name(change: dict[str, object], place: str) -> None:
    with pytest.raises(ModelError) as caught:
        replace(SMALL, **change)  # type: ignore[arg-type]
    assert any(part in str(caught.value) for part in place.split("|"))


def test_pairs_are_asked_for_only_where_they_are_rotated() -> None:
    assert made(replace(SMALL, d_head=7, position="none"))(ids(SMALL)).shape == (2, 17, 97)


# ---- what it computes ----


@pytest.mark.parametrize("name", SWITCHES)
def test_every_switch_changes_the_scores(name: str) -> None:
    """All weights that two models share are equal, so that a difference is the switch's."""
    plain, other = made(SMALL), made(SWITCHES[name])
    shared = plain.state_dict()
    own = other.state_dict()
    names = [name for name in own if name in shared and own[name].shape == shared[name].shape]
    other.load_state_dict({name: shared[name] for name in names}, strict=False)
    with torch.no_grad():
        difference = (plain(ids(SMALL)) - other(ids(SMALL))).abs().max()
    assert difference > 1e-3


@pytest.mark.parametrize("name", ["plain", *SWITCHES])
def test_both_ways_of_attention_give_the_same(name: str) -> None:
    arch = {"plain": SMALL, **SWITCHES}[name]
    fused, manual = made(arch), made(replace(arch, attention="manual"))
    torch.testing.assert_close(fused(ids(arch)), manual(ids(arch)), rtol=1e-4, atol=2e-5)


def test_no_token_sees_a_later_one() -> None:
    model, tokens = made(SMALL), ids(SMALL)
    changed = tokens.clone()
    changed[:, 9] = (changed[:, 9] + 1) % SMALL.vocab_size
    before, after = model(tokens), model(changed)
    torch.testing.assert_close(before[:, :9], after[:, :9], rtol=0, atol=1e-6)
    assert (before[:, 9:] - after[:, 9:]).abs().amax((0, 2)).min() > 1e-4


def test_rotation_leaves_only_distances() -> None:
    """The score of two rotated vectors depends on how far apart they are, and their lengths stay."""
    from lmcore.model.rope import Rope, rotate

    rope, q, k = Rope(8, 64, 100.0), torch.randn(8), torch.randn(8)
    queries, keys = (rotate(x.expand(1, 64, 1, 8), rope(64))[0, :, 0] for x in (q, k))
    torch.testing.assert_close(queries.norm(dim=-1), q.norm().expand(64))
    assert (queries[5] @ keys[2]).item() == pytest.approx((queries[60] @ keys[57]).item(), abs=1e-4)
    pair, angle = q[2:4], torch.tensor(3 * 100.0 ** (-2 / 8))
    turned = torch.stack((pair[0] * angle.cos() - pair[1] * angle.sin(), pair[0] * angle.sin() + pair[1] * angle.cos()))
    torch.testing.assert_close(queries[3, 2:4], turned)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("layout", ["plain", "transposed", "expanded"])
def test_a_rotation_and_its_gradient_are_those_of_its_steps(layout: str, dtype: torch.dtype) -> None:
    """The steps as a compiler gets them, on which autograd works by itself."""
    from lmcore.model.rope import Rope, rotate

    x = {
        "plain": torch.randn(2, 9, 3, 8, dtype=dtype),
        "transposed": torch.randn(2, 3, 9, 8, dtype=dtype).transpose(1, 2),
        "expanded": torch.randn(2, 9, 1, 8, dtype=dtype).expand(2, 9, 3, 8),
    }[layout]
    ours, theirs = (x.detach().requires_grad_() for _ in range(2))
    cos, sin = rotation = Rope(8, 9, 50.0)(9)
    even, odd = theirs.float().unflatten(-1, (-1, 2)).unbind(-1)
    steps = torch.stack((even * cos - odd * sin, even * sin + odd * cos), dim=-1).flatten(-2).to(dtype)
    before, found = x.clone(), rotate(ours, rotation)
    near = 1e-6 if dtype == torch.float32 else 0.02
    torch.testing.assert_close(found, steps, rtol=0, atol=near)
    assert torch.equal(x, before)
    for gradient in (torch.randn(2, 9, 3, 8).to(dtype), torch.ones(1, dtype=dtype).expand(2, 9, 3, 8)):
        expected, got = (
            torch.autograd.grad(steps, theirs, gradient, True),
            torch.autograd.grad(found, ours, gradient, True),
        )
        torch.testing.assert_close(got, expected, rtol=0, atol=near)


def test_lower_precision_leaves_the_angles_exact() -> None:
    model = made(SMALL)
    exact = model.rope.cos.clone()  # type: ignore[union-attr]
    low = model.to(torch.bfloat16)
    assert torch.equal(low.rope.cos, exact)  # type: ignore[union-attr]
    assert low(ids(SMALL)).dtype == torch.bfloat16


@pytest.mark.parametrize("name", ["plain", *SWITCHES])
def test_autocast_stays_close(name: str) -> None:
    arch = {"plain": SMALL, **SWITCHES}[name]
    model = made(arch)
    exact = model(ids(arch))
    with torch.autocast("cpu", torch.bfloat16):
        low = model(ids(arch))
    assert low.dtype == torch.bfloat16
    assert (low - exact).abs().max() < 0.05 * exact.abs().max()


def test_rms_norm_and_its_gradients_are_torchs() -> None:
    from lmcore.model.layers import rms_norm

    x = torch.randn(3, 5, 8, dtype=torch.float64, requires_grad=True)
    gain = torch.randn(8, dtype=torch.float64, requires_grad=True)
    torch.testing.assert_close(rms_norm(x, gain, 1e-5), torch.nn.functional.rms_norm(x, (8,), gain, 1e-5))
    assert torch.autograd.gradcheck(lambda x, gain: rms_norm(x, gain, 1e-2), (x, gain))


# ---- what it costs ----


@pytest.mark.parametrize("name", ["plain", "num_kv_heads", "d_head", "tied_head", "SiLU"])
def test_its_matrix_products_are_those_of_the_formula(name: str) -> None:
    """2·m·n·p for every product of (m, n) with (n, p), attention over all pairs of positions."""
    arch = replace({"plain": SMALL, **SWITCHES}[name], attention="manual")
    with torch.device("meta"):
        model, tokens = TransformerLM.of(arch), torch.zeros(3, 16, dtype=torch.long)
        with FlopCounterMode(display=False) as counter:
            model(tokens)
    d, width, shared = arch.d_model, arch.num_heads * arch.head_width, arch.kv_heads * arch.head_width
    matrices = 3 if arch.feed_forward == "swiglu" else 2
    projections = 2 * d * (2 * width + 2 * shared) + 2 * matrices * d * arch.d_ff
    attention = 2 * 2 * 16 * width
    assert counter.get_total_flops() == 3 * 16 * (arch.num_layers * (projections + attention) + 2 * d * arch.vocab_size)


# ---- the package ----


def test_the_package_is_imported_without_torch() -> None:
    code = "import sys, lmcore.model, lmcore.model.architecture; print('torch' in sys.modules, lmcore.model.__all__)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("False [")


def test_every_public_name_is_there() -> None:
    import lmcore.model

    for name in lmcore.model.__all__:
        assert getattr(lmcore.model, name).__module__.startswith("lmcore.model.")
    with pytest.raises(AttributeError, match="no attribute 'Transformer'"):
        _ = lmcore.model.Transformer
