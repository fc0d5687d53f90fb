const PAGE = 40;
const place = document.getElementById("episodes");
const earlier = document.getElementById("earlier");
const later = document.getElementById("later");
const episodeOf = new Map(data.episodes.map((episode) => [keyOf(episode), episode]));
// The chosen episodes, those of them that have a card now, and the one that was opened last.
let chosen = [], first = 0, end = 0, current = null;

function whenToggled(episode, element) {
  if (element.open) current = episode;
  else if (current === episode) current = null;
  remember();
}

function remember() {
  history.replaceState(null, "", linkTo(current ? keyOf(current) : ""));
}

function show(from, to) {
  first = Math.max(0, from);
  end = Math.min(chosen.length, to);
  place.replaceChildren(...chosen.slice(first, end).map((episode) => card(episode, whenToggled)));
  earlier.hidden = first === 0;
  later.hidden = end === chosen.length;
}

function update() {
  chosen = chosenBy(wanted());
  document.getElementById("count").textContent = `${chosen.length} of ${data.episodes.length} episodes`;
  if (current && !chosen.includes(current)) close();
  show(0, PAGE);
}

function close() {
  if (current) card(current, whenToggled).open = false;
  current = null;
}

function open(episode) {
  const at = chosen.indexOf(episode);
  if (at < first || at >= end) show(at - 5, at - 5 + PAGE);
  if (current && current !== episode) close();
  const element = card(episode, whenToggled);
  unfold(episode, element);
  current = episode;
  remember();
  element.scrollIntoView({ block: "start" });
  element.firstElementChild.focus({ preventScroll: true });
}

function move(step) {
  const at = current ? chosen.indexOf(current) + step : step > 0 ? first : -1;
  if (at >= 0 && at < chosen.length) open(chosen[at]);
}

function follow() {
  // The link at the top of the page.
  if (location.hash === "#viewer") return;
  const episode = episodeOf.get(readLink(location.hash));
  update();
  if (!episode) return;
  if (!chosen.includes(episode)) {
    // A link to an episode holds whatever the filters leave out.
    form.reset();
    fillGroups();
    update();
  }
  open(episode);
}

function typing(element) {
  return element.matches("input, select, textarea");
}

let waiting = 0;

// Shows what the form asks for after so many milliseconds, unless it is changed again before.
function updateIn(milliseconds, prepare = () => {}) {
  clearTimeout(waiting);
  place.setAttribute("aria-busy", "true");
  waiting = setTimeout(() => {
    prepare();
    update();
    remember();
    place.removeAttribute("aria-busy");
  }, milliseconds);
}

// A search waits until the next letter does not come at once.
form.addEventListener("input", (event) => {
  if (event.target.name === "category") fillGroups();
  updateIn(event.target.name === "text" ? 200 : 0);
});
form.addEventListener("submit", (event) => event.preventDefault());
// The fields have their first values only after the event.
form.addEventListener("reset", () => updateIn(0, fillGroups));
earlier.addEventListener("click", () => show(first - PAGE, end));
later.addEventListener("click", () => show(first, end + PAGE));
window.addEventListener("hashchange", follow);
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Escape" && !typing(event.target)) close();
  if (typing(event.target)) return;
  if (event.key === "j") move(1);
  if (event.key === "k") move(-1);
  if (event.key === "/") {
    event.preventDefault();
    form.elements.text.focus();
  }
});

// What is scrolled to must not hide below the filters.
function leaveRoom() {
  const fixed = getComputedStyle(form).position === "sticky" ? form.offsetHeight : 0;
  document.documentElement.style.setProperty("--bar", `${fixed + 8}px`);
}

fillFilters();
update();
for (const legend of ["curves", "answers"]) {
  document.getElementById(legend).hidden = !data.categories.some((category) => category.legend === legend);
}
leaveRoom();
new ResizeObserver(leaveRoom).observe(form);
follow();
// The plots above have their heights only now.
window.addEventListener("load", () => {
  if (current) card(current, whenToggled).scrollIntoView({ block: "start" });
});
