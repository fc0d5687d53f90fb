// The dialogue with a language model: every message, with what the model needed for its replies.
function dialogue(messages) {
  const place = make("div", "dialogue");
  for (const message of messages) {
    const left = message.dropped_before || 0;
    if (left) {
      place.append(make("p", "dropped", `${left} ${left === 1 ? "message" : "messages"} left out before this reply`));
    }
    const text = message.shared === undefined ? message.text : data.texts[message.shared];
    const said = make("div", `said ${roleClass(message.role)}`);
    const head = make("div", "who");
    head.append(make("b", "", message.role), make("span", "kind", message.kind));
    for (const [kind, words] of facts(message)) head.append(make("span", kind, words));
    said.append(head);
    if (message.shared === undefined) said.append(make("pre", "", text));
    else said.append(folded(`${text.length} characters: ${firstLine(text)}`, make("pre", "", text)));
    place.append(said);
  }
  return place;
}

function roleClass(role) {
  return role === "assistant" ? "agent" : role === "system" ? "system" : "environment";
}

function facts(message) {
  const list = [];
  if (message.prompt_tokens !== undefined) list.push(["fact", `${grouped(message.prompt_tokens)} tokens of prompt`]);
  if (message.completion_tokens !== undefined) list.push(["fact", `${grouped(message.completion_tokens)} of reply`]);
  if (message.seconds !== undefined) list.push(["fact", `${rounded(message.seconds)} s`]);
  if (message.retries) list.push(["fact warning", `${message.retries} ${message.retries === 1 ? "retry" : "retries"}`]);
  if (message.finish_reason !== undefined) {
    const cut = message.finish_reason === "length";
    list.push([cut ? "fact warning" : "fact", cut ? "length: cut off" : message.finish_reason]);
  }
  return list;
}

function firstLine(text) {
  const line = text.trim().split("\n")[0];
  return line.length > 80 ? `${line.slice(0, 80)} …` : line;
}

// What a scripted agent and the environment said to each other.
function transcript(details) {
  const place = make("div", "dialogue");
  const task = data.texts[details.prompt];
  if (task) place.append(folded("task", make("pre", "", task)));
  for (const [who, text] of details.transcript) {
    const said = make("div", `said ${who}`);
    said.append(make("div", "who", who), make("pre", "", text));
    place.append(said);
  }
  return place;
}

// All texts of an episode that a search looks through, in lower case; what many episodes share only as far as it is
// about this function.
const searched = new Map();

function searchable(episode) {
  if (!searched.has(episode)) {
    const details = detailsOf(episode);
    const messages = (details.dialogue || []).filter((message) => message.text !== undefined);
    const texts = [
      episode.id, agentOf(episode), episode.family, details.message, details.error,
      ...Object.values(details.truth).map((place) => data.texts[place]), ...Object.values(details.submission),
      ...messages.map((message) => message.text), ...(details.transcript || []).map(([, text]) => text),
      ...(details.table || []).flatMap(([input, output]) => [input, output]),
    ];
    searched.set(episode, texts.join("\n").toLowerCase());
  }
  return searched.get(episode);
}
