"""`tilewright eval`."""

from __future__ import annotations

from typing import Annotated

import typer

from ..errors import TilewrightError
from .board_options import BoardName, Key, Rpc, Ssh, Tracker
from .console import json_file, print_table, progress
from .options import Batch, Json, MaybePrecision, Threads, Weights


def eval_(
    model: Annotated[str, typer.Argument(metavar="MODEL|BUNDLE", help="A zoo name, an ONNX file, or a Bundle.")],
    data: Annotated[
        str | None, typer.Option(help="Data set.", show_default="the model's first that is on this machine")
    ] = None,
    part: Annotated[
        str | None, typer.Option(help="Part of it, such as test.", show_default="all that may be used")
    ] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="The first so many images only.")] = None,
    metric: Annotated[
        str | None, typer.Option(help="dice or roc_auc, of maps of a foreground.", show_default="the data set's")
    ] = None,
    engines: Annotated[
        str | None, typer.Option(show_default="tvm,onnxruntime,torch for a zoo model, tvm for a Bundle")
    ] = None,
    threads: Threads = None,
    batch: Batch = None,
    target: Annotated[str | None, typer.Option("--target", "-t", show_default="native")] = None,
    weights: Weights = None,
    precision: MaybePrecision = None,
    layers: Annotated[
        bool, typer.Option("--layers", help="Show how far each layer of a quantized model lies from fp32.")
    ] = False,
    rpc: Rpc = None,
    tracker: Tracker = None,
    key: Key = None,
    board: BoardName = None,
    ssh: Ssh = None,
    json: Json = None,
) -> None:
    """Measure the accuracy of a model or a Bundle on a data set; of a quantized one also what that cost and gave."""
    from ..boards.choice import BoardChoice, open_place
    from ..evaluating.choose import DataChoice
    from ..evaluating.evaluate import EvalOptions, evaluate_model, is_bundle, target_of
    from ..evaluating.layers import noise_of_layers
    from ..report.accuracy_table import accuracy_table, class_table, cost_table
    from ..report.quantized_layers import noises_table

    if layers and is_bundle(model):
        raise TilewrightError(
            f"--layers needs the ONNX graph, which the Bundle {model} has not: name the file or model"
        )

    options = EvalOptions(
        choice=DataChoice(data, part, limit, metric),
        engines=None if engines is None else tuple(name.strip() for name in engines.split(",") if name.strip()),
        threads=threads,
        batch=batch,
        target=target,
        weights=weights,
        precision=precision,
    )
    with json_file(json) as write:
        with progress() as tell:
            noises = noise_of_layers(model, precision, weights, tell) if layers else ()
            with open_place(BoardChoice(rpc, tracker, key, board, ssh), target_of(model, target), tell) as place:
                rows = evaluate_model(model, options, tell, place)
        write([row.to_json() for row in rows])
    print_table(accuracy_table(rows))
    if (classes := class_table(rows)) is not None:
        print_table(classes)
    if (costs := cost_table(rows)) is not None:
        print_table(costs)
    if noises:
        print_table(noises_table(noises))
