"""Numeric functions in the released layout: one row of metadata and one directory each.

The released data name a function's form in `func_name_dict.json`: the file that is served. A row holds the constants of
every form, whichever is served. Coefficients of `rational` are stored lowest power first there, those of `polynomial`
highest power first; here both are highest first. `corruption_params.std` is the mean of the replacing distribution.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from find_gym.categories.numeric import rules
from find_gym.categories.numeric.atoms import Constants
from find_gym.categories.numeric.function import NumericFunction, NumericSpec
from find_gym.categories.numeric.networks import Network
from find_gym.categories.numeric.rules import AtomRule, CompoundRule, Operator, Rule
from find_gym.categories.numeric.variants import Noise, Region
from find_gym.core.files import DatasetError, check_agreement, load_json, write_text

FORMS = {
    "plain": "function_code.py",
    "noised": "noised_function_code.py",
    "corrupted": "corrupted_function_code.py",
    "approximated": "load_mlp.py",
}
WEIGHTS = "mlp_approx_model.pt"
_OPERATORS: dict[str, Operator] = {"sum_two": "sum", "multiply_two": "product"}
_REGIONS = {"interval_smaller": "below", "interval_larger": "above", "interval_inside": "inside"}
_LAYERS = ("layers.0.weight", "layers.0.bias", "layers.2.weight", "layers.2.bias")

_LOADER = '''"""Serves the network of this directory."""

from pathlib import Path

import torch

layers = torch.nn.Sequential(torch.nn.Linear(1, 64), torch.nn.ReLU(), torch.nn.Linear(64, 1)).double()
weights = torch.load(Path(__file__).with_name("mlp_approx_model.pt"), weights_only=True)
layers.load_state_dict({name.removeprefix("layers."): value for name, value in weights.items()})


def f(x):
    with torch.no_grad():
        return layers(torch.tensor([[float(x)]], dtype=torch.float64)).item()
'''


def read_functions(folder: Path) -> tuple[dict[str, NumericSpec], dict[str, str]]:
    """Reads the functions of a dataset.

    Args:
        folder: the folder of the category.

    Returns:
        The specs by the functions' ids; and for each function that could not be read, its id and why.

    Raises:
        DatasetError: a file of metadata is missing or broken, or rows have no id or the same one.
    """
    rows = load_json(folder / "data.json", list)
    forms = load_json(folder / "func_name_dict.json", dict)
    specs: dict[str, NumericSpec] = {}
    skipped: dict[str, str] = {}
    for index, row in enumerate(rows):
        identifier = row.get("dir") if isinstance(row, dict) else None
        if not isinstance(identifier, str) or identifier in specs or identifier in skipped:
            raise DatasetError(
                f"{folder / 'data.json'}: expected rows with a 'dir' that no other has, row {index}: {row!r}"
            )
        try:
            specs[identifier] = read_row(row, forms.get(identifier), folder / identifier)
        except (ValueError, KeyError, TypeError, IndexError, OSError, ImportError) as error:
            skipped[identifier] = f"{type(error).__name__}: {error}"
    return specs, skipped


def write_functions(folder: Path, specs: Iterable[NumericSpec]) -> list[str]:
    """Writes functions in the released layout.

    Args:
        folder: the folder of the category; made where it does not exist.
        specs: the functions.

    Returns:
        The ids of the functions, in order.
    """
    rows: list[dict[str, Any]] = []
    forms: dict[str, str] = {}
    for index, spec in enumerate(specs):
        identifier = f"f{index:05d}"
        forms[identifier] = form_of(spec)
        rows.append(write_row(spec, identifier, folder / identifier))
    folder.mkdir(parents=True, exist_ok=True)
    write_text(folder / "func_name_dict.json", json.dumps(forms, indent=1) + "\n")
    write_text(folder / "data.json", json.dumps(rows, indent=1) + "\n")
    return list(forms)


def form_of(spec: NumericSpec) -> str:
    """Returns the name of the file that is served for a spec."""
    return FORMS[spec.variant]


def read_row(row: dict[str, Any], form: str | None, folder: Path) -> NumericSpec:
    """Reads a function's spec from its row of metadata, and the weights of a network from its directory.

    Args:
        row: the function's entry in `data.json`.
        form: its entry in `func_name_dict.json`.
        folder: its directory; only that of a network has to exist.

    Raises:
        ValueError, KeyError, TypeError, IndexError: the row is not what it should be.
        FileNotFoundError: the weights of a network are missing.
        ImportError: weights are to be read and torch is not installed.
    """
    if form not in FORMS.values():
        raise ValueError(f"expected the served form in func_name_dict.json among {tuple(FORMS.values())}, got {form!r}")
    if "find_gym" in row:
        data = dict(row["find_gym"])
        network = load_network(folder / WEIGHTS) if form == FORMS["approximated"] else None
        spec = NumericSpec.from_json({**data, "network": None if network is None else network.to_json()})
        if form_of(spec) != form:
            raise ValueError(f"expected the served form of the spec, {form_of(spec)!r}, actual value: {form!r}")
        keys = _released_keys(replace(spec, network=None))
        # The name of a compound is free text, and the others have their constants in `params`.
        check_agreement(row, {name: value for name, value in keys.items() if name != "name"})
        return spec
    rule = _read_rule(row)
    domain = (float(row["domain"][0]), float(row["domain"][1]))
    seed = int(row["dir"].removeprefix("f"))
    if form == FORMS["noised"]:
        noise = Noise(row["noise_type"], float(row["noise_params"]))
        return NumericSpec(rule, domain, noise=noise, seed=seed)
    if form == FORMS["corrupted"]:
        return NumericSpec(rule, domain, regions=(_read_region(row),), seed=seed)
    if form == FORMS["approximated"]:
        return NumericSpec(rule, domain, network=load_network(folder / WEIGHTS), seed=seed)
    return NumericSpec(rule, domain, seed=seed)


def _read_rule(row: dict[str, Any]) -> Rule:
    names = row["name"].split("(")[0].split(";")
    if len(names) == 1:
        return _read_atom(names[0], row["params"])
    first, second, operator = names
    if operator not in _OPERATORS:
        raise ValueError(f"expected an operator in {tuple(_OPERATORS)}, actual value: {operator!r}")
    parts = tuple(_read_atom(name, constants) for name, constants in zip((first, second), row["params"], strict=True))
    return CompoundRule(_OPERATORS[operator], parts)


def _read_atom(name: str, params: Any) -> AtomRule:
    if params is None:
        return AtomRule(name)
    constants: Constants = tuple(params) if isinstance(params, list) else (params,)
    if name == "rational":
        constants = tuple(tuple(reversed(coefficients)) for coefficients in constants)
    return AtomRule(name, constants)


def _read_region(row: dict[str, Any]) -> Region:
    kind, bounds = _REGIONS[row["corruption_type"]], row["corruption_params"]["boundary"]
    mean = row["corruption_params"]["std"]
    if kind == "below":
        return Region(-math.inf, bounds[0], mean)
    if kind == "above":
        return Region(bounds[0], math.inf, mean)
    return Region(bounds[0], bounds[1], mean)


def load_network(path: Path) -> Network:
    """Reads the weights of a network from its state dict, as data only.

    Raises:
        FileNotFoundError: there is no such file.
        ImportError: torch is not installed.
        ValueError: the file is not the state dict of a 1-64-1 network.
    """
    if not path.is_file():
        raise FileNotFoundError(f"expected the weights of a network at {path}, actual: no such file")
    torch = _import_torch()
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
        arrays = [np.asarray(state[name].double().numpy()) for name in _LAYERS]
    except Exception as error:  # torch raises many kinds for a broken file
        raise ValueError(f"expected a state dict with {_LAYERS} at {path}, actual: {error}") from error
    hidden_weights, hidden_biases, output_weights = (tuple(array.ravel().tolist()) for array in arrays[:3])
    return Network(hidden_weights, hidden_biases, output_weights, float(arrays[3].ravel()[0]))


def _import_torch() -> Any:
    try:
        import torch
    except ImportError as error:
        raise ImportError("expected torch for the weights of networks: pip install 'find-gym[train]'") from error
    return torch


def write_row(spec: NumericSpec, identifier: str, folder: Path) -> dict[str, Any]:
    """Writes a function's directory and returns its row of metadata.

    The row has those of the released keys that apply, and the whole spec under `find_gym`, because
    the released keys do not describe functions beyond FIND's difficulty.
    """
    folder.mkdir(parents=True, exist_ok=True)
    function = NumericFunction(spec)
    rule_only = NumericSpec(spec.rule, spec.domain)
    write_text(folder / FORMS["plain"], NumericFunction(rule_only).source())
    if spec.variant in ("noised", "corrupted"):
        write_text(folder / form_of(spec), served_source(function))
    if spec.network is not None:
        write_text(folder / FORMS["approximated"], _LOADER)
        _save_network(spec.network, folder / WEIGHTS)
    data = spec.to_json()
    del data["network"]
    return {**_released_keys(spec), "dir": identifier, "find_gym": data}


def _released_keys(spec: NumericSpec) -> dict[str, Any]:
    keys: dict[str, Any] = {"domain": list(spec.domain)}
    rule = spec.rule
    if isinstance(rule, AtomRule):
        keys |= {"type": "simple", "params": _released_constants(rule)}
        keys["name"] = f"{rule.name}({_joined(keys['params'])})"
    elif len(rule.parts) == 2 and all(isinstance(part, AtomRule) for part in rule.parts):
        operator = next(name for name, value in _OPERATORS.items() if value == rule.operator)
        parts = [part for part in rule.parts if isinstance(part, AtomRule)]
        keys |= {"type": parts[0].name, "params": [_released_constants(part) for part in parts]}
        keys["name"] = f"{parts[0].name};{parts[1].name};{operator}({_joined(keys['params'])})"
    else:
        keys |= {"type": "nested", "params": None, "name": rules.formula(rule)}
    if spec.noise is not None:
        keys |= {"noise_type": spec.noise.kind, "noise_params": spec.noise.scale}
    if spec.regions:
        region = spec.regions[0]
        kind = next(name for name, value in _REGIONS.items() if value == region.kind)
        bounds = [bound for bound in (region.lower, region.upper) if math.isfinite(bound)]
        keys |= {"corruption_type": kind, "corruption_params": {"std": region.mean, "boundary": bounds}}
    if spec.network is not None:
        x = np.linspace(*spec.domain, 10_000)
        squared = (spec.network.evaluate(x) - rules.evaluate(rule, x)) ** 2
        keys["approx_mse_error"] = float(np.mean(squared[np.isfinite(squared)]))
    return keys


def _released_constants(rule: AtomRule) -> Any:
    if not rule.constants:
        return None
    if rule.name == "constant":
        return rule.constants[0]
    if rule.name == "rational":
        return [list(reversed(coefficients)) for coefficients in rule.constants]
    return list(rule.constants)


def _joined(params: Any) -> str:
    return ", ".join(map(str, params)) if isinstance(params, list) else str(params)


def served_source(function: NumericFunction) -> str:
    """Writes the function as it is served, noise included, as a Python module whose last function is `f(x)`.

    Draws come from the `random` module, so calls differ; the outputs have the distribution of the function's own.
    """
    spec = function.spec
    exact = NumericFunction(NumericSpec(spec.rule, spec.domain, network=spec.network)).source()
    exact = exact.removeprefix("import math\n\n\n").replace("def f(x):", "def rule(x):").rstrip()
    lines = ["import math\nimport random\n\n", f"{exact}\n\n", "def f(x):"]
    lines += [
        f"    if {region.condition()}:\n        return random.gauss({region.mean!r}, {region.std!r})"
        for region in spec.regions
    ]
    if spec.noise is None:
        return "\n".join([*lines, "    return rule(x)\n"])
    scale = spec.noise.scale
    if spec.noise.kind == "normal":
        return "\n".join([*lines, f"    return rule(x) + random.gauss(0.0, {scale!r})\n"])
    if spec.noise.kind == "uniform":
        return "\n".join([*lines, f"    return rule(x) + random.uniform({-scale!r}, {scale!r})\n"])
    # The number of exponential waiting times that fit into the mean is Poisson distributed.
    poisson = [
        f"    events, waited = 0, random.expovariate(1.0)\n    while waited < {scale!r}:",
        "        events, waited = events + 1, waited + random.expovariate(1.0)\n    return rule(x) + events\n",
    ]
    return "\n".join([*lines, *poisson])


def _save_network(network: Network, path: Path) -> None:
    torch = _import_torch()
    values = (network.hidden_weights, network.hidden_biases, network.output_weights, (network.output_bias,))
    shapes = ((-1, 1), (-1,), (1, -1), (-1,))
    state = {
        name: torch.tensor(value, dtype=torch.float64).reshape(shape)
        for name, value, shape in zip(_LAYERS, values, shapes, strict=True)
    }
    beside = path.with_name(f"{path.name}.partial")
    torch.save(state, beside)
    os.replace(beside, path)
