"""Project settings: hooks, configuration patterns."""

import warnings

from fruit_features.config_loader import ConfigLoader
from fruit_features.hooks.facts import RunFactsHooks
from fruit_features.hooks.lock import DataFolderHooks
from fruit_features.hooks.preflight import PreflightHooks
from fruit_features.hooks.session import DataSession
from fruit_features.hooks.spark import SparkHooks
from fruit_features.hooks.unchanged import RunStateHooks
from fruit_features.resolvers import RESOLVERS

# Kedro 1.7 calls a function that the newest OmegaConf has renamed.
warnings.filterwarnings("ignore", message=r"register_new_resolver", module="kedro")

# Kedro calls the last first.
HOOKS = (
    RunFactsHooks(),
    DataFolderHooks(),
    RunStateHooks(),
    SparkHooks(),
    PreflightHooks(),
)

SESSION_CLASS = DataSession

CONFIG_LOADER_CLASS = ConfigLoader
CONFIG_LOADER_ARGS = {
    "base_env": "base",
    "default_run_env": "local",
    "custom_resolvers": RESOLVERS,
    "config_patterns": {
        "spark": ["spark*", "spark*/**"],
        "cluster": ["cluster*", "cluster*/**"],
    },
    # An environment overrides single keys of a group.
    "merge_strategy": {"parameters": "soft", "globals": "soft", "spark": "soft"},
}
