"""The command line: what it prints, its exit status, and that bad input is one line.

The words of each mistake are in sim/test_scenario_errors.py and evidence/test_replay.py.
"""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from pmulab.cli import main
from pmulab.sim import scenario
from pmulab.sim.machine import Machine
from pmulab.sim.trace import Trace

ROOT = Path(__file__).parent.parent
RECORDED = ROOT / "tests" / "conformance" / "arch" / "variant-n4-s1.jsonl.gz"


def run(*words, cwd=ROOT, **more):
    """Run `python -m pmulab` in a process of its own."""
    command = [sys.executable, "-m", "pmulab", *map(str, words)]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=60, **more)


# ---- as a process


def test_the_module_runs_a_scenario():
    done = run("run", "two-guests")

    assert (0, "") == (done.returncode, done.stderr)
    assert done.stdout.startswith("    #    cycle cpu who ")


@pytest.mark.slow
def test_the_module_reports_a_mistake_in_one_line_without_a_traceback(tmp_path):
    (tmp_path / "wrong.json").write_text("{")
    done = run("run", tmp_path / "wrong.json")

    assert (2, "") == (done.returncode, done.stdout)
    assert done.stderr.startswith(f"pmulab: {tmp_path / 'wrong.json'}: line 1: not JSON: ")
    assert 1 == done.stderr.count("\n")


def test_a_submission_that_raises_when_it_is_imported_is_one_line(tmp_path, capsys):
    mine = tmp_path / "mine.py"
    for error in ("RuntimeError", "SystemExit", "GeneratorExit"):
        mine.write_text(f"raise {error}('no')")

        assert 2 == main(["check", str(mine), "--exercise", "swap.put"])
        said = f"pmulab: {mine} cannot be imported: {error}: no in <module>, line 1\n"
        assert said == capsys.readouterr().err


@pytest.mark.slow
def test_a_reader_that_leaves_early_is_no_mistake():
    # As in `python -m pmulab run two-guests | head -1`.
    command = [sys.executable, "-m", "pmulab", "run", "two-guests"]
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        process.stdout.readline()
        process.stdout.close()

        assert "" == process.stderr.read()


# ---- run


def test_run_prints_every_record_and_the_last_state(capsys):
    trace = Machine("two-guests").run()

    assert 0 == main(["run", "two-guests"])
    out = capsys.readouterr().out
    assert out.startswith(trace.text() + "\n")
    assert repr(trace) in out
    assert trace.table(len(trace)) in out


def test_run_reads_a_file_as_it_reads_the_library(tmp_path, capsys):
    source = Path(scenario.__file__).parent / "scenarios" / "two-guests.json"
    copy = tmp_path / "mine.json"
    copy.write_bytes(source.read_bytes())

    assert [0, 0] == [main(["run", "two-guests"]), main(["run", str(copy)])]
    out = capsys.readouterr().out
    assert out[: len(out) // 2] == out[len(out) // 2 :]


def test_run_prints_plain_data_and_saves_it(tmp_path, capsys):
    path = tmp_path / "trace.json"

    assert 0 == main(["run", "two-guests", "--json", "--save", str(path)])
    printed = Trace.from_dict(json.loads(capsys.readouterr().out))
    assert Machine("two-guests").run() == printed == Trace.load(path)


def test_run_is_the_same_each_time(capsys):
    first, second = (main(["run", "two-guests"]) or capsys.readouterr().out for _ in range(2))

    assert first == second


@pytest.mark.parametrize(
    ("inside", "stopped"),
    [
        ("when x0 0; msr DAIFSet, 2; end", " records, 800 steps"),
        ("work CPU_CYCLES=1", "stopped: 200 records, "),
    ],
)
def test_run_ends_where_a_program_does_not(tmp_path, capsys, inside, stopped):
    path = tmp_path / "endless.json"
    vm = {
        "name": "A",
        "counters": 1,
        "program": ["repeat 1000000000000", *inside.split("; "), "end"],
    }
    path.write_text(json.dumps({"pmulab": 1, "name": "x", "vms": [vm], "max_records": 200}))

    assert 0 == main(["run", str(path)])
    assert stopped in capsys.readouterr().out


def test_run_lists_the_library(capsys):
    assert 0 == main(["run", "--list"])
    lines = capsys.readouterr().out.splitlines()
    assert scenario.names() == [line.split()[0] for line in lines]
    assert [scenario.load(name).about for name in scenario.names()] == [
        line.split(maxsplit=1)[1] for line in lines
    ]


@pytest.mark.one_in(9)
@pytest.mark.parametrize("name", scenario.names())
def test_every_scenario_of_the_library_runs(name, capsys):
    assert 0 == main(["run", name])
    assert f"Trace of {name}: " in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["run"], "name a scenario, or a file; --list shows the library's"),
        (["run", "two-guests", "--save", "/nowhere/trace.json"], None),
    ],
)
def test_run_reports_a_mistake_in_one_line(capsys, words, message):
    assert 2 == main(words)
    err = capsys.readouterr().err
    assert 1 == err.count("\n")
    assert message is None or f"pmulab: {message}\n" == err


# ---- replay


@pytest.mark.slow
def test_replay_prints_a_line_for_each_file(capsys):
    assert 0 == main(["replay", str(RECORDED), str(RECORDED)])
    assert (
        "variant-n4-s1.jsonl.gz             2000 rows    1998 compared  0 mismatches  "
        "tagged: cu-chain-filter open/1  cu-chain-filter-strict open/1\n" * 2
    ) == capsys.readouterr().out


def test_replay_prints_plain_data(capsys):
    assert 0 == main(["replay", "--json", str(RECORDED)])
    (report,) = json.loads(capsys.readouterr().out)
    assert {
        "file": str(RECORDED),
        "rows": 2000,
        "compared": 1998,
        "mismatches": [],
        "tagged": {"cu-chain-filter": 1, "cu-chain-filter-strict": 1},
        "as_architecture": {"cu-chain-filter": 1, "cu-chain-filter-strict": 1},
        "not_as_architecture": [],
    } == report


# ---- the parser


@pytest.mark.parametrize("words", [["fly"], ["replay"], ["run", "--fast"]])
def test_an_unknown_command_shows_how_to_call(capsys, words):
    with pytest.raises(SystemExit) as stopped:
        main(words)

    assert 2 == stopped.value.code
    assert capsys.readouterr().err.startswith("usage: pmulab ")
