"""The tasks behind OpenEnv's server: many sessions at once, each with its own function; and the client.

python -m find_gym.adapters.openenv --port 8000

with FindClient(base_url="http://localhost:8000").sync() as client:
    result = client.reset(category="strings", split="train", seed=0, index=17)
    result = client.step(FindAction(message='QUERY ["Hello"]'))
"""

try:
    import openenv.core  # noqa: F401
except ImportError as error:
    raise ImportError("expected OpenEnv for its server and client: pip install 'find-gym[openenv]'") from error

from find_gym.adapters.openenv.client import FindClient
from find_gym.adapters.openenv.environment import FindEnvironment, ServerSettings
from find_gym.adapters.openenv.models import FindAction, FindObservation, FindState
from find_gym.adapters.openenv.server import make_app

__all__ = [
    "FindAction",
    "FindClient",
    "FindEnvironment",
    "FindObservation",
    "FindState",
    "ServerSettings",
    "make_app",
]
