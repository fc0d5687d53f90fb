"""A model that several tests of language models share."""

import pytest

from tests.language.serving import skip_without
from tests.language.tiny import write_tiny_model


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The folder of a tiny model with random weights."""
    skip_without("torch", "transformers")
    folder = str(tmp_path_factory.mktemp("tiny"))
    write_tiny_model(folder)
    return folder
