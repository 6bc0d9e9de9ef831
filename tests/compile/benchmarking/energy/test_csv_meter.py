"""External meters' CSV files, as cheap ones write them."""

from datetime import datetime

import pytest
from tilewright.compile.benchmarking.energy.csv_meter import CsvMeter, open_csv, read_csv
from tilewright.compile.errors import TilewrightError

# The first lines that a FNIRSI FNB48 gave (github.com/baryluk/fnirsi-usb-power-data-logger, README), here with a load.
# The samples of a packet are stamped by counting on, so that the fifth seems to come before the fourth.
FNIRSI = """\

timestamp sample_in_packet voltage_V current_A dp_V dn_V temp_C_ema energy_Ws capacity_As
1657568326.775 0 5.00000 0.60000 1.184 1.031 30.500 0.000000 0.000001
1657568326.785 1 5.00000 0.60000 1.184 1.033 30.500 0.000000 0.000001
1657568326.795 2 5.00000 0.60000 1.184 1.030 30.500 0.000000 0.000002
1657568326.805 3 5.00000 0.60000 1.184 1.031 30.500 0.000000 0.000002
1657568326.784 0 5.00000 0.60000 1.185 1.032 30.500 0.000000 0.000003
1657568326.794 1 5.00000 0.60000 1.184 1.029 30.500 0.000000 0.000003
1657568326.904 2 5.00000 0.60000 1.184 1.029 30.500 0.000000 0.000003
"""
# The columns of EdgePowerMeter's export, with a point and with a decimal comma.
EDGE = """\
Timestamp,RelativeTime[s],Voltage[V],Current[A],Power[W]
2026-10-08 12:34:56.000,0.000000,5.000000,0.400000,2.000000
2026-10-08 12:34:57.000,1.000000,5.000000,0.800000,4.000000
2026-10-08 12:34:58.000,2.000000,5.000000,0.400000,2.000000
"""
COMMA = EDGE.replace(",", ";").replace(".000000", ",000000").replace(".4", ",4").replace(".8", ",8")
MILLI = "Meter UM25C\nSerial 1234\n\nTime;Voltage (mV);Current (mA)\n1700000000;5000;400\n1700000001;5000;800\n"
WATTS = "time,W\n1700000000.5,3\n1700000002.5,3\n"


def written(folder, text):
    path = folder / "meter.csv"
    path.write_text(text)
    return path


def meter_between(path, begin, end):
    clock = iter([begin, end])
    return CsvMeter(path, clock=lambda: next(clock), wait=0.0)


@pytest.mark.parametrize(
    ("text", "begin", "end", "joules"),
    [
        (FNIRSI, 1657568326.78, 1657568326.88, 0.3),
        (WATTS, 1700000001, 1700000002, 3.0),
        (MILLI, 1700000000, 1700000001, 3.0),
    ],
)
def test_joules_of_a_window(tmp_path, text, begin, end, joules):
    meter = meter_between(written(tmp_path, text), begin, end)
    meter.start()
    assert meter.stop() == pytest.approx(joules, abs=1e-5)  # a double has Unix seconds to a quarter of a microsecond


@pytest.mark.parametrize("text", [EDGE, COMMA, EDGE.replace(" 12", "T12"), "\ufeff" + EDGE])
def test_the_time_of_day_is_this_machines(tmp_path, text):
    noon = datetime(2026, 10, 8, 12, 34, 56).timestamp()
    meter = meter_between(written(tmp_path, text), noon, noon + 2)
    meter.start()
    assert meter.stop() == pytest.approx(6.0)


def test_a_zone_is_heeded(tmp_path):
    rows = "timestamp,power\n2026-10-08T12:00:00Z,1\n2026-10-08T14:00:01+02:00,1\n"
    seconds, _ = read_csv(written(tmp_path, rows))
    assert seconds[1] - seconds[0] == pytest.approx(1.0)


def test_half_a_line_is_left_for_the_next_look(tmp_path):
    seconds, watts = read_csv(written(tmp_path, "time,W\n1,2\n2,2\n3,40000"))
    assert seconds.tolist() == [1, 2] and watts.tolist() == [2, 2]


def test_the_meter_is_waited_for(tmp_path):
    path = written(tmp_path, "time,W\n100,2\n")
    times = iter([100.0, 101.0])

    def clock():
        now = next(times)
        if now == 101.0:  # as if the logger wrote just after the runs had ended
            path.write_text("time,W\n100,2\n101.5,2\n")
        return now

    meter = CsvMeter(path, clock=clock, wait=1.0)
    meter.start()
    assert meter.stop() == pytest.approx(2.0)


@pytest.mark.parametrize(("begin", "end"), [(1700000000.0, 1700000002.0), (1700000001.0, 1700000009.0), (0.0, 1.0)])
def test_a_file_of_another_time(tmp_path, begin, end):
    meter = meter_between(written(tmp_path, WATTS), begin, end)
    meter.start()
    with pytest.raises(TilewrightError, match="let the meter write throughout"):
        meter.stop()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no line names a column of time"),
        ("time,volts\n1,5\n", "no line names a column of time"),
        ("energy_Ws,W\n1,5\n", "no line names a column of time"),
        ("time,W\n", "has no samples yet"),
        ("time,W\n1,2\n2,on\n", "line 3: is no time"),
        ("time,W\n1,2\n2\n", "line 3: is no time"),
        ("time,W\nyesterday,2\n2,2\n", "line 2: is no time"),
        ("time,W\n100,2\n101,2\n50,2\n", "the time of sample 3 is before"),
        ("time,W\n100,2\n100,2\n", "the time of sample 2 is before"),
    ],
)
def test_files_that_are_refused(tmp_path, text, said):
    with pytest.raises(TilewrightError, match=f"meter.csv.*{said}"):
        open_csv(written(tmp_path, text))


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(TilewrightError, match=r"absent\.csv: cannot be read: No such file"):
        open_csv(tmp_path / "absent.csv")
