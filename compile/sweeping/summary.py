"""A point's results in one line of numbers."""

from __future__ import annotations

from typing import Any

from .results import Result

# Name -> how it reads in a table.
COLUMNS = {
    "parameters": "{:,.0f}",
    "macs": "{:,.0f}",
    "onnx_bytes": "{:,.0f}",
    "calibration": "{:.2%}",
    "accuracy": "{:.2%}",
    "threads": "{:.0f}",
    "ours_ms": "{:.3f}",
    "onnxruntime_ms": "{:.3f}",
    "speedup": "{:.2f}",
}


def summary_of(result: Result) -> dict[str, float]:
    """Those of COLUMNS that a point has given so far.

    Times are `bench`'s where there are any, else `eval`'s, at the fewest threads; the calibration part's accuracy is
    what pruning and the like tell, the other one is `eval`'s where there is one.
    """
    rows = result.rows
    found: dict[str, Any] = {}
    for row in (row for _, row in rows if "engine" not in row):
        told = {"parameters": row.get("parameters"), "macs": row.get("macs"), "calibration": row.get("accuracy")}
        found |= {name: value for name, value in told.items() if value is not None}
    for verb in ("bench", "eval"):  # the later wins for the accuracy, the earlier for times
        for name, row in _by_engine([row for given, row in rows if given == verb]).items():
            if name == "tvm":
                found |= {"parameters": row["params"], "macs": row["macs"], "onnx_bytes": row["onnx_bytes"]}
                found["accuracy"] = row["accuracy"]["value"] if row["accuracy"] else found.get("accuracy")
                found.setdefault("threads", row["threads"])
                found.setdefault("speedup", row["speedup"].get("onnxruntime"))
            column = {"tvm": "ours_ms", "onnxruntime": "onnxruntime_ms"}.get(name)
            if column is not None:
                found.setdefault(column, row["latency_ms"]["median"])
    return {name: found[name] for name in COLUMNS if found.get(name) is not None}


def _by_engine(rows: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Each engine's row of the fewest threads."""
    return {row["engine"]: row for row in sorted(rows, key=lambda row: -row["threads"])}
