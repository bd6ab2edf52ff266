"""Lines of a hook in C: taken apart, switched off, compiled again, and who notices."""

from importlib.util import find_spec
from pathlib import Path

import pytest

from pmulab.in_c import c_hook
from pmulab.lab.lines.attempt import HOLDS, NOTICED
from pmulab.lab.lines.lines import Lines
from pmulab.lab.submission.limits import drained
from pmulab.native import build
from pmulab.trying import lines

RIGHT = sorted(Path(__file__).with_name("right").glob("*.c"))
pytestmark = [
    pytest.mark.skipif(not find_spec("tree_sitter_c"), reason="no tree-sitter here"),
    pytest.mark.skipif(not build.compiler(), reason="no C compiler here"),
]
BRANCHES = """static bool odd(int i)
{
	return i & 1;
}

/* Above it. */
void kvm_pmu_stop(struct kvm_vcpu *vcpu)
{
	u64 mask = 0;

	/* Which of the two. */
	if (odd(1)) {
		mask = kvm_pmu_guest_counter_mask(vcpu);
	} else if (mask)
		mask = 1;
	else {
		while (mask < 4)
			mask++;
	}
	write_sysreg(mask, pmcntenclr_el0);
}
"""


def desk(id, source):
    """Make a desk of a text."""
    return Lines(id, c_hook(id, source), 20)


def right(id):
    """Read a right text."""
    return Path(__file__).with_name("right").joinpath(f"{id}.c").read_text(encoding="utf-8")


def text_of(desk, *off):
    """Write a text with some lines off."""
    for n in off:
        desk.switch(n)
    return desk.method.written(desk.edit)[0]


@pytest.mark.parametrize("path", RIGHT, ids=lambda path: path.stem)
def test_an_untouched_text_is_written_as_it_was(path):
    source = path.read_text(encoding="utf-8")

    assert source.split() == text_of(desk(path.stem, source)).split()


def test_what_is_off_is_a_comment_and_each_brace_has_its_twin():
    stop = desk("swap.stop", BRANCHES)

    assert BRANCHES.split() == text_of(stop).split()
    assert 8 == len(stop.method.lines)
    # A statement without braces leaves a place; a block goes with all that is in it.
    text = text_of(stop, 5)
    assert (
        "	} else\n		if (mask)\n			// off: mask = 1;\n			;\n		else {\n"
        in text
    )
    for n in set(stop.method.lines) - {1}:
        stop.method.made(stop.method.switched(stop.method.untouched, n))


def test_a_line_moves_in_its_block():
    stop = desk("swap.stop", BRANCHES)
    stop.move(8, -1)

    text = text_of(stop)
    assert text.index("pmcntenclr") < text.index("if (odd(1))")
    assert text.endswith("	}\n}\n")


@pytest.mark.parametrize(
    ("off", "who", "law"),
    [(1, "compiler", "refused"), (2, "A", "own_reads"), (4, "cpu0", "quiet_when_put")],
)
def test_who_notices_a_line_of_c(off, who, law):
    stop = desk("swap.stop", right("swap.stop"))
    stop.switch(off)
    answer = drained(stop.ask())

    assert (NOTICED, who, law) == (answer.kind, answer.who, answer.law)
    if answer.trace:
        assert any(record.at.startswith("pmu_stop~") for record in answer.trace.records)
    else:
        assert "'mask' undeclared" in answer.head


@pytest.mark.slow
def test_what_is_right_holds_as_it_is_and_is_printed():
    stop = desk("swap.stop", right("swap.stop"))

    assert HOLDS == drained(stop.ask()).kind
    assert stop.to_text().startswith("swap.stop: Mine.pmu_stop\n       void kvm_pmu_stop(")
    assert "\n       }\n" in stop.to_text()


def test_what_cannot_be_taken_apart_says_so():
    write = "__vcpu_rmw_sys_reg(vcpu, PMCNTENSET_EL0, = 1 +, 0);"
    source = f"void kvm_pmu_stop(struct kvm_vcpu *vcpu)\n{{\n	{write}\n}}\n"

    assert "cannot be taken apart" in lines("swap.stop", c_hook("swap.stop", source))
