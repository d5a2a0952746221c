"""How a network is trained: on what machine, for how long, and with which weights it ends."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seismic_assets.training.errors import TrainingError
from seismic_assets.training.network import FARTHEST, POOL, ROWS_AT_ONCE, Layer, Network, import_torch

_HIDDEN = 64
_BATCH = 128
_WEIGHT_DECAY = 1e-2
# Weights are averaged over about so many steps: the loss of a single step's weights on other surveys leaps about.
_AVERAGED_STEPS = 100
_EPOCHS_WITHOUT_VALIDATION = 15


@dataclass(frozen=True)
class NetworkSettings:
    """What a network is made and trained with.

    Attributes:
        channels: of every convolution.
        depth: number of convolutions.
        kernel: their length in samples, odd.
        dropout: share of the inputs of the head that a step leaves out.
        learning_rate: of AdamW.
        epochs: most passes over the training windows.
        patience: passes without gain on the validation windows after which it stops.
        seed: of the weights, the order of the windows and the dropout.
    """

    channels: int
    depth: int
    kernel: int
    dropout: float
    learning_rate: float
    epochs: int
    patience: int
    seed: int


@dataclass(frozen=True)
class Labelled:
    """(m, f) float32 standardised features and (m,) int64 column of the class."""

    features: NDArray[np.float32]
    columns: NDArray[np.int64]


def training_device() -> Any:
    """Where networks are trained: the first GPU where there is one, else the CPU."""
    torch = import_torch()
    return torch.device("cuda", 0) if torch.cuda.is_available() else torch.device("cpu")


def train_network(
    settings: NetworkSettings, sequence: NDArray[np.int64], train: Labelled, stop: Labelled, classes: int, threads: int
) -> Network:
    """Train until the validation loss, in which every class has the same weight, falls no more; keep the best weights.

    The same input gives the same weights on the same machine with as many threads. Without validation windows it trains
    for 15 passes at most.

    Args:
        settings: shape, schedule and seed.
        sequence: (n,) columns of the samples in order.
        train: at least two windows.
        stop: validation windows, perhaps none.
        classes: number of classes.
        threads: of the CPU that it may use.

    Raises:
        TrainingError: PyTorch is not installed, or the weights ran away.
    """
    torch = import_torch()
    device = training_device()
    others = np.setdiff1d(np.arange(train.features.shape[1]), sequence)
    with _repeatable(torch, device, settings.seed, threads):
        modules = _modules(torch, settings, len(others), classes).to(device)
        weights, epochs = _train(torch, modules, settings, (sequence, others), train, stop)
    modules.load_state_dict(weights)
    return _as_arrays(modules.cpu().eval(), sequence, others, epochs)


@contextmanager
def _repeatable(torch: Any, device: Any, seed: int, threads: int) -> Iterator[None]:
    """Seeded, on so many threads, with algorithms that repeat; all of it as it was afterwards."""
    allowed = torch.get_num_threads()
    exact = torch.backends.cudnn.flags(enabled=True, benchmark=False, deterministic=True, allow_tf32=False)
    with torch.random.fork_rng([device.index] if device.type == "cuda" else []), exact:
        torch.manual_seed(seed)
        torch.set_num_threads(threads)
        try:
            yield
        finally:
            torch.set_num_threads(allowed)


def _modules(torch: Any, settings: NetworkSettings, others: int, classes: int) -> Any:
    nn = torch.nn
    blocks: list[Any] = []
    for number in range(settings.depth):
        blocks += [
            nn.Conv1d(
                settings.channels if number else 1,
                settings.channels,
                settings.kernel,
                padding=settings.kernel // 2,
                bias=False,  # the normalisation has one
            ),
            nn.BatchNorm1d(settings.channels),
            nn.ReLU(),
            nn.MaxPool1d(POOL, ceil_mode=True),
        ]
    head = [
        nn.Dropout(settings.dropout),
        nn.Linear(2 * settings.channels + others, _HIDDEN),
        nn.ReLU(),
        nn.Dropout(settings.dropout),
        nn.Linear(_HIDDEN, classes),
    ]
    return nn.ModuleDict({"convolutions": nn.Sequential(*blocks), "head": nn.Sequential(*head)})


def _train(
    torch: Any,
    modules: Any,
    settings: NetworkSettings,
    layout: tuple[NDArray[np.int64], NDArray[np.int64]],
    train: Labelled,
    stop: Labelled,
) -> tuple[dict[str, Any], int]:
    """The best weights, and after how many passes they were reached."""
    device = next(modules.parameters()).device
    sequence, others = (torch.from_numpy(each).to(device) for each in layout)

    def forward(network: Any, features: Any) -> Any:
        near = features.clamp(-FARTHEST, FARTHEST)
        signal = network["convolutions"](near[:, sequence].unsqueeze(1))
        return network["head"](torch.cat([signal.mean(dim=2), signal.amax(dim=2), near[:, others]], dim=1))

    features, columns = (torch.from_numpy(each).to(device) for each in (train.features, train.columns))
    loss_of = _balanced_loss(torch, columns, modules["head"][-1].out_features)
    optimiser = torch.optim.AdamW(modules.parameters(), settings.learning_rate, weight_decay=_WEIGHT_DECAY)
    averaged = torch.optim.swa_utils.AveragedModel(modules, avg_fn=_moving_average, use_buffers=True)
    judge = _Judge(torch, forward, stop, device, modules["head"][-1].out_features)
    epochs = settings.epochs if judge.has_windows else min(_EPOCHS_WITHOUT_VALIDATION, settings.epochs)
    best, best_loss, best_epoch = {}, np.inf, 0
    for epoch in range(1, epochs + 1):
        modules.train()
        # Parts of like size: a last one of a single window could not be normalised.
        for rows in torch.randperm(len(columns)).tensor_split(-(-len(columns) // _BATCH)):
            chosen = rows.to(device)
            optimiser.zero_grad()
            loss_of(forward(modules, features[chosen]), columns[chosen]).backward()
            optimiser.step()
            averaged.update_parameters(modules)
        loss = judge.loss(averaged.module)
        if not np.isfinite(loss):
            raise TrainingError(
                f"the weights of the network ran away in epoch {epoch}; lower learning_rate "
                f"({settings.learning_rate:g})"
            )
        if loss < best_loss or not judge.has_windows:
            best = {name: each.detach().clone() for name, each in averaged.module.state_dict().items()}
            best_loss, best_epoch = loss, epoch
        elif epoch - best_epoch >= settings.patience:
            break
    return best, best_epoch


class _Judge:
    """The loss of a network on the validation windows; without them, 0 for weights that are finite."""

    def __init__(self, torch: Any, forward: Any, stop: Labelled, device: Any, classes: int) -> None:
        self.has_windows = len(stop.columns) > 0
        self._torch, self._forward = torch, forward
        self._features, self._columns = (torch.from_numpy(each).to(device) for each in (stop.features, stop.columns))
        self._loss_of = _balanced_loss(torch, self._columns, classes)

    def loss(self, modules: Any) -> float:
        modules.eval()
        if not self.has_windows:
            return 0.0 if all(each.isfinite().all() for each in modules.parameters()) else np.nan
        with self._torch.inference_mode():
            parts = [self._forward(modules, rows) for rows in self._features.split(ROWS_AT_ONCE)]
            return float(self._loss_of(self._torch.cat(parts), self._columns))


def _balanced_loss(torch: Any, columns: Any, classes: int) -> Any:
    """Log loss in which the windows of every class weigh as much together; it divides by the sum of the weights."""
    counts = torch.bincount(columns, minlength=classes)
    return torch.nn.CrossEntropyLoss(weight=len(columns) / (classes * counts.clamp(min=1).float()))


def _moving_average(average: Any, weight: Any, steps: Any) -> Any:
    """A plain mean at first, then an exponential one."""
    return average + (weight - average) / (steps + 1).clamp(max=_AVERAGED_STEPS)


def _as_arrays(modules: Any, sequence: NDArray[np.int64], others: NDArray[np.int64], epochs: int) -> Network:
    blocks = list(modules["convolutions"])
    linear = [each for each in modules["head"] if hasattr(each, "out_features")]
    hidden, output = (Layer(_array(each.weight), _array(each.bias)) for each in linear)
    folded = tuple(_folded(blocks[first], blocks[first + 1]) for first in range(0, len(blocks), 4))
    return Network(sequence, others, folded, hidden, output, epochs)


def _folded(convolution: Any, normalisation: Any) -> Layer:
    """A convolution and the normalisation of what it gives, as one."""
    of = {name: _array(each).astype(np.float64) for name, each in normalisation.state_dict().items()}
    gain = of["weight"] / np.sqrt(of["running_var"] + normalisation.eps)
    weight = _array(convolution.weight).astype(np.float64) * gain[:, None, None]
    return Layer(weight.astype(np.float32), (of["bias"] - of["running_mean"] * gain).astype(np.float32))


def _array(tensor: Any) -> NDArray[Any]:
    return np.array(tensor.detach().cpu().numpy())
