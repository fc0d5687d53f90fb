// The unit tests of a description as the judge saw them, those that it failed first; the function's own option is first.
function unitTests(tests) {
  const judged = tests.map((options) => ({ options, share: shareOf(options) })).sort((a, b) => a.share - b.share);
  const right = judged.reduce((sum, one) => sum + one.share, 0);
  const place = make("div");
  place.append(make("h3", "", `Unit tests: ${rounded(right)} of ${tests.length} right, where ties are guesses`));
  const body = make("tbody");
  for (const { options, share } of judged) {
    const line = make("tr"), word = share === 1 ? "right" : share === 0 ? "wrong" : "tie";
    line.append(make("td", share === 1 ? "same" : "differs", word));
    const best = Math.max(...options.map(ratingOf));
    options.forEach((option, at) => {
      const cell = make("td"), chosen = ratingOf(option) === best;
      cell.append(make("code", chosen ? (at === 0 ? "same" : "differs") : "", option[0]));
      cell.append(make("span", "rating", ` ${rounded(option[1])}`));
      line.append(cell);
    });
    body.append(line);
  }
  place.append(scrolled("answers tests", ["judged", "the function's own", "other functions'", ""], body));
  return place;
}

function ratingOf([, rating]) {
  return rating ?? -Infinity;
}

// What the judge gets of a test: all of it, nothing, or where it can't tell, what guessing gets.
function shareOf(options) {
  const best = Math.max(...options.map(ratingOf));
  return ratingOf(options[0]) < best ? 0 : 1 / options.filter((option) => ratingOf(option) === best).length;
}
