"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const NEAR = [-12, 12];
  const PAGE = 40;
  const ORDERS = {
    "function": (a, b) => a.index - b.index || a.agent - b.agent,
    "agent": (a, b) => a.agent - b.agent || a.index - b.index,
    "skill, low to high": (a, b) => skill(a) - skill(b) || a.index - b.index,
    "skill, high to low": (a, b) => skill(b) - skill(a) || a.index - b.index,
    "queries, most first": (a, b) => b.queries - a.queries || a.index - b.index,
    "seconds, longest first": (a, b) => b.seconds - a.seconds || a.index - b.index,
  };

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

  function skill(episode) {
    return episode.score ? episode.score.skill : -1;
  }

  function runs(line) {
    return line.split(";").map((run) => run.trim()).filter(Boolean).map((run) => run.split(" ").map(Number));
  }

  // Draws one plot; large ones have axes, small ones are for the list.
  function plot(episode, part, width, height, large) {
    const [low, high] = part === "near" ? NEAR : data.range;
    const picture = draw("svg", { viewBox: `0 0 ${width} ${height}`, role: "img" });
    // Functions of words have no curve.
    if (!episode.plot) return picture;
    const details = episode.plot, lines = details[part];
    draw("title", {}, picture, `Function ${episode.id}: truth, submission and answers`);
    const left = large ? 58 : 1, bottom = large ? 22 : 1, top = large ? 6 : 1, right = large ? 6 : 1;
    const x = (value) => left + ((value - low) / (high - low)) * (width - left - right);
    const y = (value) => top + (1 - value / 1000) * (height - top - bottom);
    const clip = `clip-${Math.random().toString(36).slice(2)}`;
    const frame = { x: left, y: top, width: width - left - right, height: height - top - bottom };
    draw("rect", frame, draw("clipPath", { id: clip }, draw("defs", {}, picture)));
    draw("rect", { ...frame, class: "frame" }, picture);
    if (large) axes(picture, lines, { x, y, low, high, left, right, top, bottom, width, height });
    const inside = draw("g", { "clip-path": `url(#${clip})` }, picture);
    for (const [from, to] of details.exceptions) {
      draw("rect", { x: x(from), y: top, width: x(to) - x(from), height: frame.height, class: "band" }, inside);
    }
    for (const [kind, line] of [["truth", lines.truth], ["submission", lines.submission]]) {
      for (const run of runs(line)) {
        const points = [];
        for (let i = 0; i < run.length; i += 2) points.push(`${x(run[i]).toFixed(1)},${y(run[i + 1]).toFixed(1)}`);
        // A single point would not show as a line.
        if (points.length === 1) points.push(points[0]);
        const shape = draw("polyline", { points: points.join(" "), class: `curve ${kind}` }, inside);
        if (!large) shape.setAttribute("stroke-width", kind === "truth" ? 3 : 1.3);
      }
    }
    if (large) {
      for (const [from, to] of details.claimed) {
        draw("rect", { x: x(from), y: top + 2, width: Math.max(x(to) - x(from), 1), height: frame.height - 4, class: "claim" }, inside);
      }
    }
    const answers = runs(lines.answers).flat();
    for (let i = 0; i < answers.length; i += 2) {
      draw("circle", { cx: x(answers[i]), cy: y(answers[i + 1]), r: large ? 2.6 : 1.3, class: "answer" }, inside);
    }
    if (large) {
      for (const value of details.undefined) {
        const a = x(value), b = height - bottom - 8;
        draw("path", { d: `M${a - 3} ${b - 3}l6 6m0 -6l-6 6`, class: "nothing" }, inside);
      }
    }
    return picture;
  }

  function axes(picture, lines, area) {
    for (const [place, label] of lines.ticks) {
      draw("line", { x1: area.left, x2: area.width - area.right, y1: area.y(place), y2: area.y(place), class: "axis" }, picture);
      draw("text", { x: area.left - 5, y: area.y(place) + 4, "text-anchor": "end" }, picture, label);
    }
    const step = area.high > 50 ? 32 : 4;
    for (let value = area.low; value <= area.high; value += step) {
      draw("line", { x1: area.x(value), x2: area.x(value), y1: area.top, y2: area.height - area.bottom, class: "axis" }, picture);
      const anchor = value === area.low ? "start" : value === area.high ? "end" : "middle";
      draw("text", { x: area.x(value), y: area.height - 7, "text-anchor": anchor }, picture, value);
    }
    if (lines.bent) {
      draw("text", { x: area.width - area.right - 6, y: area.top + 13, "text-anchor": "end" }, picture, "asinh scale");
    }
  }

  function badge(episode) {
    const outcome = episode.outcome;
    const kind = outcome === "right" || outcome === "wrong" || outcome === "unscored" ? outcome : "failed";
    return make("span", `badge ${kind}`, outcome.replaceAll("_", " "));
  }

  function card(episode) {
    const element = make("details", "episode");
    const summary = make("summary");
    const small = make("div");
    small.append(plot(episode, "full", 150, 56, false));
    const who = make("div");
    const name = make("div", "name");
    const dot = make("span", "dot");
    dot.style.background = data.agents[episode.agent].colour;
    name.append(dot, data.agents[episode.agent].name);
    who.append(name, make("div", "small", `function ${episode.index}: ${episode.id}`));
    const what = make("div");
    what.append(make("div", "", `${episode.family}, ${episode.variant}`));
    what.append(make("div", "small", `${episode.queries} queries, ${episode.seconds.toPrecision(2)} s`));
    const score = make("div");
    if (episode.score) {
      score.append(make("div", "small", `skill ${episode.score.skill.toFixed(2)}, accuracy ${episode.score.accuracy.toFixed(2)}`));
      const meter = make("div", "meter");
      const bar = make("span");
      bar.style.width = `${100 * episode.score.skill}%`;
      meter.append(bar);
      score.append(meter);
    }
    const outcome = make("div");
    outcome.append(badge(episode));
    if (episode.score && episode.score.paper) outcome.append(" ", make("span", "badge right", "paper ✓"));
    if (episode.alarm) outcome.append(" ", make("span", "badge failed", "false alarm"));
    summary.append(small, who, what, score, outcome);
    element.append(summary);
    element.addEventListener("toggle", () => {
      if (element.open && element.childElementCount === 1) element.append(detail(episode));
    });
    return element;
  }

  function detail(episode) {
    const body = make("div", "detail");
    const panels = make("div", "panels");
    if (episode.plot) {
      panels.append(plot(episode, "full", 720, 300, true), plot(episode, "near", 480, 300, true));
      body.append(panels);
    }
    if (episode.score) body.append(scores(episode.score));
    if (episode.message) body.append(make("h3", "", "What went wrong"), make("pre", "", episode.message));
    if (episode.error) body.append(make("h3", "", "Unscored"), make("pre", "", episode.error));
    const columns = make("div", "columns");
    const truth = make("div");
    truth.append(make("h3", "", "Truth"), make("p", "", episode.truth.description), make("pre", "", episode.truth.source));
    const submission = make("div");
    submission.append(make("h3", "", "Submission"));
    if (episode.submission.description !== undefined) {
      submission.append(make("p", "", episode.submission.description));
      if (episode.submission.domain) submission.append(make("p", "", `Domain: ${episode.submission.domain}`));
      submission.append(make("pre", "", episode.submission.code));
    } else {
      submission.append(make("p", "small", "none"));
    }
    columns.append(truth, submission);
    body.append(columns, make("h3", "", "Transcript"));
    if (episode.prompt) body.append(folded("task", episode.prompt));
    for (const [who, text] of episode.transcript) {
      const said = make("div", `said ${who}`);
      said.append(make("div", "who", who), make("pre", "", text));
      body.append(said);
    }
    return body;
  }

  function folded(title, text) {
    const element = make("details");
    element.append(make("summary", "small", title), make("pre", "", text));
    return element;
  }

  function scores(score) {
    const list = make("ul", "scores");
    const entries = [["skill", score.skill], ["accuracy", score.accuracy], ["trivial description", score.trivial]];
    for (const [name, value] of Object.entries(score.strata)) entries.push([`${name} stratum`, value]);
    entries.push(["beyond range", score.beyond], ["exception IoU", score.iou], ["paper's error", score.paperError]);
    for (const [name, value] of entries) {
      const item = make("li", "", `${name} `);
      item.append(make("b", "", value === null || value === undefined ? "–" : Number(value.toPrecision(3)).toString()));
      list.append(item);
    }
    return list;
  }

  const form = document.getElementById("filters");
  const place = document.getElementById("episodes");
  const more = document.getElementById("more");
  let chosen = [], shown = 0;

  function fill(name, values) {
    for (const value of values) form.elements[name].append(new Option(value, value));
  }

  function distinct(read) {
    return [...new Set(data.episodes.map(read))].sort();
  }

  function show() {
    const next = chosen.slice(shown, shown + PAGE);
    place.append(...next.map(card));
    shown += next.length;
    more.hidden = shown >= chosen.length;
  }

  function update() {
    const wanted = Object.fromEntries(new FormData(form));
    const least = Number(wanted.least), most = wanted.most === "" ? 1 : Number(wanted.most);
    const all = least <= 0 && most >= 1;
    chosen = data.episodes.filter((episode) =>
      (wanted.agent === "all" || data.agents[episode.agent].name === wanted.agent) &&
      (wanted.family === "all" || episode.family === wanted.family) &&
      (wanted.variant === "all" || episode.variant === wanted.variant) &&
      (wanted.outcome === "all" || episode.outcome === wanted.outcome) &&
      (all || (skill(episode) >= least - 1e-9 && skill(episode) <= most + 1e-9)));
    chosen.sort(ORDERS[wanted.order]);
    document.getElementById("count").textContent = `${chosen.length} of ${data.episodes.length} episodes`;
    place.replaceChildren();
    shown = 0;
    show();
  }

  fill("agent", ["all", ...data.agents.map((agent) => agent.name)]);
  fill("family", ["all", ...distinct((episode) => episode.family)]);
  fill("variant", ["all", ...distinct((episode) => episode.variant)]);
  fill("outcome", ["all", ...distinct((episode) => episode.outcome)]);
  fill("order", Object.keys(ORDERS));
  form.hidden = false;
  document.getElementById("legend").hidden = false;
  form.addEventListener("input", update);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(update));
  more.addEventListener("click", show);
  update();
})();
