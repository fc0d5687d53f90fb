"""The record of the category of string functions."""

from find_gym.core.category import Category

# Bits that submitted code may have: more than for numbers, as it has alphabets, number words, several operations one
# after the other. Truths of all difficulties have less than half of that; most tables of 20 queries with their answers
# have more.
MAX_STRING_COMPLEXITY = 6000.0

CATEGORY = Category(
    name="strings",
    summary="functions from strings to strings",
    environment="find_gym.categories.strings.env:StringEnv",
    vector="find_gym.categories.strings.vector:StringVectorEnv",
    latest=1,
    sample="find_gym.categories.strings.sampling:sample_string",
    read_difficulty="find_gym.categories.strings.difficulty:StringDifficulty.of",
    spec="find_gym.categories.strings.published:SPECS",
    function="find_gym.categories.strings.published:FUNCTIONS",
    wrap="find_gym.categories.strings.custom:CallableStringFunction",
    read_spec="find_gym.categories.strings.published:read_spec",
    make="find_gym.categories.strings.published:make_function",
    code_cap=MAX_STRING_COMPLEXITY,
    metadata="test_data.json",
    read_dataset="find_gym.categories.strings.release:read_functions",
    write_dataset="find_gym.categories.strings.release:write_functions",
)
