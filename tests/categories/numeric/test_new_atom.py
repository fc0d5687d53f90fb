"""A new atom, added in one place: sampled, described, fitted, scored, written as a token, and trained on."""

from collections.abc import Iterator
from dataclasses import replace

import gymnasium as gym
import numpy as np
import pytest

import find_gym  # noqa: F401
from find_gym.categories.numeric import rules
from find_gym.categories.numeric.atoms import ATOMS, Atom, Constants, FloatArray, Parameter, register_atom
from find_gym.categories.numeric.continuous import ACTION_SIZE, ContinuousInterface, split_action
from find_gym.categories.numeric.difficulty import NumericDifficulty
from find_gym.categories.numeric.fitting import fit_skeleton
from find_gym.categories.numeric.fitting.models import value_and_jacobian
from find_gym.categories.numeric.function import NumericFunction
from find_gym.categories.numeric.grammar import TOKENS, NumericDraft
from find_gym.categories.numeric.rules import AtomRule, Skeleton
from find_gym.categories.numeric.sampling import sample_numeric

LEVEL = {"families": ["saturation"], "compound_share": 0.0, "variants": {"plain": 1.0}}


def evaluate(x: FloatArray, c: Constants) -> FloatArray:
    return c[0] * x / (np.abs(x) + c[1]) + c[2]


def gradient(x: FloatArray, c: Constants) -> FloatArray:
    size = np.abs(x) + c[1]
    return np.array([x / size, -c[0] * x / size**2, np.ones_like(x)])


@pytest.fixture
def saturation() -> Iterator[Atom]:
    """An atom that says no more than it has to."""
    atom = Atom(
        name="saturation",
        parameters=(
            Parameter("height", -10, 10, linear=True, nonzero=True),
            Parameter("half", 0.5, 5),
            Parameter("offset", -10, 10, linear=True),
        ),
        evaluate=evaluate,
        gradient=gradient,
        formula=lambda c: f"{c[0]} x / (|x| + {c[1]}) + {c[2]}",
        english="a saturation",
        expression=lambda c: f"{c[0]!r} * x / (abs(x) + {c[1]!r}) + {c[2]!r}",
    )
    register_atom(atom)
    yield atom
    del ATOMS[atom.name]


def test_it_is_sampled_where_a_difficulty_names_it_and_described(saturation: Atom) -> None:
    spec = sample_numeric(np.random.default_rng(0), difficulty=LEVEL)
    assert spec.rule.name == "saturation"
    height, half, offset = spec.rule.constants
    assert -10 <= height <= 10 and height != 0 and 0.5 <= half <= 5
    function = NumericFunction(spec)
    assert function.describe() == f"f(x) = {height} x / (|x| + {half}) + {offset}, a saturation."
    names: dict = {}
    exec(function.source(), names)
    x = np.array([-3.7, 0.0, 12.5])
    assert [names["f"](value) for value in x.tolist()] == pytest.approx(function.truth(x).tolist(), abs=1e-12)


def test_it_never_enters_named_difficulties(saturation: Atom) -> None:
    for level in ("easy", "find", "hard", "extreme"):
        level = NumericDifficulty.of(level)
        assert "saturation" not in (*level.families, *level.compound_families)
    assert gym.make("FIND-numeric-v1").action_space.n == 65 + 97 + len(TOKENS) == 189
    assert NumericDraft(None).legal().size == 27
    assert ContinuousInterface(10).action_space.shape == (ACTION_SIZE,) == (77,)


@pytest.mark.parametrize("noise", [0.0, 0.1])
def test_it_is_fitted_by_itself_and_within_compounds(saturation: Atom, noise: float) -> None:
    x = np.linspace(-40, 40, 61)
    rng = np.random.default_rng(0)
    y = evaluate(x, (6.3, 2.4, -1.5)) + noise * rng.standard_normal(x.size)
    spec = fit_skeleton("saturation", (), x, y)
    assert spec is not None
    assert spec.rule.constants == pytest.approx((6.3, 2.4, -1.5), abs=5 * noise + 1e-6)
    both = fit_skeleton(("sum", ("saturation", "rectangle")), (), x, y + (np.abs(x) <= 3.1))
    assert both is not None
    expected = y + (np.abs(x) <= 3.1)
    assert np.sqrt(np.mean((rules.evaluate(both.rule, x) - expected) ** 2)) <= 0.02 + 2 * noise


@pytest.mark.parametrize("part", ["evaluate", "gradient"])
@pytest.mark.parametrize("skeleton", ["broken", ("sum", ("broken", "rectangle"))])
def test_its_errors_end_a_fit(saturation: Atom, part: str, skeleton: Skeleton) -> None:
    def fail(x: FloatArray, c: Constants) -> FloatArray:
        raise ZeroDivisionError("expected another atom")

    x = np.linspace(-40, 40, 61)
    y = evaluate(x, (6.3, 2.4, -1.5))
    register_atom(replace(saturation, name="broken", **{part: fail}))
    try:
        with pytest.raises(ZeroDivisionError, match="expected another atom"):
            fit_skeleton(skeleton, (), x, y)
        with pytest.raises(ZeroDivisionError, match="expected another atom"):
            value_and_jacobian("broken", [(6.3, 2.4, -1.5)], x)
    finally:
        del ATOMS["broken"]
    # Nothing is left of the error.
    fitted = fit_skeleton("saturation", (), x, y)
    assert fitted is not None and fitted.rule.constants == pytest.approx((6.3, 2.4, -1.5), abs=1e-6)


def test_it_is_written_as_a_token_and_scored(saturation: Atom) -> None:
    function = AtomRule("saturation", (4.0, 2.0, 1.0))
    env = gym.make("FIND-numeric-v1", difficulty=LEVEL)
    observation, _ = env.reset(seed=0, options={"function": {"rule": rules.to_json(function), "domain": [-100, 100]}})
    assert env.action_space.n == 190 and observation["written"].shape == (280,)
    for probe in range(0, 65, 3):
        env.step(probe)
    assert env.unwrapped.action_masks()[189]
    _, reward, terminated, _, info = env.step(189)
    assert terminated and reward == 1.0
    assert info["submission"]["tokens"] == "saturation"


def test_it_is_described_by_continuous_actions(saturation: Atom) -> None:
    level = NumericDifficulty.of(LEVEL)
    interface = ContinuousInterface(10, level)
    families = (*(name for name in TOKENS[5:]), "saturation")
    action = np.zeros(interface.action_space.shape)
    fields = split_action(action, families)
    fields["submit"][0] = fields["structure"][0] = fields["region"][0] = fields["family"][22] = 1.0
    fields["constants"][:3] = 0.4, -1.0, 0.0
    move = interface.decode(action, None)  # type: ignore[arg-type]
    assert move.submission.program.rule == AtomRule("saturation", (4.0, 0.5, 0.0))


def test_a_policy_is_trained_on_it(saturation: Atom, tmp_path) -> None:
    pytest.importorskip("torch")
    from find_gym_agents.training.config import TrainConfig
    from find_gym_agents.training.loop import Training

    config = TrainConfig(
        imitation_examples=64,
        imitation_batch=16,
        imitation_stock=4,
        total_timesteps=64,
        num_envs=2,
        rollout_steps=16,
        batch_size=32,
        epochs=1,
        max_queries=4,
        checkpoint_every=1,
        validation_functions=2,
        difficulty=LEVEL,
        env_workers=0,
        out=str(tmp_path / "run"),
    )
    config.folder.mkdir(parents=True)
    training = Training(config, lambda status: None)
    training.run()
    # All functions are of the one family that can be written, so whatever is written is of that family.
    assert training.progress.curve[-1]["skill"] > 0


def test_names_and_flags_are_checked(saturation: Atom) -> None:
    with pytest.raises(ValueError, match="not among"):
        register_atom(saturation)
    with pytest.raises(ValueError, match="marked as released"):
        register_atom(Atom("other", (), *[lambda *a: a] * 3, "x", lambda c: "x", released=True))  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="`draw`"):
        Atom("other", (Parameter("all", 0, 1, length=3),), *[lambda *a: a] * 3, "x", lambda c: "x")  # type: ignore[arg-type]
