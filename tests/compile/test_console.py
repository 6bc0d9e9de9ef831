"""What is printed where there is no terminal."""

from tilewright.compile.cli.console import progress


def test_a_stage_is_one_line_of_a_log_however_long(capsys):
    stage = "checking the answer of conv2d 1x144x56x56 -> 144 filters, 3x3, stride 2x2, pads 1,1,1,1, 144 groups"
    with progress() as tell:
        tell(stage)
    assert capsys.readouterr().err == f"{stage}\n"
