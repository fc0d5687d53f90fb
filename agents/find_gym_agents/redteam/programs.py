"""Hostile programs for the sandbox, generated at random: what becomes of them, and that they leave nothing behind."""

from __future__ import annotations

import contextlib
import os
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from find_gym.sandbox import Limits, Sandbox, Status
from find_gym_agents.report.table import Table

# {n} is a number of any size, {e} an expression, {m} a module, {x} an exception, {i} the indentation.
_STATEMENTS = (
    "{e}", "v = {e}", "v = [{e}] * {n}", "v += {e}", "del v", "import {m}", "return {e}", "raise {x}({e})",
    "assert {e}",
    "while True: {e}", "for v in range({n}): {e}", "try: {e}\n{i}except BaseException: pass",
    "try: {e}\n{i}except BaseException:\n{i}    while 1: pass", "def g(v={e}): return g(g)",
    "g = lambda *a: g(*a, {e})",
    "class C:\n{i}    def __del__(s): {e}\n{i}    def __getattr__(s, n): return s\n{i}    __float__ = __getattr__",
    "v = C(); v.v = v", "f.__code__ = (lambda x: {e}).__code__", "globals().clear()", "__builtins__.clear()",
    "sys.modules.clear()", "sys.setrecursionlimit({n})", "sys.settrace(g)", "gc.disable()", "signal.alarm(1)",
    "signal.signal({n}, g)", "os.kill({n}, 9)", "os.kill(os.getppid(), {n})", "os._exit({n})", "os.close({n})",
    "os.dup2({n}, {n})", "os.write({n}, b'x' * {n})", "os.read({n}, {n})", "os.fork()", "while 1: os.fork()",
    "threading.Thread(target=f, args=(1,)).start()", "ctypes.string_at({n})",
    "ctypes.CDLL(None).syscall({n}, {n}, {n})",
    "open('/proc/self/mem', 'r+b')", "open('/tmp/red-team', 'w')", "socket.socket()", "subprocess.Popen(['id'])",
    "print('x' * {n})", "sys.stdout.write('x' * {n})", "time.sleep({n})", "faulthandler._sigsegv()",
    "resource.setrlimit({n}, ({n}, {n}))", "mmap.mmap(-1, {n})", "np.zeros({n})", "np.ones(({n}, {n}))",
)  # fmt: skip
_EXPRESSIONS = (
    "x", "v", "f(x)", "g(x)", "{n}", "-{n}", "x ** {n}", "10 ** {n}", "'x' * {n}", "[0] * {n}", "bytearray({n})",
    "[x] * {n}", "float('nan')", "1j", "None", "x / 0", "[].pop()", "().__class__.__base__.__subclasses__()",
    "sys._getframe({n})", "sys._getframe(1).f_locals", "gc.get_objects()", "__import__('{m}')", "eval('x')",
    "eval('(' * {n})", "exec('while 1: pass')", "compile('x', '', 'eval')", "'{{0.__class__}}'.format(x)", "type(x)",
    "iter(int, 1)", "sum(iter(int, 1))", "list(iter(int, 1))", "re.match(r'(a+)+$', 'a' * {n} + 'b')", "os.environ",
    "os.listdir('/')", "{{x: {e}}}", "[{e} for v in range({n})]", "({e}, {e})", "max({e}, {e})", "str({e})", "int({e})",
    "'\\ud800'", "'\\0' * {n}", "pickle.dumps(f)", "pickle.loads(b'cos\\nsystem\\n(S\\'id\\'\\ntR.')", "np.array({e})",
)  # fmt: skip
_MODULES = tuple(
    "builtins ctypes faulthandler gc importlib inspect marshal mmap numpy os pickle re resource signal "
    "socket subprocess sys threading time".split()
)
_NUMBERS = (0, 1, 2, 3, 4, 7, 15, 64, 1000, 10**5, 10**7, 10**9, 10**12, 2**63, 2**64)
_ERRORS = ("ValueError", "SystemExit", "KeyboardInterrupt", "MemoryError", "RecursionError", "BaseException")
_LIMITS = Limits(cpu_seconds=0.2, wall_seconds=0.2)


@dataclass(frozen=True)
class ProgramTrial:
    """What became of hostile programs.

    Attributes:
        programs: how many ran.
        statuses: how many ended in each way.
        wrong: what is a fault of the sandbox, in words.
    """

    programs: int
    statuses: dict[str, int]
    wrong: tuple[str, ...]

    def as_table(self) -> Table:
        """Returns the table of statuses and faults."""
        rows = [[name, str(count)] for name, count in sorted(self.statuses.items())]
        rows += [[f"FAULT: {fault}", "1"] for fault in self.wrong] or [
            ["left behind (processes, descriptors, files)", "0"]
        ]
        return Table(f"{self.programs} hostile programs in the sandbox", ["status", "programs"], rows)


def write_program(rng: np.random.Generator) -> str:
    """Returns the source of a hostile program with a function f."""
    imports = "".join(f"try: import {name}\nexcept BaseException: pass\n" for name in rng.permutation(_MODULES)[:12])
    lines = [_fill(str(rng.choice(_STATEMENTS)), rng, 3) for _ in range(rng.integers(1, 6))]
    body = "".join(f"    {line}\n" for line in lines)
    top = _fill(str(rng.choice(_STATEMENTS)), rng, 3).replace("\n        ", "\n    ").replace("return", "v =")
    top = top if rng.random() < 0.3 else "g = len"
    return f"{imports}import numpy as np\nv = []\n{top}\ndef f(x):\n    g = v = f\n{body}"


def _fill(pattern: str, rng: np.random.Generator, depth: int) -> str:
    parts: list[str] = []
    rest = pattern
    while "{" in rest:
        before, _, rest = rest.partition("{")
        kind, _, rest = rest.partition("}")
        parts += [before, _part(kind, rng, depth)]
    return "".join([*parts, rest])


def _part(kind: str, rng: np.random.Generator, depth: int) -> str:
    if kind == "n":
        return str(_NUMBERS[int(rng.integers(len(_NUMBERS)))])
    if kind == "e":
        return _fill(str(rng.choice(_EXPRESSIONS)), rng, depth - 1) if depth else "x"
    choices = {"m": _MODULES, "x": _ERRORS, "i": ("    ",)}
    return str(rng.choice(choices[kind])) if kind in choices else "{" + kind + "}"


def run_programs(count: int, seed: int, tick: Callable[[], object] = lambda: None) -> ProgramTrial:
    """Runs hostile programs one after the other in one sandbox.

    Args:
        count: how many.
        seed: seeds the programs.
        tick: called after each.

    Returns:
        What became of them. After each, the sandbox still has to answer.

    Raises:
        SandboxError: the fork-server can't be started here, or broke.
    """
    rng = np.random.default_rng(seed)
    statuses: Counter[str] = Counter()
    wrong: list[str] = []
    # The other backends are for trusted code: what gets out of them gets at this machine.
    with Sandbox(backend="fork-server") as sandbox:
        sandbox.run("def f(x): return x", [1])
        before = _open_files()
        servers = {sandbox.server_pid}
        for number in range(count):
            code = write_program(rng)
            result = sandbox.run(code, [1.0, 2.0], limits=_LIMITS)
            statuses[result.status.value] += 1
            if result.status is Status.OK and not all(map(_is_plain, result.values)):
                wrong.append(f"program {number} returned what is no data")
            if sandbox.run("def f(x): return x + 1", [1]).values != (2,):
                wrong.append(f"after program {number} the sandbox answers no more")
            servers.add(sandbox.server_pid)
            tick()
        left = {"processes": _processes_of(servers) - 1} | {
            name: amount - before[name] for name, amount in _open_files().items()
        }
        wrong += [f"{amount} {name} left behind" for name, amount in left.items() if amount > 0]
    return ProgramTrial(count, dict(statuses), tuple(wrong))


def _is_plain(value: object) -> bool:
    if isinstance(value, (list, tuple)):
        return all(map(_is_plain, value))
    if isinstance(value, dict):
        return all(map(_is_plain, [*value, *value.values()]))
    return value is None or isinstance(value, (bool, int, float, complex, str, bytes))


def _processes_of(servers: set[int | None]) -> int:
    """Returns how many processes there are in the servers' sessions, whoever their parents are by now."""
    count = 0
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            # A process of others may end meanwhile.
            with contextlib.suppress(OSError):
                session = int((entry / "stat").read_text().rpartition(")")[2].split()[3])
                count += session in servers
    return count


def _open_files() -> dict[str, int]:
    """Returns how many descriptors of this process and files of the programs there are."""
    return {"descriptors": len(os.listdir("/proc/self/fd")), "files": int(Path("/tmp/red-team").exists())}
