"""The system calls that the sandbox speaks of, by name and number.

``NUMBERS`` is data: ``name: (number on x86_64, number on aarch64)``, ``None`` where the architecture has no such call.
The first block holds what may be used; the rest is there to name, in a message, the call that was refused.
"""

from __future__ import annotations

import platform
from dataclasses import dataclass

ALLOWED = (
    "read",  # from the submission's socket: its inputs, see _kernel
    "write",  # to the result channel, and to the null device as stdout and stderr: see _kernel
    "mmap",  # never executable: see _kernel
    "mprotect",  # never executable: see _kernel
    "munmap",
    "mremap",
    "madvise",
    "brk",
    "restart_syscall",
    "futex",
    "sched_yield",
    "getpid",
    "gettid",
    "getrandom",
    "clock_gettime",
    "clock_getres",
    "clock_nanosleep",
    "nanosleep",
    "gettimeofday",
    "time",
    "exit",
    "exit_group",
)

# fmt: off
NUMBERS: dict[str, tuple[int | None, int | None]] = {
    # allowed
    "read": (0, 63), "write": (1, 64), "mmap": (9, 222), "mprotect": (10, 226), "munmap": (11, 215),
    "mremap": (25, 216), "madvise": (28, 233), "brk": (12, 214), "restart_syscall": (219, 128),
    "futex": (202, 98), "sched_yield": (24, 124), "getpid": (39, 172), "gettid": (186, 178), "getrandom": (318, 278),
    "clock_gettime": (228, 113), "clock_getres": (229, 114), "clock_nanosleep": (230, 115),
    "nanosleep": (35, 101), "gettimeofday": (96, 169), "time": (201, None), "exit": (60, 93),
    "exit_group": (231, 94),
    # needed while the confinement is being set up, refused afterwards
    "sendmsg": (46, 211), "prctl": (157, 167), "seccomp": (317, 277),
    # refused
    "pread64": (17, 67), "readv": (19, 65), "writev": (20, 66), "pwrite64": (18, 68),
    "open": (2, None), "openat": (257, 56), "openat2": (437, 437), "creat": (85, None), "close": (3, 57),
    "close_range": (436, 436), "stat": (4, None), "fstat": (5, 80), "lstat": (6, None),
    "newfstatat": (262, 79), "statx": (332, 291), "access": (21, None), "faccessat": (269, 48),
    "faccessat2": (439, 439), "readlink": (89, None), "readlinkat": (267, 78), "getdents64": (217, 61),
    "lseek": (8, 62), "ioctl": (16, 29), "fcntl": (72, 25), "dup": (32, 23), "dup2": (33, None),
    "dup3": (292, 24), "pipe": (22, None), "pipe2": (293, 59), "poll": (7, None), "ppoll": (271, 73),
    "select": (23, None), "pselect6": (270, 72), "epoll_create1": (291, 20), "eventfd2": (290, 19),
    "unlink": (87, None), "unlinkat": (263, 35), "rename": (82, None), "renameat": (264, 38),
    "renameat2": (316, 276), "mkdir": (83, None), "mkdirat": (258, 34), "rmdir": (84, None),
    "link": (86, None), "linkat": (265, 37), "symlink": (88, None), "symlinkat": (266, 36),
    "chmod": (90, None), "fchmod": (91, 52), "fchmodat": (268, 53), "chown": (92, None), "fchown": (93, 55),
    "fchownat": (260, 54), "truncate": (76, 45), "ftruncate": (77, 46), "getcwd": (79, 17),
    "chdir": (80, 49), "fchdir": (81, 50), "chroot": (161, 51), "umask": (95, 166), "mknod": (133, None),
    "mknodat": (259, 33), "sendfile": (40, 71), "copy_file_range": (326, 285), "splice": (275, 76),
    "memfd_create": (319, 279), "mount": (165, 40), "umount2": (166, 39), "pivot_root": (155, 41),
    "utimensat": (280, 88), "socket": (41, 198), "socketpair": (53, 199), "connect": (42, 203),
    "bind": (49, 200), "listen": (50, 201), "accept": (43, 202), "accept4": (288, 242), "sendto": (44, 206),
    "recvfrom": (45, 207), "recvmsg": (47, 212), "shutdown": (48, 210), "setsockopt": (54, 208),
    "getsockopt": (55, 209), "getsockname": (51, 204), "fork": (57, None), "vfork": (58, None),
    "clone": (56, 220), "clone3": (435, 435), "execve": (59, 221), "execveat": (322, 281),
    "wait4": (61, 260), "waitid": (247, 95), "kill": (62, 129), "tkill": (200, 130), "tgkill": (234, 131),
    "getppid": (110, 173), "getpgid": (121, 155), "getsid": (124, 156), "setsid": (112, 157),
    "setpgid": (109, 154), "getuid": (102, 174), "geteuid": (107, 175), "getgid": (104, 176),
    "getegid": (108, 177), "setuid": (105, 146), "setgid": (106, 144), "setresuid": (117, 147),
    "setresgid": (119, 149), "setgroups": (116, 159), "capset": (126, 91), "sethostname": (170, 161),
    "uname": (63, 160), "rt_sigaction": (13, 134), "rt_sigprocmask": (14, 135), "rt_sigsuspend": (130, 133),
    "rt_sigreturn": (15, 139),
    "rt_sigtimedwait": (128, 137), "sigaltstack": (131, 132), "alarm": (37, None), "pause": (34, None),
    "setitimer": (38, 103), "getitimer": (36, 102), "timer_create": (222, 107), "ptrace": (101, 117),
    "process_vm_readv": (310, 270), "process_vm_writev": (311, 271), "pidfd_open": (434, 434),
    "pidfd_getfd": (438, 438), "pidfd_send_signal": (424, 424), "kcmp": (312, 272), "bpf": (321, 280),
    "perf_event_open": (298, 241), "userfaultfd": (323, 282), "io_uring_setup": (425, 425),
    "unshare": (272, 97), "setns": (308, 268), "keyctl": (250, 219), "add_key": (248, 217),
    "getrlimit": (97, 163), "setrlimit": (160, 164), "prlimit64": (302, 261),
    "getrusage": (98, 165), "times": (100, 153), "sysinfo": (99, 179), "getpriority": (140, 141),
    "setpriority": (141, 140), "sched_setaffinity": (203, 122), "sched_getaffinity": (204, 123),
    "sched_setscheduler": (144, 119), "shmget": (29, 194), "shmat": (30, 196), "shmctl": (31, 195),
    "msgget": (68, 186), "semget": (64, 190), "mlock": (149, 228), "mincore": (27, 232), "msync": (26, 227),
    "pkey_mprotect": (329, 288), "set_robust_list": (273, 99), "set_tid_address": (218, 96),
    "rseq": (334, 293), "landlock_create_ruleset": (444, 444), "landlock_restrict_self": (446, 446),
    "reboot": (169, 142), "init_module": (175, 105),
}
# fmt: on


@dataclass(frozen=True)
class Architecture:
    """What a seccomp filter must know about a processor architecture.

    Attributes:
        audit: The ``AUDIT_ARCH_*`` value in ``linux/audit.h``.
        column: Its column in ``NUMBERS``.
        foreign_bit: Set in the numbers of a second system-call table (x32), ``None`` where there is none.
    """

    audit: int
    column: int
    foreign_bit: int | None

    def number(self, name: str) -> int | None:
        """Return the number of the system call ``name``, if this architecture has it."""
        return NUMBERS[name][self.column]

    def name(self, number: int) -> str:
        """Return the name of a system call, or ``"number 123"`` where the table has none."""
        for name, numbers in NUMBERS.items():
            if numbers[self.column] == number:
                return name
        return f"number {number}"


ARCHITECTURES = {
    "x86_64": Architecture(audit=0xC000003E, column=0, foreign_bit=0x40000000),
    "aarch64": Architecture(audit=0xC00000B7, column=1, foreign_bit=None),
}


def architecture() -> Architecture | None:
    """Return this machine's architecture, or ``None`` where the sandbox has no filter for it."""
    return ARCHITECTURES.get(platform.machine())
