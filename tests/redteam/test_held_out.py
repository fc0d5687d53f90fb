"""Attacks by code that keeps what it has seen of the held-out inputs, or says it: there is nothing in them to learn."""

from dataclasses import replace

import gymnasium as gym
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import find_gym
from find_gym.categories.held_out import decoy_generator
from find_gym.categories.numeric.decoys import CROWD, numeric_decoys
from find_gym.categories.numeric.inputs import POINTS_PER_STRATUM
from find_gym.categories.strings.function import StringFunction
from find_gym.categories.strings.sampling import sample_string
from find_gym.core.submissions import PreparedCode
from find_gym.functions import NumericFunction, sample_numeric
from find_gym.sandbox import Result, Status
from find_gym.scoring import NumericScorer, StringScorer, Submission

IDENTITY = "def f(x):\n    return x"
PLAIN = {"variants": {"plain": 1.0}}
CORRUPTED = {"variants": {"corrupted": 1.0}}


def numeric_functions(count: int, difficulty: dict, seed: int = 0) -> list[NumericFunction]:
    rng = np.random.default_rng(seed)
    return [NumericFunction(sample_numeric(rng, difficulty=difficulty)) for _ in range(count)]


def string_functions(count: int) -> list[StringFunction]:
    rng = np.random.default_rng(0)
    return [StringFunction(sample_string(rng)) for _ in range(count)]


@pytest.fixture
def sent(monkeypatch) -> list[list]:
    """What code is sent, one list for each submission; no code is run."""
    seen = []

    def listen(code, inputs, limits):
        seen.append(inputs)
        return Result(Status.OK, (None,) * len(inputs), (None,) * len(inputs))

    monkeypatch.setattr(PreparedCode, "run", listen)
    return seen


def test_the_number_of_inputs_says_nothing(sent):
    for function in numeric_functions(10, PLAIN) + numeric_functions(10, CORRUPTED):
        NumericScorer(function).score(Submission(code=IDENTITY))
    assert len(set(map(len, sent))) == 1
    sent.clear()
    for function in string_functions(20):
        StringScorer(function).score(Submission(code=IDENTITY))
    assert len(set(map(len, sent))) == 1


def test_the_order_says_nothing(sent):
    """Neither of strata, nor of outputs, nor of what is a decoy: correlations with the place are those of chance."""
    correlations = []
    for function in numeric_functions(30, CORRUPTED):
        scorer = NumericScorer(function)
        scorer.score(Submission(code=IDENTITY))
        own = {value: index for index, value in enumerate(scorer._x.tolist())}
        places, ranks = np.array([(place, own[x]) for place, x in enumerate(sent[-1]) if x in own]).T
        is_own = np.array([x in own for x in sent[-1]])
        correlations += [np.corrcoef(places, ranks)[0, 1], np.corrcoef(np.arange(is_own.size), is_own)[0, 1]]
    assert np.max(np.abs(correlations)) < 4.5 / np.sqrt(500) and abs(np.mean(correlations)) < 0.02
    correlations = []
    for function in string_functions(30):
        StringScorer(function).score(Submission(code=IDENTITY))
        own = StringScorer(function)._inputs
        places = [sent[-1].index(text) for text in own]
        correlations.append(np.corrcoef(places, np.arange(len(own)))[0, 1])
    assert np.max(np.abs(correlations)) < 0.6 and abs(np.mean(correlations)) < 0.1


def test_two_functions_have_another_order_and_one_has_always_the_same(sent):
    first, second = numeric_functions(2, PLAIN)
    for function in (first, first, second):
        NumericScorer(function).score(Submission(code=IDENTITY))
    assert sent[0] == sent[1]
    paper = [[place for place, x in enumerate(inputs) if x == -127.5] for inputs in sent]
    assert paper[0] != paper[2]


@pytest.mark.parametrize(
    "pieces",
    [[], [(-20.0, 5.0)], [(-128.0, 3.0)], [(90.5, 128.0)], [(-128.0, 128.0)], [(-60.0, -50.0), (0.0, 30.0)]],
)
def test_an_exception_of_a_sixteenth_of_the_range_is_as_dense_as_the_rest(pieces):
    pieces = np.array(pieces).reshape(-1, 2)
    counts = np.zeros(16)
    for seed in range(50):
        rng = np.random.default_rng(seed)
        decoys = numeric_decoys(rng, pieces)
        assert decoys.size == CROWD - (POINTS_PER_STRATUM if pieces.size else 0)
        assert np.all((decoys >= -128) & (decoys <= 128))
        widths = np.diff(pieces, axis=1).ravel()
        chosen = rng.choice(widths.size, POINTS_PER_STRATUM, p=widths / widths.sum()) if pieces.size else []
        exception = [rng.uniform(*pieces[index]) for index in chosen]
        counts += np.histogram([*decoys, *exception], bins=16, range=(-128, 128))[0] / 50
    assert np.all(np.abs(counts - CROWD / 16) < 6 * np.sqrt(CROWD / 16 / 50))


def test_a_narrow_exception_gets_no_decoys():
    decoys = numeric_decoys(np.random.default_rng(0), np.array([(3.0, 8.0)]))
    assert not np.any((decoys > 3) & (decoys < 8))


class Surveyor:
    """An attacker that knows the function but for the bounds of its exception, and has 20 even queries.

    Its best guess without a leak is the middle between two queries; it does not know an exception that no query hit.
    With what it has been sent, it looks for the interval that is crowded most, at 12 moments of its interrogation.
    """

    def __init__(self, function: NumericFunction, decoys: np.ndarray, seed: int) -> None:
        self.scorer = NumericScorer(function)
        self.count = len(self.scorer._names) * POINTS_PER_STRATUM
        self.x = self.scorer._x[: self.count]
        self.base = NumericFunction(replace(function.spec, regions=())).truth(self.x)
        self.mean = function.regions[0].mean
        self.sent = np.concatenate([self.x, decoys])
        self.order = np.random.default_rng(seed).permutation(self.sent.size)
        self.crowd = decoys.size + POINTS_PER_STRATUM if decoys.size else 0
        queries = np.linspace(-128, 128, 20)
        hit = np.flatnonzero(function.in_exception(queries))
        self.guess = None
        gap = queries[1] - queries[0]
        if hit.size:
            lower = np.linspace(queries[max(hit[0] - 1, 0)], queries[hit[0]], 25)
            upper = np.linspace(queries[hit[-1]], queries[min(hit[-1] + 1, 19)], 25)
            self.candidates = np.stack(np.meshgrid(lower, upper), axis=-1).reshape(-1, 2)
            self.guess = (lower.mean(), upper.mean())
        else:
            starts = np.repeat(np.linspace(-128, 128 - gap, 200), 12)
            self.candidates = np.stack([starts, starts + np.tile(np.linspace(gap / 12, gap, 12), 200)], axis=1)

    def skill(self, predicted: np.ndarray) -> float:
        everywhere = np.concatenate([predicted, self.scorer._truth[self.count :]])
        return max(0.0, self.scorer.score_predictions(lambda inputs: everywhere).skill)

    def predict(self, bounds) -> np.ndarray:
        if bounds is None:
            return self.base
        return np.where((self.x >= bounds[0]) & (self.x <= bounds[1]), self.mean, self.base)

    def gain(self) -> float:
        """Return the skill that the leak adds."""
        honest = self.predict(self.guess)
        answers, bounds = honest.copy(), self.guess
        cuts = np.linspace(0, self.order.size, 13).astype(int)
        for start, stop in zip(cuts, cuts[1:], strict=False):
            asked = self.order[start:stop]
            own = asked[asked < self.count]
            answers[own] = self.predict(bounds)[own]
            bounds = self.survey(np.sort(self.sent[self.order[:stop]]), stop / self.order.size)
        return self.skill(answers) - self.skill(honest)

    def survey(self, seen: np.ndarray, share: float):
        """Return the bounds that make what was seen most likely, none if that is hardly more likely without."""
        lower, upper = self.candidates.T
        width = np.maximum(upper - lower, 1e-3)
        within = np.searchsorted(seen, upper) - np.searchsorted(seen, lower)
        dense = 4 * np.clip(np.minimum(upper, 12) - np.maximum(lower, -12), 0, None)
        usual = share * (POINTS_PER_STRATUM * width / 128 + dense)
        expected = usual + share * np.maximum(POINTS_PER_STRATUM, self.crowd * width / 256)
        rest = np.maximum(seen.size - expected, 1e-3)
        likelihood = within * np.log(expected / width) + (seen.size - within) * np.log(rest / (256 - width))
        if self.guess is None:
            best = likelihood.argmax()
            return self.candidates[best] if likelihood[best] - seen.size * np.log(seen.size / 256) > 8 else None
        weights = np.exp(likelihood - likelihood.max())
        return tuple(weights @ self.candidates / weights.sum())


def narrow(functions: list[NumericFunction]) -> list[NumericFunction]:
    """Those whose exception is too narrow to get decoys of its own."""
    return [function for function in functions if np.sum(np.diff(NumericScorer(function)._exception, axis=1)) < 16]


def gains(functions: list[NumericFunction], with_decoys: bool) -> np.ndarray:
    found = []
    for index, function in enumerate(functions):
        decoys = np.zeros(0)
        if with_decoys:
            decoys = numeric_decoys(decoy_generator(function.identity()), NumericScorer(function)._exception)
        found.append(Surveyor(function, decoys, index).gain())
    return np.array(found)


def test_density_does_not_tell_the_bounds_of_an_exception():
    functions = numeric_functions(80, CORRUPTED)
    leaking, hidden = gains(functions, False), gains(functions, True)
    print(f"\nskill gained without decoys {leaking.mean():.3f}, with them {hidden.mean():.3f}")
    assert hidden.mean() <= 0.02 < leaking.mean()


def test_density_tells_next_to_nothing_of_narrow_exceptions():
    functions = narrow(numeric_functions(160, CORRUPTED, seed=1))
    leaking, hidden = gains(functions, False), gains(functions, True)
    print(f"\n{len(functions)} narrow ones: gained without decoys {leaking.mean():.3f}, with them {hidden.mean():.3f}")
    assert hidden.mean() <= 0.02 < leaking.mean()


LOUD = ["raise ValueError(x)", "return {}[x]", "return float(f'x{x}')", "raise KeyError([x])"]


@pytest.mark.parametrize("code", LOUD)
@pytest.mark.parametrize("category", ["numeric", "strings"])
def test_no_message_quotes_a_held_out_input(category, code):
    source = f"def f(x):\n    {code}"
    env = gym.make(find_gym.LATEST_IDS[category], interface="text", render_mode="ansi")
    env.reset(seed=3)
    scorer = (NumericScorer if category == "numeric" else StringScorer)(env.unwrapped.function)
    inputs = scorer._x.tolist() if category == "numeric" else scorer._inputs
    inputs = [each for each in inputs if len(str(each)) > 8]  # shorter ones occur by chance
    step = env.step(f"[DESCRIPTION]: unknown\n[CODE]:\n```python\n{source}\n```")
    told = f"{step} {scorer.score(Submission(code=source))} {env.render()}"
    assert "raised on every input" in told
    assert not [each for each in inputs if str(each) in told]
    env.close()


LINES = st.tuples(*[st.integers(-9, 9)] * 2, *[st.integers(-100, 100)] * 2)


@settings(max_examples=15, deadline=None, database=None, derandomize=True)
@given(LINES, st.integers(0, 19))
def test_shuffling_and_decoys_change_no_score(line, index):
    """Of code that answers each input by itself."""
    slope, offset, lower, upper = line
    source = f"def f(x):\n    if {lower} < x < {upper}:\n        raise ValueError(x)\n    return {slope} * x + {offset}"
    scorer = NumericScorer(numeric_functions(20, CORRUPTED)[index])
    direct = scorer.score_predictions(lambda x: np.where((lower < x) & (x < upper), np.nan, slope * x + offset))
    judged = scorer.score(Submission(code=source))
    assert (judged.accuracy, judged.skill, judged.strata) == (direct.accuracy, direct.skill, direct.strata)
    assert judged.beyond_range == direct.beyond_range and judged == scorer.score(Submission(code=source))


@settings(max_examples=15, deadline=None, database=None, derandomize=True)
@given(st.sampled_from(["s.upper()", "s[::-1]", "s", "s + s[0]", "s[3]", "s.replace('e', s[:1])"]), st.integers(0, 9))
def test_shuffling_and_decoys_change_no_score_of_strings(expression, index):
    def answer(text: str):
        try:
            return eval(expression, {"s": text})
        except IndexError:
            return None

    scorer = StringScorer(string_functions(10)[index])
    direct = scorer.score_predictions(lambda texts: [answer(text) for text in texts])
    judged = scorer.score(Submission(code=f"def f(s): return {expression}"))
    assert judged == replace(direct, complexity=judged.complexity)


def test_code_that_raises_on_all_inputs_but_decoys_has_raised():
    function = numeric_functions(1, PLAIN)[0]
    scorer = NumericScorer(function)
    decoy = numeric_decoys(decoy_generator(function.identity()), scorer._exception)[0]
    score = scorer.score(Submission(code=f"def f(x):\n    if x != {float(decoy)!r}: raise ValueError\n    return 1.0"))
    assert score.outcome == "raised" and score.skill == 0
