"""The catalogue of relations: for each its table and column, its English, and the words that indicate it.

To add a relation, add the facts to a table of `find_gym.categories.relations.tables` and a line here.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from find_gym.categories.relations.tables import Table, load_table


@dataclass(frozen=True)
class Relation:
    """A relation between words.

    Attributes:
        name: its name, also the token that writes it.
        table: the table of its inputs.
        column: the column of its answers.
        subject: what it maps from, in English.
        object: what it maps to, in English.
        subject_words: other words for the subject, from which a description may be recognised.
        object_words: other words for the object.
        find: whether it is one of FIND's.
        tolerance: relative tolerance of an answer that is a number; 0 for answers that are words.
    """

    name: str
    table: str
    column: str
    subject: str
    object: str
    subject_words: str
    object_words: str
    find: bool = False
    tolerance: float = 0.0

    @property
    def facts(self) -> Table:
        """The table of its inputs."""
        return load_table(self.table)

    @cached_property
    def words(self) -> tuple[str, ...]:
        """The words that it is defined for, in the order of the table."""
        facts = self.facts
        return tuple(name for name, row in facts.facts.items() if self.column in row)


_COUNTRY = "country countries nation nations state land place location"
_CITY = "city cities town towns place location"
_MONUMENT = "monument monuments landmark landmarks building site attraction wonder place location famous"
_PERSON = "person people figure name celebrity individual famous"
_OPERA = "opera operas work musical piece composition"
_RIVER = "river rivers stream waterway"
_ANIMAL = "animal animals species creature"
_BOOK = "book books title novel novels literary literature work play"

_CATALOGUE = (
    Relation("capital", "country", "capital", "a country", "the capital of that country", _COUNTRY,
             "capital capitals city seat government", find=True),
    Relation("official_language", "country", "language", "a country", "the official language of that country",
             _COUNTRY, "language languages official main primary spoken tongue", find=True),
    Relation("bordering_country", "country", "border", "a country", "another country on its border", _COUNTRY,
             "border borders bordering neighbor neighbour neighboring neighbouring adjacent nearby", find=True),
    Relation("flag_color", "country", "flag", "a country", "the color of that country's flag", _COUNTRY,
             "color colour colors colours flag flags", find=True),
    Relation("highest_elevation", "country", "elevation", "a country",
             "the height of the maximum elevation in that country, in kilometers", _COUNTRY,
             "height elevation altitude highest maximum peak mountain mountains point kilometers", True, 0.02),
    Relation("male_height", "country", "male_height", "a country",
             "the height of the average male in that country, in meters", _COUNTRY,
             "height average mean male man men tall meters", True, 0.02),
    Relation("tallest_skyscraper", "country", "building", "a country",
             "the height of the tallest skyscraper in that country, in meters", _COUNTRY,
             "height tallest skyscraper skyscrapers building tower meters", True, 0.05),
    Relation("continent_of_country", "country", "continent", "a country", "the continent where that country is located",
             _COUNTRY, "continent continents region", find=True),
    Relation("country_of_city", "city", "country", "a city", "the country where that city is located", _CITY,
             "country countries nation located", find=True),
    Relation("time_zone", "city", "time_zone", "a city", "the time zone of that city", _CITY,
             "time zone timezone zones standard", find=True),
    Relation("us_state_of_city", "us_city", "state", "a city in the United States",
             "the state in which that city is located", f"{_CITY} united states american us usa",
             "state states", find=True),
    Relation("head_of_state", "person", "headed", "a head of state",
             "the country where that person was head of state",
             "head state leader leaders president prime minister ruler politician person people figure national name",
             "country nation governed led ruled head leader", find=True),
    Relation("occupation", "person", "occupation", "a well-known person", "the occupation of that person", _PERSON,
             "occupation profession job role career work", find=True),
    Relation("political_party", "person", "party", "a politician",
             "the political party of which this politician is a member",
             f"{_PERSON} politician politicians political", "party parties political affiliation member", find=True),
    Relation("gender_of_name", "given_name", "gender", "the name of a person", "the most likely gender of that person",
             "name names first given person forename", "gender sex male female man woman boy girl", find=True),
    Relation("country_of_monument", "monument", "country", "a monument",
             "the country where that monument is located", _MONUMENT, "country nation located", find=True),
    Relation("continent_of_monument", "monument", "continent", "a monument",
             "the continent where that monument is located", _MONUMENT, "continent region", find=True),
    Relation("opera_composer", "opera", "composer", "an opera", "the composer of that opera", _OPERA,
             "composer composers author creator wrote composed music", find=True),
    Relation("opera_language", "opera", "language", "an opera", "the language of that opera", _OPERA,
             "language libretto sung", find=True),
    Relation("continent_of_river", "river", "continent", "a river", "the continent where that river is located",
             _RIVER, "continent region flows", find=True),
    Relation("river_length", "river", "length", "a river", "the length of that river, in kilometers", _RIVER,
             "length long kilometers km miles", True, 0.05),
    Relation("habitat", "animal", "habitat", "an animal", "the typical habitat of that animal", _ANIMAL,
             "habitat habitats environment home lives live biome natural", find=True),
    Relation("food", "animal", "food", "an animal", "the main food source of that animal", _ANIMAL,
             "food eats eat diet feeds feed eaten source prey", find=True),
    Relation("book_author", "book", "author", "the title of a book", "the author of that book", _BOOK,
             "author authors writer wrote written creator novelist", find=True),
    Relation("gemstone_color", "gemstone", "colour", "a gemstone", "the color of that gemstone",
             "gemstone gemstones gem gems stone jewel mineral precious", "color colour colors colours", find=True),
    Relation("currency", "country", "currency", "a country", "the currency of that country", _COUNTRY,
             "currency money unit monetary coin"),
    Relation("calling_code", "country", "calling_code", "a country", "the international calling code of that country",
             _COUNTRY, "calling dialing dialling telephone phone code prefix"),
    Relation("internet_domain", "country", "internet_domain", "a country",
             "the top-level internet domain of that country", _COUNTRY, "internet domain tld top level web suffix"),
    Relation("demonym", "country", "demonym", "a country", "the adjective for the people of that country", _COUNTRY,
             "demonym nationality adjective inhabitants people citizens"),
    Relation("continent_of_city", "city", "continent", "a city", "the continent where that city is located", _CITY,
             "continent region"),
    Relation("city_of_monument", "monument", "city", "a monument", "the city where that monument is located",
             _MONUMENT, "city town"),
    Relation("nationality", "person", "nationality", "a well-known person", "the nationality of that person", _PERSON,
             "nationality citizenship origin born adjective"),
    Relation("state_capital", "us_state", "capital", "a state of the United States", "the capital of that state",
             "state states united american us", "capital city"),
    Relation("state_abbreviation", "us_state", "abbreviation", "a state of the United States",
             "the two-letter postal abbreviation of that state", "state states united american us",
             "abbreviation postal code letters initials"),
    Relation("largest_city_of_state", "us_state", "largest_city", "a state of the United States",
             "the largest city of that state", "state states united american us",
             "largest biggest populous city population"),
    Relation("animal_class", "animal", "class", "an animal", "the class of animals that it belongs to", _ANIMAL,
             "class group type taxonomic mammal bird reptile category"),
    Relation("animal_young", "animal", "young", "an animal", "the name of its young", _ANIMAL,
             "young baby babies offspring juvenile infant"),
    Relation("element_symbol", "element", "symbol", "a chemical element", "the symbol of that element",
             "chemical element elements metal gas", "symbol abbreviation letters"),
    Relation("atomic_number", "element", "number", "a chemical element", "the atomic number of that element",
             "chemical element elements metal gas", "atomic number protons"),
    Relation("film_director", "film", "director", "a film", "the director of that film",
             "film films movie movies picture", "director directed filmmaker"),
    Relation("painter", "painting", "painter", "a painting", "the painter of that painting",
             "painting paintings picture artwork artistic work", "painter artist painted creator"),
    Relation("company_country", "company", "country", "a company", "the country where that company has its seat",
             "company companies brand brands firm corporation manufacturer business",
             "country nation seat headquarters based origin"),
    Relation("company_industry", "company", "industry", "a company", "the industry of that company",
             "company companies brand brands firm corporation business",
             "industry sector product products makes sells"),
    Relation("dish_country", "dish", "country", "a dish", "the country where that dish comes from",
             "dish dishes food meal cuisine recipe", "country origin nation comes originates cuisine"),
    Relation("instrument_family", "instrument", "family", "a musical instrument", "the family of that instrument",
             "musical instrument instruments music", "family string woodwind brass percussion section type"),
    Relation("opposite", "adjective", "opposite", "an adjective", "the opposite of that adjective",
             "adjective adjectives word property", "opposite antonym opposites antonyms contrary"),
    Relation("comparative", "adjective", "comparative", "an adjective", "the comparative of that adjective",
             "adjective adjectives word", "comparative more form er comparison"),
    Relation("past_tense", "verb", "past", "a verb", "the past tense of that verb", "verb verbs action",
             "past tense preterite form"),
    Relation("participle", "verb", "participle", "a verb", "the past participle of that verb", "verb verbs action",
             "past participle form perfect"),
    Relation("plural", "noun", "plural", "a noun", "the plural of that noun", "noun nouns singular word object",
             "plural plurals form multiple"),
    Relation("spanish", "word", "spanish", "an English word", "the Spanish translation of that word",
             "english word words common", "spanish translation translates translated espanol"),
    Relation("french", "word", "french", "an English word", "the French translation of that word",
             "english word words common", "french translation translates translated francais"),
    Relation("roman_numeral", "number", "roman", "a number in words", "the Roman numeral of that number",
             "number numbers word words spelled", "roman numeral numerals"),
    Relation("god_domain", "god", "domain", "a god or goddess", "what that deity is the god or goddess of",
             "god gods goddess deity deities mythological mythology", "domain realm responsible sphere"),
    Relation("god_pantheon", "god", "pantheon", "a god or goddess", "the mythology that the deity belongs to",
             "god gods goddess deity deities", "mythology pantheon culture religion"),
    Relation("inventor", "invention", "inventor", "an invention", "the inventor of that thing",
             "invention inventions device machine technology discovery",
             "inventor invented discovered discoverer creator"),
)  # fmt: skip

RELATIONS: dict[str, Relation] = {relation.name: relation for relation in _CATALOGUE}
FIND_RELATIONS: tuple[str, ...] = tuple(relation.name for relation in _CATALOGUE if relation.find)
TABLES: tuple[str, ...] = tuple(dict.fromkeys(relation.table for relation in _CATALOGUE))
