"""Units that are in no table: computed by real networks, and what is said of units that they do not have."""

from pathlib import Path

import gymnasium as gym
import numpy as np
import pytest

from find_gym.categories.neurons import live
from find_gym.categories.neurons.bank import bank_words
from find_gym.categories.neurons.function import NeuronFunction, NeuronSpec
from find_gym.categories.neurons.network import load_network, read_direction
from find_gym.categories.neurons.units import Unit
from find_gym.language import MissingModelError
from find_gym.language.embeddings import DEFAULT_MODEL, explain_missing_model
from find_gym.language.pretrained import SMALL_MODEL, locate

needs_model = pytest.mark.skipif(explain_missing_model() is not None, reason="all-MiniLM-L6-v2 is not installed")
TEXTS = ["baseball", "a pitcher", "tax"]


def has_small_model() -> bool:
    try:
        locate(SMALL_MODEL)
    except MissingModelError:
        return False
    return explain_missing_model() is None


def read(names: list[str], reading: str = "maximum", network: str = DEFAULT_MODEL, **options) -> np.ndarray:
    units = [Unit.parse(name) for name in names]
    return load_network(network).activations(TEXTS, units, reading, **options)  # type: ignore[arg-type]


@needs_model
def test_units_are_what_the_network_computes() -> None:
    network = load_network(DEFAULT_MODEL)
    tokens = network._tokenizer(TEXTS[0], return_tensors="pt")
    layer = network._model.encoder.layer[4]
    seen: dict[str, np.ndarray] = {}
    hooks = [
        layer.intermediate.register_forward_hook(lambda *a: seen.update(mlp=a[2][0].detach().numpy())),
        layer.attention.output.dense.register_forward_pre_hook(
            lambda *a: seen.update(heads=a[1][0][0].detach().numpy())
        ),
    ]
    states = network._model(**tokens, output_hidden_states=True).hidden_states[5][0].detach().numpy()
    for hook in hooks:
        hook.remove()
    names = ["mlp.4.685", "attention.4.7.3", "residual.4.11", "attention.4.7"]
    weights = layer.attention.output.dense.weight.detach().numpy()[:, 7 * 32 : 8 * 32]
    written = np.linalg.norm(seen["heads"][:, 7 * 32 : 8 * 32] @ weights.T, axis=1)
    columns = np.stack([seen["mlp"][:, 685], seen["heads"][:, 7 * 32 + 3], states[:, 11], written], axis=1)
    for reading, expected in (("maximum", columns.max(0)), ("mean", columns.mean(0)), ("last", columns[-1])):
        np.testing.assert_allclose(read(names, reading)[0], expected, rtol=2e-4, atol=2e-5)


@needs_model
def test_a_direction_from_a_file_is_a_unit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FIND_GYM_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(live, "bank_words", lambda: bank_words()[:200])
    directions = np.zeros((3, 384), dtype=np.float32)
    directions[1, 11] = 1
    np.save(tmp_path / "probe.npy", directions)
    spec = NeuronSpec("residual.4", direction=f"{tmp_path}/probe.npy:1")
    as_direction = live.bank_activations(spec)
    as_coordinate = live.bank_activations(NeuronSpec("residual.4.11"))
    np.testing.assert_allclose(as_direction, as_coordinate, atol=1e-5)
    # The second time they are read.
    monkeypatch.setattr(live, "_compute", None)
    assert live.bank_activations(spec).tobytes() == as_direction.tobytes()


@pytest.mark.skipif(not has_small_model(), reason="SmolLM2 is not installed")
# Beside the other tests that load it, which takes long, in one process.
@pytest.mark.xdist_group("small model")
def test_a_unit_of_a_causal_model() -> None:
    values = read(["mlp.12.100", "attention.3.2", "residual.7.5"], "last", SMALL_MODEL)
    assert values.shape == (3, 3) and np.all(np.isfinite(values)) and np.all(values[:, 1] >= 0)
    with pytest.raises(ValueError, match="expected a unit of a layer from 0 to 29"):
        read(["mlp.30.1"], "last", SMALL_MODEL)


@needs_model
@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("mlp.6.0", "expected a unit of a layer from 0 to 5"),
        ("mlp.0.1536", "expected a neuron from 0 to 1535"),
        ("attention.0.12", "expected a head from 0 to 11"),
        ("attention.0.1.32", "expected a coordinate from 0 to 31"),
        ("residual.6.0", "expected a unit of a layer from 0 to 5"),
    ],
)
def test_units_that_a_network_does_not_have(name: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        read([name])


@needs_model
def test_bad_directions_texts_and_activations(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    network = load_network(DEFAULT_MODEL)
    unit = Unit.parse("residual.4")
    with pytest.raises(ValueError, match=r"expected a direction of shape \(384,\) .* actual: \(5,\)"):
        network.activations(TEXTS, [unit], directions=[np.ones(5, dtype=np.float32)])
    with pytest.raises(ValueError, match="expected texts of 1 to 512 tokens .* actual: 602"):
        network.activations(["dog " * 600], [Unit.parse("mlp.0.0")])
    endless = np.full(384, np.inf, dtype=np.float32)
    with pytest.raises(ValueError, match="expected finite activations of residual.4"):
        network.activations(TEXTS, [unit], directions=[endless])


def test_files_that_are_no_directions(tmp_path: Path) -> None:
    np.save(tmp_path / "zero.npy", np.zeros(4))
    np.save(tmp_path / "table.npy", np.ones((2, 3)))
    for path, message in (
        ("direction.txt", "expected a direction 'FILE.npy"),
        ("missing.npy", "expected a readable direction"),
        ("zero.npy", "expected a vector of finite numbers, not all 0"),
        ("table.npy", "expected a vector of finite numbers"),
        ("table.npy:7", "expected a readable direction"),
    ):
        with pytest.raises(ValueError, match=message):
            read_direction(f"{tmp_path}/{path}")
    assert read_direction(f"{tmp_path}/table.npy:1").tolist() == [1, 1, 1]
    safetensors = pytest.importorskip("safetensors.numpy")
    safetensors.save_file({"w": np.eye(3, dtype=np.float32)}, tmp_path / "sae.safetensors")
    assert read_direction(f"{tmp_path}/sae.safetensors:w:2").tolist() == [0, 0, 1]
    with pytest.raises(ValueError, match="expected a tensor among"):
        read_direction(f"{tmp_path}/sae.safetensors:x")


def test_a_missing_network_is_named() -> None:
    with pytest.raises(MissingModelError, match="expected"):
        NeuronFunction(NeuronSpec("mlp.0.0", network="no/such/folder"))


@needs_model
def test_a_unit_outside_the_table_is_an_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FIND_GYM_CACHE", str(tmp_path))
    spec = NeuronSpec("attention.3.2", reading="mean")
    rng = np.random.default_rng(0)
    # The bank's activations, as if they had been computed before: that takes a minute.
    live._keep(spec, rng.normal(size=len(bank_words())).astype(np.float32))
    env = gym.make("FIND-neurons-v0", unit="attention.3.2", reading="mean", disable_env_checker=True)
    env.reset(seed=0)
    for action in (0, 1, 256 + 4, 256 + 9, 256):
        *_, terminated, _, info = env.step(action)
    assert terminated and "best_skill" in info["score"] and "attention.3.2" in info["truth"]["source"]
