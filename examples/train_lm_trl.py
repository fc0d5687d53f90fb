"""Trains a chat model to interpret black-box functions with TRL: SFT on a teacher's conversations, then GRPO.

    pip install 'find-gym[trl]'
    python examples/train_lm_trl.py --model Qwen/Qwen3-0.6B --category strings --lora-rank 32

Any chat model will do whose template TRL knows how to call tools with. The functions of training are of the split
`train`; before, between and after the two phases the model is evaluated on functions of the split `test`. The folder
--out gets the model, `results.json` with what was measured, and `log.json` with the curves.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from peft import LoraConfig
from transformers import AutoModelForCausalLM, AutoTokenizer
from trl import GRPOConfig, GRPOTrainer, SFTConfig, SFTTrainer

from find_gym.adapters.trl import environment_factories, log_metrics, task_dataset, trajectory_dataset
from find_gym.tasks import draw_tasks
from find_gym_agents.commands.arguments import parse
from find_gym_agents.trajectories import TrajectoryConfig, make_trajectories


@dataclass(frozen=True)
class Args:
    """What to train, and how; every field is an option of the command line."""

    model: str
    """The chat model: a folder or a name on the Hub."""
    out: str = "runs/trl"
    """The folder of the results."""
    category: str = "strings"
    """The category of functions."""
    difficulty: str = "easy"
    """The difficulty of the functions, in training and in the evaluation."""
    max_queries: int = 16
    """The budget of an episode, a number of inputs."""
    max_messages: int = 6
    """The calls of tools in an episode, the submission among them."""
    test_functions: int = 64
    """The functions of the evaluation."""
    seed: int = 0
    """Seeds functions, weights and sampling."""
    lora_rank: int = 0
    """The rank of LoRA's matrices; 0 trains all weights."""
    cpu: bool = False
    """Whether to train on the processor."""
    # Phase 1, supervised fine-tuning.
    teacher: str = "teacher"
    """Whose conversations are imitated: "teacher", which knows the truth, or an agent such as enumeration, atom-fit."""
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


def train(args: Args) -> dict[str, dict[str, float]]:
    """Trains and evaluates a model; returns the metrics on the split `test` at each stage."""
    torch.manual_seed(args.seed)
    out = Path(args.out)
    tokenizer = AutoTokenizer.from_pretrained(args.model)
    model: Any = AutoModelForCausalLM.from_pretrained(args.model, dtype=torch.float32 if args.cpu else torch.bfloat16)
    lora = LoraConfig(r=args.lora_rank, lora_alpha=2 * args.lora_rank, target_modules="all-linear")
    shared: dict[str, Any] = {
        "seed": args.seed,
        "use_cpu": args.cpu,
        "bf16": not args.cpu,
        "logging_steps": 5,
        "logging_first_step": True,
        "save_strategy": "no",
        "report_to": [],
    }
    rules: dict[str, Any] = {
        "difficulty": args.difficulty,
        "max_queries": args.max_queries,
        "max_messages": args.max_messages,
    }
    tasks = {
        split: draw_tasks(args.category, count, seed=args.seed, split=split, form="tools", reward=args.reward, **rules)
        for split, count in (("train", args.grpo_functions), ("test", args.test_functions))
    }

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
        return GRPOTrainer(
            model=model,
            args=config,
            processing_class=tokenizer,
            train_dataset=task_dataset(tasks[split]),
            eval_dataset=task_dataset(tasks[split]),
            environment_factory=environment_factories(tasks[split]),
            reward_funcs=[log_metrics],
        )

    def evaluate() -> dict[str, float]:
        measured = grpo("test", 1).evaluate()
        return {name.rpartition("find/")[2]: value for name, value in measured.items() if "find/" in name}

    curves: dict[str, list[dict[str, float]]] = {}
    results = {"before": evaluate()}

    # Phase 1: imitate a teacher.
    if args.sft_steps:
        config = TrajectoryConfig(
            out="", category=args.category, agent=args.teacher, functions=args.sft_functions, seed=args.seed, **rules
        )
        conversations = [made.to_json() for made in make_trajectories(config) if made is not None]
        sft = SFTTrainer(
            model=model,
            processing_class=tokenizer,
            train_dataset=trajectory_dataset(conversations),
            peft_config=lora if args.lora_rank else None,
            args=SFTConfig(
                output_dir=str(out / "sft"),
                max_steps=args.sft_steps,
                learning_rate=args.sft_learning_rate,
                per_device_train_batch_size=args.sft_batch,
                max_length=args.max_length,
                # Only what the model itself says is learned, not the environment's answers.
                assistant_only_loss=True,
                **shared,
            ),
        )
        sft.train()
        model, curves["sft"] = sft.model, sft.state.log_history
        results["after SFT"] = evaluate()
    elif args.lora_rank:
        from peft import get_peft_model

        model = get_peft_model(model, lora)

    # Phase 2: learn from the rewards.
    if args.grpo_steps:
        trainer = grpo("train", args.grpo_steps)
        trainer.train()
        model, curves["grpo"] = trainer.model, trainer.state.log_history
        results["after GRPO"] = evaluate()

    model.save_pretrained(out / "model")
    tokenizer.save_pretrained(out / "model")
    (out / "log.json").write_text(json.dumps(curves, indent=1))
    (out / "results.json").write_text(json.dumps({"args": asdict(args), "results": results}, indent=1))
    return results


if __name__ == "__main__":
    for stage, metrics in train(parse(Args, None, program="train_lm_trl.py", description=str(__doc__))).items():
        print(stage, {name: round(value, 3) for name, value in metrics.items()})
