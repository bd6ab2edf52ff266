"""What is right, wrong, bad input or not finished has one exit status in every command."""

import pytest
from lab.test_left import PUT

from pmulab.cli import main

BODIES = {
    "bad": "vcpu.name",
    "stops": "raise SystemExit(0)",
    "endless": "while True: pass",
    "sleeps": "import time\n        while True: time.sleep(0.01)",
}
ONE = ["--exercise", "swap.put"]
SMALL = ["explore", "--world", "small", "--hypervisor"]
OUTCOMES = [
    (["explore", "--world", "user"], 0),
    ([*SMALL, "bad.py"], 1),
    ([*SMALL, "stops.py"], 1),
    ([*SMALL, "missing.py"], 2),
    pytest.param([*SMALL, "sleeps.py", "--seconds", "0.2"], 3, marks=pytest.mark.slow),
    (["check", "bad.py", *ONE], 1),
    (["check", "stops.py", *ONE], 1),
    (["check", "missing.py", *ONE], 2),
    (["check", "sleeps.py", *ONE, "--seconds", "0.2"], 3),
    (["gallery", "no-swap"], 0),
    (["gallery", "nosuch"], 2),
    (["grade", "missing.py"], 2),
    (["prove", "missing.py", *ONE], 2),
    pytest.param(["prove", "endless.py", *ONE, "--seconds", "0.2"], 3, marks=pytest.mark.slow),
    (["run", "nosuch"], 2),
    (["replay", "missing.json"], 2),
    (["cost", "--price", "nosuch=1"], 2),
]


@pytest.mark.parametrize(("words", "status"), OUTCOMES, ids=lambda part: str(part))
def test_an_outcome_has_one_status_everywhere(words, status, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for name, body in BODIES.items():
        (tmp_path / f"{name}.py").write_text(PUT + body)

    assert status == main(words)
    assert "Traceback" not in capsys.readouterr().err
