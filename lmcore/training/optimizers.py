"""How do gradients move the weights? AdamW, or Muon for hidden matrices beside it, with a state that goes by names."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

import torch
from torch import Tensor, nn

from lmcore.errors import ModelError
from lmcore.model.transformer import TransformerLM
from lmcore.training import sharded

Kind = Literal["adamw", "muon"]
State = dict[str, Any]

MOMENTUM: Final = 0.95
"""Of Muon, with Nesterov's look ahead (Jordan 2024)."""
HIDDEN_MULTIPLE: Final = 1.0
"""Muon's learning rate as a multiple of the given one: its steps are scaled to be as large as AdamW's already."""
REST_MULTIPLE: Final = 1.0
"""AdamW's learning rate as a multiple of the given one, alone and beside Muon."""


@dataclass(frozen=True)
class Group:
    """Parameters by name that are treated alike; their learning rate is `multiple` times that of the schedule."""

    kind: Kind
    weight_decay: float
    multiple: float
    parameters: Mapping[str, nn.Parameter]


def parameter_groups(model: TransformerLM, kind: Kind, weight_decay: float) -> list[Group]:
    """Which parameters does which optimizer move, and which of them decay? Every one is in one group.

    Matrices decay. Gains of norms do not: what they are drawn to should not be 0. Nor do embeddings, tied or not: decay
    is applied at each step, but a rare id has a gradient at few of them, so its row would shrink by its rarity and not
    by its use; and a norm behind them makes small rows have large gradients (OLMo 2, Groeneveld et al. 2025, who
    leave them out for that). With "muon" the matrices inside the layers are Muon's; the head is AdamW's as
    embeddings and gains are (Jordan 2024).
    """
    hidden, head, rest = {}, {}, {}
    for name, parameter in model.named_parameters():
        if parameter.ndim != 2 or name == "token_embeddings.weight":
            rest[name] = parameter
        elif name.startswith("layers."):
            hidden[name] = parameter
        else:
            head[name] = parameter
    multiple = HIDDEN_MULTIPLE if kind == "muon" else REST_MULTIPLE
    groups = [
        Group(kind, weight_decay, multiple, hidden),
        Group("adamw", weight_decay, REST_MULTIPLE, head),
        Group("adamw", 0.0, REST_MULTIPLE, rest),
    ]
    return [group for group in groups if group.parameters]


def make_optimizer(
    model: TransformerLM, kind: Kind, *, weight_decay: float, betas: tuple[float, float], eps: float, fused: bool
) -> "Optimizer":
    """The optimizer of a model, which moves nothing before its learning rate is set.

    "adamw" is torch's (Loshchilov and Hutter 2019), `fused` into one kernel or not; it differs from the course's in
    that weights decay before the step and not behind it, and that `eps` is added to √v̂, not to √v. "muon" is torch's,
    too: momentum, Nesterov, five Newton-Schulz iterations in bf16 that make all singular values about 1, and steps
    of 0.2 √max(rows, columns) times that, as large as AdamW's (Liu et al. 2025, "Muon is scalable for LLM training").
    """
    groups = parameter_groups(model, kind, weight_decay)
    parts: list[torch.optim.Optimizer] = []
    if adamw := _torch_groups(groups, "adamw"):
        parts.append(torch.optim.AdamW(adamw, lr=0.0, betas=betas, eps=eps, fused=fused))
    if muon := _torch_groups(groups, "muon"):
        parts.append(torch.optim.Muon(muon, lr=0.0, momentum=MOMENTUM, adjust_lr_fn="match_rms_adamw"))
    return Optimizer(kind, groups, parts)


class Optimizer:
    """Optimizers of torch as one. Its state is tensors and plain values under the parameters' names."""

    def __init__(self, kind: Kind, groups: list[Group], parts: list[torch.optim.Optimizer]) -> None:
        self.kind, self.groups = kind, groups
        self._parts = parts
        self._names: dict[Tensor, str] = {p: name for group in groups for name, p in group.parameters.items()}

    def set_learning_rate(self, rate: float) -> None:
        """From now on, each group with its multiple."""
        for part in self._parts:
            for group in part.param_groups:
                group["lr"] = rate * group["multiple"]

    def step(self) -> None:
        """Move every parameter by its gradient."""
        for part in self._parts:
            part.step()

    def zero_grad(self) -> None:
        """Give up all gradients, and their memory."""
        for part in self._parts:
            part.zero_grad(set_to_none=True)

    def state_dict(self) -> State:
        """{"kind": ..., "state": {parameter: {moment: tensor}}}: the tensors themselves, whole where they are sharded.

        Nothing that the settings of a training say is in it. It is empty before the first step.
        """
        moments = {self._names[p]: values for part in self._parts for p, values in part.state.items()}
        whole = {name: {key: sharded.whole(value) for key, value in moments[name].items()} for name in sorted(moments)}
        return {"kind": self.kind, "state": whole}

    def load_state_dict(self, state: State) -> None:
        """Become what `state_dict` gave, of a copy; raises `ModelError` where that is of another optimizer or model."""
        self._check(state)
        for part in self._parts:
            part.load_state_dict({"state": dict(self._numbered(part, state["state"]))} | _settings(part))

    def _numbered(self, part: torch.optim.Optimizer, moments: Mapping[str, State]) -> Iterator[tuple[int, State]]:
        """The moments of a part by place, as torch wants them."""
        for place, parameter in enumerate(p for group in part.param_groups for p in group["params"]):
            values = moments.get(self._names[parameter], {})
            if values:
                yield place, {key: sharded.placed_like(value.clone(), parameter) for key, value in values.items()}

    def _check(self, state: State) -> None:
        """Raises `ModelError` unless `state` is of this kind and of parameters of these names and shapes."""
        if state.get("kind") != self.kind:
            raise ModelError(
                f"This is the state of the optimizer {state.get('kind')}, not {self.kind}; choose that one to go on."
            )
        shapes = {name: parameter.shape for parameter, name in self._names.items()}
        given = state["state"]
        if given and (odd := given.keys() ^ shapes.keys()):
            raise ModelError(f"The optimizer's state is of another model: it differs in {min(odd)}; look at its sizes.")
        for name, values in given.items():
            if any(value.ndim and value.shape != shapes[name] for value in values.values()):
                raise ModelError(f"The optimizer's state is of another model: {name} has another shape there.")


def _torch_groups(groups: list[Group], kind: Kind) -> list[dict[str, Any]]:
    return [
        {"params": list(g.parameters.values()), "weight_decay": g.weight_decay, "multiple": g.multiple}
        for g in groups
        if g.kind == kind
    ]


def _settings(part: torch.optim.Optimizer) -> State:
    """A part's own settings, which loading leaves as they are."""
    return {"param_groups": part.state_dict()["param_groups"]}
