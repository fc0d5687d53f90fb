// Tables are sorted by the column whose heading is clicked: numbers from the greatest on at first, words from A on.
function sortable(table) {
  const [body] = table.tBodies;
  for (const heading of table.tHead.rows[0].cells) {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...heading.childNodes);
    heading.append(button);
    button.addEventListener("click", () => sortBy(table, body, heading));
  }
}

function sortBy(table, body, heading) {
  const numbers = heading.classList.contains("number");
  const [first, second] = numbers ? ["descending", "ascending"] : ["ascending", "descending"];
  const order = heading.ariaSort === first ? second : first;
  for (const other of table.tHead.rows[0].cells) other.ariaSort = null;
  heading.ariaSort = order;
  const sign = order === "ascending" ? 1 : -1;
  const read = (row) => {
    const text = row.cells[heading.cellIndex].textContent;
    return numbers ? Number.parseFloat(text) : text;
  };
  body.append(...[...body.rows].sort((a, b) => compare(read(a), read(b), sign)));
}

// What has no number is last in either order.
function compare(a, b, sign) {
  if (typeof a === "string") return sign * a.localeCompare(b, "en", { numeric: true });
  if (Number.isNaN(a) || Number.isNaN(b)) return Number.isNaN(a) - Number.isNaN(b);
  return sign * (a - b);
}

document.querySelectorAll(".scroll > table").forEach(sortable);
