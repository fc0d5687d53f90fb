"""Sandboxes that the tests share. A test that breaks one on purpose makes its own."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from find_gym.sandbox import Sandbox, SandboxError

from .processes import processes_of, server_of


def _open(**arguments) -> Sandbox:
    sandbox = Sandbox(**arguments)
    try:
        assert sandbox.backend
    except SandboxError as error:
        pytest.skip(str(error))
    return sandbox


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    """The fork-server with every layer that this machine has."""
    with _open(backend="fork-server") as opened:
        yield opened


@pytest.fixture(scope="session")
def kernel_only() -> Iterator[Sandbox]:
    """The fork-server without the soft layer: what happens is the kernel's doing."""
    with _open(backend="fork-server", omit=frozenset({"audit"})) as opened:
        yield opened


@pytest.fixture(scope="session")
def seccomp_alone() -> Iterator[Sandbox]:
    """As on an old kernel: neither Landlock, nor a listener for refused calls, nor the soft layer."""
    with _open(backend="fork-server", omit=frozenset({"audit", "landlock", "listener"})) as opened:
        yield opened


@pytest.fixture(scope="session")
def plain() -> Iterator[Sandbox]:
    """One subprocess for each submission."""
    with Sandbox(backend="subprocess") as opened:
        yield opened


@pytest.fixture(params=["all layers", "kernel only", "seccomp alone"])
def layered(request: pytest.FixtureRequest) -> Sandbox:
    """Each of the fork-server's configurations in turn."""
    names = {"all layers": "sandbox", "kernel only": "kernel_only", "seccomp alone": "seccomp_alone"}
    return request.getfixturevalue(names[request.param])


@pytest.fixture
def unharmed(layered: Sandbox, tmp_path: Path):
    """A sandbox; afterwards: the same server, no child of it, no new file, descriptor or process here."""
    layered.run("def f(x): return x", [1])
    server = server_of(layered)
    descriptors = len(os.listdir("/proc/self/fd"))
    yield layered
    assert layered.run("def f(x): return x", [1]).values == (1,)
    assert server_of(layered) == server, "the server did not survive"
    assert processes_of(server) == []
    # What earlier tests left to the garbage collection may have gone in the meantime.
    assert len(os.listdir("/proc/self/fd")) <= descriptors
    assert not list(tmp_path.iterdir())
