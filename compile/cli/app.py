"""The verbs, in the order a user meets them.  Nothing heavy is imported here: `--help` must answer at once."""

from __future__ import annotations

import typer

from .bench import bench
from .board import board_app
from .compile import compile_
from .data import data_app
from .distill import distill
from .doctor import doctor
from .eval import eval_
from .explain import explain
from .export import export
from .factorize import factorize
from .models import models
from .prune import prune
from .quantize import quantize
from .quantize_aware import quantize_aware
from .recipe import RecipeCommand
from .records import records_app
from .report import report
from .roofline import roofline
from .run import run
from .sweep import sweep
from .train import train
from .tune import tune

app = typer.Typer(
    help="Compile vision models for edge CPUs with TVM, and measure them next to ONNX Runtime.",
    epilog="Every verb takes --debug, which shows where an error came from.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command()(models)
app.command()(export)
app.command("compile")(compile_)
app.command()(run)
app.command(cls=RecipeCommand)(train)
app.command(cls=RecipeCommand)(prune)
app.command(cls=RecipeCommand)(factorize)
app.command(cls=RecipeCommand)(distill)
app.command()(quantize)
app.command("quantize-aware")(quantize_aware)
app.command()(sweep)
app.command()(tune)
app.command()(bench)
app.command("eval")(eval_)
app.command()(report)
app.add_typer(records_app, name="records")
app.add_typer(board_app, name="board")
app.add_typer(data_app, name="data")
app.command()(roofline)
app.command()(explain)
app.command()(doctor)
