"""Records of episodes and runs written by hand, for the tests of reports, and the reading of their pages."""

import json
import re
from pathlib import Path

from find_gym import LATEST_IDS
from find_gym.categories.entities.function import EntitySpec
from find_gym.categories.relations.catalogue import RELATIONS
from find_gym.categories.relations.function import RelationSpec
from find_gym.categories.strings.function import StringSpec
from find_gym.categories.strings.programs import Step
from find_gym_agents.runs.records import CONFIG, EPISODES, SPECS, EpisodeRecord, Lines, write_json
from tests.agents.episodes import SPECS as NUMERIC


def spec_of(category, index):
    """Returns a spec of the category as JSON; other indices have other ones."""
    if category == "numeric":
        return list(NUMERIC.values())[index % len(NUMERIC)].to_json()
    if category == "strings":
        word = "".join("abcdefghij"[int(digit)] for digit in str(index))
        return StringSpec((Step("string_concatenate", (word,)),)).to_json()
    if category == "relations":
        return RelationSpec(tuple(RELATIONS)[index]).to_json()
    return EntitySpec(f"concept {index}").to_json()


def make_record(category="numeric", index=0, agent="a", skill=0.5, outcome="wrong", **changes):
    """Returns a record; without a submission or unscored it has no score."""
    paper = {"paper_success": skill > 0.5} if category == "numeric" else {"paper_score": skill}
    score = {"accuracy": skill, "skill": skill, "strata": {}, "beyond_range": 0.0, "exception_iou": 1.0} | paper
    entries = {
        "score": None if outcome in ("unscored", "no_submission") else score,
        "queries": 10,
        "agent_seconds": 0.5,
        "spec": spec_of(category, index),
        "truth": {"description": f"the truth of {index}", "source": "def f(x):\n    return x"},
    }
    family = {"numeric": "linear", "strings": "reverse_string"}.get(category, f"family of {category}")
    return EpisodeRecord(agent, index, str(index), family, "plain", "find", outcome, **(entries | changes))


def write_run(folder, records, category="numeric", **identity):
    """Writes the folder of a run."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    settings = {
        "env": LATEST_IDS[category], "agents": list(dict.fromkeys(record.agent for record in records)),
        "functions": len({record.index for record in records}), "seed": 0, "max_queries": 100, "split": "test",
        "difficulty": "find",
    }  # fmt: skip
    versions = {"python": "3.11.7", "find-gym": "0.1.0"}
    write_json(folder / CONFIG, {"identity": settings | identity, "settings": {}, "versions": versions})
    with Lines(folder / EPISODES) as lines:
        for record in records:
            lines.append(record.to_json())
    with Lines(folder / SPECS) as lines:
        for index, spec in sorted({record.index: record.spec for record in records}.items()):
            lines.append({"index": index, "id": str(index), "seed": index, "spec": spec})
    return folder


def read_page(page):
    """Returns the entries of a page's list and the details of the same episodes, as its script reads them."""
    blocks = dict(re.findall(r'<script type="application/json" id="(\w+)">(.*?)</script>', page, re.S))
    entries = json.loads(blocks["data"])["episodes"]
    return entries, [json.loads(blocks["details"][slice(*entry["at"])]) for entry in entries]
