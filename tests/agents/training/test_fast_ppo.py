"""Tests of the fast PPO: its updates are MaskablePPO's, no illegal action is drawn, and it learns what there is."""

from collections import Counter
from dataclasses import replace
from multiprocessing import Pipe, active_children

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.vector import AutoresetMode
from hypothesis import given, settings
from hypothesis import strategies as st

th = pytest.importorskip("torch")
pytest.importorskip("sb3_contrib")

from stable_baselines3.common.logger import Logger  # noqa: E402

import find_gym  # noqa: E402
from find_gym.core.registry import unregister_category  # noqa: E402
from find_gym_agents.benchmarks import learning  # noqa: E402
from find_gym_agents.categories.numeric.encoder import _Joined, _neighbours, _OneFeature  # noqa: E402
from find_gym_agents.training.config import TrainConfig  # noqa: E402
from find_gym_agents.training.devices import find_device  # noqa: E402
from find_gym_agents.training.encoders import Encoding, Fingerprint, Packed, make_encoder  # noqa: E402
from find_gym_agents.training.fast_ppo import FastPPO, _step  # noqa: E402
from find_gym_agents.training.fast_rollouts import Rollouts, Share, _pieces, draw, only_legal  # noqa: E402
from find_gym_agents.training.learner import Setting  # noqa: E402
from find_gym_agents.training.products import linear, reduced_precision  # noqa: E402
from find_gym_agents.training.stable_baselines import StableBaselines  # noqa: E402
from tests.toy_category import CATEGORY, ToySpec  # noqa: E402


@pytest.fixture
def toy():
    find_gym.register_category(CATEGORY)
    yield "FIND-toy-v0"
    unregister_category("toy")


def configure(env, **changes):
    sizes = {"num_envs": 8, "rollout_steps": 16, "batch_size": 128, "epochs": 1, "env_workers": 0, "device": "cpu"}
    return TrainConfig(env=env, algo="ppo-fast", imitation_minutes=0, **(sizes | changes))


def start(learner, config, options):
    made = learner(config, options)
    made.set_logger(Logger(None, []))
    made.enter(Setting(options))
    made.begin(1)
    return made


def weights(learner):
    return {name: value.clone() for name, value in learner.policy.state_dict().items()}


@pytest.mark.parametrize("env", ["FIND-toy-v0", "FIND-strings-v1"])
def test_an_update_is_that_of_maskable_ppo(env, toy, monkeypatch):
    monkeypatch.setattr("find_gym_agents.training.products._PRECISION", "highest")  # that of the reference
    # As many steps in a minibatch as in the rollout: their order does not count. Adam would magnify rounding errors.
    monkeypatch.setattr(Setting, "batch_size", lambda setting, config: config.batch_size)
    options = {"max_queries": 3}
    config = configure(env, epochs=2, learning_rate=0.3)
    fast, reference = (start(learner, config, options) for learner in (FastPPO, StableBaselines))
    for learner in (fast, reference):
        learner.policy.optimizer = th.optim.SGD(learner.policy.parameters())
    before = weights(fast)
    assert all(th.equal(before[key], value) for key, value in weights(reference).items())
    # The reference goes where the fast one went: it draws the same actions, and meets the same functions.
    fast.collect()
    actions = iter(fast._processes.local.rollout["actions"])
    monkeypatch.setattr(
        "sb3_contrib.common.maskable.distributions.MaskableCategorical.sample", lambda *arguments: next(actions)
    )
    reference.collect()
    buffer = reference._algorithm.rollout_buffer
    for ours, theirs in (("values", "values"), ("logs", "log_probs"), ("advantages", "advantages")):
        np.testing.assert_allclose(
            fast._processes.local.rollout[ours].numpy(), getattr(buffer, theirs), atol=1e-5, err_msg=ours
        )
    assert fast.episodes() and [episode["l"] for episode in fast.episodes()] == [
        episode["l"] for episode in reference.episodes()
    ]
    for learner in (fast, reference):
        learner.update(0.5)
    expected = weights(reference)
    for key, value in weights(fast).items():
        np.testing.assert_allclose(value.numpy(), expected[key].numpy(), atol=1e-5, err_msg=key)
    assert any(not th.allclose(before[key], value, atol=1e-3) for key, value in weights(fast).items())


def test_an_update_of_two_processes_is_that_of_one(monkeypatch):
    monkeypatch.setattr(Setting, "batch_size", lambda setting, config: config.batch_size)
    learned = []
    for learners in (1, 2):
        # The precision of the other process can't be set from here: differences are those of 16 bits.
        config = configure("FIND-strings-v1", epochs=2, learning_rate=0.3, learners=learners)
        learner = start(FastPPO, config, {"max_queries": 3})
        learner.policy.optimizer = th.optim.SGD(learner.policy.parameters())
        before = weights(learner)
        learner.collect()
        learner.update(0.5)
        learned.append({key: value - before[key] for key, value in weights(learner).items()})
        learned[-1]["rewards"] = th.tensor(sorted(episode["r"] for episode in learner.episodes()))
        learner.leave()
    for key, value in learned[0].items():
        largest = max(float(value.abs().max()), 1e-4)
        np.testing.assert_allclose(learned[1][key].numpy(), value.numpy(), atol=0.02 * largest, err_msg=key)
    (other,) = (process for process in active_children() if process.name == "learner 1")
    other.kill()
    other.join()
    with pytest.raises(ChildProcessError, match="one has ended"):
        learner.begin(2)


def test_an_error_of_a_system_call_is_not_taken_for_the_end_of_a_learner():
    processes = start(FastPPO, configure("FIND-strings-v1"), {"max_queries": 3})._processes
    ours, theirs = Pipe()
    processes._connections = [ours]

    def fail():
        raise FileNotFoundError("no table")

    processes.local.fail = fail
    with pytest.raises(FileNotFoundError, match="no table"):
        processes.do("fail")
    assert theirs.recv() == ("fail", ())
    with pytest.raises(EOFError):
        theirs.recv()


def test_several_learners_leave_a_gpu_alone(monkeypatch):
    devices = {"cpu": th.device("cpu"), "auto": th.device("meta")}
    monkeypatch.setattr("find_gym_agents.training.fast_rollouts.find_device", devices.__getitem__)
    for learners, expected in ((1, "meta"), (2, "cpu")):
        config = configure("FIND-strings-v1", learners=learners, device="auto")
        assert Rollouts(config, {"max_queries": 3}, Share(0, learners)).device.type == expected


def test_a_gpu_that_is_not_there_is_an_error(monkeypatch):
    monkeypatch.setattr(th.cuda, "is_available", lambda: False)
    assert find_device("auto").type == "cpu"
    for start_one in (FastPPO, StableBaselines):
        with pytest.raises(OSError, match="expected a GPU for the device 'cuda'"):
            start_one(configure("FIND-strings-v1", device="cuda"), {"max_queries": 3})


@pytest.mark.parametrize("workers", [0, 1, 2, 3, 5])
def test_both_algorithms_are_measured_with_as_many_processes(workers):
    masked, fast = learning.configurations("FIND-strings-v1", workers)
    assert 1 + masked.env_workers == fast.learners * (1 + fast.env_workers) == 1 + workers
    assert masked.num_envs * masked.rollout_steps == fast.num_envs * fast.rollout_steps == 8192
    assert fast.num_envs % fast.learners == 0


def test_time_of_training_is_measured_in_a_process_for_each_algorithm(monkeypatch):
    fast = configure("FIND-relations-v1", learners=2)
    masked = replace(fast, algo="maskable_ppo", learners=1)
    monkeypatch.setattr(learning, "configurations", lambda *_: [masked, fast])
    splits = learning.measure_splits("FIND-relations-v1", seconds=0.0, workers=1)
    assert [(one.algorithm, one.environments, one.workers) for one in splits] == [
        ("maskable_ppo", 8, 0), ("ppo_fast", 8, 1)
    ]  # fmt: skip
    for one in splits:
        assert 0 < one.environment_share < 1 and one.steps_per_episode > learning.QUERIES
        assert 1 / one.steps_per_second == pytest.approx(one.learner_seconds / (1 - one.environment_share))


@pytest.mark.parametrize(
    ("options", "sizes"),
    [
        ({}, (128, 64)),
        ({"learners": 3}, (129, 63)),
        ({"num_envs": 64}, (64, 128)),
        ({"num_envs": 10_000}, (10_000, 1)),
        ({"rollout_steps": 32}, (128, 32)),
        ({"algo": "maskable-ppo"}, (64, 128)),
        ({"algo": "maskable-ppo", "num_envs": 32}, (32, 128)),
    ],
)
def test_sizes_of_rollouts_suit_the_algorithm(options, sizes):
    config = TrainConfig(**{"env": "FIND-strings-v1", "algo": "ppo-fast", **options})
    assert (config.num_envs, config.rollout_steps) == sizes
    assert (config.to_json()["num_envs"], config.to_json()["rollout_steps"]) == sizes


def test_minibatches_hold_each_step_once_with_its_own_evidence():
    learner = start(FastPPO, configure("FIND-strings-v1", batch_size=24), {"max_queries": 3})
    learner.collect()
    seen, local = [], learner._processes.local
    with th.no_grad():
        for _ in local.shuffle(24):
            batch, encoding = local.minibatch()
            expected = local.encode(batch["evidence"])
            for ours, theirs in zip(encoding, expected, strict=True):
                th.testing.assert_close(ours, theirs)
            asked = local._evidence["asked"][batch["evidence"]]
            assert th.equal((asked > 0).sum(1), ((1 - batch["budget"][:, 0]) * 3).round().long())
            seen.append(th.stack([batch["logs"], batch["values"]], 1))
    rollout = th.stack([local.rollout[name].flatten() for name in ("logs", "values")], 1)
    assert [len(part) for part in seen] == [24] * 5 + [8]
    assert sorted(th.cat(seen).tolist()) == sorted(rollout.tolist())


def test_environments_may_learn_while_they_are_stepped():
    local = start(FastPPO, configure("FIND-strings-v1"), {"max_queries": 3})._processes.local
    step, kept = local._env.step, []

    def learn(actions):
        kept.append(th.ones(2, requires_grad=True))
        (2 * kept[-1]).sum().backward()
        return step(actions)

    local._env.step = learn
    local.collect()
    assert len(kept) == 16 and all(one.grad.tolist() == [2.0, 2.0] and not one.is_inference() for one in kept)


def test_an_encoder_may_return_the_same_for_all_environments():
    local = start(FastPPO, configure("FIND-strings-v1"), {"max_queries": 3})._processes.local
    encoder = local._extractor.encoder
    encode, prior = encoder.encode, th.nn.Parameter(th.ones(1, local._extractor.query_count))
    encoder.encode = lambda inputs: Encoding(encode(inputs).evidence, prior.expand(len(inputs["asked"]), -1))
    local.collect()
    assert prior.eq(1).all()


@settings(max_examples=50, deadline=None)
@given(st.integers(1, 40), st.integers(1, 3), st.integers(0, 2**31))
def test_pieces_are_steps_of_one_episode_in_a_row(steps, envs, seed):
    ends = th.rand(steps, envs, generator=th.Generator().manual_seed(seed)) < 0.1
    pieces = _pieces(ends)
    assert set(pieces.flatten().tolist()) == set(range(int(pieces.max()) + 1))
    for env in range(envs):
        for number in pieces[:, env].unique().tolist():
            place = (pieces[:, env] == number).nonzero().flatten()
            assert place.tolist() == list(range(int(place[0]), int(place[-1]) + 1)) and len(place) <= 16
            assert not ends[place[:-1], env].any() and not (pieces[:, :env] == number).any()


def test_only_the_values_are_fitted_after_imitation():
    learner = start(FastPPO, configure("FIND-strings-v1"), {"max_queries": 3})
    learner.collect()
    before = weights(learner)
    learner.fit_values()
    changed = {key.partition(".")[0] for key, value in weights(learner).items() if not th.equal(value, before[key])}
    assert changed == {"mlp_extractor", "value_net"}


@settings(max_examples=25, deadline=None)
@given(
    logits=st.lists(st.floats(-80, 80, width=32), min_size=6, max_size=6),
    mask=st.lists(st.booleans(), min_size=6, max_size=6).filter(any),
    seed=st.integers(0, 2**31),
)
def test_no_illegal_action_is_drawn(logits, mask, seed):
    rows = th.tensor([logits]).repeat(50, 1)
    points = th.rand(50, generator=th.Generator().manual_seed(seed))
    drawn = draw(only_legal(rows, th.tensor([mask]).repeat(50, 1)).softmax(1), points)
    assert th.tensor(mask)[drawn].all()


def test_actions_are_drawn_as_often_as_they_are_probable():
    likely = th.tensor([[0.5, 0.0, 0.125, 0.375]])
    drawn = draw(likely.repeat(8000, 1), th.rand(8000, generator=th.Generator().manual_seed(0)))
    shares = np.array([Counter(drawn.tolist())[action] / 8000 for action in range(4)])
    np.testing.assert_allclose(shares, likely[0].numpy(), atol=0.02)


@pytest.mark.parametrize("free_stopping", [False, True])
def test_rollouts_hold_legal_actions_and_ask_no_probe_twice(free_stopping):
    config, options = configure("FIND-strings-v1"), {"max_queries": 3}
    learner = start(FastPPO, config, options)
    learner.enter(Setting(options, free_stopping))
    learner.begin(2)
    learner.collect()
    local = learner._processes.local
    masks, actions = local.rollout["masks"], local.rollout["actions"]
    assert masks.gather(2, actions[..., None]).all()
    # Stopping is free in episodes that have begun to write before the budget was spent, and only there.
    queries = local._codec.queries
    may_do_both = masks[..., :queries].any(2) & masks[..., queries:].any(2)
    assert bool(may_do_both.any()) is free_stopping
    lengths = {episode["l"] for episode in learner.episodes()}
    assert min(lengths) > 3 or free_stopping


def test_a_policy_reaches_the_best_there_is(toy):
    """One function alone: a bandit whose 42 arms are the programs, of which one earns 1."""
    options = {"max_queries": 1, "function": ToySpec(3, 2)}
    learner = start(FastPPO, configure(toy, num_envs=16, epochs=3, hidden=32, layers=1), options)
    rewards = []
    while len(rewards) < 30 and (not rewards or rewards[-1] < 0.9):
        learner.collect()
        learner.update(1.0)
        rewards.append(np.mean([episode["r"] for episode in learner.episodes()]))
    assert rewards[0] < 0.4 and rewards[-1] >= 0.9
    learner.leave()


@pytest.mark.parametrize("category", ["strings", "numeric"])
def test_what_is_prepared_step_by_step_is_what_is_prepared_at_once(category):
    env = gym.make_vec(
        find_gym.LATEST_IDS[category], 4, vectorization_mode="vector_entry_point", max_queries=3, copy=False,
        autoreset_mode=AutoresetMode.SAME_STEP,
    )  # fmt: skip
    encoder, rng = make_encoder(category, env.single_observation_space, 3), np.random.default_rng(0)
    observation, _ = env.reset(seed=0)
    before = None
    for _ in range(24):
        shown = {name: th.from_numpy(values) for name, values in observation.items()}
        whole = encoder.prepare(shown)
        before = whole if before is None else encoder.prepare_next(shown, lambda before=before: before)
        for ours, theirs in zip(encoder.encode(before), encoder.encode(whole), strict=True):
            assert th.equal(ours, theirs)
        legal = [np.flatnonzero(mask) for mask in env.action_masks()]
        observation, *_ = env.step(np.array([rng.choice(actions) for actions in legal]))


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**31))
def test_what_is_alike_is_computed_once_with_the_same_gradients(seed):
    rng = th.Generator().manual_seed(seed)
    kinds = th.randint(4, (5, 6), generator=rng)
    present = th.rand(5, 6, generator=rng) < 0.7
    inputs, weights = th.randn(4, 3, generator=rng)[kinds], th.randn(3, 2, generator=rng)
    targets = th.randn(5, 6, 2, generator=rng)
    outputs, gradients = [], []
    for packed in (Packed(present), Packed(present, kinds)):
        own = weights.clone().requires_grad_()
        outputs.append(packed.put(packed.take(inputs) @ own))
        (outputs[-1] * targets).sum().backward()
        gradients.append(own.grad)
        shares = present.sum(1, keepdim=True).clamp(min=1)
        mean, largest = outputs[-1].sum(1) / shares, outputs[-1].masked_fill(~present[..., None], -th.inf).amax(1)
        expected = th.cat([mean, largest.where(present.any(1, keepdim=True), 0.0)], 1)
        th.testing.assert_close(packed.pool(packed.take(inputs) @ own), expected)
    assert len(packed.rows) == len(set(kinds[present].tolist()))
    th.testing.assert_close(outputs[0], outputs[1])
    th.testing.assert_close(gradients[0], gradients[1])


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**31))
def test_the_mean_and_the_maximum_over_places_have_their_gradients(seed):
    rng = th.Generator().manual_seed(seed)
    present = th.rand(5, 6, generator=rng) < 0.5
    # Few different numbers, so that several places have the maximum.
    values = th.randint(-2, 3, (5, 6, 3), generator=rng).double().requires_grad_()
    targets = th.randn(5, 6, generator=rng).double()
    gradients = []
    for pooled in (
        Packed(present).pool(Packed(present).take(values)),
        th.cat([values.where(present[..., None], 0.0).sum(1) / present.sum(1, keepdim=True).clamp(min=1),
                values.masked_fill(~present[..., None], -9.0).amax(1)], 1),
    ):  # fmt: skip
        gradients.append(th.autograd.grad((pooled * targets).sum(), values)[0])
    th.testing.assert_close(gradients[0], gradients[1].where(present[..., None], 0.0))


def test_a_feature_of_probes_has_the_gradients_of_its_layers():
    layers = th.nn.Sequential(th.nn.Linear(3, 4), th.nn.ReLU(), th.nn.Linear(4, 1)).double()
    weights, rng = list(layers.parameters()), th.Generator().manual_seed(0)
    inputs, targets = th.randn(5, 6, 3, generator=rng).double(), th.randn(5, 6, generator=rng).double()
    with_one = th.cat([inputs, th.ones(5, 6, 1)], 2)
    features = layers(inputs)[..., 0], _OneFeature.apply(with_one, *weights)
    th.testing.assert_close(*features)
    gradients = [th.autograd.grad((feature * targets).sum(), weights) for feature in features]
    th.testing.assert_close(*gradients)


@pytest.mark.parametrize("count", [0, 1, 2, 9])
def test_points_are_read_between_those_beside_them_with_the_same_gradients(count):
    rng = th.Generator().manual_seed(count)
    layer = th.nn.Linear(12, 5).double()
    points = th.randn(count, 4, generator=rng).double().requires_grad_()
    targets = th.randn(count, 5, generator=rng).double()
    begins = th.rand(count, generator=rng) < 0.4
    begins[:1] = True
    goes_on = (~begins).double()[:, None]
    before = th.cat([points[:1], points[:-1]]) * goes_on
    after = th.cat([points[1:] * goes_on[1:], th.zeros(1, 4)[:count]])
    weights = layer.weight, layer.bias
    features = layer(th.cat([before, points, after], 1)), _Joined.apply(points, _neighbours(begins), *weights)
    th.testing.assert_close(*features)
    gradients = [th.autograd.grad((one * targets).sum(), (points, *weights)) for one in features]
    th.testing.assert_close(*gradients)


def test_gradients_of_all_processes_are_added():
    processes = start(FastPPO, configure("FIND-strings-v1"), {"max_queries": 3})._processes
    first, *others = processes.local.learned
    processes.local._differentiate([first], [th.ones_like(first)])
    processes._gradients = [th.arange(float(sum(one.numel() for one in (first, *others))))]
    total = processes.gradient()
    assert th.equal(first.grad.flatten(), 1 + th.arange(float(first.numel())))
    total *= 2
    assert th.equal(first.grad.flatten(), 2 + 2 * th.arange(float(first.numel())))
    assert all(one.grad is None for one in others)


def test_steps_are_those_of_adam():
    kinds = {"lr": 0.1, "betas": (0.8, 0.99), "eps": 1e-5}
    ours, theirs = ([th.nn.Parameter(th.ones(3)), th.nn.Parameter(th.ones(2, 2))] for _ in range(2))
    own, reference = th.optim.Adam(ours, fused=True, **kinds), th.optim.Adam(theirs, **kinds)
    rng = th.Generator().manual_seed(0)
    for number in range(6):
        for pair in zip(ours, theirs, strict=True):
            # The second has no gradient at first.
            gradient = th.randn(pair[0].shape, generator=rng) if number > 2 or pair[0].ndim == 1 else None
            for weight in pair:
                weight.grad = gradient
        _step(own)
        reference.step()
        for mine, other in zip(ours, theirs, strict=True):
            th.testing.assert_close(mine, other)
            assert own.state[mine].get("step") == reference.state[other].get("step")


@pytest.mark.parametrize(("kind", "device"), [(th.optim.AdamW, "cpu"), (th.optim.Adam, "meta")])
def test_steps_of_other_optimizers_and_devices_are_their_own(monkeypatch, kind, device):
    monkeypatch.setattr(th, "_fused_adam_", None)
    weight = th.nn.Parameter(th.ones(3, device=device))
    optimizer = kind([weight], lr=0.1)
    for _ in range(2):
        weight.grad = th.ones(3, device=device)
        _step(optimizer)
    assert optimizer.state[weight]["step"] == 2


def test_products_are_exact_where_pytorch_cannot_round_them(monkeypatch):
    monkeypatch.delattr(th.cpu, "_is_avx512_bf16_supported", raising=False)
    inputs, weight = th.rand(4, 3), th.rand(2, 3, requires_grad=True)
    with reduced_precision():
        assert "_Rounded" not in str(linear(inputs, weight, None).grad_fn)


def test_rounded_products_are_nearly_exact_with_their_gradients():
    rng = th.Generator().manual_seed(0)
    inputs, weight, bias, targets = (th.randn(*shape, generator=rng) for shape in ((40, 30), (20, 30), (20,), (40, 20)))
    results = []
    for multiply in (reduced_precision()(linear), linear):
        own = [one.clone().requires_grad_() for one in (inputs, weight, bias)]
        product = multiply(*own)
        results.append([product.detach(), *th.autograd.grad((product * targets).sum(), own)])
    for ours, theirs in zip(*results, strict=True):
        assert ours.dtype == th.float32 or ours is results[0][0]
        th.testing.assert_close(ours.float(), theirs, rtol=0.01, atol=0.01 * float(theirs.abs().max()))
    assert th.equal(results[1][0], th.nn.functional.linear(inputs, weight, bias))


def test_fingerprints_tell_rows_apart():
    rows = th.cartesian_prod(*[th.arange(11)] * 4)
    assert len(Fingerprint(4)(rows).unique()) == len(rows)
    assert th.equal(Fingerprint(4)(rows[5:7]), Fingerprint(4)(rows)[5:7])
