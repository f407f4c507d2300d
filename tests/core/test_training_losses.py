"""Is the loss in pieces the whole one, with its gradients, and does nothing look or leak into another document?"""

from dataclasses import replace
from itertools import pairwise
from typing import Final

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from lmcore.model import Architecture, TransformerLM
from lmcore.training.data import documents
from lmcore.training.losses import next_token_loss
from tests.core.saved_bytes import kept, size

SMALL: Final = Architecture(vocab_size=97, context_length=32, d_model=32, num_layers=2, num_heads=4, d_ff=88)
VARIANTS: Final = {
    "plain": SMALL,
    "manual attention": replace(SMALL, attention="manual"),
    "shared keys and values": replace(SMALL, num_kv_heads=2),
    "post-norm": replace(SMALL, norm="post"),
    "NoPE": replace(SMALL, position="none"),
    "tied": replace(SMALL, tied_head=True),
}
END: Final = 0


def made(architecture: Architecture = SMALL) -> TransformerLM:
    torch.manual_seed(0)
    return TransformerLM.of(architecture)


def ids(rows: int = 3, length: int = 25) -> Tensor:
    return torch.randint(1, SMALL.vocab_size, (rows, length), generator=torch.Generator().manual_seed(1))


def gradients(model: TransformerLM, loss: Tensor) -> dict[str, Tensor]:
    model.zero_grad()
    (3 * loss).backward()
    return {name: weight.grad.clone() for name, weight in model.named_parameters() if weight.grad is not None}


# ---- the mean cross-entropy ----


def test_the_loss_is_the_mean_of_what_the_model_says_about_each_next_id() -> None:
    model, tokens = made(), ids(rows=2, length=5)
    log_p = model(tokens[:, :-1]).log_softmax(-1)
    each = [-log_p[row, place, tokens[row, place + 1]] for row in range(2) for place in range(4)]
    torch.testing.assert_close(next_token_loss(model, tokens), torch.stack(each).mean())


@pytest.mark.parametrize("tied", [False, True])
@pytest.mark.parametrize("low", [False, True], ids=["fp32", "bf16"])
@pytest.mark.parametrize("chunk", [1, 7, 24, 72, 1000])
def test_in_pieces_loss_and_gradients_are_those_of_the_whole(chunk: int, low: bool, tied: bool) -> None:
    model, tokens = made(replace(SMALL, tied_head=tied)), ids()
    with torch.autocast("cpu", torch.bfloat16, enabled=low):
        whole, pieces = next_token_loss(model, tokens), next_token_loss(model, tokens, chunk=chunk)
        with torch.no_grad():
            silent = next_token_loss(model, tokens, chunk=chunk)
    assert whole.dtype == pieces.dtype == silent.dtype == torch.float32
    torch.testing.assert_close(pieces, whole, rtol=1e-6, atol=0)
    torch.testing.assert_close(silent, whole, rtol=1e-4 if low else 1e-6, atol=0)
    expected, found = gradients(model, whole), gradients(model, pieces)
    assert found.keys() == expected.keys() == dict(model.named_parameters()).keys()
    for name, gradient in expected.items():
        assert (found[name] - gradient).norm() <= (0.01 if low else 1e-5) * gradient.norm(), name


def test_pieces_keep_no_scores() -> None:
    model, tokens = made(), ids()
    with kept(model, low=False) as in_pieces:
        next_token_loss(model, tokens, chunk=8)
    with kept(model, low=False) as whole:
        next_token_loss(model, tokens)
    positions, d_model, vocab_size = 72, SMALL.d_model, SMALL.vocab_size
    scores, gradients_kept = 4 * positions * vocab_size, 4 * (positions + vocab_size) * d_model
    targets_and_count = 8 * positions + 4
    features = 4 * positions * d_model
    assert size(whole) - size(in_pieces) == scores + features + targets_and_count - gradients_kept


def test_a_sure_mistake_is_counted_in_full() -> None:
    model = made()
    with torch.no_grad():
        model.head_weight.mul_(300)  # p of the target is 0 in fp32
    whole, pieces = next_token_loss(model, ids()), next_token_loss(model, ids(), chunk=10)
    assert whole > 110
    torch.testing.assert_close(pieces, whole)


# ---- documents ----


@pytest.mark.parametrize("variant", VARIANTS)
def test_with_documents_each_is_read_as_if_it_stood_alone(variant: str) -> None:
    model = made(VARIANTS[variant])
    tokens = ids(rows=2, length=24)
    tokens[0, [5, 6, 15]], tokens[1, 0] = END, END
    numbers = torch.from_numpy(documents(tokens.numpy(), END))
    together = model.features(tokens, numbers)
    for row, cuts in ((0, (0, 5, 6, 15, 24)), (1, (0, 24))):
        for first, last in pairwise(cuts):
            alone = model.features(tokens[row : row + 1, first:last])
            torch.testing.assert_close(together[row, first:last], alone[0], rtol=2e-5, atol=2e-5)


@pytest.mark.parametrize("low", [False, True], ids=["fp32", "bf16"])
@pytest.mark.parametrize("attention", ["sdpa", "manual"])
def test_no_gradient_leaks_into_another_document(attention: str, low: bool) -> None:
    model = made(replace(SMALL, attention=attention))  # type: ignore[arg-type]
    embedded: list[Tensor] = []

    def keep(_module: torch.nn.Module, _given: object, out: Tensor) -> None:
        out.retain_grad()
        embedded.append(out)

    model.token_embeddings.register_forward_hook(keep)
    numbers = torch.tensor([[0] * 10 + [1] * 14])
    with torch.autocast("cpu", torch.bfloat16, enabled=low):
        features = model.features(ids(rows=1, length=24), numbers)
    features[0, 15].sum().backward()
    reached = (embedded[0].grad != 0).any(-1)[0]  # type: ignore[union-attr]
    assert reached.tolist() == [10 <= place <= 15 for place in range(24)]


def test_one_document_a_row_is_plain_causal_attention() -> None:
    model, tokens = made(), ids()
    one = torch.zeros(3, 24, dtype=torch.int64)
    torch.testing.assert_close(next_token_loss(model, tokens, documents=one), next_token_loss(model, tokens))


@pytest.mark.parametrize("chunk", [None, 10])
def test_every_target_counts_the_end_of_a_document_and_the_beginning_of_the_next_too(chunk: int | None) -> None:
    model, tokens = made(), ids(rows=1, length=10)
    tokens[0, 4] = END
    numbers = torch.from_numpy(documents(tokens[:, :-1].numpy(), END))
    log_p = functional.log_softmax(torch.cat((model(tokens[:, :4])[0], model(tokens[:, 4:-1])[0])), -1)
    expected = functional.nll_loss(log_p, tokens[0, 1:])
    torch.testing.assert_close(next_token_loss(model, tokens, documents=numbers, chunk=chunk), expected)


@pytest.mark.parametrize("low", [False, True], ids=["fp32", "bf16"])
def test_all_layers_share_one_mask(low: bool) -> None:
    model, tokens = made(), ids()
    with kept(model, low) as plain:
        next_token_loss(model, tokens)
    with kept(model, low) as masked:
        next_token_loss(model, tokens, documents=torch.zeros(3, 24, dtype=torch.int64))
    assert size(masked) - size(plain) == 3 * 24 * 24 * (2 if low else 4)
