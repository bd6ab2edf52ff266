"""A hook in C, written in a cell: its card, and a player that shows the lines of C."""

import pytest
from browser.conftest import notebook
from native.mistakes import COMPILED, edited

from pmulab.native import build

SETUP = "from pmulab import c_hook, check"
CELL = f"%%kernel_c swap.put Put\n{edited('swap.put', COMPILED['swap.put']['no flags'])}"
FOLD = "void kvm_pmu_fold_overflow(struct kvm_vcpu *vcpu)"
BAD = f"%%kernel_c swap.fold Bad\n{FOLD}\n{{\n\treturn 1;\n}}"


@pytest.mark.skipif(not build.compiler(), reason="no C compiler here")
def test_a_card_of_c_opens_a_player_at_a_line_of_c(lab):
    lab.write("in-c.ipynb", "notebook", notebook(SETUP, CELL, '_ = check("swap.put", Put)\n_', BAD))
    lab.open("in-c.ipynb")
    lab.page.set_viewport_size({"width": 1280, "height": 2400})
    lab.run_all()
    card = lab.page.get_by_role("group", name="Verdict on swap.put")
    card.wait_for(timeout=60_000)
    card.get_by_role("button", name="Show").click()
    lab.page.locator(".pmulab-player .pl-where").wait_for()
    lab.page.wait_for_timeout(500)
    lab.screenshot("in-c")
    source = lab.page.locator("section.pl-source")

    assert "void kvm_pmu_put(struct kvm_vcpu *vcpu)" in source.inner_text()
    said = lab.page.locator(".jp-RenderedText").all_inner_texts()
    assert any("swap.fold.c:4:" in text and "error:" in text for text in said)
    assert [] == lab.tracebacks()
