"""What is interpreted: sampling, truth, variants, splits, the published dataset."""

from find_gym.categories.numeric.atoms import Atom, Parameter, register_atom
from find_gym.categories.numeric.custom import CallableFunction
from find_gym.categories.numeric.difficulty import DIFFICULTIES, NumericDifficulty
from find_gym.categories.numeric.function import QUERY_RANGE, NumericBlackBox, NumericFunction, NumericSpec
from find_gym.categories.numeric.sampling import sample_numeric
from find_gym.categories.strings.custom import CallableStringFunction
from find_gym.categories.strings.difficulty import StringDifficulty
from find_gym.categories.strings.function import StringFunction, StringSpec
from find_gym.categories.strings.operation import Operation
from find_gym.categories.strings.operations import register_operation
from find_gym.categories.strings.sampling import sample_string
from find_gym.core.dataset import DatasetEntry, FINDDataset, write_dataset
from find_gym.core.files import DatasetError
from find_gym.core.splits import SPLITS, function_seed, split_of

__all__ = [
    "DIFFICULTIES",
    "Atom",
    "CallableFunction",
    "CallableStringFunction",
    "DatasetEntry",
    "DatasetError",
    "FINDDataset",
    "QUERY_RANGE",
    "SPLITS",
    "NumericBlackBox",
    "NumericDifficulty",
    "NumericFunction",
    "NumericSpec",
    "Operation",
    "Parameter",
    "StringDifficulty",
    "StringFunction",
    "StringSpec",
    "function_seed",
    "register_atom",
    "register_operation",
    "sample_numeric",
    "sample_string",
    "split_of",
    "write_dataset",
]
