"""The record of the category of numeric functions."""

from find_gym.core.category import Category

# Bits that submitted code may have. 24 knots of straight lines fit, with up to six digits for each number; of tables,
# 56 answers fit as a list and 66 of six bits as a text. Truths of all families (networks apart) have less than half of
# that at the difficulties easy, find and hard; at extreme nine in ten have, and all fit.
MAX_NUMERIC_COMPLEXITY = 2350.0

CATEGORY = Category(
    name="numeric",
    summary="functions from numbers to numbers",
    environment="find_gym.categories.numeric.env:NumericEnv",
    vector="find_gym.categories.numeric.vector:NumericVectorEnv",
    latest=1,
    sample="find_gym.categories.numeric.sampling:sample_numeric",
    read_difficulty="find_gym.categories.numeric.difficulty:NumericDifficulty.of",
    spec="find_gym.categories.numeric.function:NumericSpec",
    function="find_gym.categories.numeric.function:NumericFunction",
    wrap="find_gym.categories.numeric.custom:CallableFunction",
    code_cap=MAX_NUMERIC_COMPLEXITY,
    plot="find_gym.categories.numeric.plots:plot_episode",
    read_dataset="find_gym.categories.numeric.release:read_functions",
    write_dataset="find_gym.categories.numeric.release:write_functions",
)
