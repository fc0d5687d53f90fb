"""What is interpreted: sampling, truth, variants, splits, the published dataset."""

from find_gym.functions.dataset import DatasetEntry, DatasetError, FINDDataset, write_dataset
from find_gym.functions.numeric.custom import CallableFunction
from find_gym.functions.numeric.difficulty import DIFFICULTIES, NumericDifficulty
from find_gym.functions.numeric.function import QUERY_RANGE, NumericBlackBox, NumericFunction, NumericSpec
from find_gym.functions.numeric.sampling import sample_numeric
from find_gym.functions.splits import SPLITS, function_seed, split_of
from find_gym.functions.strings.custom import CallableStringFunction
from find_gym.functions.strings.difficulty import StringDifficulty
from find_gym.functions.strings.function import StringFunction, StringSpec
from find_gym.functions.strings.sampling import sample_string

__all__ = [
    "DIFFICULTIES",
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
    "StringDifficulty",
    "StringFunction",
    "StringSpec",
    "function_seed",
    "sample_numeric",
    "sample_string",
    "split_of",
    "write_dataset",
]
