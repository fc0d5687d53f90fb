// Searches and sorts the table of docs/atlas.md. The address keeps what was searched: atlas.html?text=baseball&layer=4.
"use strict";
{
  const form = document.getElementById("atlas");
  const body = document.querySelector("#units tbody");
  const rows = [...body.rows].map((row, place) => ({
    row,
    place,
    text: row.innerText.toLowerCase(),
    skill: Number(row.cells[1].innerText),
  }));
  let order = "";

  const show = () => {
    const { text, layer, kind } = Object.fromEntries(new FormData(form));
    const wanted = text.toLowerCase().split(/\s+/).filter(Boolean);
    let count = 0;
    for (const one of rows) {
      const { layer: itsLayer, kind: itsKind } = one.row.dataset;
      const fits =
        (!layer || layer === itsLayer) && (!kind || kind === itsKind) && wanted.every((word) => one.text.includes(word));
      one.row.hidden = !fits;
      count += fits;
    }
    if (order !== form.elements.order.value) {
      order = form.elements.order.value;
      const sorted = [...rows].sort((a, b) => (order === "skill" && b.skill - a.skill) || a.place - b.place);
      body.append(...sorted.map((one) => one.row));
    }
    form.querySelector("output").textContent = `${count} of ${rows.length} units`;
    const given = [...new FormData(form)].filter(([, value]) => value);
    const search = given.length ? `?${new URLSearchParams(given)}` : location.pathname;
    history.replaceState(null, "", `${search}${location.hash}`);
  };

  for (const [name, value] of new URLSearchParams(location.search)) {
    if (form.elements[name]) form.elements[name].value = value;
  }
  form.hidden = false;
  form.addEventListener("input", show);
  form.addEventListener("submit", (event) => event.preventDefault());
  show();
}
