"""The Inspect tasks, driven by its mock model."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gymnasium as gym
import pytest

import find_gym

pytest.importorskip("inspect_ai")

from inspect_ai import Task, eval_retry
from inspect_ai import eval as run_eval
from inspect_ai.log import EvalLog, read_eval_log
from inspect_ai.model import ChatMessageTool, ModelOutput, get_model

from find_gym.adapters.inspect import entities, interpreter, numeric, relations, strings
from find_gym.adapters.inspect._functions import Functions
from find_gym.categories.strings.examiner import StringExaminer
from find_gym.core.registry import category_named
from find_gym.envs import Episode
from find_gym.functions import sample_string, write_dataset
from find_gym.sandbox import SandboxError
from find_gym_agents.evaluation.functions import _Draw, sample

TASKS: dict[str, Callable[..., Task]] = {
    "numeric": numeric,
    "strings": strings,
    "entities": entities,
    "relations": relations,
}
INPUTS: dict[str, list[Any]] = {
    "numeric": [1, 2.5, -3],
    "strings": ["Hello", "", "[CODE]: x"],
    "entities": ["golf", "zebra", "violin"],
    "relations": ["Norway", "zebra", "golf"],
}
SCORES = {"skill", "accuracy", "paper_score", "reward", "queries"}
Message = str | tuple[str, dict[str, Any]] | list[tuple[str, dict[str, Any]]]


class _Letters:
    """Counts letters, in place of the table of tokens that Inspect's mock would download."""

    def encode(self, text: str, **_: Any) -> list[int]:
        return [ord(letter) for letter in text]


@pytest.fixture(autouse=True)
def _no_download(monkeypatch) -> None:
    import tiktoken

    monkeypatch.setattr(tiktoken, "get_encoding", lambda name: _Letters())


def _output(message: Message) -> ModelOutput:
    if isinstance(message, str):
        return ModelOutput.from_content("mockllm", message)
    calls = message if isinstance(message, list) else [message]
    outputs = [ModelOutput.for_tool_call("mockllm", name, arguments) for name, arguments in calls]
    made = outputs[0]
    made.message.tool_calls = [call for output in outputs for call in output.message.tool_calls or []]
    return made


def interpreted(task: Task, speak: Callable[[int], Message], folder: Path, **options: Any) -> EvalLog:
    """Runs a task on a mock that says `speak(n)` as its n-th message, and returns the log as read from its file."""

    def outputs(messages, tools, choice, config) -> ModelOutput:
        return _output(speak(sum(message.role == "assistant" for message in messages)))

    model = get_model("mockllm/model", custom_outputs=outputs, memoize=False)
    [log] = run_eval(task, model=model, log_dir=str(folder), display="none", **options)
    return read_eval_log(log.location)


def truth_of(category: str, index: int = 0, **options: Any):
    return category_named(category).make(Functions(category, **options).spec(index))


def submission_of(function: Any) -> dict[str, str]:
    parts = {"description": function.describe()}
    if function.category in ("numeric", "strings"):
        parts["code"] = function.source()
    elif function.category == "relations":
        parts["domain"] = function.domain()
    return parts


def tool_messages(log: EvalLog) -> list[ChatMessageTool]:
    return [message for message in log.samples[0].messages if isinstance(message, ChatMessageTool)]


def told(log: EvalLog) -> str:
    """What the model was told after its task, joined."""
    return "\n".join(
        message.text + (message.error.message if isinstance(message, ChatMessageTool) and message.error else "")
        for message in log.samples[0].messages[1:]
        if message.role != "assistant"
    )


# The words of a true description are judged; of this neuron they are judged right in all tests.
SEEDS = {"numeric": 0, "strings": 0, "entities": 1, "relations": 0}


@pytest.mark.parametrize("protocol", ["tools", "text"])
@pytest.mark.parametrize("category", TASKS)
def test_a_model_that_answers_correctly_has_skill_one(category: str, protocol: str, tmp_path) -> None:
    seed = SEEDS[category]
    function = truth_of(category, seed=seed)
    answer = submission_of(function)
    text = "\n".join(f"[{name.upper()}]: {part}" for name, part in answer.items())
    messages: list[Message] = [("query", {"inputs": INPUTS[category]}), ("submit", answer)]
    if protocol == "text":
        messages = [f"QUERY {json.dumps(INPUTS[category])}", text]
    task = TASKS[category](functions=1, seed=seed, protocol=protocol, query_cost=0.25)
    log = interpreted(task, lambda n: messages[n], tmp_path)
    assert log.status == "success"
    [result] = log.samples
    assert {name: score.value for name, score in result.scores.items()} == {
        "skill": 1.0,
        "accuracy": 1.0,
        "paper_score": 1.0,
        "reward": 0.25,
        "queries": 3,
    }
    told = result.scores["skill"].metadata
    assert told["outcome"] == "right" and told["score"]["skill"] == 1.0 and told["reward"] == 0.25
    spec = function.spec
    assert (told["truth"], told["family"], told["variant"]) == (function.describe(), spec.family, spec.variant)
    means = {score.name: {name: metric.value for name, metric in score.metrics.items()} for score in log.results.scores}
    assert means["skill"] == {"mean": 1.0, "stderr": 0.0} and set(means) == SCORES


@pytest.mark.parametrize("category", TASKS)
def test_the_truth_is_nowhere_before_the_end(category: str, tmp_path) -> None:
    function = truth_of(category)
    code = {"code": "def f(x): return x"} if category in ("numeric", "strings") else {}
    messages: list[Message] = [("query", {"inputs": INPUTS[category]}), ("submit", {"description": "?"} | code)]
    log = interpreted(TASKS[category](functions=1), lambda n: messages[min(n, 1)], tmp_path)
    [result] = log.samples
    texts = [message.text for message in result.messages] + [str(result.input), str(result.metadata), str(result.store)]
    texts += [log.eval.model_dump_json(), log.plan.model_dump_json()]
    for text in texts:
        assert function.describe() not in text and function.source() not in text


@pytest.mark.parametrize(("protocol", "words"), [("tools", "I wonder."), ("text", "I wonder.")])
def test_without_a_submission_there_is_a_zero_with_its_reason(protocol: str, words: str, tmp_path) -> None:
    log = interpreted(numeric(functions=1, rounds=4, protocol=protocol), lambda n: words, tmp_path)
    assert log.status == "success"
    [result] = log.samples
    assert result.scores["skill"].value == 0 and result.scores["accuracy"].value == 0
    assert result.scores["skill"].explanation == "No submission: all messages were spent without a submission."
    metadata = result.scores["skill"].metadata
    assert metadata["outcome"] == "no_submission" and metadata["queries"] == 0 and metadata["score"] == {}
    assert result.scores["reward"].value == 0
    assert sum(message.role == "assistant" for message in result.messages) == 4
    assert "expected a query or a submission" in told(log)


def test_bad_arguments_are_told_to_the_model_and_cost_nothing(tmp_path) -> None:
    bad: list[Message] = [
        ("query", {"inputs": ["x"]}),
        ("query", {"inputs": []}),
        ("query", {"inputs": [200]}),
        ("query", {}),
        ("query", {"inputs": "[1]", "more": 2}),
        ("guess", {"what": 1}),
        ("submit", {"description": "no code"}),
        "no call",
    ]
    end: list[Message] = [("query", {"inputs": [1, 2]}), ("submit", {"description": "a", "code": "def f(x): return 0"})]
    log = interpreted(numeric(functions=1, rounds=len(bad) + 2), lambda n: (bad + end)[n], tmp_path)
    assert log.status == "success"
    answers = tool_messages(log)
    assert len(answers) == len(bad) - 1 + len(end)
    assert "OUTPUTS" not in "".join(answer.text for answer in answers[:-2])
    assert all(answer.error is not None for answer in answers[:-2])
    assert "98 of 100 inputs left, 1 messages left." in answers[-2].text
    assert log.samples[0].scores["queries"].value == 2


CODES = {
    "in a fence": "```python\ndef f(s):\n    return s[::-1]\n```",
    "with escaped line breaks": "def f(s):\\n    return s[::-1]",
    "with a sentence before it": "Here it is:\n```\ndef f(s):\n    return s[::-1]\n```",
    "as it is": "def f(s):\n    return s[::-1]",
}
UNREADABLE = ("", "def f(", "no code at all", "import os\ndef f(s):\n    return os.name", "```python\n```")


@pytest.mark.parametrize("form", CODES)
def test_code_is_read_in_any_form(form: str, tmp_path) -> None:
    task = strings(functions=1, rounds=2)
    log = interpreted(task, lambda n: ("submit", {"description": "Reverses.", "code": CODES[form]}), tmp_path)
    assert log.samples[0].scores["skill"].metadata["outcome"] in ("right", "wrong")
    assert sum(message.role == "assistant" for message in log.samples[0].messages) == 1


def test_a_submission_that_cannot_be_read_is_an_error_of_the_tool_and_not_final(tmp_path) -> None:
    answer = submission_of(truth_of("strings"))
    bad: list[Message] = [("submit", {"description": "?", "code": code}) for code in UNREADABLE]
    messages = [*bad, ("submit", answer)]
    log = interpreted(strings(functions=1, rounds=len(messages)), lambda n: messages[n], tmp_path)
    *refused, last = tool_messages(log)
    assert all("nothing was judged" in one.error.message or "expected" in one.error.message for one in refused)
    assert len(refused) == len(UNREADABLE) and last.text == "Submitted." and not last.error
    assert log.samples[0].scores["skill"].value == 1 and log.samples[0].scores["reward"].value == 1


def test_a_call_in_the_text_counts_where_the_server_found_none(tmp_path) -> None:
    query = '<tool_call>{"name": "query", "arguments": {"inputs": ["Hello"]}}</tool_call>'
    messages: list[Message] = [query, ("submit", submission_of(truth_of("strings")))]
    log = interpreted(strings(functions=1), lambda n: messages[n], tmp_path)
    assert "OUTPUTS" in told(log) and log.samples[0].scores["queries"].value == 1
    assert log.samples[0].scores["skill"].value == 1


def test_reasoning_is_not_read_as_the_message(tmp_path) -> None:
    messages: list[Message] = [
        '<think>QUERY ["a", "b"]\n[CODE]: def f(s): return s</think>QUERY ["Hello"]',
        "[CODE]: x",
    ]
    log = interpreted(strings(functions=1, protocol="text", rounds=3), lambda n: messages[min(n, 1)], tmp_path)
    assert log.samples[0].scores["queries"].value == 1
    assert log.samples[0].scores["skill"].metadata["outcome"] == "no_submission"


def test_the_reward_is_the_environments(tmp_path) -> None:
    messages: list[Message] = [("query", {"inputs": ["a", "b"]}), ("query", {"inputs": ["c"]})]
    task = strings(functions=1, rounds=2, query_cost=0.25)
    log = interpreted(task, lambda n: messages[n], tmp_path)
    scores = log.samples[0].scores
    assert scores["reward"].value == -0.75 and scores["queries"].value == 3 and scores["skill"].value == 0


def test_the_budget_is_kept_and_nothing_follows_a_submission(tmp_path) -> None:
    submit = ("submit", {"description": "zero", "code": "def f(x): return 0"})
    messages: list[Message] = [
        [("query", {"inputs": [1, 2, 3]}), ("query", {"inputs": [4, 5]}), ("query", {"inputs": [4]})],
        [("query", {"inputs": [5]}), submit, submit, ("query", {"inputs": [6]})],
    ]
    log = interpreted(numeric(functions=1, max_queries=4), lambda n: messages[n], tmp_path)
    answers = tool_messages(log)
    first = [answer.text.split("\n")[0] for answer in answers[:5] if not answer.error]
    assert first == ["OUTPUTS", "OUTPUTS", "Submitted."]
    assert "expected at most 1 inputs" in answers[1].error.message and "submit now" in answers[2].text
    assert "expected at most 0 inputs" in answers[3].error.message
    assert all("the episode is over" in answer.error.message for answer in answers[5:])
    assert log.samples[0].scores["queries"].value == 4
    assert log.samples[0].scores["skill"].metadata["outcome"] == "wrong"


@pytest.mark.parametrize("category", TASKS)
def test_functions_and_noise_are_those_of_an_evaluation(category: str) -> None:
    functions = Functions(category, seed=7, split="test")
    names = functions.names(4)
    for index, name in enumerate(names):
        drawn = sample(_Draw(category, index, int(name), "test", "find", find_gym.LATEST_VERSIONS[category]))
        spec = functions.spec(index)
        assert spec.to_json() == drawn.spec
        other = gym.make(find_gym.LATEST_IDS[category], interface="text")
        other.reset(seed=drawn.seed, options={"function": spec})
        query = f"QUERY {json.dumps(INPUTS[category])}"
        assert functions.open(index).message(query) == other.step(query)[0]


def test_parameters_of_the_tasks(tmp_path) -> None:
    assert len(numeric().dataset) == 50
    ids = [task.id for task in numeric(functions=3, seed=4).dataset]
    assert len(set(ids)) == 3 and ids != [task.id for task in numeric(functions=3, seed=5).dataset]
    task = relations(functions=2, exemplars=True, max_queries=7, rounds=9)
    assert "You may begin with these words, " in task.dataset[0].input
    assert task.dataset[0].input != task.dataset[1].input
    assert "your budget of 7." in task.dataset[0].input and "9 messages in all" in task.dataset[0].input
    assert "call the tool query" in task.dataset[0].input
    assert "QUERY" in numeric(functions=1, protocol="text").dataset[0].input
    log = interpreted(
        strings(functions=1, reward="accuracy", difficulty={"base": "easy"}),
        lambda n: ("submit", {"description": "itself", "code": "def f(s): return s"}),
        tmp_path,
    )
    assert [score.name for score in log.results.scores] == ["accuracy", "skill", "paper_score", "reward", "queries"]


def test_functions_of_a_dataset(tmp_path) -> None:
    import numpy as np

    rng = np.random.default_rng(0)
    specs = [sample_string(rng) for _ in range(3)]
    write_dataset(tmp_path / "data", specs)
    task = strings(dataset=str(tmp_path / "data"))
    assert [one.id for one in task.dataset] == ["00000-f00000", "00001-f00001", "00002-f00002"]
    function = truth_of("strings", 0, dataset=str(tmp_path / "data"))
    log = interpreted(
        strings(dataset=str(tmp_path / "data"), functions=1), lambda n: ("submit", submission_of(function)), tmp_path
    )
    assert log.samples[0].scores["skill"].value == 1
    with pytest.raises(ValueError, match="expected a dataset with at least 4 strings functions"):
        strings(dataset=str(tmp_path / "data"), functions=4)


@pytest.mark.parametrize(
    "wrong",
    [
        {"functions": 0},
        {"seed": -1},
        {"split": "tests"},
        {"difficulty": "heavy"},
        {"max_queries": -1},
        {"rounds": 0},
        {"reward": "fame"},
        {"query_cost": -1},
        {"protocol": "smoke"},
    ],
)
def test_wrong_parameters_are_explained(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="expected .*actual"):
        numeric(**({"functions": 1} | wrong))
    with pytest.raises(ValueError, match="expected a protocol"):
        interpreter("smoke")  # type: ignore[arg-type]


def test_an_environment_that_fails_is_an_error_and_no_score(monkeypatch, tmp_path) -> None:
    def failing(self: Episode, move: Any) -> Any:
        raise PermissionError("the disk is gone")

    monkeypatch.setattr(Episode, "step", failing)
    log = interpreted(numeric(functions=1), lambda n: ("query", {"inputs": [1]}), tmp_path)
    assert log.status == "error" and "the environment failed: PermissionError" in log.error.message
    assert not log.samples[0].scores


def test_a_sandbox_that_fails_is_an_error_and_the_sample_is_tried_again(monkeypatch, tmp_path) -> None:
    score = StringExaminer.score
    broken = truth_of("strings", 1).identity()

    def failing(self: StringExaminer, function: Any, submission: Any, asked: Any = ()) -> Any:
        if function.identity() == broken:
            raise SandboxError("no sandbox here")
        return score(self, function, submission, asked)

    answer = submission_of(truth_of("strings", 0))
    task = strings(functions=2, rounds=3)
    with monkeypatch.context() as context:
        context.setattr(StringExaminer, "score", failing)
        log = interpreted(task, lambda n: ("submit", answer), tmp_path, fail_on_error=False)
    scores = {one.id[:5]: one.scores for one in log.samples}
    assert scores["00000"]["skill"].value == 1 and not scores["00001"]
    assert [one.error.message for one in log.samples if one.error] == [
        "EnvironmentFailedError('the environment failed: SandboxError: no sandbox here')"
    ]
    assert log.results.scores[0].metrics["mean"].value == 1

    # The mock of the second run has its own words: only the sample that failed meets it, and it never submits.
    [again] = eval_retry(log, log_dir=str(tmp_path), display="none")
    again = read_eval_log(again.location)
    assert again.status == "success"
    assert {one.id[:5]: one.scores["skill"].value for one in again.samples} == {"00000": 1, "00001": 0}


def test_importing_find_gym_does_not_import_inspect() -> None:
    script = "import sys, find_gym, find_gym.adapters; assert 'inspect_ai' not in sys.modules"
    subprocess.run([sys.executable, "-c", script], check=True)


def test_without_inspect_the_error_says_what_to_install() -> None:
    script = "import sys; sys.modules['inspect_ai'] = None; import find_gym.adapters.inspect"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert "ImportError: expected Inspect for its tasks: pip install 'find-gym[inspect]'" in done.stderr


_CLI = """
import sys, tiktoken
class Letters:
    def encode(self, text, **_): return list(text.encode())
tiktoken.get_encoding = lambda name: Letters()
from inspect_ai._cli.main import main
sys.argv[0] = "inspect"
main()
"""


@pytest.mark.slow
def test_the_command_of_inspect_finds_the_tasks(tmp_path) -> None:
    arguments = "eval find_gym/numeric --model mockllm/model --limit 1 -T rounds=2 --display plain --log-dir logs"
    done = subprocess.run(
        [sys.executable, "-c", _CLI, *arguments.split()],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert "numeric (1 sample): mockllm/model" in done.stdout and "skill" in done.stdout
    [file] = (tmp_path / "logs").glob("*.eval")
    log = read_eval_log(str(file))
    assert log.eval.task == "find_gym/numeric" and log.eval.task_args["rounds"] == 2
    assert log.samples[0].scores["skill"].value == 0
