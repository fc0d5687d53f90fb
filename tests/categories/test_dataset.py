"""Datasets in the released layout, written, read, and read where they are broken."""

import json
import subprocess
import sys
from pathlib import Path

import gymnasium as gym
import numpy as np
import pytest

import find_gym  # noqa: F401  (registers the environments)
from find_gym.categories.numeric.sampling import domain_mean
from find_gym.core.registry import category_named
from find_gym.functions import DatasetError, FINDDataset, NumericFunction, sample_numeric, write_dataset
from tests.reference import REFERENCE, needs_reference

QUICK = {"variants": {"plain": 0.4, "noised": 0.3, "corrupted": 0.3}}


def specs(count: int, level: str = "find") -> list:
    return [sample_numeric(np.random.default_rng(seed), difficulty={"base": level, **QUICK}) for seed in range(count)]


@pytest.mark.parametrize("level", ["find", "extreme"])
def test_what_is_written_is_read(tmp_path: Path, level: str) -> None:
    written = specs(40, level)
    identifiers = write_dataset(tmp_path, written)
    dataset = FINDDataset(tmp_path)
    assert [entry.spec for entry in dataset] == written
    assert [entry.id for entry in dataset] == identifiers
    assert dataset.skipped == {}
    assert not list(tmp_path.rglob("*.partial"))


def test_released_keys_alone_are_enough_at_the_benchmarks_own_difficulty(tmp_path: Path) -> None:
    written = specs(60)
    write_dataset(tmp_path, written)
    path = tmp_path / "numeric" / "data.json"
    rows = json.loads(path.read_text())
    for row in rows:
        del row["find_gym"]
    path.write_text(json.dumps(rows))
    for entry, spec in zip(FINDDataset(tmp_path), written, strict=True):
        assert (entry.spec.rule, entry.spec.regions, entry.spec.noise) == (spec.rule, spec.regions, spec.noise)


def test_networks_are_written_and_read(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    spec = sample_numeric(np.random.default_rng(0), difficulty={"variants": {"approximated": 1.0}})
    write_dataset(tmp_path, [spec])
    assert FINDDataset(tmp_path)[0].spec == spec
    script = "import load_mlp; print(load_mlp.f(3.25))"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path / "numeric" / "f00000", capture_output=True, text=True, check=True
    )
    assert np.isclose(float(done.stdout), NumericFunction(spec).truth([3.25])[0])


def test_served_sources_run_and_have_the_functions_distribution(tmp_path: Path) -> None:
    written = specs(30)
    write_dataset(tmp_path, written)
    x = np.linspace(-99, 99, 23)
    for index, spec in enumerate(written):
        form = {"noised": "noised_function_code.py", "corrupted": "corrupted_function_code.py"}.get(spec.variant)
        if form is None:
            continue
        names: dict = {}
        exec((tmp_path / "numeric" / f"f{index:05d}" / form).read_text(), names)
        served = np.array([names["f"](value) for value in x.tolist()])
        truth = NumericFunction(spec).truth(x)
        assert np.array_equal(np.isfinite(served), np.isfinite(truth))
        defined = np.isfinite(truth)
        assert np.all(np.abs(served - truth)[defined] <= 12 + 1e-9 * np.abs(truth[defined]))


def test_a_dataset_is_never_overwritten(tmp_path: Path) -> None:
    write_dataset(tmp_path, specs(1))
    with pytest.raises(DatasetError, match="expected a folder without a dataset"):
        write_dataset(tmp_path, specs(1))


def test_missing_and_broken_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="data.json"):
        FINDDataset(tmp_path)
    write_dataset(tmp_path, specs(3))
    data = tmp_path / "numeric" / "data.json"
    names = tmp_path / "numeric" / "func_name_dict.json"
    rows = json.loads(data.read_text())

    data.write_text("[{")
    with pytest.raises(DatasetError, match=r"data\.json: expected JSON"):
        FINDDataset(tmp_path)
    data.write_text("{}")
    with pytest.raises(DatasetError, match="expected a JSON list"):
        FINDDataset(tmp_path)
    data.write_text(json.dumps([*rows, {"name": "linear(1, 2)"}]))
    with pytest.raises(DatasetError, match="expected rows with a 'dir'"):
        FINDDataset(tmp_path)

    rows[0].pop("find_gym")
    rows[0]["name"] = "sinus(3)"
    rows[0]["params"] = [3]
    data.write_text(json.dumps(rows))
    with pytest.warns(UserWarning, match="skipped 1 of 3"):
        dataset = FINDDataset(tmp_path)
    assert len(dataset) == 2
    assert "expected the name of an atom" in dataset.skipped["f00000"]

    names.unlink()
    with pytest.raises(DatasetError, match="func_name_dict.json"):
        FINDDataset(tmp_path)


def test_unknown_category_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="expected a category"):
        FINDDataset(tmp_path, "number")


@needs_reference
def test_published_functions_have_the_published_means() -> None:
    """The mean of each function over its domain was published (as `std`): it checks every formula and constant."""
    torch = pytest.importorskip("torch")
    assert torch
    with pytest.warns(UserWarning, match="skipped 72 of 500"):
        dataset = FINDDataset(REFERENCE / "find-dataset")
    assert len(dataset) == 428
    assert all("mlp_approx_model.pt" in reason for reason in dataset.skipped.values())
    rows = {row["dir"]: row for row in json.loads((REFERENCE / "find-dataset/numeric/data.json").read_text())}
    for entry in dataset:
        published = rows[entry.id]["corruption_params"]["std"]
        mean = domain_mean(entry.spec.rule, entry.spec.domain)
        assert mean is not None
        if entry.id == "f00700":
            continue  # A square wave whose edges fall on the very points of the mean: rounding decided there.
        assert np.isclose(mean, published, rtol=1e-3, atol=1e-9), entry.id
        assert list(entry.spec.domain) == rows[entry.id]["domain"]


EDITS = {
    "numeric": ("params", [9.0, 9.0]),
    "entities": ("concept1", "golf"),
    "relations": ("exeption", "the input country is in Europe"),
}


@pytest.mark.parametrize("category", EDITS)
def test_an_edit_beside_the_spec_that_counts_is_named(category: str, tmp_path: Path) -> None:
    functions = category_named(category)
    rng, level = np.random.default_rng(5), QUICK if category == "numeric" else "find"
    write_dataset(tmp_path, [functions.sample(rng, difficulty=level) for _ in range(3)])
    path = tmp_path / functions.folder / "data.json"
    rows = json.loads(path.read_text())
    key, edit = EDITS[category]
    rows[1][key] = edit
    path.write_text(json.dumps(rows))
    with pytest.warns(UserWarning, match="skipped 1 of 3 functions; the first, f00001"):
        dataset = FINDDataset(tmp_path, category)
    reason = dataset.skipped["f00001"]
    assert f"expected '{key}' as the spec under 'find_gym' has it" in reason and f"actual value: {edit!r}" in reason
    assert [entry.id for entry in dataset] == ["f00000", "f00002"]


def test_an_edit_of_the_served_form_is_named(tmp_path: Path) -> None:
    write_dataset(tmp_path, [spec for spec in specs(20) if spec.variant == "noised"][:1])
    path = tmp_path / "numeric" / "func_name_dict.json"
    path.write_text(path.read_text().replace("noised_function_code.py", "function_code.py"))
    with pytest.warns(UserWarning, match="expected the served form of the spec"):
        assert len(FINDDataset(tmp_path)) == 0


@pytest.mark.parametrize("category", ["strings", "entities", "relations"])
def test_rows_with_the_id_of_another_are_named(category: str, tmp_path: Path) -> None:
    functions = category_named(category)
    rng = np.random.default_rng(5)
    write_dataset(tmp_path, [functions.sample(rng) for _ in range(3)])
    path = tmp_path / functions.folder / functions.metadata
    rows = json.loads(path.read_text())
    key = "name" if category == "strings" else "dir"
    rows[2][key] = rows[0][key]
    path.write_text(json.dumps(rows))
    with pytest.warns(
        UserWarning, match=r"skipped 1 of 3 functions; the first, f00000 \(row 2\): expected an id of its"
    ):
        dataset = FINDDataset(tmp_path, category)
    assert [entry.id for entry in dataset] == ["f00000", "f00001"]


@pytest.mark.parametrize("vectorised", [False, True], ids=["single", "vectorised"])
def test_functions_that_cannot_be_served_are_left_out_when_the_environment_is_made(
    vectorised: bool, tmp_path: Path
) -> None:
    folder = tmp_path / "strings"
    (folder / "f00001").mkdir(parents=True)
    (folder / "f00001" / "function_code.py").write_text("def f(s):\n    return s[::-1]\n")
    rows = [{"name": f"f{index:05d}", "description": "Reverses."} for index in range(12)]
    (folder / "test_data.json").write_text(json.dumps(rows))
    (folder / "unit_test_data.json").write_text("[]")
    make = gym.make_vec if vectorised else gym.make
    with pytest.warns(UserWarning, match=r"left out 11 of 12 strings functions.*: f00000, f00002, .* and 3 more; the"):
        env = make("FIND-strings-v1", dataset=str(tmp_path))
    for seed in range(3):
        env.reset(seed=seed)
    with pytest.raises(ValueError, match=r"actual: 'f00000' \(expected a published function with its source"):
        env.reset(options={"function": "f00000"})
    (folder / "f00001" / "function_code.py").unlink()
    with pytest.warns(UserWarning), pytest.raises(ValueError, match="expected a dataset with functions to serve"):
        make("FIND-strings-v1", dataset=str(tmp_path))
