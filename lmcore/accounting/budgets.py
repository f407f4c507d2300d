"""How many tokens is a compute budget worth? Named rules; training costs the FLOPs of the account, not 6·N·D."""

from dataclasses import dataclass
from fractions import Fraction
from math import isqrt
from typing import Final

from lmcore.accounting.flops import training
from lmcore.accounting.parameters import parameters
from lmcore.accounting.setup import Setup
from lmcore.accounting.shape import Shape


@dataclass(frozen=True)
class Rule:
    """How many tokens a parameter should see; `name` and `source` say who found that."""

    key: str
    name: str
    source: str
    ratio: int

    def tokens(self, parameters: int) -> int:
        """How many tokens so many parameters should see."""
        return self.ratio * parameters


RULES: Final = (
    Rule("chinchilla", "20 tokens a parameter", "Hoffmann et al. 2022, compute-optimal", 20),
    Rule("over", "200 tokens a parameter", "small models made to be used much, as MiniCPM’s 192 (Hu et al. 2024)", 200),
    Rule("llama3", "1,875 tokens a parameter", "Llama 3 8B: 15 T tokens (Meta 2024)", 1_875),
)


def flops_a_token(shape: Shape, setup: Setup) -> Fraction:
    """What training costs a token of a full context."""
    return Fraction(training(shape, setup).amount, setup.batch * shape.context_length)


def tokens_for(flops: int, shape: Shape, setup: Setup) -> int:
    """How many tokens a budget of so many FLOPs trains this shape on."""
    return int(flops / flops_a_token(shape, setup))


def flops_for(tokens: int, shape: Shape, setup: Setup) -> int:
    """What training on so many tokens costs, rounded up to a whole FLOP."""
    cost = tokens * flops_a_token(shape, setup)
    return -(-cost.numerator // cost.denominator)


def wanted_tokens(shape: Shape, rule: Rule) -> int:
    """How many tokens a rule asks for, counting all parameters."""
    return rule.tokens(parameters(shape).amount)


def best_parameters(flops: int, rule: Rule) -> int:
    """How many parameters a rule asks for where training may cost so many FLOPs, by 6·N·D (Kaplan et al. 2020)."""
    return isqrt(flops // (6 * rule.ratio))
