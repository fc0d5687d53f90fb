"""A session: one function, one person, the ordinary environment in between."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from find_gym.core.endings import truth_texts
from find_gym.interfaces.text import printable, write_query
from find_gym.sandbox import SandboxError
from find_gym_agents.categories import AgentCategory, agent_category
from find_gym_agents.categories.record import PlaySettings
from find_gym_agents.play import endings, pictures
from find_gym_agents.play.hints import hint
from find_gym_agents.play.submissions import ask_submission, checked_message, edit_submission
from find_gym_agents.play.terminal import Terminal
from find_gym_agents.runs.records import EpisodeRecord, write_bytes, write_json

_COMMANDS = """\
  submit            describe the function: this ends the game, and there is one submission
  submit --editor   the same in the program that $EDITOR names
  table             all that was asked
  budget            what is left
  help              this text
  quit              end without a submission"""
_PLOT_COMMAND = "\n  plot [LOW HIGH]   plot the answers again, between two inputs"
_SHORT = 12


@dataclass
class Session:
    """One function, being interpreted by a person.

    Attributes:
        env: the environment, interface `text`, already reset.
        info: the info of the reset.
        terminal: where the person is.
        label: what names the function in the transcript.
        difficulty: what it was sampled from, None for a dataset.
        hints: whether to give a hint.
        plot: the file of the plot, in place of characters.
        transcript: the file of the transcript.
    """

    env: Any
    info: dict[str, Any]
    terminal: Terminal
    label: str
    difficulty: Any = None
    hints: bool = False
    plot: Path | None = None
    transcript: Path | None = None
    _steps: list[dict[str, Any]] = field(default_factory=list)
    _prompt: str = ""
    _over: bool = False
    _said: bool = False
    _failed: bool = False

    def play(self, prompt: str) -> None:
        """Plays to the end.

        Args:
            prompt: the first observation, for the transcript.
        """
        self._prompt = prompt
        self._welcome()
        try:
            while not self._over:
                line = self.terminal.read(f"[{self.info['budget']} left] > ").strip()
                if line:
                    self._take(line)
        except (EOFError, KeyboardInterrupt):
            self.terminal.write("\nThe game ends here, without a submission.")
        self._end()

    # --- What is typed ------------------------------------------------------------------------------------------------

    def _take(self, line: str) -> None:
        words = line.split()
        command = words[0].lower()
        if command == "submit" and words[1:] in ([], ["--editor"]):
            self._submit(by_editor=len(words) == 2)
        elif command == "plot" and self._words.plot is not None and len(words) in (1, 3):
            self._plot_between(words[1:])
        elif line.lower() == "table":
            self.terminal.write(pictures.table(self._episode.inputs, self._episode.outputs) or "Nothing was asked yet.")
        elif line.lower() == "budget":
            left = self._episode
            self.terminal.write(f"{left.budget} of {left.rules.max_queries} inputs, {left.steps_left} messages left.")
        elif line.lower() == "help":
            self.terminal.write(self._help())
        elif line.lower() == "quit":
            self._over = True
        else:
            self._query(line)

    def _query(self, line: str) -> None:
        try:
            message = line if self._words.read is None else write_query(self._words.read(line))
        except ValueError as error:
            self.terminal.write(f"{error}\nNothing was asked; `help` explains what can be typed.")
            return
        self._step(message)
        if self.info["message"]:
            self.terminal.write(printable(self.info["message"]))
        elif not self._over:
            inputs = self.info["inputs"]
            # A long table of numbers would drive the plot off the screen; `table` shows it.
            if self._words.plot is None or len(inputs) <= _SHORT or pictures.characters_missing() is not None:
                self.terminal.write(pictures.table(inputs, self.info["outputs"]))
            self._show()
        if self.info["budget"] == 0 and not self._over:
            self.terminal.write("The budget is spent: `submit` is left.")

    def _submit(self, by_editor: bool) -> None:
        try:
            submission = edit_submission(self._category) if by_editor else ask_submission(self._category, self.terminal)
            message = checked_message(submission)
        except (KeyboardInterrupt, OSError, ValueError) as error:
            reason = f": {error}" if str(error) else "."
            self.terminal.write(f"\nNot submitted{reason}")
            return
        try:
            self._step(message)
        except SandboxError as error:
            self._failed = True
            self.terminal.write(f"The sandbox failed, so nothing was scored; you may submit again. ({error})")

    # --- What is shown ------------------------------------------------------------------------------------------------

    def _welcome(self) -> None:
        say = self.terminal.write
        say(f"{self._words.about or self._prompt}\nFind out what it does. {self.label}.\n")
        if self.info.get("exemplars"):
            say(f"You may begin with these words: {', '.join(self.info['exemplars'])}")
        if self.hints:
            say(f"Hint: {hint(self._episode.function)}")
        say(f"{self._help()}\n")

    def _help(self) -> str:
        asking = f"Ask by typing {self._words.syntax}.\nEach input costs 1 of the budget. Commands:\n{_COMMANDS}"
        return asking + (_PLOT_COMMAND if self._words.plot is not None else "")

    def _show(self) -> None:
        """Shows the plot: in its file where there is one, else in characters."""
        if self.plot is not None:
            self._save_plot(self.plot)
        elif self._words.plot is not None:
            self._plot_between([])

    def _plot_between(self, words: list[str]) -> None:
        missing = pictures.characters_missing()
        if missing is not None:
            if not self._said:
                self.terminal.write(f"({missing})")
            self._said = True
            return
        try:
            span = (float(words[0]), float(words[1])) if words else None
            if span is not None and not -256 <= span[0] < span[1] <= 256:
                raise ValueError
        except ValueError:
            self.terminal.write(f"expected two inputs, the lower first, such as plot -5 5; actual: {' '.join(words)!r}")
            return
        assert self._words.plot is not None
        self.terminal.write(self._words.plot(self._episode, span))

    def _save_plot(self, path: Path) -> None:
        import io

        from matplotlib import image

        picture = io.BytesIO()
        image.imsave(picture, self.env.render(), format="png")
        write_bytes(path, picture.getvalue())
        self.terminal.write(f"(plot: {path})")

    # --- The end ------------------------------------------------------------------------------------------------------

    def _end(self) -> None:
        episode, function = self._episode, self._episode.function
        truth = truth_texts(function)
        submission = self.info.get("submission") or {}
        say = self.terminal.write
        say()
        if episode.last.score is not None:
            say(endings.explain_score(self._words, self.info["score"], episode.last.score.paper_score))
            say(f"  queries   {len(episode.inputs)} of {episode.rules.max_queries}")
        else:
            say("No submission, so nothing was scored.")
        say(f"\n{endings.set_beside(truth, submission, self._category.in_code)}\n")
        self._compare()
        if self.transcript is not None:
            self._write_transcript(truth, getattr(function, "spec", None))
            say(f"Transcript: {self.transcript}")

    def _compare(self) -> None:
        """Shows the submission's answers beside the true ones."""
        if self._episode.last.score is None:
            return
        try:
            self._show()
            if self._words.plot is None:
                rows = self._category.compare(self._record({}, None), self._episode.function).get("comparison")
                if rows:
                    self.terminal.write(f"Your code beside the function:\n{endings.compare(rows)}")
        except SandboxError as error:
            self.terminal.write(f"The sandbox failed, so the comparison is left out. ({error})")

    def _write_transcript(self, truth: dict[str, str], spec: Any) -> None:
        assert self.transcript is not None
        write_json(self.transcript, self._record(truth, spec).to_json())

    def _record(self, truth: dict[str, str], spec: Any) -> EpisodeRecord:
        score = self.info.get("score") or None
        return EpisodeRecord(
            agent="human",
            index=0,
            function=self.label,
            family=getattr(spec, "family", "unknown"),
            variant=getattr(spec, "variant", "unknown"),
            difficulty=self.difficulty,
            outcome=score["outcome"] if score is not None else "unscored" if self._failed else "no_submission",
            score=score,
            queries=len(self._episode.inputs),
            steps=len(self._steps),
            prompt=self._prompt,
            transcript=self._steps,
            submission=self.info.get("submission") or None,
            truth=truth,
            spec={} if spec is None else spec.to_json(),
        )

    # --- The environment ----------------------------------------------------------------------------------------------

    def _step(self, message: str) -> None:
        observation, _, terminated, _, self.info = self.env.step(message)
        self._over = terminated
        self._steps.append(
            {
                "action": message,
                "inputs": self.info["inputs"],
                "outputs": self.info["outputs"],
                "message": self.info["message"],
                "observation": observation,
            }
        )

    @property
    def _episode(self) -> Any:
        return self.env.unwrapped.episode

    @property
    def _category(self) -> AgentCategory:
        return agent_category(self.env.unwrapped.category.name)

    @property
    def _words(self) -> PlaySettings:
        return self._category.play
