"""`NeuralCategory`: what a neural interpreter needs to know about one category.

`AgentCategory.neural` names the record by its place, so that another distribution's category can have one as well.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from find_gym.core.category import load_reference
from find_gym_agents.categories import agent_category

if TYPE_CHECKING:
    from find_gym.core.submissions import Submission
    from find_gym.interfaces.tokens import TokensInterface
    from find_gym_agents.categories.checking import Checked, Evidence
    from find_gym_agents.interpreters.neural.constants import ConstantsWriter
    from find_gym_agents.interpreters.neural.network import Reader
    from find_gym_agents.interpreters.neural.pointing import Meanings
    from find_gym_agents.interpreters.neural.sizes import Size

Features = dict[str, NDArray[Any]]
IntArray = NDArray[np.int64]
Values = NDArray[np.float64]
TellApart = Callable[["Sequence[Checked]", "TokensInterface", "Evidence", Sequence[Any]], Values]
AskAgain = Callable[["Sequence[Checked]", "Evidence", Sequence[Any], int], Values]


@dataclass(frozen=True)
class Constants:
    """What is needed to write the constants of descriptions.

    Attributes:
        of: returns the constants of a spec whose words `NeuralCategory.words_of` returns.
        writer: `(codec, size) -> ConstantsWriter`: makes the module that writes them.
        write: as `NeuralCategory.write`, for descriptions whose constants the network wrote.
    """

    of: Callable[[Any], Sequence[float]]
    writer: Callable[[TokensInterface, Size], ConstantsWriter]
    write: Callable[[Checked, Evidence], Submission]


@dataclass(frozen=True)
class NeuralCategory:
    """What a neural interpreter needs to know about a category.

    Attributes:
        encode: `(inputs, outputs) -> features`: pairs of any inputs as arrays for the reader, each of shape
            `(pairs, ...)`. The features of a pair depend on nothing but that pair.
        reader: `(width) -> Reader`: makes the module that turns the features of pairs into vectors of that width.
        words_of: returns the names of the tokens that describe a spec, always the same one of equivalent programs.
        answers: `(function, inputs, rng) -> outputs`, by default the function's own; called once for each function.
        opening: `(codec, budget) -> places`: the probes that are asked first with a budget, at most so many.
        demonstrate: `(functions, codec, begun, lengths, rng) -> queries`: goes on from probes that were begun, as a
            teacher who knows the functions: queries of the interface, of shape `(functions, queries)` as those begun,
            of which the first `lengths` stay. The query head learns to imitate it. None for a query head that learns
            how much each query tells about the program.
        value: `(inputs, outputs) -> values`: how much each probe is worth asking after some pairs, of shape
            `(probes,)`. None where the query head tells.
        tell_apart: `(checked, codec, evidence, positions) -> values`: how much each query, which asks the input at its
            position, tells about which of some checked proposals holds, of shape `(queries,)`. Where all are 0, the
            query head decides, as it always does by default.
        tell_from: the number of answers from which on proposals are made, to be told apart.
        ask_again: `(checked, evidence, positions, budget) -> values`: how much it tells to ask inputs again that were
            asked before, of shape `(queries,)`, for what is left of the budget; where all are 0, the proposals are told
            apart. None where an input always has the same output.
        write: `(checked, evidence) -> submission`: describes a function in the interface `text`, from the proposal that
            was chosen. None for agents that write programs of the grammar, in the interface `tokens`.
        follow: `(codec, queries) -> (places, inputs)`, for interfaces with slots: the place of what each query asks and
            the inputs in the slots, 0 for free ones, arrays of shape `(functions, queries)`.
        belief: what the network's log-probability of a program counts beside the log-likelihood of the evidence.
        narrowest: gaps that are not wider than this tell nothing more, and are not halved.
        claims: `(token) -> bool`: whether a token of the grammar claims an exception to the rule, which costs something
            where programs are rewarded.
        meanings: `(codec) -> Meanings`: the vectors of probes and tokens that the heads point at; the reader has those
            of the inputs. None where the heads learn a weight for each probe and token instead.
        constants: how constants are written where the grammar leaves them out; None where there are none.
        changes: returns the attributes of the difficulty that are replaced when transcripts are made.
    """

    encode: Callable[[Sequence[Any], Sequence[Any]], Features]
    reader: Callable[[int], Reader]
    words_of: Callable[[Any], Sequence[str]]
    answers: Callable[[Any, Sequence[Any], np.random.Generator], Sequence[Any]] = lambda function, inputs, rng: (
        function(inputs, rng)
    )
    opening: Callable[[TokensInterface, int], Sequence[int]] = lambda codec, budget: ()
    demonstrate: Callable[[Any, TokensInterface, IntArray, IntArray, np.random.Generator], IntArray] | None = None
    value: Callable[[Sequence[Any], Sequence[Any]], NDArray[np.float32]] | None = None
    tell_apart: TellApart | None = None
    tell_from: int = 0
    ask_again: AskAgain | None = None
    write: Callable[[Checked, Evidence], Submission] | None = None
    follow: Callable[[TokensInterface, IntArray], tuple[IntArray, NDArray[np.float64]]] | None = None
    belief: float = 1.0
    narrowest: float = 0.0
    claims: Callable[[str], bool] = lambda token: False
    meanings: Callable[[TokensInterface], Meanings] | None = None
    constants: Constants | None = None
    changes: Callable[[], Mapping[str, Any]] = dict

    @property
    def asks_by_head(self) -> bool:
        """Whether the query head alone decides what is asked after the opening, one probe after the other."""
        return self.value is None and self.tell_apart is None and self.follow is None


def neural_category(name: str) -> NeuralCategory:
    """Returns the record of a category.

    Args:
        name: the category's name.

    Raises:
        ValueError: the category has none.
    """
    place = agent_category(name).neural
    if place is None:
        raise ValueError(f"expected a category with neural interpreters, actual: {name}")
    record = load_reference(place)
    assert isinstance(record, NeuralCategory)
    return record
