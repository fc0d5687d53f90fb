"""What all tests share: the cases that hypothesis draws, and a tiny language model."""

import pytest
from hypothesis import settings

from tests.language.serving import skip_without
from tests.language.tiny import write_tiny_model

# The same random cases in each run, without limits of time; --hypothesis-profile=default draws others.
settings.load_profile("ci")


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The folder of a tiny model with random weights."""
    skip_without("torch", "transformers")
    folder = str(tmp_path_factory.mktemp("tiny"))
    write_tiny_model(folder)
    return folder
