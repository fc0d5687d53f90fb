"""The application that openenv.yaml names: `uvicorn server.app:app`; its settings are variables of the environment."""

from find_gym.adapters.openenv.server import make_app, serve

app = make_app()


def main() -> None:
    """Serves at port 8000 of all addresses."""
    serve(host="0.0.0.0", port=8000)


if __name__ == "__main__":
    main()
