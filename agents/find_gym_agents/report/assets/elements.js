const data = JSON.parse(document.getElementById("data").textContent);
const detailLines = document.getElementById("details").textContent;

// All text goes through textContent, never through markup.
function make(tag, classes, text) {
  const element = document.createElement(tag);
  if (classes) element.className = classes;
  if (text !== undefined) element.textContent = text;
  return element;
}

function draw(tag, attributes, parent, text) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  if (text !== undefined) element.textContent = text;
  if (parent) parent.append(element);
  return element;
}

function folded(title, content) {
  const element = make("details", "folded");
  element.append(make("summary", "small", title), content);
  return element;
}

// What an episode has besides its entry in the list; read when it is needed.
function detailsOf(episode) {
  return JSON.parse(detailLines.slice(...episode.at));
}

function skillOf(episode) {
  return episode.score ? episode.score.skill : -1;
}

function agentOf(episode) {
  return data.agents[episode.agent];
}

function categoryOf(episode) {
  return data.categories[episode.category];
}

// The name of an episode in links: the category only where there are several.
function keyOf(episode) {
  const category = data.categories.length > 1 ? `${categoryOf(episode).name}/` : "";
  return `${category}${agentOf(episode)}/${episode.index}`;
}

function rounded(value) {
  return value === null || value === undefined ? "–" : Number(value.toPrecision(3)).toString();
}

function duration(seconds) {
  return seconds < 99.5 ? Number(seconds.toPrecision(2)).toString() : grouped(seconds);
}

function grouped(count) {
  return String(Math.round(count)).replace(/\B(?=(\d{3})+$)/g, "\u2009");
}
