"""Models that several tests of language models share."""

import pytest

from find_gym.language.pretrained import Pretrained
from tests.language.serving import SMALL_MODEL_PACKAGES, export_model, skip_without
from tests.language.tiny import write_tiny_model


@pytest.fixture(scope="session")
def small_pretrained() -> Pretrained:
    """SmolLM2-135M-Instruct on the CPU, from its GGUF file, which takes long to load."""
    skip_without(*SMALL_MODEL_PACKAGES)
    return Pretrained(device="cpu")


@pytest.fixture(scope="session")
def small_model(small_pretrained: Pretrained, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The folder of the same model in transformers' own format, which loads quickly."""
    folder = str(tmp_path_factory.mktemp("small"))
    export_model(small_pretrained, folder)
    return folder


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The folder of a tiny model with random weights."""
    skip_without("torch", "transformers")
    folder = str(tmp_path_factory.mktemp("tiny"))
    write_tiny_model(folder)
    return folder
