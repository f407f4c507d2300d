"""How many parameters, FLOPs, bytes and seconds does a Transformer need? Exact integers; no torch."""

from lmcore.accounting.account import Account, account
from lmcore.accounting.nodes import Node
from lmcore.accounting.setup import Setup
from lmcore.accounting.shape import Shape, ShapeError

__all__ = ["Account", "Node", "Setup", "Shape", "ShapeError", "account"]
