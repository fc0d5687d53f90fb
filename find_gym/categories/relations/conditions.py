"""Conditions: subdomains of a relation's inputs, on which it may be undefined."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache

from find_gym.categories.relations.catalogue import RELATIONS, Relation
from find_gym.categories.relations.tables import normalise

# The least number of a relation's words that an exception covers, and that it leaves.
LEAST_EXCEPTIONS, LEAST_REGULAR = 5, 10


@dataclass(frozen=True)
class Attribute:
    """A property of words that conditions are made from.

    Attributes:
        name: its name, also the token that writes it.
        column: the column of the table; empty for the first letter.
        kind: "is" for words with a value, "after" and "before" for those with a greater or a lesser number,
            "begins_with" for a first letter.
        english: the condition in English, with the places {value} and {noun}; by table, or for all tables.
        words: words that indicate the property in a description.
    """

    name: str
    column: str
    kind: str
    english: dict[str, str]
    words: str = ""


_ATTRIBUTES = (
    Attribute("begins_with", "", "begins_with", {"": "the input begins with {value}"}, "begins starts letter first"),
    Attribute("continent", "continent", "is", {"": "the input {noun} is in {value}"}, "continent"),
    Attribute("country", "country", "is", {
        "": "the input {noun} is in {value}", "river": "the input river reaches the sea in {value}",
        "company": "the input company is from {value}", "dish": "the input dish is from {value}",
        "invention": "the inventor of the input lived in {value}",
    }, "country"),
    Attribute("state", "state", "is", {
        "": "the input city is in {value}", "element": "the input element is a {value}",
    }, "state"),
    Attribute("city", "city", "is", {
        "": "the input monument is in {value}", "painting": "the input painting hangs in {value}",
    }, "city museum"),
    Attribute("region", "region", "is", {"": "the input state is in the {value}"}, "region"),
    Attribute("language", "language", "is", {
        "": "the input {noun} is in {value}", "country": "the official language of the input country is {value}",
        "book": "the input book was written in {value}", "film": "the language of the input film is {value}",
    }, "language"),
    Attribute("currency", "currency", "is", {"": "the currency of the input country is the {value}"}, "currency"),
    Attribute("gender", "gender", "is", {
        "": "the input is a {value}", "given_name": "the input is the name of a {value}",
    }, "gender"),
    Attribute("nationality", "nationality", "is", {"": "the input person is {value}"}, "nationality"),
    Attribute("occupation", "occupation", "is", {"": "the occupation of the input person is {value}"}, "occupation"),
    Attribute("composer", "composer", "is", {"": "the input opera is by {value}"}, "composer"),
    Attribute("century", "century", "is", {"": "the input {noun} is from the {value} century"}, "century"),
    Attribute("after", "year", "after", {
        "": "the input {noun} was made after {value}", "book": "the input book was written after {value}",
    }, "after since later newer"),
    Attribute("author", "author", "is", {"": "the input book is by {value}"}, "author"),
    Attribute("director", "director", "is", {"": "the input film is by {value}"}, "director"),
    Attribute("painter", "painter", "is", {"": "the input painting is by {value}"}, "painter"),
    Attribute("diet", "diet", "is", {"": "the input animal is a {value}"}, "diet eats"),
    Attribute("class", "class", "is", {"": "the input animal is a kind of {value}"}, "class"),
    Attribute("medium", "medium", "is", {
        "": "the input animal lives in the {value}", "land": "the input animal lives on {value}",
    }, "lives"),
    Attribute("color", "colour", "is", {"": "the input gemstone is {value}"}, "color colour"),
    Attribute("kind", "kind", "is", {
        "": "the input is of the kind: {value}", "element": "the input element is a {value}",
        "gemstone": "the input gemstone is of the kind: {value}", "verb": "the input verb is {value}",
        "noun": "the plural of the input is {value}",
        "word": "the input word is of the kind: {value}", "dish": "the input dish is of the kind: {value}",
    }, "kind"),
    Attribute("industry", "industry", "is", {"": "the industry of the input company is {value}"}, "industry"),
    Attribute("family", "family", "is", {"": "the input instrument is a {value} instrument"}, "family"),
    Attribute("form", "form", "is", {"": "the comparative of the input is {value}"}, "form"),
    Attribute("parity", "parity", "is", {"": "the input number is {value}"}, "number"),
    Attribute("pantheon", "pantheon", "is", {"": "the input deity is {value}"}, "mythology"),
)  # fmt: skip

# Those that functions are sampled with and tokens can write.
ATTRIBUTES: dict[str, Attribute] = {attribute.name: attribute for attribute in _ATTRIBUTES}
# Those and what published functions have beside them.
KNOWN_ATTRIBUTES: dict[str, Attribute] = ATTRIBUTES | {
    "before": Attribute("before", "year", "before", {
        "": "the input {noun} was made before {value}", "book": "the input book was written before {value}",
    }, "before until earlier older"),
}  # fmt: skip
_AFTER = ("1500", "1800", "1850", "1900", "1950", "1960", "1980", "1990", "2000")


@dataclass(frozen=True)
class Condition:
    """A subdomain: the words of a table with one value of one attribute.

    Attributes:
        attribute: the attribute's name.
        value: its value, or the number that is exceeded, or the first letter.
    """

    attribute: str
    value: str

    def __post_init__(self) -> None:
        if self.attribute not in KNOWN_ATTRIBUTES or not isinstance(self.value, str) or not self.value:
            raise ValueError(f"expected an attribute among {', '.join(KNOWN_ATTRIBUTES)} and a value, actual: {self}")

    def applies_to(self, relation: Relation) -> bool:
        """Whether the table of the relation has the attribute."""
        column = KNOWN_ATTRIBUTES[self.attribute].column
        return not column or column in relation.facts.columns

    def holds(self, relation: Relation, name: str) -> bool:
        """Whether a word of the relation's table, by its own name, meets the condition."""
        attribute = KNOWN_ATTRIBUTES[self.attribute]
        if attribute.kind == "begins_with":
            return normalise(name)[:1] == self.value.casefold()
        found = relation.facts.value(name, attribute.column)
        if found is None:
            return False
        if attribute.kind == "is":
            return found == self.value
        greater = float(found) - float(self.value)
        return greater > 0 if attribute.kind == "after" else greater < 0

    def english(self, relation: Relation) -> str:
        """Writes the condition in English, such as "the input country is in South America"."""
        forms = KNOWN_ATTRIBUTES[self.attribute].english
        form = forms.get(self.value) or forms.get(relation.table) or forms[""]
        noun = {"us_city": "city", "us_state": "state", "given_name": "name", "person": "person"}
        value = self.value.upper() if self.attribute == "begins_with" else self.value
        return form.format(noun=noun.get(relation.table, relation.table), value=value)


@cache
def conditions_of(relation_name: str, least: int = LEAST_EXCEPTIONS) -> tuple[Condition, ...]:
    """Returns the conditions that can be exceptions to a relation: those with enough words on both sides.

    Of conditions that the same words meet, only the first is kept.

    Args:
        relation_name: the relation.
        least: the number of its words that meet a condition at least.
    """
    relation = RELATIONS[relation_name]
    words = relation.words
    found: dict[frozenset[str], Condition] = {}
    for condition in _candidates(relation):
        members = words_that_meet(relation_name, condition).intersection(words)
        if least <= len(members) <= len(words) - LEAST_REGULAR:
            found.setdefault(members, condition)
    return tuple(found.values())


@cache
def words_that_meet(relation_name: str, condition: Condition) -> frozenset[str]:
    """Returns the words of a relation's table, by their own names, that meet a condition."""
    relation = RELATIONS[relation_name]
    return frozenset(name for name in relation.facts.facts if condition.holds(relation, name))


@lru_cache(maxsize=4096)
def canonical(relation_name: str, exceptions: tuple[Condition, ...]) -> str:
    """Returns a text that is the same for the same function: the relation and the words that are excepted."""
    excepted = [words_that_meet(relation_name, condition) for condition in exceptions]
    words = [word for word in RELATIONS[relation_name].words if any(word in met for met in excepted)]
    return json.dumps([relation_name, words])


def _candidates(relation: Relation) -> Iterator[Condition]:
    facts = relation.facts
    # Facts go before first letters, where both are met by the same words.
    for attribute in sorted(ATTRIBUTES.values(), key=lambda attribute: attribute.kind == "begins_with"):
        if attribute.kind == "begins_with":
            letters = Counter(normalise(word)[0] for word in relation.words)
            yield from (Condition(attribute.name, letter) for letter in sorted(letters) if letter.isalpha())
        elif attribute.column in facts.columns:
            values = {facts.value(word, attribute.column) for word in relation.words} - {None}
            chosen = _AFTER if attribute.kind == "after" else sorted(value for value in values if value)
            yield from (Condition(attribute.name, value) for value in chosen)
