"""Why can it not be started? What is wrong with the data or the machine, and what is still being looked at."""

from typing import Final

from app.pages.training.setup.data_block import DataBlock
from app.pages.training.setup.forecast_pane import NO_FILE
from app.pages.training.setup.state import SetupState

NO_DATA: Final = "Nothing can be foretold before the data can be used."


class Hindering:
    """What was found to be wrong, "" where nothing was: `data` and `machine`; and what follows from that."""

    def __init__(self, state: SetupState, block: DataBlock) -> None:
        self._state, self._block = state, block
        self.data = self.machine = ""

    @property
    def reason(self) -> str:
        """Why it cannot be started; "" where it can."""
        lacking = NO_FILE if self._block.lacks_file else ""
        return lacking or self._waiting() or self._state.outlook.trouble

    @property
    def sentence(self) -> str:
        """What is said in place of the forecast's sentence."""
        if self._block.lacks_file:
            return NO_FILE
        return NO_DATA if self.data else self._waiting()

    def _waiting(self) -> str:
        """What hinders or is waited for."""
        if self.machine or self.data:
            return self.machine or self.data
        if self._state.facts is None:
            return "The data are being counted …"
        if not self._block.rests:
            return "The tokenizer of the file is being looked for …"
        if self._state.machine is None:
            return "Asking this machine …"
        if self._state.around is None:
            return "Earlier runs are being looked at …"
        return "The runs of the sweep are being looked at …" if self._state.outlook.looks_on else ""
