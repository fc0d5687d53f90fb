"""The atlas of units: a page of the site with every shipped unit, made from the package's table when the site is built.

Without a script the page is one long table; docs/assets/atlas.js searches and sorts it.
"""

from __future__ import annotations

import html
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from find_gym.categories.neurons.bank import bank_words, open_places
from find_gym.categories.neurons.scaling import ACTIVE, OUTPUTS, STEPS
from find_gym.categories.neurons.table import UnitTable, splits_of_units, unit_table
from find_gym.categories.neurons.units import Unit

_TOP = 8
_BARS, _HEIGHT = 24, 20
_HEAD = """---
hide:
  - navigation
  - toc
search:
  exclude: true
---

# Atlas of units

The {count} units of all-MiniLM-L6-v2 that [`FIND-neurons-v0`](neurons.md) ships: neurons of MLPs
(`mlp.LAYER.NEURON`), lengths of what attention heads write (`attention.LAYER.HEAD`), and coordinates of their outputs
(`attention.LAYER.HEAD.COORDINATE`). It tells the answers: let no interpreter that you evaluate read it.

- **Best program known**: what a beam search over the grammar finds on the open half of the words. **Skill** is that
  of this program on the other half, by all active words there.
- **Top words**: the open words that activate the unit most.
- **Activations**: how many of the {words} words have which activation, from the median of the unit to its maximum, in a
  logarithmic scale; darker from the 97th percentile on.

"""
_FORM = """<form id="atlas" role="search" hidden>
<label>Search <input type="search" name="text" placeholder="baseball, mlp.4.685, begin with"></label>
<label>Layer <select name="layer"><option value="">all</option>{layers}</select></label>
<label>Kind
<select name="kind"><option value="">all</option><option>mlp</option><option>attention</option></select></label>
<label>Order <select name="order"><option value="">layer</option><option value="skill">skill</option></select></label>
<output aria-live="polite"></output>
</form>
"""


def atlas_page() -> str:
    """Returns the page as Markdown."""
    table = unit_table()
    head = _HEAD.format(count=f"{len(table.names):,}", words=f"{len(bank_words()):,}")
    return f'{head}{atlas_html()}\n<script src="assets/atlas.js"></script>\n'


def atlas_html() -> str:
    """Returns the form and the table of the page."""
    table = unit_table()
    layers = sorted({Unit.parse(name).layer for name in table.names})
    columns = ("unit", "skill", "best program known: texts that", "top words", "activations")
    header = "".join(f'<th scope="col">{column}</th>' for column in columns)
    options = "".join(f"<option>{layer}</option>" for layer in layers)
    return "\n".join(
        [
            _FORM.format(layers=options),
            '<table id="units">',
            f"<thead><tr>{header}</tr></thead>",
            "<tbody>",
            *_rows(table),
            "</tbody>",
            "</table>",
        ]
    )


def _rows(table: UnitTable) -> Iterator[str]:
    splits = splits_of_units()
    places, words = open_places(), bank_words()
    for row, (name, program, area) in enumerate(zip(table.names, table.programs, table.areas.tolist(), strict=True)):
        unit, outputs = Unit.parse(name), table.outputs(row)
        top = places[np.argsort(-outputs[places], kind="stable")[:_TOP]]
        cells = [
            f'<th scope="row"><a href="#{name}">{name}</a><br><small>{splits[name]}</small></th>',
            f"<td>{2 * area - 1:.2f}</td>",
            f"<td>{html.escape(_shorten(program.describe()))}</td>",
            f"<td>{html.escape(', '.join(words[place] for place in top))}</td>",
            f"<td>{_histogram(table.knots[row], outputs)}</td>",
        ]
        yield f'<tr id="{name}" data-layer="{unit.layer}" data-kind="{unit.kind}">{"".join(cells)}</tr>'


def _shorten(description: str) -> str:
    """Returns what a program says in fewer words, to stand under "texts that"."""
    said = description.removeprefix("It responds to texts that ").removesuffix(".")
    return said.replace(", or to texts that ", ", or ").replace(", but not to texts that ", ", but not that ")


def _histogram(knots: NDArray[np.float64], outputs: NDArray[np.float64]) -> str:
    """Draws how often which activation occurs among the words above the unit's median."""
    steps = np.unique(knots, return_index=True)[1]
    activations = np.interp(outputs[outputs >= 1 / STEPS], np.array(OUTPUTS)[steps], knots[steps])
    counts, edges = np.histogram(activations, _BARS, (knots[0], knots[-1]))
    heights = np.round(_HEIGHT * np.log1p(counts) / np.log1p(counts.max())).astype(int)
    active = edges[:-1] >= np.interp(ACTIVE, np.array(OUTPUTS)[steps], knots[steps])
    paths = []
    for kind, chosen in (("", ~active), (' class="active"', active)):
        bars = [
            f"M{3 * bar} {_HEIGHT}v-{heights[bar]}h2v{heights[bar]}" for bar in np.flatnonzero(chosen & (heights > 0))
        ]
        paths.append(f'<path{kind} d="{"".join(bars)}"/>')
    low, high = (round(float(knot), 2) + 0.0 for knot in (knots[0], knots[-1]))
    said = f"from {low:.2f}, the median, to {high:.2f}"
    size = f'width="{3 * _BARS}" height="{_HEIGHT}"'
    return f'<svg {size} role="img" aria-label="{said}"><title>{said}</title>{"".join(paths)}</svg>'
