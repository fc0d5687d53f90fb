"""Tasks of one turn for lm-evaluation-harness: `lm_eval --include_path FOLDER --tasks find_numeric`.

`python -m find_gym.adapters.lm_eval` prints the folder.
"""
