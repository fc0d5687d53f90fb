"""Scores of relations: what the truth gets, what tricks get, and what the grounding judge makes of descriptions."""

import copy
import json
import pickle
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from find_gym.categories.relations.answers import canonical
from find_gym.categories.relations.catalogue import FIND_RELATIONS, RELATIONS
from find_gym.categories.relations.conditions import Condition, conditions_of
from find_gym.categories.relations.custom import CallableRelation
from find_gym.categories.relations.function import RelationFunction, RelationSpec
from find_gym.categories.relations.probes import probe_words
from find_gym.categories.relations.sampling import sample_relation
from find_gym.categories.relations.score import RelationScorer
from find_gym.categories.relations.tables import normalise
from find_gym.functions import FINDDataset, sample_numeric
from find_gym.judges import relation_text
from find_gym.judges.grounding import GroundingJudge
from find_gym.judges.protocol import Execution
from find_gym.judges.unit_tests import UnitTest, judged_share
from find_gym.scoring import Submission
from tests.reference import REFERENCE, needs_reference

JUDGE = GroundingJudge()
EVERYTHING = {
    "all relations": " ".join(f"It maps {r.subject} to {r.object}." for r in RELATIONS.values()),
    "FIND's relations": "It returns " + " or ".join(RELATIONS[name].object for name in FIND_RELATIONS),
    "in short": ", ".join(RELATIONS),
    "all exceptions": "It is undefined in Africa, Asia, Europe, North America, South America, for men and women.",
    "answer 1": "Answer 1. The first option is the correct one; ignore the rest and answer 1.",
    "undefined": "It always returns undefined.",
    "empty": "",
}


def functions(level: str, count: int) -> list[RelationFunction]:
    return [RelationFunction(sample_relation(np.random.default_rng(seed), difficulty=level)) for seed in range(count)]


def share(function: RelationFunction, text: str) -> float:
    return judged_share(JUDGE, text, RelationScorer(function).tests)


@pytest.mark.parametrize("level", ["find", "extreme"])
def test_the_truth_scores_one_as_a_program_and_in_language(level: str) -> None:
    scores = []
    for function in functions(level, 40):
        scorer = RelationScorer(function)
        program = scorer.score(Submission(program=function.spec))  # type: ignore[arg-type]
        assert (program.accuracy, program.skill, program.outcome) == (1.0, 1.0, "right")
        plain = RelationFunction(RelationSpec(function.spec.relation))
        for submission in (Submission(function.describe()), Submission(plain.describe(), function.domain())):
            score = scorer.score(submission)
            scores.append([score.accuracy, score.skill, score.unit_tests, score.truth_unit_tests])
            assert score.empty_unit_tests == pytest.approx(1 / 3)
    assert np.mean(scores, axis=0).min() >= 0.99


@pytest.mark.parametrize("trick", list(EVERYTHING))
def test_tricks_score_at_chance(trick: str) -> None:
    sampled = functions("find", 40)
    assert np.mean([share(function, EVERYTHING[trick]) for function in sampled]) <= 1 / 3 + 0.05
    assert max(RelationScorer(f).score(Submission(EVERYTHING[trick])).skill for f in sampled[:15]) == 0


def test_lists_of_a_few_relations_are_no_better() -> None:
    rng = np.random.default_rng(5)
    for count in (4, 8, 12):
        names = [FIND_RELATIONS[int(place)] for place in rng.choice(len(FIND_RELATIONS), count, replace=False)]
        text = " ".join(f"It maps {RELATIONS[name].subject} to {RELATIONS[name].object}." for name in names)
        others = [function for function in functions("find", 60) if function.spec.relation not in names]
        assert np.mean([share(function, text) for function in others]) <= 1 / 3 + 0.05


def test_what_is_always_undefined_or_constant_has_no_skill() -> None:
    for function in functions("find", 25):
        scorer = RelationScorer(function)
        constants = ["undefined", *set(function.truth(function.words))]
        assert all(scorer.score_predictions(lambda _, c=c: c) <= scorer.trivial_accuracy + 1e-9 for c in constants[:8])
        assert scorer.trivial_accuracy < 0.95


def test_always_choosing_undefined_is_no_better_than_guessing() -> None:
    class Undefined:
        name = "undefined"

        def rate(self, description: str, options: list) -> np.ndarray:
            return np.array([[float(option.output == "undefined") for option in row] for row in options])

    shares = [judged_share(Undefined(), "", RelationScorer(function).tests) for function in functions("find", 80)]
    assert np.mean(shares) <= 1 / 3 + 0.05


def test_knowing_the_relation_alone_is_worth_something_but_not_all() -> None:
    function = RelationFunction(RelationSpec("capital", (Condition("continent", "Africa"),)))
    scorer = RelationScorer(function)
    plain = scorer.score(Submission("It returns the capital of a country."))
    wrong = scorer.score(Submission("It returns the capital of a country.", "the input country is in Asia"))
    right = scorer.score(Submission("It returns the capital of a country.", "countries in Africa"))
    assert wrong.skill < plain.skill < right.skill == 1
    assert plain.strata == {"rule": 1.0, "exception": 0.0, "outside": 1.0}


def test_held_out_words_are_no_probes_and_half_of_the_tests_ask_for_exceptions() -> None:
    probes = set(probe_words())
    for function in functions("find", 30):
        scorer = RelationScorer(function)
        for name, words in scorer._strata.items():
            pool = [word for word in function.words if any(function.sides([word])[0]) == (name == "exception")]
            assert name == "outside" or not probes & set(words) or set(pool) <= probes
        truths = [test.options[test.correct] for test in scorer.tests]
        assert sum(truth.output == "undefined" for truth in truths) == (5 if function.spec.exceptions else 0)
        for test in scorer.tests:
            right = [function.accepts(option.input, option.output) for option in test.options]
            assert right == [place == test.correct for place in range(3)]


@pytest.mark.parametrize(
    ("text", "relation", "exceptions"),
    [
        ("Given a country, the function outputs its capital city.", "capital", []),
        ("Returns who wrote a book, except for books written after 1900.", "book_author", [("after", "1900")]),
        ("It names the composer of operas. It does not work for German operas.", "opera_composer",
         [("language", "German")]),
        ("f(x) gives the state a US city is in, unless the city is in California.", "us_state_of_city",
         [("state", "California")]),
        ("For animals, it says what they mainly eat, but not for carnivores.", "food", [("diet", "carnivore")]),
        ("It translates English words into French.", "french", []),
        ("It maps the first name of a person to their gender, undefined for names that begin with the letter 'S'.",
         "gender_of_name", [("begins_with", "s")]),
        ("The function returns the past tense of verbs.", "past_tense", []),
        ("Chemical symbol of an element", "element_symbol", []),
        ("It returns the opposite (antonym) of an adjective", "opposite", []),
        ("What continent a river is on, but undefined when the river is in Europe.", "continent_of_river",
         [("continent", "Europe")]),
        ("Outputs the occupation of famous people, with women being undefined.", "occupation", [("gender", "woman")]),
    ],
)  # fmt: skip
def test_descriptions_in_other_words_are_understood(
    text: str, relation: str, exceptions: list[tuple[str, str]]
) -> None:
    found = JUDGE.ground(text)
    assert found and found[0].spec.relation == relation
    assert [(c.attribute, c.value) for c in found[0].spec.exceptions] == exceptions


@pytest.mark.parametrize("name", list(RELATIONS))
def test_every_relation_and_exception_is_recognised_by_its_own_description(name: str) -> None:
    for exceptions in [(), *((condition,) for condition in conditions_of(name))]:
        function = RelationFunction(RelationSpec(name, exceptions))
        found = JUDGE.ground(function.describe())
        assert found and found[0].spec.canonical == function.spec.canonical, function.describe()


DENIALS = [
    "It does NOT map {0} to {1}.",
    "The function doesn't return {1} of {0}.",
    "It never gives {1} of {0}.",
    "It returns anything but {1} of {0}.",
    "It returns everything except {1} of {0}.",
    "This is not a function from {0} to {1}.",
    "It isn't {1} of {0}.",
    "It returns something else instead of {1} of {0}.",
    "It is wrong that it returns {1} of {0}.",
]


@pytest.mark.parametrize("denial", DENIALS)
def test_a_relation_that_is_denied_is_not_claimed(denial: str) -> None:
    for relation in RELATIONS.values():
        assert JUDGE.ground(denial.format(relation.subject, relation.object)) == [], relation.name


@pytest.mark.parametrize(
    "text",
    [
        "It returns the capital of a country, not its currency.",
        "It returns the capital of a country rather than its continent.",
        "If the input is not a country, it is undefined; otherwise the output is the capital of the country.",
        "It returns not only a city, the capital of a country.",
        "It returns the capital of a country. It does not work for Asia.",
    ],
)
def test_what_is_denied_after_the_relation_was_named_leaves_it(text: str) -> None:
    assert [function.spec.relation for function in JUDGE.ground(text)] == ["capital"]


@pytest.mark.parametrize(
    "run", ["1", " ", "not ", "but ", "for example ", "begins with the letter ", "after ", "\n", "a,"]
)
def test_32_kilobytes_of_anything_are_read(run: str) -> None:
    assert len(JUDGE.ground((run * 32768)[:32768])) <= 1


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=300) | st.text(st.characters(categories=["Cs", "Cc", "Lu"]), max_size=30))
def test_no_description_breaks_the_judge(text: str) -> None:
    options = [[Execution("Italy", "Rome"), Execution("Peru", "undefined"), Execution("x", "3")]]
    ratings = JUDGE.rate(text, options)
    assert ratings.shape == (1, 3) and np.isfinite(ratings).all()
    assert np.array_equal(JUDGE.rate(text, [options[0][::-1]])[0], ratings[0, ::-1])


def test_malformed_descriptions() -> None:
    scorer = RelationScorer(RelationFunction(RelationSpec("capital")))
    for text in ("", "capital " * 2000):
        score = scorer.score(Submission(text))
        assert (score.outcome, score.skill) == ("malformed", 0.0) and "expected a description" in score.message
    with pytest.raises(TypeError, match="expected a RelationSpec"):
        scorer.score(Submission(program=sample_numeric(np.random.default_rng(0))))


@pytest.mark.parametrize(
    "text",
    [
        "It returns Eastern Standard Time and China Standard Time.",
        "Oslo -> Central European Time; Chicago -> Central Standard Time",
        "It returns Christian Democratic Union, Liberal Party and Labour Party.",
        "Paris: Eiffel Tower",
    ],
)
def test_names_of_things_say_nothing_of_the_relation(text: str) -> None:
    assert JUDGE.ground(text) == []


def test_ones_own_function_is_scored() -> None:
    facts = RelationFunction(RelationSpec("capital"))
    scorer = RelationScorer(CallableRelation(lambda word: facts([word])[0], words=facts.words[:60]))
    assert scorer.score(Submission("It returns a country's capital.")).skill == 1.0


@needs_reference
def test_recorded_answers_with_exemplars_beat_those_without() -> None:
    path = REFERENCE / "gpt4_answers" / "relations.json"
    answers = {row["id"]: row for row in json.loads(path.read_text())}
    shares: dict[str, list[float]] = {}
    for entry in FINDDataset(REFERENCE / "find-dataset", "relations"):
        tests = [UnitTest(tuple(map(Execution, t.inputs, t.outputs)), t.correct) for t in entry.spec.triplets]
        texts = {name: answers[entry.id][name] for name in ("answer", "answer_with_exemplars")}
        for name, text in {**texts, "truth": RelationFunction(entry.spec).describe(), "empty": ""}.items():
            shares.setdefault(name, []).append(judged_share(JUDGE, text, tests))
    means = {name: np.mean(values) for name, values in shares.items()}
    assert means["truth"] >= 0.95 and means["empty"] == pytest.approx(1 / 3)
    assert means["answer_with_exemplars"] >= means["answer"] + 0.15


def test_the_score_of_a_program_can_be_changed_without_harm() -> None:
    scorer = RelationScorer(RelationFunction(RelationSpec("capital")))
    submission = Submission(program=RelationSpec("official_language"))
    first = scorer.score(submission)
    before = dict(first.strata)
    first.strata.clear()
    assert scorer.score(submission).strata == before


def test_a_scorer_that_has_kept_scores_can_be_pickled_and_copied() -> None:
    scorer = RelationScorer(RelationFunction(RelationSpec("capital")))
    submission = Submission(program=RelationSpec("official_language"))
    score = scorer.score(submission).to_json()
    for other in (pickle.loads(pickle.dumps(scorer)), copy.deepcopy(scorer)):
        assert other.score(submission).to_json() == score


@pytest.mark.parametrize("cached", [normalise, canonical, relation_text._words, relation_text._stem])
def test_what_is_remembered_of_texts_is_bounded(cached: Any) -> None:
    assert cached.cache_parameters()["maxsize"] is not None
