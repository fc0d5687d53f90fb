"""The record of the category of entities."""

from find_gym.core.category import Category

CATEGORY = Category(
    name="entities",
    summary="synthetic neurons, functions from words to activations",
    environment="find_gym.categories.entities.env:EntityEnv",
    vector="find_gym.categories.entities.vector:EntityVectorEnv",
    latest=1,
    sample="find_gym.categories.entities.sampling:sample_entity",
    read_difficulty="find_gym.categories.entities.difficulty:EntityDifficulty.of",
    spec="find_gym.categories.entities.function:EntitySpec",
    function="find_gym.categories.entities.function:EntityFunction",
    wrap="find_gym.categories.entities.custom:CallableEntityFunction",
    exemplars=True,
    folder="neurons_entities",
    read_dataset="find_gym.categories.entities.release:read_functions",
    write_dataset="find_gym.categories.entities.release:write_functions",
)
