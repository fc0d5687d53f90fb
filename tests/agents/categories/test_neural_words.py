"""What neural interpreters are told of words: relations by the tables, activations by the words' vectors."""

from types import SimpleNamespace

import numpy as np
import pytest

th = pytest.importorskip("torch")

from find_gym.categories.entities.exemplars import probe_words as entity_probes  # noqa: E402
from find_gym.categories.relations.catalogue import RELATIONS  # noqa: E402
from find_gym.categories.relations.function import RelationFunction, RelationSpec  # noqa: E402
from find_gym.categories.relations.probes import probe_words as relation_probes  # noqa: E402
from find_gym_agents.categories.relations import neural as relations  # noqa: E402
from find_gym_agents.interpreters.neural import activations  # noqa: E402
from find_gym_agents.interpreters.neural.category import neural_category  # noqa: E402
from find_gym_agents.interpreters.neural.making import as_tensors, make_network  # noqa: E402
from find_gym_agents.interpreters.neural.pointing import Pointer  # noqa: E402
from find_gym_agents.interpreters.neural.search import propose  # noqa: E402
from find_gym_agents.interpreters.policies.legal import LegalActions  # noqa: E402
from find_gym_agents.training.supervised.teacher import SplittingTeacher  # noqa: E402

ENVIRONMENTS = ("FIND-relations-v1", "FIND-entities-v1", "FIND-neurons-v0")
ANSWERS = {"relations": ["Paris", "undefined"], "entities": [0.5, 0.0], "neurons": [0.5, 0.0]}


def explaining(word: str, answer: str) -> set[str]:
    bits = np.unpackbits(relations.encode([word], [answer])["explaining"][0])
    return {name for name, bit in zip(RELATIONS, bits, strict=False) if bit}


def test_a_pair_names_the_relations_that_give_its_answer():
    assert explaining("the France", "paris") == {"capital"}
    assert explaining("Spain", "Spanish") == {"official_language", "demonym"}
    assert explaining("France", "undefined") == set()
    assert explaining("no such word", "Paris") == set()


def test_words_of_no_table_have_row_0_and_others_their_facts():
    word, undefined = (
        relations.encode(["no such word", "Norway"], ["x", "Undefined."])[n] for n in ("word", "undefined")
    )
    assert word[0] == 0 < word[1]
    assert undefined.tolist() == [0, 1]
    facts = dict(zip([*RELATIONS, *relations._conditions()], relations._facts()[word[1]], strict=True))
    known = {name for name in RELATIONS if facts[name]}
    assert known == {name for name, entry in RELATIONS.items() if "Norway" in entry.words}
    met = {(c.attribute, c.value) for c, has in facts.items() if has and not isinstance(c, str)}
    assert {("continent", "Europe"), ("begins_with", "n")} <= met and ("continent", "Asia") not in met


@pytest.mark.parametrize("env", ENVIRONMENTS)
def test_programs_are_proposed_from_any_evidence(env):
    category = env.split("-")[1]
    legal = LegalActions(env, "find")
    codec = legal.codec
    network, record = make_network(env, codec, "tiny").eval(), neural_category(category)
    for count in (0, 2):
        inputs, outputs = ["France", "umbrella"][:count], ANSWERS[category][:count]
        features = {name: values[None] for name, values in as_tensors(record.encode(inputs, outputs)).items()}
        with th.no_grad():
            memory = network.read(features, th.ones(1, 1, count, dtype=th.bool))
            values = network.value_queries(memory)
        assert values.shape == (1, len(codec.probes)) and th.isfinite(values).all()
        found = propose(network, memory, legal.grammar, 5)
        assert len(found) == 5
        for each in found:
            draft = codec.new_draft()
            for token in each.tokens:
                draft.write(token)
            assert draft.complete


def test_the_teacher_asks_what_halves_the_candidates():
    rng = np.random.default_rng(0)
    bits = np.array([[number >> place & 1 for place in range(3)] for number in range(8)])
    answers = np.concatenate([np.zeros((8, 2), int), bits, np.eye(8, dtype=int)], axis=1)
    teacher = SplittingTeacher(answers, np.ones(8))
    for truth in answers:
        queries = rng.permutation(answers.shape[1])[:5]
        asked = teacher.ask(truth, queries, 0)
        assert set(asked[:3]) == {2, 3, 4} and len(set(asked)) == 5
        assert teacher.ask(truth, queries, 2)[:2].tolist() == queries[:2].tolist()


def test_the_teacher_of_relations_finds_the_relation_and_its_exception():
    bank, rng = list(relation_probes()), np.random.default_rng(1)
    functions = [
        RelationFunction(RelationSpec(name, relations.conditions_of(name)[:1])) for name in ("capital", "food")
    ]
    queries = np.argsort(rng.random((2, len(bank))), axis=1)[:, :12]
    asked = relations.demonstrate(functions, SimpleNamespace(probes=bank), queries, np.array([0, 3]), rng)
    assert all(len(set(row)) == 12 for row in asked.tolist())
    assert asked[1, :3].tolist() == queries[1, :3].tolist()
    for function, row in zip(functions, asked, strict=True):
        words = [bank[place] for place in row]
        answers = function.truth(words)
        own = [answer for word, answer in zip(words, answers, strict=True) if word in function.words]
        assert "undefined" in own and len(set(own)) > 1


def test_the_teacher_of_activations_asks_active_words():
    bank, rng = list(entity_probes()), np.random.default_rng(2)
    functions = [lambda words: np.array([float(word == bank[5]) for word in words])]
    queries = np.argsort(rng.random((1, len(bank))), axis=1)[:, :6]
    asked = activations.demonstrate(functions, SimpleNamespace(probes=bank), queries, np.array([2]), rng)[0]
    assert asked[:2].tolist() == queries[0, :2].tolist() and len(set(asked.tolist())) == 6
    assert 5 in asked[:3]


def test_a_pointer_knows_directions_only():
    th.manual_seed(0)
    targets = th.nn.functional.normalize(th.randn(7, 5), dim=1)
    targets[3] = 0
    pointer = Pointer(8, targets.numpy(), 2)
    pointing, pairs, meanings = th.randn(2, 3, 8), th.randn(2, 5, 8), th.randn(2, 4, 5)
    absent = th.tensor([[False] * 5, [False, False, True, True, True]])
    logits = pointer(pointing, pairs, absent, meanings)
    assert logits.shape == (2, 3, 7) and (logits[..., 3] == 0).all()
    # Turned together, words and concepts mean the same.
    turned, _ = th.linalg.qr(th.randn(5, 5))
    other = Pointer(8, (targets @ turned).numpy(), 2)
    other.load_state_dict(pointer.state_dict())
    assert th.allclose(other(pointing, pairs, absent, meanings @ turned), logits, atol=1e-4)
    # The order of the pairs, and pairs that are absent, are of no account.
    order = th.tensor([0, 2, 1, 3, 4])
    moved = pointer(pointing, pairs[:, order], absent[:, order], meanings[:, order[1:] - 1])
    assert th.allclose(moved, logits, atol=1e-5)
    pairs[1, 2:], meanings[1, 1:] = 9.0, 9.0
    assert th.allclose(pointer(pointing, pairs, absent, meanings), logits, atol=1e-5)


def test_concepts_are_chosen_by_their_vectors_alone():
    codec = LegalActions("FIND-entities-v1", "find").codec
    network = make_network("FIND-entities-v1", codec, "tiny")
    record = neural_category("entities")
    features = {name: values[None] for name, values in as_tensors(record.encode(["golf"], [0.9])).items()}
    memory = network.read(features, th.ones(1, 1, 1, dtype=th.bool))
    tokens = th.tensor([[codec.tokens.index("or"), codec.tokens.index("golf")]])
    network.write(memory, tokens)[..., network.means].exp().sum().backward()
    assert not network.next_token.weight.grad[network.means].any()
    assert not network.tokens.weight.grad[:-1][network.means].any()
