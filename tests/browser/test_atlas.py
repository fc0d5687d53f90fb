"""The atlas of units in a browser: search, filters, order, links, and every shipped unit without a script."""

import importlib.util
import re
from pathlib import Path

import pytest

from find_gym.categories.neurons.table import unit_table

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def html() -> str:
    """The table and its form, as the site has them."""
    spec = importlib.util.spec_from_file_location("docs_atlas", ROOT / "scripts" / "docs_atlas.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return str(module.atlas_html())


def test_every_unit_is_listed_with_its_program_words_and_histogram(html: str) -> None:
    rows = re.findall(r'<tr id="([\w.]+)".*?</tr>', html)
    assert rows == list(unit_table().names) and html.count("<svg") == len(rows)
    baseball = re.search(r'<tr id="mlp\.4\.685".*?</tr>', html)
    assert baseball is not None and "related to American football" in baseball[0] and 'class="active"' in baseball[0]
    skills = re.findall(r"<td>(\d\.\d\d)</td>", html)
    assert len(skills) == len(rows) and float(min(skills)) >= 0.48
    assert not re.search(r"(?:src|href)=.https?:", html)


def test_units_are_found_filtered_and_ordered(browser, html: str, tmp_path: Path) -> None:
    assets = ROOT / "docs" / "assets"
    page = tmp_path / "atlas.html"
    page.write_text(
        f'<!doctype html><meta charset="utf-8"><style>{(assets / "site.css").read_text()}</style>{html}'
        f"<script>{(assets / 'atlas.js').read_text()}</script>",
        encoding="utf-8",
    )

    def shown() -> list[str]:
        script = "return [...document.querySelectorAll('#units tbody tr:not([hidden])')].map((row) => row.id)"
        return list(browser.execute_script(script))

    def choose(name: str, value: str) -> None:
        script = (
            "const field = document.getElementById('atlas').elements[arguments[0]]; field.value = arguments[1];"
            "field.dispatchEvent(new Event('input', {bubbles: true}))"
        )
        browser.execute_script(script, name, value)

    browser.get("about:blank")
    browser.get_log("browser")
    browser.get(page.as_uri())
    everything = list(unit_table().names)
    assert shown() == everything
    choose("text", "BASEBALL related")
    found = shown()
    assert "mlp.4.685" in found and 1 < len(found) < 100
    assert browser.find_element("css selector", "#atlas output").text == f"{len(found)} of {len(everything)} units"
    choose("layer", "4")
    assert all(name.split(".")[1] == "4" for name in shown()) and "mlp.4.685" in shown()
    # The address shows the same again.
    before = shown()
    browser.get(browser.current_url)
    assert shown() == before
    choose("text", "")
    choose("kind", "attention")
    choose("order", "skill")
    assert {name.split(".")[0] for name in shown()} == {"attention"}
    areas = [unit_table().areas[everything.index(name)] for name in shown()]
    assert areas == pytest.approx(sorted(areas, reverse=True), abs=0.006)
    choose("text", "no such words")
    assert shown() == []
    assert [entry for entry in browser.get_log("browser") if entry["level"] != "DEBUG"] == []
