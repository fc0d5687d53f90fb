const cards = new WeakMap();

// One episode: a line of the list that opens.
function card(episode, whenToggled) {
  if (cards.has(episode)) return cards.get(episode);
  const details = detailsOf(episode);
  const element = make("details", details.plot ? "episode" : "episode wide");
  const summary = make("summary");
  const small = make("div");
  small.append(details.plot ? plot(episode, details.plot, "full", 150, 56, false) : glimpse(details));
  summary.append(small, who(episode), what(episode), score(episode), outcome(episode));
  element.append(summary);
  element.addEventListener("toggle", () => {
    if (element.open) unfold(episode, element);
    whenToggled(episode, element);
  });
  cards.set(episode, element);
  return element;
}

// Opens a card; what is below its line is made the first time.
function unfold(episode, element) {
  if (element.childElementCount === 1) element.append(opened(episode, detailsOf(episode)));
  element.open = true;
}

function who(episode) {
  const place = make("div");
  const name = make("div", "name");
  const dot = make("span", "dot");
  dot.style.background = categoryOf(episode).colours[episode.agent];
  name.append(dot, agentOf(episode));
  const category = data.categories.length > 1 ? `${categoryOf(episode).name}, ` : "";
  place.append(name, make("div", "small who-function", `${category}function ${episode.index}: ${episode.id}`));
  return place;
}

function what(episode) {
  const place = make("div");
  const used = [`${episode.queries} queries`, `${duration(episode.seconds)} s`];
  if (episode.tokens !== null) used.push(`${grouped(episode.tokens)} tokens`);
  place.append(make("div", "", `${episode.family}, ${episode.variant}`), make("div", "small", used.join(", ")));
  return place;
}

function score(episode) {
  const place = make("div");
  if (!episode.score) return place;
  const { skill, accuracy } = episode.score;
  place.append(make("div", "small", `skill ${skill.toFixed(2)}, accuracy ${accuracy.toFixed(2)}`));
  place.append(bar(Math.max(skill, 0)));
  return place;
}

// A share in [0, 1] as a bar.
function bar(share) {
  const meter = make("div", "meter"), filled = make("span");
  filled.style.width = `${100 * share}%`;
  meter.append(filled);
  return meter;
}

function outcome(episode) {
  const place = make("div");
  const word = episode.outcome;
  const kind = word === "right" || word === "wrong" || word === "unscored" ? word : "failed";
  place.append(make("span", `badge ${kind}`, word.replaceAll("_", " ")));
  for (const [badge, text] of episode.badges) place.append(" ", make("span", `badge ${badge}`, text));
  return place;
}

// What is below the line: plots, score, truth beside submission, answers, messages.
function opened(episode, details) {
  const body = make("div", "detail");
  if (details.error) body.append(make("h3", "", "Unscored: no score, and in no mean"), make("pre", "error", details.error));
  if (details.plot) {
    const panels = make("div", "panels");
    panels.append(
      plot(episode, details.plot, "full", 720, 300, true), plot(episode, details.plot, "near", 480, 300, true));
    body.append(panels);
  }
  if (episode.score) body.append(scores([["skill", episode.score.skill], ["accuracy", episode.score.accuracy], ...details.parts]));
  if (details.message) body.append(make("h3", "", "What went wrong"), make("pre", "", details.message));
  const truth = Object.fromEntries(Object.entries(details.truth).map(([name, place]) => [name, data.texts[place]]));
  const columns = make("div", "columns");
  columns.append(
    side("Truth", truth.description, "", truth.source),
    side("Submission", details.submission.description, details.submission.domain, details.submission.code));
  body.append(columns);
  if (details.table && details.table.length) body.append(answers(details));
  if (details.tests.length) body.append(unitTests(details.tests));
  const title = details.dialogue ? `Messages${details.model ? ` with ${details.model}` : ""}` : "Transcript";
  const head = make("h3", "", title);
  const link = make("a", "link", "link to this episode");
  link.href = linkTo(keyOf(episode));
  head.append(link);
  body.append(head, details.dialogue ? dialogue(details.dialogue) : transcript(details));
  return body;
}

function side(title, description, domain, code) {
  const place = make("div");
  place.append(make("h3", "", title));
  if (description === undefined && code === undefined) place.append(make("p", "small", "none"));
  if (description) place.append(make("p", "description", description));
  if (domain) place.append(make("p", "description", `Domain: ${domain}`));
  if (code) place.append(make("pre", "", code));
  return place;
}

function scores(parts) {
  const list = make("ul", "scores");
  for (const [name, value] of parts) {
    const item = make("li", "", `${name} `);
    item.append(make("b", "", rounded(value)));
    list.append(item);
  }
  return list;
}
