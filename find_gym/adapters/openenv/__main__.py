"""Runs the server: `python -m find_gym.adapters.openenv --port 8000`; its settings are variables of the environment."""

import argparse

from find_gym.adapters.openenv.server import read_settings, serve

if __name__ == "__main__":
    parser = argparse.ArgumentParser("python -m find_gym.adapters.openenv", description=read_settings.__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen at [default: 127.0.0.1]")
    parser.add_argument("--port", type=int, default=8000, help="the port [default: 8000]")
    parser.add_argument("--workers", type=int, default=1, help="processes [default: 1]")
    arguments = parser.parse_args()
    serve(arguments.host, arguments.port, arguments.workers)
