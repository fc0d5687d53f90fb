"""Specs and functions of the category as data has them: units and programs, told apart by what they hold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from find_gym.categories.neurons.custom import ProgramFunction
from find_gym.categories.neurons.function import NeuronFunction, NeuronSpec
from find_gym.categories.neurons.programs import NeuronProgram

SPECS = (NeuronSpec, NeuronProgram)
FUNCTIONS = (NeuronFunction, ProgramFunction)


def read_spec(data: Any) -> NeuronSpec | NeuronProgram:
    """Reads the JSON data of a unit or of a program.

    Raises:
        ValueError: the data are neither; the message names what was expected.
    """
    if isinstance(data, Mapping) and "clauses" in data:
        return NeuronProgram.from_json(data)
    return NeuronSpec.from_json(data)


def make_function(spec: NeuronSpec | NeuronProgram) -> NeuronFunction | ProgramFunction:
    """Returns the function of a spec."""
    return ProgramFunction(spec) if isinstance(spec, NeuronProgram) else NeuronFunction(spec)
