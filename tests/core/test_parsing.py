"""Python's parser, used by several threads."""

import ast
import gc
import threading
import time

import pytest

from find_gym.core import parsing
from find_gym.core.parsing import parse, read_literal

SOURCE = "x = [" + ", ".join(f"(a{place} + {place}) * f(b{place})" for place in range(300)) + "]"


def test_threads_parse_at_once() -> None:
    """Collections of garbage let other threads run in the middle of a tree."""
    failed: list[BaseException] = []

    def work(depth: int) -> None:
        if depth:
            return work(depth - 1)
        try:
            for _ in range(10):
                parse(SOURCE)
        except BaseException as error:
            failed.append(error)

    def pause(*_: object) -> None:
        time.sleep(1e-4)

    threshold = gc.get_threshold()
    gc.callbacks.append(pause)
    gc.set_threshold(50)
    try:
        # At depths that differ, so that a mixed count is a wrong one.
        threads = [threading.Thread(target=work, args=(10 * place,)) for place in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        gc.set_threshold(*threshold)
        gc.callbacks.remove(pause)
    assert failed == []


def test_what_another_parser_disturbs_is_parsed_again(monkeypatch: pytest.MonkeyPatch) -> None:
    parsed = ast.parse
    results = [SystemError("AST constructor recursion depth mismatch (before=75, after=69)")] * 2

    def disturbed(source: str, mode: str) -> ast.AST:
        if results:
            raise results.pop()
        return parsed(source, mode=mode)

    monkeypatch.setattr(parsing.ast, "parse", disturbed)
    assert ast.unparse(parse("x  =  1")) == "x = 1" and results == []


@pytest.mark.parametrize(("text", "value"), [("[1, 'a']", [1, "a"]), ("-2.5", -2.5), ("'\\d'", "\\d")])
def test_literals_are_read_without_warnings(text: str, value: object, recwarn: pytest.WarningsRecorder) -> None:
    assert read_literal(text) == value and not list(recwarn)


@pytest.mark.parametrize("text", ["f(1)", "[1,", "(" * 500, "{[]: 1}", "\0"])
def test_what_is_no_literal_is_named(text: str) -> None:
    with pytest.raises(ValueError, match="expected a literal, actual: "):
        read_literal(text)
