"""The tables of facts: they can be read, say where they come from, and hold together."""

import pytest

from find_gym.categories.relations.catalogue import RELATIONS
from find_gym.categories.relations.tables import files_of, load_table, normalise, provenance, table_names


@pytest.mark.parametrize("name", table_names())
def test_every_table_says_where_it_comes_from(name: str) -> None:
    for file in files_of(name):
        found = provenance(file)
        assert found.title and found.source and found.licence.startswith(("MIT", "CC BY 4.0"))


@pytest.mark.parametrize("name", table_names())
def test_every_name_finds_its_own_row(name: str) -> None:
    table = load_table(name)
    assert all(table.find(word) == word for word in table.facts)
    assert set(table.names.values()) == set(table.facts)


def test_tables_agree_where_they_tell_of_the_same() -> None:
    countries, monuments, cities = load_table("country"), load_table("monument"), load_table("city")
    for table in (monuments, cities, load_table("river"), load_table("dish"), load_table("company")):
        for word in table.facts:
            country = table.value(word, "country")
            assert country is None or countries.find(country) is not None, (word, country)
    for word in cities.facts:
        country = countries.find(cities.value(word, "country") or "")
        assert country is not None
        assert cities.value(word, "continent") == countries.value(country, "continent"), word


def test_borders_go_both_ways() -> None:
    countries = load_table("country")
    for country, row in countries.facts.items():
        for other in row.get("border", ()):
            found = countries.find(other)
            assert found is not None and country in {
                countries.find(back) for back in countries.facts[found].get("border", ())
            }, (country, other)


def test_every_relation_has_words_enough() -> None:
    assert all(len(relation.words) >= 50 for relation in RELATIONS.values())


@pytest.mark.parametrize(
    ("text", "expected"),
    [("The U.S.", "u.s"), ("Fire_Opal", "fire opal"), (" Die Walküre. ", "die walkure"), ("The", "the"), ("", "")],
)
def test_normalise(text: str, expected: str) -> None:
    assert normalise(text) == expected


def test_an_unknown_table_is_refused() -> None:
    with pytest.raises(ValueError, match="expected a table among"):
        load_table("minerals")
