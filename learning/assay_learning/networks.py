"""Small networks: of dense layers for tables, of convolutions for images."""

from __future__ import annotations

import io

import numpy as np
import torch
from torch import nn

from assay_learning.rows import Array

EPOCHS, BATCH, RATE = 50, 64, 1e-3
_HIDDEN, _CHANNELS = 128, 16


class Scaled(nn.Module):
    """Numbers less their mean, in standard deviations; part of the model, so that it takes raw rows."""

    mean: torch.Tensor
    spread: torch.Tensor

    def __init__(self, x: Array) -> None:
        super().__init__()
        spread = x.std(axis=0)
        self.register_buffer("mean", torch.tensor(x.mean(axis=0)))
        self.register_buffer("spread", torch.tensor(np.where(spread > 1e-6, spread, 1.0)))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """[rows, ...] as they come."""
        return (x - self.mean) / self.spread


class AsImages(nn.Module):
    """[rows, height, width] with a channel put before them."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """[rows, 1, height, width]."""
        return x.unsqueeze(1)


class Network:
    """A trained network, see :class:`assay_learning.students.Student`."""

    def __init__(self, body: nn.Module, row_shape: tuple[int, ...]) -> None:
        self.body, self._row_shape = body, row_shape

    def probabilities(self, x: Array) -> Array:
        """[rows, classes]."""
        self.body.eval()
        with torch.no_grad():
            answers = [torch.softmax(self.body(part), 1) for part in torch.tensor(x).split(1024)]
        return np.asarray(torch.cat(answers).numpy())

    def to_onnx(self) -> bytes:
        """Its file: input ``x`` [rows, ...], output ``probabilities`` [rows, classes]."""
        whole, file = nn.Sequential(self.body, nn.Softmax(dim=1)).eval(), io.BytesIO()
        torch.onnx.export(
            whole,
            (torch.zeros(2, *self._row_shape),),
            file,
            input_names=["x"],
            output_names=["probabilities"],
            dynamic_axes={"x": {0: "rows"}, "probabilities": {0: "rows"}},
            opset_version=17,
            dynamo=False,
        )
        return file.getvalue()


def train(x: Array, targets: Array, seed: int = 0, *, epochs: int = EPOCHS) -> Network:
    """A network for rows *x* [rows, columns], [rows, height, width] or [rows, channels, height, width], with
    *targets* [rows, classes]."""
    torch.manual_seed(seed)
    x = x.astype(np.float32)
    body = _images(x, targets.shape[1]) if x.ndim in (3, 4) else _tables(x, targets.shape[1])
    fit(body, x, targets, seed=seed, epochs=epochs)
    return Network(body, x.shape[1:])


def fit(
    body: nn.Module, x: Array, targets: Array, *, seed: int = 0, epochs: int = EPOCHS, rate: float = RATE
) -> None:
    """Train *body*, which answers logits, by Adam on the cross entropy with *targets*."""
    torch.manual_seed(seed)
    torch.set_num_threads(1)  # the networks are small, and sums in one order make training repeatable
    rows, aims = torch.tensor(x), torch.tensor(targets, dtype=torch.float32)
    optimiser = torch.optim.Adam(body.parameters(), rate)
    body.train()
    for _ in range(epochs):
        for chosen in torch.randperm(len(rows)).split(BATCH):
            optimiser.zero_grad()
            nn.functional.cross_entropy(body(rows[chosen]), aims[chosen]).backward()
            optimiser.step()
    body.eval()


def _tables(x: Array, classes: int) -> nn.Module:
    columns = int(np.prod(x.shape[1:]))
    return nn.Sequential(
        Scaled(x),
        nn.Flatten(),
        nn.Linear(columns, _HIDDEN),
        nn.ReLU(),
        nn.Linear(_HIDDEN, _HIDDEN),
        nn.ReLU(),
        nn.Linear(_HIDDEN, classes),
    )


def _images(x: Array, classes: int) -> nn.Module:
    height, width = x.shape[-2:]
    pool = 2 if min(height, width) >= 4 else 1
    first = [AsImages()] if x.ndim == 3 else []
    flat = 2 * _CHANNELS * (height // pool) * (width // pool)
    return nn.Sequential(
        Scaled(x),
        *first,
        nn.Conv2d(1 if x.ndim == 3 else x.shape[1], _CHANNELS, 3, padding=1),
        nn.ReLU(),
        nn.Conv2d(_CHANNELS, 2 * _CHANNELS, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(pool),
        nn.Flatten(),
        nn.Linear(flat, _HIDDEN),
        nn.ReLU(),
        nn.Linear(_HIDDEN, classes),
    )
