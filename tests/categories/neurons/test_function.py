"""Units as functions: the table and the live model, specs, splits, sampling, callables, what can't be served."""

import subprocess
import sys
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from find_gym.categories.neurons.bank import bank_words, open_places, place_of
from find_gym.categories.neurons.custom import CallableNeuronFunction, ProgramFunction
from find_gym.categories.neurons.difficulty import DIFFICULTIES
from find_gym.categories.neurons.function import NeuronFunction, NeuronSpec
from find_gym.categories.neurons.network import load_network
from find_gym.categories.neurons.programs import NeuronProgram
from find_gym.categories.neurons.release import make_function, read_spec
from find_gym.categories.neurons.sampling import sample_neuron
from find_gym.categories.neurons.table import ranks_of_units, splits_of_units, unit_table
from find_gym.categories.neurons.units import Unit
from find_gym.language.embeddings import DEFAULT_MODEL, explain_missing_model

needs_model = pytest.mark.skipif(explain_missing_model() is not None, reason="all-MiniLM-L6-v2 is not installed")


@needs_model
def test_table_and_live_model_agree_to_the_rounding() -> None:
    table, rng = unit_table(), np.random.default_rng(0)
    rows, places = rng.choice(len(table.names), 20, replace=False), rng.choice(len(bank_words()), 25, replace=False)
    units = [Unit.parse(table.names[row]) for row in rows]
    live = load_network(DEFAULT_MODEL).activations([bank_words()[place] for place in places], units)
    for column, row in enumerate(rows):
        outputs = table.scale(int(row))(live[:, column])
        np.testing.assert_allclose(outputs, table.outputs(int(row))[places], atol=1 / 250 + 1e-9)


def test_the_table_has_a_thousand_units_of_all_layers_and_both_kinds() -> None:
    table = unit_table()
    units = [Unit.parse(name) for name in table.names]
    counts = Counter((unit.layer, unit.kind) for unit in units)
    assert len(set(table.names)) == len(units) >= 1000
    assert set(counts) == {(layer, kind) for layer in range(6) for kind in ("mlp", "attention")}
    assert table.steps.shape == (len(units), len(bank_words())) and table.steps.max() == 250
    # 3 % of the bank are active, 90 % are inactive.
    outputs = table.steps / 250
    assert np.all(np.abs((outputs >= 0.5).mean(axis=1) - 0.03) < 0.01)
    # Many words have the same activation where a token that the tokenizer adds to all of them is the most active one.
    assert np.mean(np.abs((outputs < 0.3).mean(axis=1) - 0.9) < 0.01) > 0.95


def test_tokens_need_numpy_and_gymnasium_alone() -> None:
    code = (
        "import sys, gymnasium, find_gym\n"
        "env = gymnasium.make('FIND-neurons-v0'); env.reset(seed=0); env.step(3)\n"
        "for token in (4, 7, 0): result = env.step(256 + token)\n"
        "assert result[2] and result[4]['score']\n"
        "print([name for name in ('torch', 'transformers', 'scipy', 'sklearn') if name in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout == "[]\n", result.stderr


@given(st.integers(0, 2**32), st.sampled_from(sorted(DIFFICULTIES)), st.sampled_from(["train", "validation", "test"]))
@settings(max_examples=40, deadline=None)
def test_samples_are_of_their_split_and_difficulty(seed: int, level: str, split: str) -> None:
    spec = sample_neuron(np.random.default_rng(seed), split=split, difficulty=level)
    assert spec == sample_neuron(np.random.default_rng(seed), split=split, difficulty=level)
    assert spec.split == split and spec.row is not None
    low, high = DIFFICULTIES[level].ranks
    assert low <= ranks_of_units()[spec.row] <= high
    assert read_spec(spec.to_json()) == spec


def test_golden_specs() -> None:
    rng = np.random.default_rng(7)
    specs = [sample_neuron(rng, split=split) for split in ("train", "test", None)]
    assert [spec.unit for spec in specs] == GOLDEN


def test_splits_divide_the_units() -> None:
    counts = Counter(splits_of_units().values())
    assert min(counts.values()) >= 250 and counts["train"] > 400


def test_a_function_answers_from_the_bank() -> None:
    function = NeuronFunction(NeuronSpec("mlp.4.685"))
    words = list(bank_words()[:50])
    assert function(words).tolist() == function.bank_outputs()[:50].tolist()
    shown = function.exemplars()
    assert len(shown) == 20 and {place_of(word) for word in shown} <= set(open_places().tolist())
    assert min(function(shown)) >= 0.5 and "baseball" in repr(shown)
    assert "685" not in repr(function)
    for words, error in ((["", "a"], ValueError), ("golf", TypeError), (["x" * 201], ValueError)):
        with pytest.raises(error, match="expected"):
            function(words)


def test_sources_are_runnable_and_compute_the_function() -> None:
    for spec in (NeuronSpec("mlp.4.685"), NeuronProgram.of(("or", "near", "golf"), ("except", "ends", "r"))):
        function = make_function(spec)
        scope: dict[str, object] = {}
        exec(function.source(), scope)
        if isinstance(spec, NeuronSpec):
            assert scope["f"]("baseball") == function(["baseball"])[0]  # type: ignore[operator]
        else:
            assert scope["f"]("golf") == spec(["golf"])[0]  # type: ignore[operator]


def test_a_callable_is_scaled_and_its_faults_are_named() -> None:
    function = CallableNeuronFunction(lambda text: 1e6 * text.lower().startswith("d") + len(text))
    assert function(["dog"])[0] >= 0.5 > 0.3 > function(["cat"])[0]
    assert function.best().clauses[0].predicate.name == "begins d"
    with pytest.raises(ValueError, match="expected a finite activation at"):
        CallableNeuronFunction(lambda text: float("nan"))
    with pytest.raises(ValueError, match="expected a function that few words activate"):
        CallableNeuronFunction(lambda text: 1.0)
    with pytest.raises(TypeError, match="expected a callable from a string to a number"):
        CallableNeuronFunction(lambda: 1.0)


def test_a_program_is_a_function_as_well() -> None:
    program = NeuronProgram.of(("or", "near", "golf"), ("or", "digit", "", 0.25))
    function = ProgramFunction(program)
    assert function.best() == program and function(["golf"])[0] >= 0.5
    assert read_spec(program.to_json()) == program


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"unit": "mlp.4"}, "expected a unit 'mlp.LAYER.NEURON'"),
        ({"unit": "mlp.4.685", "reading": "median"}, "expected a reading in"),
        ({"unit": "residual.3"}, "expected a direction with a unit"),
        ({"unit": "mlp.4.685", "direction": "probe.npy"}, "expected a direction with a unit"),
        ({"unit": "mlp.4.685", "network": ""}, "expected the name or the folder of a network"),
    ],
)
def test_bad_specs_are_refused(arguments: dict[str, str], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        NeuronSpec(**arguments)  # type: ignore[arg-type]


GOLDEN = ["mlp.4.407", "mlp.5.533", "mlp.0.510"]
