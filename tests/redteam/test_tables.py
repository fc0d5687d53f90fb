"""Tables of answers in every form: each is beyond the cap, or gets refused for its form."""

import numpy as np
import pytest

from find_gym.categories.numeric.category import MAX_NUMERIC_COMPLEXITY
from find_gym.core.registry import category_named
from find_gym.functions import NumericFunction, function_seed
from find_gym.scoring import MalformedError, NumericScorer, Submission, prepare_code
from find_gym_agents.redteam.forms import named_forms, table_forms

RNG = np.random.default_rng(5)
ANSWERS = RNG.integers(-999, 1000, 100).tolist()
DIGITS = "".join(f"{value + 1000:04d}" for value in ANSWERS)
TABLES, NAMED = table_forms(ANSWERS), named_forms(ANSWERS)


@pytest.mark.parametrize("name", TABLES)
def test_a_packed_table_is_malformed(name: str) -> None:
    with pytest.raises(MalformedError, match="expected"):
        prepare_code(TABLES[name], cap=MAX_NUMERIC_COMPLEXITY)


@pytest.mark.parametrize("name", NAMED)
def test_names_that_can_be_read_back_are_not_those_that_were_sent(name: str) -> None:
    prepared = prepare_code(NAMED[name], cap=MAX_NUMERIC_COMPLEXITY)
    (answer,) = prepared.run([3.0]).values
    assert isinstance(answer, str) and "v" in answer and DIGITS not in answer and "_1" not in answer


def test_a_table_in_names_earns_no_more_than_an_honest_line() -> None:
    """Twelve points and straight lines between them are honest; a table of a hundred in names is worth nothing."""

    def spell(value: float) -> str:
        return f"{value:.4g}".replace("-", "m").replace("+", "").replace(".", "d")

    skills = []
    for index in range(6):
        seed = function_seed("test", "numeric", 0, index)
        function = NumericFunction(category_named("numeric").sample_seeded(seed, split="test", difficulty="find"))
        x = np.linspace(-128, 128, 100)
        y = np.array(function(x, np.random.default_rng(index)))
        x, y = x[np.isfinite(y)], y[np.isfinite(y)]
        names = ", ".join(dict.fromkeys(f"_{spell(a)}_{spell(b)}" for a, b in zip(x, y, strict=True)))
        table = (
            f"import numpy as np\ndef t({names}): pass\n"
            "P = np.array([[float(w.replace('m', '-').replace('d', '.')) for w in n.split('_')[1:]] "
            "for n in t.__code__.co_varnames])\n"
            "def f(x): return float(np.interp(x, P[:, 0], P[:, 1]))"
        )
        points = [[float(f"{value:.4g}") for value in values[::9]] for values in (x, y)]
        line = f"import numpy as np\ndef f(x): return float(np.interp(x, {points[0]}, {points[1]}))"
        scorer = NumericScorer(function)
        scores = [scorer.score(Submission(code=code)) for code in (table, line)]
        assert scores[0].outcome == "malformed" and scores[1].outcome in ("right", "wrong")
        skills.append([score.skill for score in scores])
    table_skill, line_skill = np.mean(skills, axis=0)
    assert table_skill <= line_skill + 0.02


def test_twenty_four_knots_of_a_line_fit() -> None:
    x, y = np.sort(RNG.uniform(-128, 128, 24)), RNG.normal(0, 300, 24)
    points = [(float(f"{a:.5g}"), float(f"{b:.5g}")) for a, b in zip(x, y, strict=True)]
    xs, ys = ([point[axis] for point in points] for axis in (0, 1))
    for code in (
        f"import numpy as np\ndef f(x): return float(np.interp(x, {xs}, {ys}))",
        f"def f(x):\n    p = {points}\n    for (a, b), (c, d) in zip(p, p[1:]):\n        if x <= c: break\n"
        "    return b + (d - b) * (x - a) / (c - a)",
    ):
        assert prepare_code(code, cap=MAX_NUMERIC_COMPLEXITY).run([3.0]).ok
