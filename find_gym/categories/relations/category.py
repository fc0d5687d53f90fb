"""The record of the category of relations."""

from find_gym.core.category import Category

CATEGORY = Category(
    name="relations",
    summary="functions from words to words",
    environment="find_gym.categories.relations.env:RelationEnv",
    vector="find_gym.categories.relations.vector:RelationVectorEnv",
    latest=1,
    sample="find_gym.categories.relations.sampling:sample_relation",
    read_difficulty="find_gym.categories.relations.difficulty:RelationDifficulty.of",
    spec="find_gym.categories.relations.function:RelationSpec",
    function="find_gym.categories.relations.function:RelationFunction",
    wrap="find_gym.categories.relations.custom:CallableRelation",
    exemplars=True,
    folder="neurons_relations",
    read_dataset="find_gym.categories.relations.release:read_functions",
    write_dataset="find_gym.categories.relations.release:write_functions",
)
