"""The system-call filter, run here by a small interpreter of its instructions, for both architectures."""

import struct
from pathlib import Path

import pytest

from find_gym.sandbox import _kernel
from find_gym.sandbox._syscalls import ALLOWED, ARCHITECTURES, NUMBERS, Architecture

ALLOW, KILL, NOTIFY = _kernel.SECCOMP_RET_ALLOW, _kernel.SECCOMP_RET_KILL_PROCESS, _kernel.SECCOMP_RET_USER_NOTIF
READABLE, WRITABLE, HANDOVER = (3,), (3, 1, 2), 4


def run(program, number, arguments=(), audit=None):
    """Return what a filter answers: the semantics of classic BPF, as far as the filters use it."""
    padded = [*arguments, 0, 0, 0, 0, 0, 0][:6]
    data = struct.pack("<IIQ6Q", number, audit, 0, *(value % 2**64 for value in padded))
    accumulator, position = 0, 0
    while True:
        code, if_true, if_false, operand = program[position]
        position += 1
        if code == _kernel.BPF_LOAD:
            accumulator = struct.unpack_from("<I", data, operand)[0]
        elif code == _kernel.BPF_RETURN:
            return operand
        else:
            truth = {
                _kernel.BPF_IF_EQUAL: accumulator == operand,
                _kernel.BPF_IF_AT_LEAST: accumulator >= operand,
                _kernel.BPF_IF_ANY_BIT: bool(accumulator & operand),
            }[code]
            position += if_true if truth else if_false


@pytest.fixture(params=sorted(ARCHITECTURES))
def arch(request) -> Architecture:
    return ARCHITECTURES[request.param]


def verdict(arch: Architecture, number: int, arguments=()) -> int:
    """The stricter of the two filters' answers, as the kernel combines them."""
    first = run(_kernel.allow_list(arch, NOTIFY, READABLE, WRITABLE, HANDOVER), number, arguments, arch.audit)
    second = run(_kernel.deny_list(arch), number, arguments, arch.audit)
    strictness = [KILL, NOTIFY, ALLOW]
    return min(first, second, key=strictness.index)


def test_exactly_the_listed_calls_pass(arch):
    conditional = {"read", "write", "mmap", "mprotect"}
    allowed = {arch.number(name) for name in set(ALLOWED) - conditional} - {None}
    conditional_numbers = {arch.number(name) for name in conditional}
    for number in range(600):
        if number not in conditional_numbers:
            assert (verdict(arch, number) == ALLOW) == (number in allowed), arch.name(number)


def test_what_the_setup_needs_is_taken_back(arch):
    opened = _kernel.allow_list(arch, NOTIFY, READABLE, WRITABLE, HANDOVER)
    for name, arguments in (("prctl", ()), ("sendmsg", (HANDOVER,))):
        number = arch.number(name)
        assert run(opened, number, arguments, arch.audit) == ALLOW
        assert verdict(arch, number, arguments) == KILL
    assert run(opened, arch.number("sendmsg"), (3,), arch.audit) == NOTIFY


@pytest.mark.parametrize("descriptor", [*range(8), 100, 2**32 - 1, 2**31])
def test_reading_is_for_the_inputs_and_writing_for_the_result_and_the_null_device(arch, descriptor):
    expected = ALLOW if descriptor in WRITABLE else NOTIFY
    assert verdict(arch, arch.number("write"), (descriptor,)) == expected
    expected = ALLOW if descriptor in READABLE else NOTIFY
    assert verdict(arch, arch.number("read"), (descriptor,)) == expected


@pytest.mark.parametrize("protection", range(16))
def test_memory_is_never_executable(arch, protection):
    expected = NOTIFY if protection & 4 else ALLOW
    for name in ("mmap", "mprotect"):
        assert verdict(arch, arch.number(name), (0, 4096, protection)) == expected
        assert verdict(arch, arch.number(name), (0, 4096, protection | 1 << 40)) == expected


def test_foreign_system_call_tables_are_refused(arch):
    program = _kernel.allow_list(arch, NOTIFY, READABLE, WRITABLE, HANDOVER)
    i386, arm = 0x40000003, 0x40000028
    for audit in (i386, arm):
        assert run(program, arch.number("exit"), (), audit) == KILL
    if arch.foreign_bit is not None:
        assert run(program, arch.number("exit") | arch.foreign_bit, (), arch.audit) == KILL


def test_jumps_fit_their_field(arch):
    for program in (_kernel.allow_list(arch, KILL, READABLE, WRITABLE, HANDOVER), _kernel.deny_list(arch)):
        assert all(0 <= true < 256 and 0 <= false < 256 for _, true, false, _ in program)
        assert program[-1][0] == _kernel.BPF_RETURN and len(program) < 4096


@pytest.mark.parametrize(
    ("header", "column", "prefixes"),
    [
        ("/usr/include/x86_64-linux-gnu/asm/unistd_64.h", 0, ("__NR_",)),
        ("/usr/include/asm-generic/unistd.h", 1, ("__NR_", "__NR3264_")),
    ],
)
def test_numbers_agree_with_the_kernels_headers(header, column, prefixes):
    if not Path(header).exists():
        pytest.skip("the kernel's headers are not installed")
    official: dict[str, int] = {}
    for line in Path(header).read_text().splitlines():
        match line.split()[:3]:
            case ["#define", name, number] if number.isdigit() and name.startswith(prefixes):
                official.setdefault(name.split("_", 3)[-1] if name.startswith("__NR_") else name[9:], int(number))
    official["newfstatat"] = official.get("newfstatat", official.get("fstatat", -1))
    for name, numbers in NUMBERS.items():
        if numbers[column] is not None:
            assert official[name] == numbers[column], name


def test_every_allowed_call_has_its_numbers():
    assert set(ALLOWED) <= set(NUMBERS)
    assert all(arch.number(name) is not None for arch in ARCHITECTURES.values() for name in set(ALLOWED) - {"time"})


def test_unknown_calls_have_a_name_too(arch):
    assert arch.name(arch.number("openat")) == "openat"
    assert arch.name(9999) == "number 9999"
