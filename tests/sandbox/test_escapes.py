"""Hostile submissions: what each is called, and that nothing came of it."""

import pytest

from find_gym.sandbox import Limits, Status
from find_gym.sandbox._codec import encode
from find_gym.sandbox._protocol import framed
from find_gym.sandbox._syscalls import architecture

from .processes import server_of

SECRET = "find-gym-secret-5f1c"
FORBIDDEN, RAISED, TIMED_OUT, OUT_OF_MEMORY = Status.FORBIDDEN, Status.RAISED, Status.TIMED_OUT, Status.OUT_OF_MEMORY


CALL = "ctypes.CDLL(None)"
ATTEMPTS = {
    # files
    "read a file": ("open('/etc/passwd').read()", "open"),
    "read a file, caught": ("\ntry: open('/etc/passwd')\nexcept BaseException: pass", "open"),
    "write a file": ("open('{tmp}/x', 'w')", "open"),
    "os.open": ("os.open('{tmp}/x', os.O_CREAT | os.O_WRONLY)", "open"),
    "mkdir": ("os.mkdir('{tmp}/x')", "mkdir"),
    "remove": ("os.remove('{victim}')", "remove|unlink"),
    "rename": ("os.rename('{victim}', '{victim}x')", "rename"),
    "truncate": ("os.truncate('{victim}', 0)", "truncate"),
    "chmod": ("os.chmod('{victim}', 0o777)", "chmod"),
    "symlink": ("os.symlink('/etc', '{tmp}/x')", "symlink"),
    "list a directory": ("os.listdir('/')", "listdir|open"),
    "stat": ("os.stat('/etc/passwd')", "stat"),
    "access": ("os.access('/etc/passwd', 4)", "access"),
    "current directory": ("os.getcwd()", "getcwd"),
    "change directory": ("os.chdir('/')", "chdir"),
    "memfd": ("os.memfd_create('x')", "memfd"),
    "np.save": ("np.save('{tmp}/x', np.ones(3))", "open"),
    "np.load": ("np.load('{victim}', allow_pickle=True)", "open"),
    "np.memmap": ("np.memmap('{victim}', mode='r')", "ModuleNotFoundError"),
    # secrets of the processes around
    "parent's environment": ("open(f'/proc/{ppid}/environ', 'rb').read()", "open"),
    "parent's memory": ("open(f'/proc/{ppid}/mem', 'rb')", "open"),
    "own memory": ("open('/proc/self/mem', 'r+b')", "open"),
    "parent's id": ("os.getppid()", "getppid"),
    "ptrace": (CALL + ".ptrace(16, {ppid}, 0, 0)", "ctypes|ptrace"),
    "process_vm_readv": (CALL + ".process_vm_readv({ppid}, 0, 0, 0, 0, 0)", "ctypes|process_vm_readv"),
    "pidfd": ("os.pidfd_open({ppid})", "pidfd_open"),
    # processes
    "os.system": ("os.system('touch {tmp}/x')", "os.system|rt_sig|clone"),
    "subclasses to Popen": (
        "[c for c in object.__subclasses__() if c.__name__ == 'Popen'][0](['touch', '{tmp}/x'])",
        "IndexError|Popen|pipe",
    ),
    "posix_spawn": ("os.posix_spawn('/bin/touch', ['touch', '{tmp}/x'], {{}})", "posix_spawn|rt_sig|clone"),
    "exec": ("os.execv('/bin/touch', ['touch', '{tmp}/x'])", "exec"),
    "fork": ("os.fork()", "fork|clone"),
    "fork bomb": ("\nwhile True: os.fork()", "fork|clone"),
    "fork bomb, caught": ("\nwhile True:\n  try: os.fork()\n  except BaseException: pass", "fork|clone"),
    "thread": ("threading.Thread(target=print).start()", "thread|gettid|clone|rt_sig|mmap|mprotect"),
    "low-level thread": ("__import__('_thread').start_new_thread(print, ())", "thread|clone|rt_sig|mmap"),
    "kill the parent": ("os.kill({ppid}, 9)", "kill"),
    "kill everything": ("os.kill(-1, 9)", "kill"),
    "kill the group": ("os.killpg(0, 9)", "kill"),
    "kill by number": (CALL + ".kill({ppid}, 9)", "ctypes|kill"),
    # signals and limits
    "block signals": ("signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())", "sigmask|rt_sigprocmask"),
    "handle signals": ("signal.signal(signal.SIGTERM, signal.SIG_IGN)", "signal|rt_sigaction"),
    "forge a signal frame": (f"{CALL}.syscall({architecture().number('rt_sigreturn')})", "ctypes|rt_sigreturn"),
    "alarm": ("signal.alarm(1)", "alarm|setitimer"),
    "no more CPU limit": ("signal.setitimer(signal.ITIMER_PROF, 0)", "setitimer"),
    "lift the limits": ("__import__('resource').setrlimit(0, (9, 9))", "resource|prlimit"),
    "be dumpable again": (CALL + ".prctl(4, 1, 0, 0, 0)", "ctypes|allow-list"),
    "another filter": (CALL + ".syscall(317, 1, 0, 0)", "ctypes|seccomp"),
    "priority": ("os.nice(-20)", "nice|priority"),
    # the network
    "socket": ("socket.socket()", "socket"),
    "socket by number": (CALL + ".socket(2, 1, 0)", "ctypes|socket"),
    "connect to a local socket": ("socket.socket(socket.AF_UNIX).connect('{victim}')", "socket"),
    # memory
    "executable memory": (CALL + ".mmap(0, 4096, 7, 0x22, -1, 0)", "ctypes|mmap"),
    "executable later": (CALL + ".mprotect({page}, 4096, 7)", "ctypes|mprotect"),
    # descriptors
    "close the channel": ("os.close(3)", "close"),
    "close everything": ("os.closerange(0, 100)", "close"),
    "duplicate": ("os.dup2(1, 3)", "dup"),
    "read others": ("os.read(1, 10)", "read"),
    "peek at the channel": ("socket.socket(fileno=3).recv(10, socket.MSG_PEEK)", "socket|getsockname|getsockopt|recv"),
    "write to others": ("\nfor fd in range(4, 100): os.write(fd, b'x')", "write"),
    "send a descriptor": (CALL + ".sendmsg(3, 0, 0)", "ctypes|allow-list"),
}
PRELUDE = "import ctypes, os, signal, socket, sys, threading, numpy as np\n"


@pytest.mark.parametrize("where", ["at the top", "in the function"])
@pytest.mark.parametrize("name", ATTEMPTS)
def test_attempts_are_forbidden_by_name_and_do_nothing(unharmed, tmp_path_factory, tmp_path, name, where):
    code, named = ATTEMPTS[name]
    victim = tmp_path_factory.mktemp("victim") / "file"
    victim.write_text(SECRET)
    for key, value in {"tmp": tmp_path, "victim": victim, "ppid": server_of(unharmed), "page": 4096}.items():
        code = code.replace("{" + key + "}", str(value))
    code = code.replace("{{", "{").replace("}}", "}")
    body = code.replace("\n", "\n  ") if code.startswith("\n") else f"\n  {code}"
    call = "g()\ndef f(x): return x" if where == "at the top" else "def f(x): return g()"
    source = f"{PRELUDE}def g():{body}\n{call}"
    result = unharmed.run(source, [1.0])
    assert result.status in (FORBIDDEN, RAISED), result
    assert SECRET not in repr(result) and result.values == (None,)
    if "Error" in named and result.status is RAISED:
        assert named.split("|")[0] in result.message
    elif unharmed._omit >= {"listener"}:
        assert result.status is FORBIDDEN and "allow-list" in result.message
    else:
        assert result.status is FORBIDDEN
        assert any(part in result.message for part in named.split("|")), result.message
    assert victim.read_text() == SECRET and list(victim.parent.iterdir()) == [victim]


ENDLESS = {
    "a loop": "\n  while True: pass",
    "a loop that catches everything": "\n  while 1:\n    try:\n      while 1: pass\n    except BaseException: pass",
    "sleep": "__import__('time').sleep(1000)",
    "naps": "\n  import time\n  while True: time.sleep(0.001)",
    "waiting for the next input": "return __import__('os').read(3, 10)",
    "one long operation": "return pow(7, 10 ** 9) % 10",
    "a regular expression": "import re; return re.match(r'(a+)+$', 'a' * 60 + 'b')",
    "a lock": "import threading; lock = threading.Lock(); lock.acquire(); lock.acquire()",
    "an endless iterator as result": "return sum(iter(int, 1))",
    "a finaliser": "\n  class C:\n    def __del__(self):\n      while True: pass\n  C()",
    "a __float__ that never returns": "\n  class C(float):\n    def __float__(s):\n      while 1: pass\n  return C()",
    "an exception that cannot be shown": (
        "\n  class E(Exception):\n    def __str__(self):\n      while True: pass\n  raise E"
    ),
}


@pytest.mark.parametrize("name", ENDLESS)
def test_what_never_ends_is_stopped(unharmed, name):
    result = unharmed.run(f"def f(x): {ENDLESS[name]}", [1, 2], limits=Limits(wall_seconds=0.2, cpu_seconds=0.2))
    assert result.status is TIMED_OUT and "0.2 s" in result.message, result


def test_cpu_time_and_sleep_have_limits_of_their_own(unharmed):
    busy = unharmed.run("def f(x):\n  while True: pass", [1], limits=Limits(wall_seconds=0.01, cpu_seconds=0.2))
    assert busy.status is TIMED_OUT and "0.2 s of CPU" in busy.message
    asleep = unharmed.run(f"def f(x): {ENDLESS['sleep']}", [1], limits=Limits(wall_seconds=0.2, cpu_seconds=30))
    assert asleep.status is TIMED_OUT and "slept" in asleep.message


LARGE = {
    "a long string": "return len('x' * 10 ** 11)",
    "a growing list": "\n  a = []\n  while True: a.append([0] * 1000)",
    "a growing string": "\n  a = 'x'\n  while True: a += a",
    "an array": "return float(np.ones(10 ** 12).sum())",
    "arrays that are filled": "\n  a = []\n  while True: a.append(np.ones(10 ** 6))",
    "a long integer": "return 1 << (10 ** 11)",
}


@pytest.mark.parametrize("name", LARGE)
def test_too_much_memory(unharmed, name):
    result = unharmed.run(f"{PRELUDE}def f(x): {LARGE[name]}", [1], limits=Limits(memory_bytes=1 << 27))
    assert result.status is OUT_OF_MEMORY and result.values == (None,), result


@pytest.mark.parametrize("call", ["g(n + 1)", "max([n], key=g)", "sorted([n, n], key=g)", "eval('g(n)')"])
def test_deep_recursion_without_its_limit(unharmed, call):
    """Interpreters differ in how they fail here: they may run out of memory, raise, or crash."""
    source = f"import sys\nsys.setrecursionlimit(10 ** 9)\ndef g(n): return {call}\ndef f(x): return g(0)"
    result = unharmed.run(source, [1], limits=Limits(memory_bytes=1 << 27))
    assert result.status in (OUT_OF_MEMORY, RAISED, TIMED_OUT) and result.values == (None,), result


def test_memory_error_that_is_caught_is_the_codes_own_business(unharmed):
    source = "def f(x):\n  try: 'x' * 10 ** 11\n  except MemoryError: return 'small'"
    assert unharmed.run(source, [1]).values == ("small",)


OUTPUT = {
    "one long string": "'x' * 10 ** 7",
    "many strings": "['x' * 1000] * 10 ** 5",
    "many floats": "[0.5] * 10 ** 6",
    "an array": "np.zeros(10 ** 6)",
    "nested repetition": "__import__('functools').reduce(lambda a, _: [a, a], range(60), 'x')",
}


@pytest.mark.parametrize("name", OUTPUT)
def test_too_much_output_is_out_of_memory(unharmed, name):
    result = unharmed.run(f"{PRELUDE}def f(x): return {OUTPUT[name]}", [1])
    assert result.status is OUT_OF_MEMORY and "output" in result.message, result


def test_output_is_bounded_over_all_inputs_together(unharmed):
    assert unharmed.run("def f(x): return 'x' * 1000", list(range(1000))).ok
    assert unharmed.run("def f(x): return 'x' * 1000", list(range(2000))).status is OUT_OF_MEMORY


CRASHES = {
    "leave": ("os._exit(0)", RAISED, "exit status 0"),
    "leave with a number": ("os._exit(7)", RAISED, "exit status 7"),
    "bad pointer": ("ctypes.string_at(8)", (RAISED, FORBIDDEN), "SIGSEGV|ctypes"),
    "abort": ("os.abort()", (RAISED, FORBIDDEN), ""),
    "bad bytecode": (
        "import types; exec(f.__code__.replace(co_code=bytes([100, 255] * 40), co_consts=()))",
        (RAISED, TIMED_OUT, FORBIDDEN),
        "",
    ),
}


@pytest.mark.parametrize("name", CRASHES)
def test_ending_the_interpreter(unharmed, name):
    code, statuses, message = CRASHES[name]
    limits = Limits(wall_seconds=0.5, cpu_seconds=0.5)
    result = unharmed.run(f"{PRELUDE}def f(x): {code}", [1], limits=limits)
    assert result.status in (statuses if isinstance(statuses, tuple) else (statuses,)), result
    assert not message or any(part in result.message for part in message.split("|")), result


def said(kind, value):
    """Return code that writes a whole message to the channel."""
    return f"os.write(3, {framed(kind + encode(value, 9999))!r})"


FORGERIES = {
    "garbage": "os.write(3, b'garbage' * 5)",
    "zeros": "os.write(3, bytes(1000))",
    "a long announcement": "os.write(3, b'\\xff\\xff\\xff\\xff'); os._exit(0)",
    "deep nesting": f"os.write(3, {framed(b'V' + b'l' + bytes([1, 0, 0, 0]) * 1000)!r})",
    "half a message": "os.write(3, bytes([40, 0, 0, 0]) + b'Vs'); os._exit(0)",
    "half a message, and nothing more": "os.write(3, bytes([40, 0, 0, 0]) + b'V'); os.read(3, 1)",
    "endless": "\n  while True: os.write(3, bytes(65536))",
    "another kind": said(b"R", 1),
    "that it was loaded": "os.write(3, bytes([1, 0, 0, 0]) + b'L')",
    "an answer before the answer": said(b"V", 1.0),
    # One more than there are inputs: that the second comes before its question can't be seen in any case.
    "more answers than questions": f"{said(b'V', 1.0)}; {said(b'V', 2.0)}; {said(b'V', 3.0)}; os._exit(0)",
    "all answers at once": f"\n  for _ in range(9): {said(b'V', 1.0)}",
    "an error that is none": said(b"E", ("ValueError", "x")) + "; os.read(3, 99)",
    "a failure that is none": said(b"W", ("ok", "", 0)) + "; os._exit(0)",
    "a failure that nobody reports": said(b"W", ("timed_out", "", 0)) + "; os._exit(0)",
    "a byte more": "os.write(3, b'R')",
}


@pytest.mark.parametrize("name", FORGERIES)
def test_writing_to_the_result_channel_is_forbidden(unharmed, name):
    limits = Limits(wall_seconds=0.2)
    result = unharmed.run(f"{PRELUDE}def f(x): {FORGERIES[name]}", [1, 2], limits=limits)
    assert result.status is FORBIDDEN and "channel" in result.message, result


SABOTAGE = {
    "builtins": "import builtins\nfor n in list(vars(builtins)): setattr(builtins, n, None)",
    "some builtins": "import builtins\nbuiltins.len = builtins.isinstance = builtins.type = lambda *a: 1 / 0",
    "float": "import builtins\nbuiltins.float = str\nfloat = str",
    "struct": "import struct, json\njson.dumps = json.loads = lambda *a: 'x'\nstruct.pack = struct.Struct = None",
    "the harness, by name": (
        "import sys\nfor n, m in list(sys.modules.items()):\n  if n.startswith('sandboxed'): vars(m).clear()"
    ),
    "the harness, by frame": (
        "import sys\nframe = sys._getframe()\nwhile frame:\n  frame.f_globals.update(encode=None, describe=None,"
        " Simplifier=None, deliver=None)\n  frame = frame.f_back"
    ),
    "the harness, by gc": (
        "import gc, types\nfor o in gc.get_objects():\n"
        "  if type(o) is types.FunctionType and 'sandboxed' in str(o.__module__):\n"
        "    o.__code__ = (lambda *a, **k: 'forged').__code__"
    ),
    "modules": "import sys\nsys.modules.clear()",
    "os": "import os\nos.write = os._exit = lambda *a: 1",
    "math": "import math\nmath.sin = lambda x: 666.0\nimport numpy as np\nnp.sin = math.sin",
    "import system": "import sys\nsys.meta_path.clear(); sys.path[:] = ['/']; sys.path_hooks[:] = []",
    "hash": "class E:\n  def __hash__(s): return 1\n  def __eq__(s, o): return True\nimport sys\nsys.modules[E()] = 1",
}


@pytest.mark.parametrize("name", SABOTAGE)
def test_sabotage_stays_within_its_own_submission(unharmed, name):
    """Whatever it makes of its own answer, the result is one, and the next submission does not notice."""
    result = unharmed.run(
        f"{SABOTAGE[name]}\ndef f(x): return x", [0.5, 1.5], limits=Limits(wall_seconds=0.5, cpu_seconds=0.5)
    )
    assert isinstance(result.status, Status) and len(result.values) == len(result.errors) == 2
    checks = "[math.sin(x), json.dumps(x), len([x]), float(x), type(x) is float]"
    after = unharmed.run(f"import math, json\ndef f(x): return {checks}", [0.0])
    assert after.values == ([0.0, "0.0", 1, 0.0, True],)
