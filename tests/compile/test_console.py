"""What is printed where there is no terminal."""

import pytest
import typer
from rich.table import Table
from tilewright.compile.cli.console import print_table, progress
from tilewright.compile.cli.doctor import print_findings
from tilewright.compile.doctor import Finding

TEXTS = ("a[bold].onnx", "layers[/0].conv", "pip install 'tilewright[openvino]'", "ina219:bus:0x40")


def test_a_stage_is_one_line_of_a_log_however_long(capsys):
    stage = "checking the answer of conv2d 1x144x56x56 -> 144 filters, 3x3, stride 2x2, pads 1,1,1,1, 144 groups"
    with progress() as tell:
        tell(stage)
    assert capsys.readouterr().err == f"{stage}\n"


@pytest.mark.parametrize("text", TEXTS)
def test_texts_are_printed_as_they_are(text, capsys):
    table = Table(text, title=text)
    table.add_row(text)
    print_table(table)
    with progress() as tell:
        tell(text)
        tell.keep(text)
    done = capsys.readouterr()
    assert done.out.count(text) == 3
    assert done.err == f"{text}\n{text}\n"


@pytest.mark.parametrize("text", TEXTS)
def test_what_the_doctor_found_and_its_cure_are_printed_whole(text, capsys):
    with pytest.raises(typer.Exit):
        print_findings([Finding(text, "missing", text, text)])
    assert capsys.readouterr().out.count(text) == 3
