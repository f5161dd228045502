"""Whatever happens, in whatever order: a watch neither misses nor lies."""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from story import STEPS, Story

#: Steps that most others need around them to be seen.
OFTEN = ("connect", "connect", "advance", "advance", "advance", "drop", "both")


class Watching(RuleBasedStateMachine):
    """Plays the steps of a story; after each, no account may have found a mistake."""

    def __init__(self) -> None:
        super().__init__()
        self.story = Story()
        self.story.__enter__()

    @rule(kind=st.sampled_from((*STEPS, *OFTEN)), number=st.integers(0, 59))
    def step(self, kind: str, number: int) -> None:
        self.story.do(kind, number)

    @invariant()
    def no_account_is_wrong(self) -> None:
        assert self.story.mistakes == []

    def teardown(self) -> None:
        try:
            self.story.rest()
        finally:
            self.story.__exit__(None, None, None)
        assert self.story.mistakes == []


Watching.TestCase.settings = settings(
    max_examples=120, stateful_step_count=50, deadline=None, derandomize=True, database=None
)
test_a_watch_neither_misses_nor_lies = Watching.TestCase
