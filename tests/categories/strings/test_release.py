"""The released layout: reading and writing it, and the published pairs where they are."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from find_gym.categories.strings.function import StringFunction, StringSpec
from find_gym.categories.strings.probes import PROBES
from find_gym.categories.strings.programs import Step
from find_gym.categories.strings.published import PublishedStringFunction, PublishedStringSpec
from find_gym.categories.strings.release import read_rows, write_functions
from find_gym.categories.strings.sampling import sample_string
from find_gym.categories.triplets import Triplet
from tests.reference import REFERENCE, needs_reference


def load(folder: Path) -> tuple[list[Any], list[Any]]:
    return tuple(json.loads((folder / f"{name}.json").read_text()) for name in ("test_data", "unit_test_data"))  # type: ignore[return-value]


@pytest.fixture
def written(tmp_path: Path) -> tuple[Path, list[StringSpec]]:
    rng = np.random.default_rng(0)
    specs = [sample_string(rng, difficulty=level) for level in ("find", "find", "hard", "extreme")]
    assert write_functions(tmp_path, specs) == ["f00000", "f00001", "f00002", "f00003"]
    return tmp_path, specs


def test_what_is_written_is_read_again(written: tuple[Path, list[StringSpec]]) -> None:
    folder, specs = written
    read, skipped = read_rows(*load(folder), folder)
    assert list(read.values()) == specs and not skipped


def test_written_functions_are_like_published_ones(written: tuple[Path, list[StringSpec]]) -> None:
    folder, specs = written
    descriptions, tests = load(folder)
    for row in descriptions:
        del row["find_gym"]
    read, skipped = read_rows(descriptions, tests, folder)
    assert not skipped
    for spec, published in zip(specs, read.values(), strict=True):
        assert isinstance(published, PublishedStringSpec)
        function = StringFunction(spec)
        assert published.description == function.describe() and published.code == function.source()
        assert PublishedStringFunction(published).truth(PROBES) == function.truth(PROBES)
        assert PublishedStringSpec.from_json(json.loads(json.dumps(published.to_json()))) == published


def test_triplets_have_one_true_execution(written: tuple[Path, list[StringSpec]]) -> None:
    folder, specs = written
    read, _ = read_rows([{"name": row["name"], "description": ""} for row in load(folder)[0]], load(folder)[1], folder)
    for spec, published in zip(specs, read.values(), strict=True):
        assert isinstance(published, PublishedStringSpec)
        assert len(published.triplets) == 10 and len(set(published.pairs)) == 10
        for triplet in published.triplets:
            right = [a == b for a, b in zip(StringFunction(spec).truth(triplet.inputs), triplet.outputs, strict=True)]
            assert right == [index == triplet.correct for index in range(3)]


def test_a_dataset_of_one_function_has_triplets(tmp_path: Path) -> None:
    write_functions(tmp_path, [StringSpec((Step("reverse_string"),))] * 2)
    assert len(load(tmp_path)[1][0]["test_vec"]) == 10


def test_broken_rows_are_skipped_and_named(tmp_path: Path) -> None:
    descriptions = [{"name": "f00000"}, 3, {"name": "f00002", "description": ": Good.\n\n"}]
    tests = [{"name": "f00002", "test_vec": [[["a", "b", "c"], ["A", "B", "C"]]], "correct_inx": [2]}]
    specs, skipped = read_rows(descriptions, tests, tmp_path)
    assert list(skipped) == ["f00000", "row 1"] and list(specs) == ["f00002"]
    good = specs["f00002"]
    assert isinstance(good, PublishedStringSpec)
    assert (good.description, good.pairs, good.code) == ("Good.", [("b", "B")], None)
    with pytest.raises(ValueError, match="expected a published function with its source"):
        PublishedStringFunction(good)


def test_published_sources_run_in_the_sandbox() -> None:
    code = "import os\ndef function1(s): return s[0]\ndef function(s): return function1(s) + str(os.getpid())[:0]\n"
    function = PublishedStringFunction(PublishedStringSpec("f00000", "First.", (), code))
    assert function.truth(["abc", ""]) == function(["abc", ""], function.generator(1)) == ["a", ""]
    broken = PublishedStringFunction(PublishedStringSpec("f00001", "Broken.", (), "def f(s) return s"))
    with pytest.raises(ValueError, match="expected a source that runs"):
        broken.truth(["a"])


@pytest.mark.parametrize("data", [None, {}, {"id": "f", "description": "", "triplets": [{"inputs": ["a"]}]}])
def test_what_is_no_published_function_is_refused(data: Any) -> None:
    with pytest.raises(ValueError, match="expected"):
        PublishedStringSpec.from_json(data)
    with pytest.raises(ValueError, match="expected"):
        Triplet(("a", "b"), ("A", "B"), 2)


@needs_reference
def test_the_published_data_can_be_read() -> None:
    folder = REFERENCE / "find-dataset" / "strings"
    specs, skipped = read_rows(*load(folder), folder)
    assert len(specs) == 500 and not skipped
    assert all(isinstance(spec, PublishedStringSpec) and len(spec.pairs) == 10 for spec in specs.values())
