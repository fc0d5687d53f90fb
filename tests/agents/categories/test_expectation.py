"""What is expected of a unit: what was answered where that was asked, the units of `train` elsewhere."""

import numpy as np
import pytest

from find_gym.categories.neurons.bank import open_places, probe_words, word_vectors
from find_gym.categories.neurons.table import splits_of_units, unit_table
from find_gym.categories.neurons.tokens import probe_places
from find_gym_agents.categories.neurons.expectation import expect, expected_answers, value_probes

TABLE = unit_table()
TEST_ROWS = [row for row, name in enumerate(TABLE.names) if splits_of_units()[name] == "test"][::6]


def _probes(count: int) -> np.ndarray:
    """Returns places of probes among the open words."""
    return np.searchsorted(open_places(), np.random.default_rng(0).permutation(probe_places())[:count])


def test_without_answers_the_mean_of_the_units_of_train_is_expected():
    rows = [row for row, name in enumerate(TABLE.names) if splits_of_units()[name] == "train"]
    outputs = np.stack([TABLE.outputs(row)[open_places()] for row in rows])
    mean, deviation = expect(np.array([], dtype=np.intp), np.array([]))
    np.testing.assert_allclose(mean, outputs.mean(axis=0), atol=1e-5)
    np.testing.assert_allclose(deviation**2, outputs.var(axis=0) + 0.003, atol=1e-4)
    assert expected_answers((), ()).count == 0


@pytest.mark.parametrize("count", [1, 40])
def test_answers_are_nearly_certain_where_they_were_asked(count):
    places = _probes(count)
    before = expect(places[:0], np.array([]))[1]
    for row in TEST_ROWS[:5]:
        outputs = TABLE.outputs(row)[open_places()]
        mean, deviation = expect(places, outputs[places])
        assert np.abs(mean - outputs)[places].mean() < 0.03 and (deviation <= before + 1e-6).all()
        answers = expected_answers(tuple(places.tolist()), tuple(outputs[places].tolist()))
        is_active = outputs[places] >= 0.5
        assert ((answers.active[places] > 0) == is_active).all()
        assert not (answers.inactive[places][is_active]).any()
        np.testing.assert_allclose([answers.active.sum(), answers.inactive.sum()], 0.5, rtol=1e-5)


def test_probes_near_an_active_one_become_worth_asking():
    probes = probe_words()
    first = int(value_probes([], []).argmax())
    inactive, active = (value_probes([probes[first]], [output]) for output in (0.0, 1.0))
    assert inactive.argmax() != first and inactive.shape == (len(probes),)
    vectors = word_vectors()[probe_places()]
    near = np.argsort(-vectors @ vectors[first])[1:6]
    assert (active - inactive)[near].mean() > 2 * abs((active - inactive).mean())


def test_answers_tell_about_words_that_were_not_asked():
    places = _probes(40)
    others = np.setdiff1d(np.arange(len(open_places())), places)
    prior = expect(places[:0], np.array([]))[0]
    gains = []
    for row in TEST_ROWS:
        outputs = TABLE.outputs(row)[open_places()]
        errors = [np.mean((mean - outputs)[others] ** 2) for mean in (prior, expect(places, outputs[places])[0])]
        gains.append(1 - errors[1] / errors[0])
    assert np.mean(gains) > 0.1, np.mean(gains)
