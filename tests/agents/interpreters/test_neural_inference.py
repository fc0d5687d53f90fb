"""A neural interpreter computes in an episode what it computes in training, though nothing twice."""

import numpy as np
import pytest

th = pytest.importorskip("torch")

from find_gym import LATEST_IDS  # noqa: E402
from find_gym_agents.interpreters.neural.category import neural_category  # noqa: E402
from find_gym_agents.interpreters.neural.layers import (  # noqa: E402
    ProgramDecoder,
    ProgramLayer,
    SetEncoder,
    SetLayer,
)
from find_gym_agents.interpreters.neural.making import as_tensors, make_network  # noqa: E402
from find_gym_agents.interpreters.neural.network import inference  # noqa: E402
from find_gym_agents.interpreters.neural.pairs import Pairs  # noqa: E402
from find_gym_agents.interpreters.policies.legal import LegalActions  # noqa: E402

EVIDENCE = {
    "numeric": [(3.0, 2.0), (-5.0, None), (0.5, 1e4), (3.0, 7.0)],
    "strings": [("abc", "cba"), ("", ""), ("hello world", "HELLO"), ("abc", "other")],
    "relations": [("France", "Paris"), ("umbrella", "undefined"), ("Norway", "Oslo"), ("France", "other")],
    "entities": [("umbrella", 0.5), ("golf", 1.0), ("films", 0.0), ("umbrella", 0.1)],
    "neurons": [("umbrella", 0.5), ("golf", 1.0), ("films", 0.0), ("umbrella", 0.1)],
}
LAYER = {"d_model": 16, "nhead": 2, "dim_feedforward": 32, "dropout": 0.0, "activation": "gelu"}
LAYER |= {"batch_first": True, "norm_first": True}


@pytest.fixture(params=EVIDENCE)
def made(request):
    """Returns the network, the grammar and the record of each category."""
    env = LATEST_IDS[request.param]
    legal = LegalActions(env, "find")
    th.manual_seed(1)
    return make_network(env, legal.codec, "tiny").eval(), legal, neural_category(request.param), EVIDENCE[request.param]


def close(one: th.Tensor, other: th.Tensor) -> bool:
    return one.shape == other.shape and bool(th.allclose(one, other, atol=1e-4))


def test_layers_compute_what_those_of_torch_do():
    th.manual_seed(0)
    norm = th.nn.LayerNorm(16)
    members, tokens = th.randn(3, 5, 16), th.randn(3, 4, 16)
    absent = th.tensor([[0, 0, 0, 0, 0], [0, 1, 0, 1, 0], [0, 1, 1, 1, 1]], dtype=th.bool)
    torchs = th.nn.TransformerEncoder(th.nn.TransformerEncoderLayer(**LAYER), 2, norm, enable_nested_tensor=False)
    own = SetEncoder(SetLayer(**LAYER), 2, norm)
    own.load_state_dict(torchs.state_dict())
    expected = torchs(members, src_key_padding_mask=absent)
    assert close(own(members, absent)[~absent], expected[~absent])
    assert close(own(members, absent, 1), expected[:, :1])
    own(members, absent).sum().backward()
    assert all(weights.grad is not None for weights in own.parameters())

    torchs = th.nn.TransformerDecoder(th.nn.TransformerDecoderLayer(**LAYER), 2, norm)
    own = ProgramDecoder(ProgramLayer(**LAYER), 2, norm)
    own.load_state_dict(torchs.state_dict())
    later = th.ones(4, 4, dtype=th.bool).triu(1)
    expected = torchs(tokens, members, tgt_mask=later, memory_key_padding_mask=absent)
    known = own.known(members)
    found, earlier = own(tokens[:, :2], known, absent)
    assert close(found, expected[:, :2])
    for place in (2, 3):
        found, earlier = own(tokens[:, place : place + 1], known, absent, earlier)
        assert close(found[:, 0], expected[:, place])


def test_pairs_that_come_one_by_one_are_read_as_a_set(made):
    network, legal, record, evidence = made
    pairs = Pairs(network, record, legal.codec)
    with inference():
        for inputs, outputs in evidence:
            pairs.read()
            pairs.add([inputs], [outputs])
        found, asking = pairs.read(), pairs.read(for_queries=True)
        # An input that is asked again has no further pair.
        features = {
            name: values[None] for name, values in as_tensors(record.encode(*zip(*evidence[:3], strict=True))).items()
        }
        expected = network.read(features, th.ones(1, 1, 3, dtype=th.bool))
        assert close(found.vectors, expected.vectors)
        assert close(network.value_queries(asking), network.value_queries(expected))


def test_a_token_more_has_the_probabilities_of_the_whole_program(made):
    network, legal, record, evidence = made
    pairs = Pairs(network, record, legal.codec)
    pairs.add(*zip(*evidence, strict=True))
    rng = np.random.default_rng(0)
    programs = th.from_numpy(rng.integers(len(legal.codec.tokens), size=(4, 2)))
    with inference():
        memory = pairs.read()
        expected = network.write(memory, programs)
        logits, drafts = network.begin(memory, programs[:, :0])
        assert close(logits, expected[:, 0])
        # Of the drafts some are left out, and some go on twice.
        for place, parents in ((0, [3, 1, 1]), (1, [2, 0])):
            programs = programs[parents]
            logits, drafts = network.go_on(memory, drafts, th.tensor(parents), programs[:, place])
            assert close(logits, network.write(memory, programs)[:, place + 1])


def test_inference_leaves_the_settings_of_torch_as_they_were():
    before = th.backends.mkldnn.enabled
    with pytest.raises(KeyError), inference():
        assert not th.backends.mkldnn.enabled and th.is_inference_mode_enabled()
        raise KeyError
    assert th.backends.mkldnn.enabled == before and not th.is_inference_mode_enabled()
