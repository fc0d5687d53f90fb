"""What the tests of training share."""

import pytest


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    """Sums of one thread are the same on every machine."""
    th = pytest.importorskip("torch")
    threads = th.get_num_threads()
    th.set_num_threads(1)
    yield
    th.set_num_threads(threads)
