// The greatest activations, or else the shortest answers that tell something, for the list.
function glimpse({ table, activations }) {
  const asked = table.filter((row) => row[4]);
  const telling = asked.filter((row) => row[0] !== row[1] && row[0].length > 4);
  const list = make("div", "glimpse");
  const shortest = [...(telling.length ? telling : asked)].sort((a, b) => length(a) - length(b));
  for (const [input, output] of (activations ? asked : shortest).slice(0, 2)) {
    list.append(make("code", "", input), make("span", "arrow", "→"), make("code", "", output));
  }
  if (!asked.length) list.append(make("span", "small", "no queries"));
  return list;
}

function length(row) {
  return row[0].length + row[1].length;
}

// The queries and a few other inputs: the true outputs beside those of the submission.
function answers({ table: given, activations }) {
  const place = make("div");
  for (const [title, wanted] of [["Queries and answers", true], ["Inputs that were not asked", false]]) {
    const rows = given.filter((row) => row[4] === wanted);
    if (!rows.length) continue;
    const judged = rows.filter((row) => row[3] !== null);
    const hits = judged.filter((row) => row[3]).length;
    place.append(make("h3", "", judged.length ? `${title}: ${hits} of ${rows.length} right` : `${title}: ${rows.length}`));
    const body = make("tbody");
    const scale = activations && activations.every((value) => value >= 0 && value <= 1);
    for (const [input, output, submitted, right] of rows) {
      const line = make("tr");
      for (const [text, kind] of [[input, ""], [output, input === output ? "unchanged" : ""]]) {
        const cell = make("td");
        cell.append(make("code", kind, text));
        line.append(cell);
      }
      if (scale) line.lastElementChild.append(bar(Number(output)));
      body.append(line);
      if (!judged.length) continue;
      const cell = make("td");
      if (submitted === null) cell.append(make("span", right === null ? "small" : "differs", "–"));
      else cell.append(make("code", right ? "same" : "differs", submitted));
      line.append(cell);
    }
    const names = ["input", wanted ? "answer" : "true output", ...(judged.length ? ["submission"] : [])];
    place.append(scrolled("answers", names, body));
  }
  return place;
}

// A long table below the names of its columns, which stay in view.
function scrolled(classes, names, body) {
  const table = make("table", classes), head = make("tr"), top = make("thead"), place = make("div", "window");
  for (const name of names) {
    const cell = make("th", "", name);
    cell.scope = "col";
    head.append(cell);
  }
  top.append(head);
  table.append(top, body);
  place.append(table);
  return place;
}
