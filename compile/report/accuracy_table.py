"""Accuracies as Rich tables."""

from __future__ import annotations

from collections.abc import Sequence

from rich.table import Table

from ..benchmarking.measurement import Accuracy, Measurement

_NAMES = {"top1": "top-1", "exact_plate": "exact plates", "dice": "Dice", "roc_auc": "ROC AUC", "miou": "mIoU"}
_SHARES = {"top1", "exact_plate", "miou"}  # shown as percentages


def accuracy_table(rows: Sequence[Measurement]) -> Table:
    """One row an engine: the figure and the counts behind it."""
    table = Table(box=None, header_style="bold", pad_edge=False)
    for name in ("model", "engine", "batch", "data", "images", "metric", "value", "of"):
        table.add_column(name, justify="right" if name in ("batch", "images", "value") else "left")
    for row in rows:
        accuracy = row.accuracy
        if accuracy is not None:
            name = _NAMES[accuracy.metric]
            figure = (f"{accuracy.n:,}", name, figure_of(accuracy), counts_of(accuracy))
            table.add_row(row.model, row.engine, str(row.batch), accuracy.data, *figure)
    return table


def cost_table(rows: Sequence[Measurement]) -> Table | None:
    """What quantizing cost, in errors, and gave, in size and time; None for an fp32 model."""
    rows = [row for row in rows if row.accuracy and row.precision != "fp32"]
    if not rows:
        return None
    table = Table(box=None, header_style="bold", pad_edge=False)
    for name in ("engine", "precision"):
        table.add_column(name)
    for name in ("flipped", "squared error", "relative error", "ONNX MB", "weights MB", "code MB", "ms", "trained s"):
        table.add_column(name, justify="right", no_wrap=True)
    for row in rows:
        accuracy = row.accuracy
        flipped = accuracy.counts.get("flipped") if accuracy else None
        errors = (accuracy.squared_error, accuracy.relative_error) if accuracy else (None, None)
        cells = [row.engine, "fp32" if row.engine == "torch" else row.precision]
        cells += ["" if flipped is None else f"{flipped:,}", *("" if one is None else f"{one:.2e}" for one in errors)]
        sizes = (row.onnx_bytes, row.parameter_bytes, row.code_bytes) if row.engine != "torch" else (None,) * 3
        cells += ["" if size is None else f"{size / 1e6:.2f}" for size in sizes]
        trained = "" if row.training_seconds is None else f"{row.training_seconds:.0f}"
        table.add_row(*cells, f"{row.latency_ms.median:.3g}", trained)
    return table


def class_table(rows: Sequence[Measurement]) -> Table | None:
    """One row a class, one column an engine; None where no metric is one of classes."""
    rows = [row for row in rows if row.accuracy and row.accuracy.classes]
    if not rows:
        return None
    table = Table(box=None, header_style="bold", pad_edge=False)
    table.add_column("class")
    for row in rows:
        table.add_column(row.engine, justify="right")
    values = [row.accuracy.classes for row in rows if row.accuracy]
    for name in dict.fromkeys(name for one in values for name in one):
        table.add_row(name, *(f"{one[name]:.2%}" if name in one else "" for one in values))
    return table


def figure_of(accuracy: Accuracy) -> str:
    """The value as people write it: a percentage, or four digits."""
    return f"{accuracy.value:.2%}" if accuracy.metric in _SHARES else f"{accuracy.value:.4f}"


def counts_of(accuracy: Accuracy) -> str:
    """The counts in words: "8,103 right, 10,000 all"."""
    return ", ".join(f"{count:,} {name.replace('_', ' ')}" for name, count in accuracy.counts.items())
