"""Progress of training: a bar on a terminal, and one line per epoch there and in logs.

Owns how long things take: every epoch's seconds and examples per second are measured here once, shown and recorded.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import keras
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn

from .checkpoints import Epoch

BAR = (
    TextColumn("epoch {task.fields[epoch]}"),
    BarColumn(),
    TextColumn("{task.percentage:>3.0f} %  {task.fields[caption]}"),
)


class Recorder(keras.callbacks.Callback):  # type: ignore[misc]
    """Measure every epoch, record what it gave, and hand the record on."""

    def __init__(self, examples: int, epochs: list[Epoch], save: Callable[[list[Epoch]], None]) -> None:
        """Begin to record.

        Args:
            examples: in an epoch.
            epochs: what the epochs before an interruption gave; every new one is appended.
            save: called with all epochs so far at the end of every one.
        """
        super().__init__()
        self.examples = examples
        self.epochs = epochs
        self.save = save

    def on_epoch_begin(self, _epoch: int, _logs: Any = None) -> None:
        """Start the clock."""
        self.began = self.trained = time.perf_counter()
        self.learning_rate = float(self.model.optimizer.learning_rate)

    def on_test_begin(self, _logs: Any = None) -> None:
        """Stop the clock of the training digits."""
        self.trained = time.perf_counter()

    def on_epoch_end(self, _epoch: int, logs: Any = None) -> None:
        """Record the epoch and save it."""
        now = time.perf_counter()
        self.epochs.append(
            {
                "loss": float(logs["loss"]),
                "accuracy": float(logs["accuracy"]),
                "validation_loss": float(logs["val_loss"]),
                "validation_accuracy": float(logs["val_accuracy"]),
                "learning_rate": self.learning_rate,
                "seconds": now - self.began,
                "examples_per_second": self.examples / (self.trained - self.began),
            }
        )
        self.save(self.epochs)


class Stopper(keras.callbacks.Callback):  # type: ignore[misc]
    """End a run early; comes after the Recorder, whose epochs it looks at, so that a resumed run ends as it would."""

    def __init__(self, epochs: list[Epoch], patience: int) -> None:
        """Begin to look.

        Args:
            epochs: what every epoch gave.
            patience: epochs without a lower validation loss after which the run ends.
        """
        super().__init__()
        self.epochs = epochs
        self.patience = patience

    def on_epoch_end(self, _epoch: int, _logs: Any = None) -> None:
        """End the run where the lowest validation loss is long ago."""
        losses = [epoch["validation_loss"] for epoch in self.epochs]
        if len(losses) - 1 - losses.index(min(losses)) >= self.patience:
            self.model.stop_training = True


class Display(keras.callbacks.Callback):  # type: ignore[misc]
    """Show a bar on a terminal and write one line an epoch; comes after the Recorder, whose numbers it shows."""

    def __init__(self, recorder: Recorder, total: int, batch_size: int, every: int | None, console: Console) -> None:
        """Prepare the bar; entering the context shows it.

        Args:
            total: epochs of the whole run.
            every: steps between reports within an epoch, or None.
        """
        super().__init__()
        self.recorder = recorder
        self.total = total
        self.batch_size = batch_size
        self.every = every
        self.console = console
        self.epoch = 0
        self.bar = Progress(*BAR, console=console, transient=True, disable=not console.is_terminal)
        self.task: TaskID = self.bar.add_task("", total=recorder.examples, epoch="", caption="")

    def __enter__(self) -> None:
        self.bar.start()

    def __exit__(self, *_: object) -> None:
        self.bar.stop()

    def on_epoch_begin(self, epoch: int, _logs: Any = None) -> None:
        """Empty the bar."""
        self.epoch = epoch
        self.bar.reset(self.task, epoch=f"{epoch + 1}/{self.total}", caption="")

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Move the bar, and report every so many steps."""
        examples = self.recorder.examples
        done = min((batch + 1) * self.batch_size, examples)
        rate = done / (time.perf_counter() - self.recorder.began)
        left = format_seconds(((self.total - self.epoch) * examples - done) / rate)
        caption = f"loss {logs['loss']:.4f}  accuracy {logs['accuracy']:.4f}"
        if self.every and (batch + 1) % self.every == 0:
            steps = -(-examples // self.batch_size)
            self.console.print(f"epoch {self.epoch + 1}/{self.total}  step {batch + 1}/{steps}  {caption}")
        caption += f"  learning rate {self.recorder.learning_rate:.3g}  {rate:,.0f} examples/s  {left} left"
        self.bar.update(self.task, completed=done, caption=caption)

    def on_epoch_end(self, epoch: int, _logs: Any = None) -> None:
        """Write the epoch's line, above the bar where there is one."""
        self.console.print(f"epoch {epoch + 1}/{self.total}  {describe_epoch(self.recorder.epochs[-1])}")


def describe_epoch(epoch: Epoch) -> str:
    """Say on one line what an epoch gave."""
    return (
        f"loss {epoch['loss']:.4f}  accuracy {epoch['accuracy']:.4f}  "
        f"validation loss {epoch['validation_loss']:.4f}  accuracy {epoch['validation_accuracy']:.4f}  "
        f"learning rate {epoch['learning_rate']:.3g}  {epoch['examples_per_second']:,.0f} examples/s  "
        f"{format_seconds(epoch['seconds'])}"
    )


def format_seconds(seconds: float) -> str:
    """Say a duration as people do: 42 s, 3:05, 1:02:03."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours}:{minutes:02d}:{rest:02d}"
    return f"{minutes}:{rest:02d}" if minutes else f"{rest} s"


def open_console() -> Console:
    """Return a console that writes lines as they are given, whatever its width."""
    return Console(highlight=False, markup=False, soft_wrap=True)
