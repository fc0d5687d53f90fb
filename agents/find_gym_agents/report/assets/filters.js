const form = document.getElementById("filters");
const ORDERS = {
  "function": (a, b) => a.category - b.category || a.index - b.index || a.agent - b.agent,
  "agent": (a, b) => a.agent - b.agent || a.category - b.category || a.index - b.index,
  "skill, low to high": (a, b) => skillOf(a) - skillOf(b) || a.index - b.index,
  "skill, high to low": (a, b) => skillOf(b) - skillOf(a) || a.index - b.index,
  "queries, most first": (a, b) => b.queries - a.queries || a.index - b.index,
  "seconds, longest first": (a, b) => b.seconds - a.seconds || a.index - b.index,
  "tokens, most first": (a, b) => (b.tokens ?? -1) - (a.tokens ?? -1) || a.index - b.index,
};
const DEFAULTS = {
  category: "all", agent: "all", family: "all", variant: "all", outcome: "all", least: "0", most: "1", text: "",
  order: "function",
};

function fill(name, values) {
  const field = form.elements[name], before = field.value;
  field.replaceChildren(...values.map((value) => new Option(value, value)));
  if (values.includes(before)) field.value = before;
}

function distinct(read, episodes = data.episodes) {
  return ["all", ...[...new Set(episodes.map(read))].sort()];
}

// Families and variants are those of the category that is chosen.
function fillGroups() {
  const category = form.elements.category.value;
  const own = data.episodes.filter((episode) => category === "all" || categoryOf(episode).name === category);
  fill("family", distinct((episode) => episode.family, own));
  fill("variant", distinct((episode) => episode.variant, own));
}

function fillFilters() {
  fill("category", ["all", ...data.categories.map((category) => category.name)]);
  fill("agent", ["all", ...data.agents]);
  fill("outcome", distinct((episode) => episode.outcome));
  const orders = Object.keys(ORDERS).filter((name) => !name.startsWith("tokens") || data.episodes.some((one) => one.tokens !== null));
  fill("order", orders);
  fillGroups();
  form.elements.category.parentElement.hidden = data.categories.length === 1;
  form.hidden = false;
}

function wanted() {
  return Object.fromEntries(new FormData(form));
}

// The episodes that the form asks for, in its order.
function chosenBy(filters) {
  const least = Number(filters.least), most = filters.most === "" ? 1 : Number(filters.most);
  const text = filters.text.trim().toLowerCase();
  const all = least <= 0 && most >= 1;
  const found = data.episodes.filter((episode) =>
    (filters.category === "all" || categoryOf(episode).name === filters.category) &&
    (filters.agent === "all" || agentOf(episode) === filters.agent) &&
    (filters.family === "all" || episode.family === filters.family) &&
    (filters.variant === "all" || episode.variant === filters.variant) &&
    (filters.outcome === "all" || episode.outcome === filters.outcome) &&
    (all || (skillOf(episode) >= least - 1e-9 && skillOf(episode) <= most + 1e-9)) &&
    (text === "" || searchable(episode).includes(text)));
  return found.sort(ORDERS[filters.order]);
}

// The fragment of the address for an episode ("" for none) under the present filters: #agent/index?filter=value
function linkTo(key) {
  const changed = Object.entries(wanted()).filter(([name, value]) => value !== DEFAULTS[name]);
  const filters = new URLSearchParams(changed).toString();
  // A lone surrogate can't be written in an address.
  const path = encodeURIComponent(key.toWellFormed()).replaceAll("%2F", "/").replaceAll("%3A", ":");
  return `#${path}${filters ? `?${filters}` : ""}`;
}

// Reads the fragment: sets the form, and returns the episode's key.
function readLink(fragment) {
  const [path, ...rest] = fragment.slice(1).split("?");
  const filters = { ...DEFAULTS, ...Object.fromEntries(new URLSearchParams(rest.join("?"))) };
  form.elements.category.value = filters.category;
  if (!form.elements.category.value) form.elements.category.value = DEFAULTS.category;
  fillGroups();
  for (const name of Object.keys(DEFAULTS)) {
    const field = form.elements[name];
    const number = Number.parseFloat(filters[name]);
    if (field.type !== "number") field.value = filters[name];
    else field.value = Number.isFinite(number) ? number : "";
    // A value that the page does not have.
    if (field.value === "" && name !== "text") field.value = DEFAULTS[name];
  }
  try {
    return decodeURIComponent(path);
  } catch {
    return "";
  }
}
