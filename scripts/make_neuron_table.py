"""Makes the table of units of all-MiniLM-L6-v2 that ships with the package (five minutes of one core).

python scripts/make_neuron_table.py
"""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import numpy as np

from find_gym.categories.neurons import making
from find_gym.categories.neurons.bank import bank_digest, bank_words
from find_gym.categories.neurons.network import Network
from find_gym.categories.neurons.search import Population
from find_gym.categories.neurons.table import FILE

FOLDER = Path(__file__).resolve().parents[1] / "find_gym" / "categories" / "neurons" / "tables"


def main() -> None:
    """Writes the file beside its place and renames it; prints how many units were dropped and why."""
    units = making.all_units()
    activations = Network().activations(bank_words(), units)
    tried = making.promising(units, activations)
    print(f"{len(units)} units, {len(tried)} of them tried", flush=True)
    scaled = [(units[place], made) for place in tried if (made := making.scaled(activations[:, place])) is not None]
    judge = making.Judge(Population.of(np.stack([steps for _, (_, steps) in scaled])))
    candidates = []
    for unit, (scale, steps) in scaled:
        candidates.append(judge(unit, scale, steps))
        if len(candidates) % 250 == 0:
            print(f"{len(candidates)} of {len(scaled)}", flush=True)
    kept = making.select(candidates)
    good = sum(one.area >= making.LEAST_AREA for one in candidates)
    dropped = {
        "a single predicate explains less than others of the layer": len(units) - len(tried),
        "too few active words": len(tried) - len(scaled),
        "the best program explains too little": len(candidates) - good,
        "the best programs of others of the layer explain more": good - len(kept),
    }
    partial = FOLDER / f"{FILE}.partial"
    with open(partial, "wb") as file:
        np.savez_compressed(file, **making.table_of(kept, bank_digest()))
    os.replace(partial, FOLDER / FILE)
    print(f"{len(kept)} units kept, {(FOLDER / FILE).stat().st_size} bytes; dropped: {dropped}")
    print("areas", np.quantile([one.area for one in candidates], [0, 0.25, 0.5, 0.75, 1]).tolist())
    counts = Counter((one.unit.layer, one.unit.kind) for one in kept)
    print({f"{kind} of layer {layer}": count for (layer, kind), count in sorted(counts.items())})


if __name__ == "__main__":
    main()
