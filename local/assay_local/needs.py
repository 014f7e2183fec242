"""What a local market needs on this machine, checked before anything starts."""

import importlib.util

from assay.errors import LocalMarketError
from assay_local.anvil import anvil_program
from assay_local.ipfs import has_kubo, helia_program

MARKET = {"brownie": "eth-brownie", "onnxruntime": "onnxruntime", "alembic": "alembic", "jinja2": "jinja2"}
"""What deploys contracts, tests models, keeps the index and makes pages: packages by one of their modules."""
STORY = MARKET | {"skl2onnx": "skl2onnx", "matplotlib": "matplotlib"}
"""The same, and what trains the demo's models and draws its page."""


def require_packages(command: str, packages: dict[str, str]) -> None:
    """Raise LocalMarketError if one of *packages*, which *command* needs, is missing."""
    missing = [name for module, name in packages.items() if importlib.util.find_spec(module) is None]
    if missing:
        raise LocalMarketError(
            f"`assay {command}` needs {', '.join(missing)}, not installed here.",
            hint="Install what a local market needs: pip install 'assay[local]'",
        )


def require_programs() -> None:
    """Fetch what runs chain and storage if it is missing; raises LocalMarketError if that fails."""
    anvil_program()
    if not has_kubo():
        helia_program()


def require_sandbox(otherwise: str = "") -> None:
    """Raise LocalMarketError if validators cannot run models; *otherwise* says what to do without them."""
    from assay_validation.errors import SandboxUnavailable
    from assay_validation.sandbox.runner import jail

    try:
        jail()
    except SandboxUnavailable as error:
        hint = f"{error.hint} {otherwise}".strip()
        raise LocalMarketError(f"Validators cannot test models here. {error.message}", hint=hint) from error
