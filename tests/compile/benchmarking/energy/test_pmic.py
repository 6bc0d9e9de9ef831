"""What a Raspberry Pi 5's power management chip says, as two boards said it."""

import sys

import pytest
from tilewright.compile.benchmarking.energy.pmic import open_pmic, watts_of
from tilewright.compile.errors import TilewrightError

# A Raspberry Pi 5 at rest: gist.github.com/cleverca22/95d2cb2f4e1f59be2bd94f0e1d446cc9
IDLE = """\
 3V7_WL_SW_A current(0)=0.04782057A
   3V3_SYS_A current(1)=0.04684464A
   1V8_SYS_A current(2)=0.17078780A
  DDR_VDD2_A current(3)=0.02049453A
  DDR_VDDQ_A current(4)=0.00000000A
   1V1_SYS_A current(5)=0.18933040A
    0V8_SW_A current(6)=0.32888840A
  VDD_CORE_A current(7)=0.92871990A
   3V3_DAC_A current(17)=0.00054945A
   3V3_ADC_A current(18)=0.00018315A
   0V8_AON_A current(16)=0.00586080A
      HDMI_A current(22)=0.01636140A
 3V7_WL_SW_V volt(8)=3.70534400V
   3V3_SYS_V volt(9)=3.31467300V
   1V8_SYS_V volt(10)=1.80903400V
  DDR_VDD2_V volt(11)=1.10292900V
  DDR_VDDQ_V volt(12)=0.61575030V
   1V1_SYS_V volt(13)=1.10512700V
    0V8_SW_V volt(14)=0.80292960V
  VDD_CORE_V volt(15)=0.72097620V
   3V3_DAC_V volt(20)=3.30952000V
   3V3_ADC_V volt(21)=3.30952000V
   0V8_AON_V volt(19)=0.79765500V
      HDMI_V volt(23)=5.16034000V
     EXT5V_V volt(24)=5.17105900V
      BATT_V volt(25)=0.00598290V
"""
# One that works, with a battery for its clock: github.com/leukipp/touchkio, issue 35
BUSY = """\
 3V7_WL_SW_A current(0)=0.12199130A
   3V3_SYS_A current(1)=0.15224510A
   1V8_SYS_A current(2)=0.17273960A
  DDR_VDD2_A current(3)=0.11613570A
  DDR_VDDQ_A current(4)=0.02941200A
   1V1_SYS_A current(5)=0.21763240A
    0V8_SW_A current(6)=0.50748360A
  VDD_CORE_A current(7)=1.54489000A
   3V3_DAC_A current(17)=0.00000000A
   3V3_ADC_A current(18)=0.00018315A
   0V8_AON_A current(16)=0.00390720A
      HDMI_A current(22)=0.01709400A
 3V7_WL_SW_V volt(8)=3.60605200V
   3V3_SYS_V volt(9)=3.31931300V
   1V8_SYS_V volt(10)=1.79682400V
  DDR_VDD2_V volt(11)=1.10842400V
  DDR_VDDQ_V volt(12)=0.60549390V
   1V1_SYS_V volt(13)=1.10219700V
    0V8_SW_V volt(14)=0.80146440V
  VDD_CORE_V volt(15)=0.88725180V
   3V3_DAC_V volt(20)=3.31501500V
   3V3_ADC_V volt(21)=3.31684600V
   0V8_AON_V volt(19)=0.79882700V
      HDMI_V volt(23)=4.90440000V
     EXT5V_V volt(24)=4.87894000V
      BATT_V volt(25)=2.50512600V
"""


def by_hand(text):
    """The twelve currents times the twelve voltages, which come in the same order."""
    values = [float(line.split("=")[1][:-1]) for line in text.splitlines()]
    return sum(current * volts for current, volts in zip(values[:12], values[12:24], strict=True))


@pytest.mark.parametrize(("text", "watts"), [(IDLE, 1.89), (BUSY, 3.51)])
def test_twelve_rails_are_summed_and_what_has_no_current_is_not(text, watts):
    assert watts_of(text) == pytest.approx(by_hand(text))
    assert watts_of(text) == pytest.approx(watts, abs=0.01)
    inputs = [line for line in text.splitlines() if "EXT5V" in line or "BATT" in line]
    assert len(inputs) == 2 and watts_of("\n".join(set(text.splitlines()) - set(inputs))) == pytest.approx(
        watts_of(text)
    )


def test_the_order_of_the_lines_does_not_count():
    assert watts_of("\n".join(reversed(BUSY.splitlines()))) == pytest.approx(watts_of(BUSY))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "nothing"),
        ('error=1 error_msg="Command not registered"\n', "Command not registered"),  # what a Pi 4 answers
        ("     EXT5V_V volt(24)=5.17105900V\n", "EXT5V_V"),
    ],
)
def test_a_board_without_such_a_chip(text, said):
    with pytest.raises(TilewrightError, match=f"no rail with current and voltage .*{said}"):
        watts_of(text)


def printing(text):
    return sys.executable, "-c", f"print({text!r}, end='')"


def test_a_command_that_answers_is_a_meter():
    meter = open_pmic(printing(IDLE))
    meter.start()
    joules = meter.stop()
    assert 0 < joules < 60 * watts_of(IDLE)


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (("no-such-vcgencmd",), "only a Raspberry Pi 5"),
        ((sys.executable, "-c", "import sys; sys.exit('VCHI initialization failed')"), "VCHI initialization failed"),
        (printing("nothing known"), "nothing known"),
    ],
)
def test_a_command_that_does_not(command, said):
    with pytest.raises(TilewrightError, match=f"pmic: .*{said}"):
        open_pmic(command)
