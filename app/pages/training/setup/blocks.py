"""Of what is a set-up put together? The inputs over what was set up last time, and the forecast, made one a turn."""

from collections.abc import Generator
from dataclasses import dataclass
from typing import Self

from app.pages.training.setup.amount_block import AmountBlock
from app.pages.training.setup.columns import Block
from app.pages.training.setup.data_block import DataBlock
from app.pages.training.setup.device_block import DeviceBlock
from app.pages.training.setup.forecast_pane import ForecastPane
from app.pages.training.setup.keeping_block import KeepingBlock
from app.pages.training.setup.learning_block import LearningBlock
from app.pages.training.setup.model_block import ModelBlock
from app.pages.training.setup.state import SetupState
from app.pages.training.setup.sweep_block import SweepBlock
from app.pages.training.setup.toml_text import remembered
from app.session import Session


@dataclass(frozen=True)
class Blocks:
    """What takes long to make."""

    state: SetupState
    data: DataBlock
    device: DeviceBlock
    model: ModelBlock
    keeping: KeepingBlock
    learning: LearningBlock
    amount: AmountBlock
    sweep: SweepBlock
    forecast: ForecastPane

    @classmethod
    def making(cls, session: Session) -> Generator[None, None, Self]:
        """One a turn."""
        state = SetupState(remembered(session.settings.training))
        yield
        data = DataBlock(session, state)
        yield
        device = DeviceBlock(state)
        yield
        model = ModelBlock(session, state)
        yield
        keeping = KeepingBlock(state)
        yield
        learning = LearningBlock(state)
        yield
        amount = AmountBlock(state)
        yield
        sweep = SweepBlock(state)
        yield
        return cls(state, data, device, model, keeping, learning, amount, sweep, ForecastPane())

    @property
    def placed(self) -> tuple[tuple[Block, int, int], ...]:
        """The inputs in order, each with its column of three, and of two."""
        return (
            *((self.data, 0, 0), (self.device, 0, 0), (self.model, 1, 1), (self.learning, 2, 0)),
            *((self.amount, 2, 1), (self.keeping, 1, 1), (self.sweep, 0, 1)),
        )
