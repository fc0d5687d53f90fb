"""Command lines from dataclasses: each field is an option, its docstring the help."""

from __future__ import annotations

import argparse
import ast
import inspect
import sys
import textwrap
import typing
from collections.abc import Callable, Sequence
from dataclasses import MISSING, Field, fields, is_dataclass
from typing import Any, NoReturn, TypeVar

from find_gym_agents.checks import nearest

Config = TypeVar("Config")
_Options = argparse.ArgumentParser | argparse._ArgumentGroup


class _Parser(argparse.ArgumentParser):
    """Tells errors in one line, with the nearest option for one that does not exist."""

    words: Sequence[str] = ()
    """The words of the command line."""

    def error(self, message: str) -> NoReturn:
        options = [option for action in self._actions for option in action.option_strings]
        unknown = [word for word in self.words if word.startswith("--") and word.partition("=")[0] not in options]
        # A required option that was mistyped is missing, too.
        if unknown and message.startswith("the following arguments are required"):
            message = f"unrecognized arguments: {' '.join(unknown)}"
        hint = nearest(unknown[0], options) if unknown and message.startswith("unrecognized") else ""
        self.exit(2, f"{self.prog}: error: {message}{hint} (--help lists the options)\n")


def parse(config_class: type[Config], arguments: Sequence[str] | None, *, program: str, description: str) -> Config:
    """Reads a command line into a dataclass.

    A field `max_queries: int = 100` becomes `--max-queries`; a bool that is True by default becomes `--no-...`; a tuple
    becomes an option that may be repeated. The field's metadata may name another `flag`, a `metavar`, how to `parse`
    the text, or `positional` for one or more words without a flag. A field that is itself a dataclass has its fields as
    options in a group of their own, whose title is the first line of its docstring.

    Args:
        config_class: a dataclass whose fields have docstrings; it checks its values when it is made.
        arguments: the words of the command line; those of this process by default.
        program: the name that the usage shows.
        description: the first lines of the help.

    Returns:
        The dataclass. A value that it refuses ends the program with exit status 2 and its message.
    """
    parser = _Parser(
        program, description=description, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False
    )
    _add_all(parser, config_class, "")
    parser.words = sys.argv[1:] if arguments is None else arguments
    values = vars(parser.parse_args(arguments))
    try:
        return _make(config_class, values, "")
    except (ValueError, TypeError) as error:
        parser.error(str(error))


def _add_all(parser: _Options, config_class: type, prefix: str) -> None:
    hints = typing.get_type_hints(config_class)
    documentation = field_docstrings(config_class)
    for field in _options(config_class):
        hint = hints[field.name]
        if is_dataclass(hint):
            title = (hint.__doc__ or "").strip().partition("\n")[0].rstrip(".")
            group = parser.add_argument_group(title)  # type: ignore[union-attr]
            _add_all(group, typing.cast(type, hint), f"{prefix}{field.name}.")
        else:
            _add(parser, field, hint, documentation.get(field.name, ""), prefix + field.name)


def _make(config_class: type[Config], values: dict[str, Any], prefix: str) -> Config:
    """Makes a dataclass of the values whose names begin with a prefix."""
    hints = typing.get_type_hints(config_class)
    own: dict[str, Any] = {}
    for field in _options(config_class):
        if is_dataclass(hints[field.name]):
            own[field.name] = _make(hints[field.name], values, f"{prefix}{field.name}.")
        else:
            value = values[prefix + field.name]
            own[field.name] = tuple(value) if isinstance(value, list) else value
    return config_class(**own)


def _options(config_class: type) -> list[Field[Any]]:
    """Returns the fields that a dataclass is made with."""
    return [field for field in fields(config_class) if field.init]


def field_docstrings(config_class: type) -> dict[str, str]:
    """Returns the docstring below each field of a dataclass and of those that it extends, on one line.

    Raises:
        OSError: the source of the class is not at hand.
    """
    found = {}
    for extended in filter(is_dataclass, reversed(config_class.__mro__)):
        definition = ast.parse(textwrap.dedent(inspect.getsource(extended))).body[0]
        assert isinstance(definition, ast.ClassDef)
        for statement, following in zip(definition.body, definition.body[1:], strict=False):
            if not isinstance(statement, ast.AnnAssign) or not isinstance(statement.target, ast.Name):
                continue
            if isinstance(following, ast.Expr) and isinstance(following.value, ast.Constant):
                found[statement.target.id] = " ".join(str(following.value.value).split())
    return found


def integer(text: str) -> int:
    """Reads a whole number from the command line."""
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"expected an integer, actual value: {text!r}") from None


def number(text: str) -> float:
    """Reads a number from the command line."""
    try:
        return float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"expected a number, actual value: {text!r}") from None


def _add(parser: _Options, field: Field[Any], hint: Any, documentation: str, name: str) -> None:
    flag = field.metadata.get("flag", f"--{field.name.replace('_', '-')}")
    help_text = documentation.replace("%", "%%")
    if hint is bool:
        negated = field.default is True
        parser.add_argument(
            f"--no-{flag.removeprefix('--')}" if negated else flag,
            dest=name,
            action="store_false" if negated else "store_true",
            help=f"Turns off: {help_text}" if negated else help_text,
        )
        return
    options: dict[str, Any] = {"help": help_text, "metavar": field.metadata.get("metavar", field.name.upper())}
    options["type"] = _reader(field, hint)
    if field.metadata.get("positional"):
        parser.add_argument(name, nargs="+", **options)
        return
    repeatable = typing.get_origin(hint) is tuple
    has_default = field.default is not MISSING
    if has_default and not repeatable and field.default is not None:
        options["help"] = f"{help_text} [default: {field.default}]"
    options |= {"action": "append"} if repeatable else {}
    options |= {"default": field.default} if has_default and not repeatable else {}
    parser.add_argument(flag, dest=name, required=not has_default, **options)


def _reader(field: Field[Any], hint: Any) -> Callable[[str], Any]:
    """Returns what turns a word of the command line into a value of the field's type."""
    given = field.metadata.get("parse")
    if given is not None:
        return _explaining(given)
    plain = {hint, *typing.get_args(hint)}
    return integer if int in plain else number if float in plain else str


def _explaining(read: Callable[[str], Any]) -> Callable[[str], Any]:
    """Makes argparse show the message of a ValueError."""

    def explained(text: str) -> Any:
        try:
            return read(text)
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from error

    return explained
