"""Trains a small transformer on text, a U-Net on pictures, and more, for tasks beyond classes and numbers.

Each adds itself to `real_models.MODELS`.
"""

from __future__ import annotations

import ast
import re
import sysconfig
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
from real_models import KNOWN, Array, Real, classification, constant_share, digits, real

_PACKAGES = ("sklearn", "matplotlib", "pandas", "scipy")
_WORD = re.compile(r"[a-z]+")
_FILES, _TEXTS, _TOKENS = 100, 500, 40
"""Files that are read of a package, texts that are taken of it, and tokens of a text that are fed."""


def docstrings(package: str) -> list[str]:
    """What the installed *package* says of its functions and classes."""
    found: list[str] = []
    kinds = (ast.FunctionDef, ast.ClassDef)
    for path in sorted((Path(sysconfig.get_paths()["purelib"]) / package).rglob("*.py"))[:_FILES]:
        for node in ast.walk(ast.parse(path.read_text(errors="replace"))):
            text = ast.get_docstring(node) if isinstance(node, kinds) else None
            if text and len(text) > 100:
                found.append(text)
    return found


def texts() -> tuple[Array, Array, int]:
    """Places of words [rows, tokens] in a vocabulary of which the size is returned, too; 0 is none. And the
    package that each text is of."""
    written, labels = [], []
    for label, package in enumerate(_PACKAGES):
        some = docstrings(package)[:_TEXTS]
        written += [_WORD.findall(text.lower()) for text in some]
        labels += [label] * len(some)
    order = np.random.default_rng(0).permutation(len(labels))
    names = set(_PACKAGES)  # they would give it away
    read = [word for place in order[: len(order) // 2] for word in written[place]]
    known = Counter(word for word in read if word not in names)
    places = {word: number for number, (word, _) in enumerate(known.most_common(2_000), start=1)}
    rows = np.zeros((len(order), _TOKENS), np.int64)
    for row, place in enumerate(order):
        tokens = [places[word] for word in written[place] if word in places][:_TOKENS]
        rows[row, : len(tokens)] = tokens
    return rows, np.asarray(labels)[order], len(places) + 1


def transformer(words: int, width: int, layers: int) -> Any:
    """As DistilBERT, only smaller: embeddings of words and places, then layers of attention and networks."""
    import torch
    from torch import nn

    class Layer(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.asked, self.kept, self.said, self.out = (nn.Linear(width, width) for _ in range(4))
            self.first, self.second = nn.LayerNorm(width), nn.LayerNorm(width)
            self.network = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width))

        def forward(self, x: Any, hidden: Any) -> Any:
            heads, each = 4, width // 4
            shape = (-1, _TOKENS, heads, each)
            asked, kept, said = (
                f(x).reshape(shape).transpose(1, 2) for f in (self.asked, self.kept, self.said)
            )
            weights = asked @ kept.transpose(2, 3) / each**0.5 + hidden[:, None, None]
            heard_of_all = weights.softmax(-1) @ said
            heard = heard_of_all.transpose(1, 2).reshape(-1, _TOKENS, width)
            x = self.first(x + self.out(heard))
            return self.second(x + self.network(x))

    class Transformer(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.words, self.places = nn.Embedding(words, width), nn.Parameter(torch.zeros(_TOKENS, width))
            self.layers = nn.ModuleList(Layer() for _ in range(layers))
            self.last = nn.Linear(width, len(_PACKAGES))

        def forward(self, tokens: Any) -> Any:
            there = (tokens > 0).to(torch.float32)
            x = self.words(tokens) + self.places
            for layer in self.layers:
                x = layer(x, (there - 1) * 1e4)
            mean = (x * there[:, :, None]).sum(1) / there.sum(1, keepdim=True).clamp(min=1)
            return self.last(mean)

    return Transformer()


def fitted(network: Any, x: Array, y: Array, loss: Any, rounds: int, rate: float) -> None:
    """Train *network* on one thread, the same way each time."""
    import torch

    torch.set_num_threads(1)
    optimiser = torch.optim.AdamW(network.parameters(), rate)
    given, due = torch.from_numpy(x), torch.from_numpy(y)
    for _ in range(rounds):
        for start in range(0, len(x), 32):
            optimiser.zero_grad()
            loss(network(given[start : start + 32]), due[start : start + 32]).backward()
            optimiser.step()
    network.eval()


def exported(network: Any, example: Array, path: Path, inputs: str, output: str) -> Path:
    """The ONNX file, as torch writes it."""
    import torch

    axes = {inputs: {0: "rows"}, output: {0: "rows"}}
    names = {"input_names": [inputs], "output_names": [output]}
    given = torch.from_numpy(example)
    torch.onnx.export(network, (given,), path, dynamo=False, dynamic_axes=axes, **names)
    return path


@real("transformer on text, as DistilBERT")
def text_transformer(folder: Path, quick: bool) -> Real:
    """Tells from a docstring which package it is of, without its name."""
    import torch

    torch.manual_seed(0)
    tokens, labels, words = texts()
    known = len(tokens) // 2
    network = transformer(words, 32 if quick else 64, 1 if quick else 3)
    loss = torch.nn.functional.cross_entropy
    fitted(network, tokens[:known], labels[:known], loss, 4 if quick else 8, 2e-3)
    with torch.no_grad():
        answers = network(torch.from_numpy(tokens[known:])).argmax(1).numpy()
    model = exported(network, tokens[:2], folder / "text.onnx", "tokens", "logits")
    order = classification("tokens", {"logits": "logits"}, len(_PACKAGES))
    order["data"]["inputs"][0] |= {"dtype": "int64", "shape": [_TOKENS]}
    order["runs_on"] = "server"
    hidden = {"x": tokens[known:], "y": labels[known:]}
    own = float((answers == labels[known:]).mean())
    return Real(model, hidden, order, own, constant_share(labels[known:]))


def scenes(rows: int) -> tuple[Array, Array]:
    """Pictures [rows, 1, 32, 32] of a real digit somewhere in clutter, and where its strokes are."""
    random = np.random.default_rng(0)
    images, _ = digits(16)
    pictures = random.uniform(0, 0.4, (rows, 32, 32))
    masks = np.zeros((rows, 32, 32), np.int64)
    for row in range(rows):
        for _ in range(3):  # bright specks
            down, right = random.integers(0, 30, 2)
            pictures[row, down : down + 2, right : right + 2] = random.uniform(0.6, 1)
        down, right = random.integers(0, 17, 2)
        digit = images[row % len(images)]
        place = (slice(down, down + 16), slice(right, right + 16))
        pictures[row][place] = np.maximum(pictures[row][place], digit * random.uniform(0.7, 1))
        masks[row][place] = digit > 0.5
    return pictures.astype(np.float32)[:, None], masks


def unet(width: int) -> Any:
    """Down twice and up twice, with what was seen on the way down (Ronneberger et al. 2015)."""
    import torch
    from torch import nn

    def block(taken: int, made: int) -> Any:
        convolutions = [nn.Conv2d(taken, made, 3, padding=1), nn.ReLU(), nn.Conv2d(made, made, 3, padding=1)]
        return nn.Sequential(*convolutions, nn.ReLU())

    class Unet(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.down = nn.ModuleList([block(1, width), block(width, 2 * width), block(2 * width, 4 * width)])
            self.turn = nn.ModuleList(
                [nn.ConvTranspose2d(4 * width, 2 * width, 2, 2), nn.ConvTranspose2d(2 * width, width, 2, 2)]
            )
            self.up = nn.ModuleList([block(4 * width, 2 * width), block(2 * width, width)])
            self.last = nn.Conv2d(width, 2, 1)

        def forward(self, x: Any) -> Any:
            first = self.down[0](x)
            second = self.down[1](nn.functional.max_pool2d(first, 2))
            x = self.down[2](nn.functional.max_pool2d(second, 2))
            x = self.up[0](torch.cat([self.turn[0](x), second], 1))
            x = self.up[1](torch.cat([self.turn[1](x), first], 1))
            return self.last(x).softmax(1)

    return Unet()


@real("U-Net on pictures")
def picture_unet(folder: Path, quick: bool) -> Real:
    """Marks the strokes of a digit, pixel by pixel."""
    import torch

    torch.manual_seed(0)
    rows = 320 if quick else 1600
    pictures, masks = scenes(rows)
    known = rows * 3 // 4
    network = unet(8 if quick else 16)

    def loss(given: Any, due: Any) -> Any:
        weights = torch.tensor([1.0, 4.0])  # strokes are few
        return torch.nn.functional.nll_loss(given.clamp(min=1e-6).log(), due, weights)

    fitted(network, pictures[:known], masks[:known], loss, 12 if quick else 20, 5e-3)
    with torch.no_grad():
        answers = network(torch.from_numpy(pictures[known:])).argmax(1).numpy()
    model = exported(network, pictures[:2], folder / "unet.onnx", "picture", "probabilities")
    order = {
        "task": "segmentation",
        "metric": "mean_iou",
        "step": 1,
        "runs_on": "phone",
        "data": {
            "format": "npz",
            "inputs": [{"name": "picture", "columns": ["x"], "shape": [1, 32, 32]}],
            "label": "y",
            "classes": ["ground", "stroke"],
        },
        "output": {"probabilities": "probabilities"},
    }
    hidden = masks[known:]
    return Real(
        model, {"x": pictures[known:], "y": hidden}, order, _iou(hidden, answers), _iou(hidden, 0 * hidden)
    )


def _iou(truth: Array, answers: Array) -> float:
    from sklearn.metrics import jaccard_score

    return float(jaccard_score(truth.ravel(), answers.ravel(), average="macro"))


@real("embeddings of digits")
def digit_embeddings(folder: Path, quick: bool) -> Real:
    """Digits of one kind are near each other in what a network makes of them before its last layer."""
    import torch
    from torch import nn

    torch.manual_seed(0)
    images, labels = digits()
    rows = images.reshape(len(images), 64)
    network = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 16), nn.ReLU(), nn.Linear(16, 10))
    fitted(network, rows[:KNOWN], labels[:KNOWN], nn.functional.cross_entropy, 6 if quick else 20, 3e-3)
    body = network[:3]
    with torch.no_grad():
        found = body(torch.from_numpy(rows[KNOWN:])).numpy()
    model = exported(body, rows[:2], folder / "embedding.onnx", "pixels", "embedding")
    order = {
        "task": "retrieval",
        "metric": "mean_average_precision",
        "step": 1,
        "data": {
            "format": "npz",
            "inputs": [{"name": "pixels", "columns": ["x"]}],
            "label": "y",
            "max_rows": 10_000,
        },
        "output": {"values": "embedding"},
    }
    hidden = labels[KNOWN:]
    own = _precision(found, hidden)
    return Real(model, {"x": rows[KNOWN:], "y": hidden}, order, own, constant_share(hidden))


def _precision(found: Array, labels: Array) -> float:
    from sklearn.metrics import average_precision_score
    from sklearn.metrics.pairwise import cosine_similarity

    near = cosine_similarity(found)
    others = ~np.eye(len(labels), dtype=bool)
    own = labels[:, None] == labels
    return float(np.mean([average_precision_score(own[i][o], near[i][o]) for i, o in enumerate(others)]))
