"""OpenEnv's server and client, with OpenEnv itself where it is installed: load, limits, hostile clients."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("openenv")

import psutil
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from find_gym.adapters.openenv import FindAction, FindClient, FindEnvironment, ServerSettings
from find_gym.adapters.openenv.models import MAX_CHARACTERS
from find_gym.sandbox import SandboxError
from find_gym.tasks import Task, TaskEpisode
from tests.tasks.test_tasks import truth_of

ROOT = Path(__file__).resolve().parents[2]
SETTINGS = {"FIND_CATEGORIES": "numeric, strings", "FIND_DIFFICULTY": "easy", "FIND_MAX_QUERIES": "8"}
EPISODES, CLIENTS = 1000, 200


@contextmanager
def serving(workers: int = 1, **settings: str) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """Runs a server; yields its address and its process."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "find_gym.adapters.openenv", "--port", str(port), "--workers", str(workers)]
    server = subprocess.Popen(command, env=os.environ | SETTINGS | settings, cwd=ROOT)
    try:
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                assert server.poll() is None, "the server ended"
                time.sleep(0.1)
        yield f"http://127.0.0.1:{port}", server
    finally:
        server.send_signal(signal.SIGINT)
        server.wait()


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with serving() as (url, _):
        yield url


def chosen(index: int) -> dict[str, Any]:
    """Returns what a client asks for in its n-th episode."""
    return {"category": ("numeric", "strings")[index % 2], "split": "test", "seed": 0, "index": index // 2 % 20}


def actions(task: Task, index: int) -> list[str]:
    """Returns what is said in the n-th episode: a query, or nonsense, then the truth, or what is wrong."""
    numeric = task.category == "numeric"
    asked = ["QUERY [1, 2.5]" if numeric else 'QUERY ["Hello"]', "hm?", ""][index % 3]
    code = truth_of(task)["code"] if index % 5 else "def f(x):\n    return x"
    return [asked, f"[DESCRIPTION]: a guess [CODE]:\n```python\n{code}\n```"]


def told_by(result: Any) -> tuple[str, float, bool]:
    return result.observation.text, result.reward, result.done


def test_a_thousand_episodes_at_200_clients_end_as_the_same_actions_do_here(address) -> None:
    settings = ServerSettings(difficulty="easy", max_queries=8)
    tasks = [settings.task(**chosen(index)) for index in range(EPISODES)]
    said = {index: actions(tasks[index], index) for index in range(EPISODES)}
    expected: dict[tuple[int, int], list[tuple[str, float, bool]]] = {}
    for index, task in enumerate(tasks):
        # The same tasks and actions come again and again.
        key = (index % 40, index % 15)
        if key not in expected:
            episode = TaskEpisode(task)
            answers = [(episode.prompt, 0.0, False)]
            for message in said[index]:
                before = episode.reward
                answers.append((episode.message(message), 0.0, False))
                answers[-1] = (answers[-1][0], episode.reward - before, episode.over)
            expected[key] = answers

    async def play(indices: range) -> int:
        async with FindClient(base_url=address, message_timeout_s=300, connect_timeout_s=300) as client:
            for index in indices:
                seen = [told_by(await client.reset(**chosen(index)))]
                for message in said[index]:
                    seen.append(told_by(await client.step(FindAction(message=message))))
                assert seen == expected[index % 40, index % 15], index
        return len(indices)

    async def everybody() -> list[int]:
        return await asyncio.gather(*(play(range(client, EPISODES, CLIENTS)) for client in range(CLIENTS)))

    assert sum(asyncio.run(everybody())) == EPISODES
    rewards = [answers[-1][1] for answers in expected.values()]
    assert 0.0 in rewards and 1.0 in rewards


def test_nothing_of_the_truth_is_told(address) -> None:
    task = ServerSettings(difficulty="easy", max_queries=8).task(**chosen(0))
    told = []
    with FindClient(base_url=address).sync() as client:
        told.append(repr(client.reset(**chosen(0))))
        told.append(repr(client.state()))
        for message in ("QUERY [1]", "[DESCRIPTION]: a line [CODE]:\n```python\ndef f(x):\n    return x\n```", "more"):
            told.append(repr(client.step(FindAction(message=message))))
        told.append(repr(client.state()))
        result = client.step(FindAction(message="QUERY [1]"))
        assert result.done and result.reward == 0.0 and result.observation.metadata["submitted"] == 1.0
    truth = truth_of(task)
    code = truth["code"].split("return ")[-1].strip()
    assert not any(secret in text for secret in (truth["description"], truth["code"], code) for text in told)


@pytest.mark.parametrize(
    "choice",
    [
        {"category": "entities"},
        {"split": "all"},
        {"difficulty": "nightmare"},
        {"difficulty": {"variants": {"approximated": 1}}},
        {"difficulty": '{"variants": {"approximated": 1}}'},
        {"max_queries": 9},
        {"max_messages": 0},
        {"index": -1},
        {"index": 2**70},
        {"seed": True},
        {"options": {"judge": "http://example.org"}},
        {"form": ["text"]},
    ],
)
def test_what_is_not_served_is_refused_and_the_session_goes_on(address, choice) -> None:
    with FindClient(base_url=address).sync() as client:
        with pytest.raises(RuntimeError, match="expected"):
            client.reset(**choice)
        assert "8 " in client.reset(split="train", seed=0).observation.text


def test_hostile_messages_end_at_most_their_own_session(address) -> None:
    url = address.replace("http", "ws") + "/ws"

    async def send(raw: str | bytes) -> str:
        async with connect(url, max_size=None) as session:
            await session.send(raw)
            try:
                return str(await session.recv())
            except ConnectionClosed:
                return "closed"

    hostile = [
        "nonsense",
        "[]",
        "7",
        "[" * 100_000,
        b"\xff\x00",
        json.dumps({"type": "launch"}),
        json.dumps({"type": "step", "data": {"message": "QUERY [1]"}}),
        json.dumps({"type": "step", "data": {"message": 7}}),
        json.dumps({"type": "step", "data": {"message": "x" * (MAX_CHARACTERS + 1)}}),
        json.dumps({"type": "step", "data": {"message": "x", "code": "y"}}),
        json.dumps({"type": "step", "data": {"message": "x" * 2_000_000}}),
    ]
    answers = [asyncio.run(send(raw)) for raw in hostile]
    assert all(answer == "closed" or json.loads(answer)["type"] == "error" for answer in answers), answers
    assert answers[-1] == "closed"
    with FindClient(base_url=address).sync() as client:
        client.reset(seed=1)
        assert "OUTPUTS" in client.step(FindAction(message="QUERY [1, 2]")).observation.text


def test_sessions_beyond_the_limit_are_refused_and_idle_ones_end() -> None:
    with serving(FIND_MAX_SESSIONS="2", FIND_IDLE_SECONDS="1") as (url, _):
        first, second, third = (FindClient(base_url=url).sync() for _ in range(3))
        first.reset(seed=0)
        second.reset(seed=0)
        with pytest.raises(Exception, match="(?i)capacity|sessions"):
            third.reset(seed=0)
        # What is idle ends, and makes room.
        for _ in range(60):
            time.sleep(1)
            with FindClient(base_url=url).sync() as other:
                try:
                    assert "hidden function" in other.reset(seed=0).observation.text
                    break
                except Exception as error:
                    assert "sessions" in str(error) or "capacity" in str(error).lower()
        else:
            pytest.fail("expected idle sessions to end, actual: they hold their places")
        with pytest.raises(Exception, match="."):
            first.step(FindAction(message="QUERY [1]"))
        for client in (first, second, third):
            client.close()


def test_a_worker_that_is_killed_loses_its_own_episodes_only_and_clients_are_told() -> None:
    with serving(workers=2) as (url, server):
        workers = [
            child for child in psutil.Process(server.pid).children() if "spawn_main" in " ".join(child.cmdline())
        ]
        assert len(workers) == 2

        async def play() -> tuple[int, int]:
            clients = [FindClient(base_url=url, message_timeout_s=60) for _ in range(8)]
            for client in clients:
                await client.reset(seed=0)
            homes = {
                connection.raddr.port: child
                for child in workers
                for connection in child.net_connections()
                if connection.raddr
            }
            ports = [client._ws.local_address[1] for client in clients]
            victim = homes[ports[0]]
            lost = [homes[port] is victim for port in ports]
            victim.kill()
            told = going_on = 0
            for client, gone in zip(clients, lost, strict=True):
                try:
                    result = await client.step(FindAction(message="QUERY [1]"))
                    assert "OUTPUTS" in result.observation.text and not gone
                    going_on += 1
                except AssertionError:
                    raise
                except Exception:
                    assert gone
                    told += 1
                await client.close()
            return told, going_on

        told, going_on = asyncio.run(play())
        assert told >= 1 and told + going_on == 8
        with FindClient(base_url=url).sync() as client:
            assert "hidden function" in client.reset(seed=0).observation.text


def test_a_failure_of_the_sandbox_is_an_error_and_no_reward(monkeypatch) -> None:
    environment = FindEnvironment(ServerSettings(difficulty="easy"))
    environment.reset(seed=0)

    def fail(*_: Any) -> None:
        raise SandboxError("the secret of /home")

    with monkeypatch.context() as patched:
        patched.setattr(TaskEpisode, "message", fail)
        with pytest.raises(RuntimeError, match="SandboxError") as error:
            environment.step(FindAction(message="QUERY [1]"))
    assert "secret" not in str(error.value)
    assert environment.step(FindAction(message="QUERY [1]")).text.startswith("OUTPUTS")


def test_the_package_for_the_hub_is_valid() -> None:
    package = ROOT / "packages" / "openenv-find"
    command = [
        sys.executable,
        "-m",
        "openenv.cli",
        "validate",
        str(package),
        "--level",
        "static",
        "--skip-build",
        "--json",
    ]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_running_server_is_valid(address) -> None:
    command = [sys.executable, "-m", "openenv.cli", "validate", "--url", address, "--timeout", "60", "--json"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
