"""The processes of a market on this machine: chain, storage, validators."""

import os

os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")  # before anything imports onnxruntime
