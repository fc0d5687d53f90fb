"""The record of the category of units of real networks."""

from find_gym.core.category import Category

MAX_COMPLEXITY = 3000.0
"""Bits that code may have: a list of some 45 words of six letters, for one."""

CATEGORY = Category(
    name="neurons",
    summary="units of real networks, functions from words and short texts to activations",
    environment="find_gym.categories.neurons.env:NeuronEnv",
    vector="find_gym.categories.neurons.vector:NeuronVectorEnv",
    sample="find_gym.categories.neurons.sampling:sample_neuron",
    read_difficulty="find_gym.categories.neurons.difficulty:NeuronDifficulty.of",
    spec="find_gym.categories.neurons.release:SPECS",
    function="find_gym.categories.neurons.release:FUNCTIONS",
    wrap="find_gym.categories.neurons.custom:CallableNeuronFunction",
    read_spec="find_gym.categories.neurons.release:read_spec",
    make="find_gym.categories.neurons.release:make_function",
    code_cap=MAX_COMPLEXITY,
    exemplars=True,
)
"""The record."""
