function runs(line) {
  return line.split(";").map((run) => run.trim()).filter(Boolean).map((run) => run.split(" ").map(Number));
}

// Draws one plot; large ones have axes, small ones are for the list.
function plot(episode, details, part, width, height, large) {
  const lines = details[part];
  const [low, high] = lines.range;
  const picture = draw("svg", { viewBox: `0 0 ${width} ${height}`, role: "img" });
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
