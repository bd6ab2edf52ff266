"""The project: what is empty, lent and certified, and which hook is blamed."""

from dataclasses import replace

import pytest

from pmulab.kvm.hypervisor import Hypervisor
from pmulab.lab.course.project import HOOKS, Empty, certify, checklist, lent, so_far
from pmulab.lab.course.whole import WholeScene
from pmulab.lab.gallery.gallery import bugs_on
from pmulab.prove.structures import FOLLOWED
from pmulab.view.card import card_html


@pytest.mark.slow
def test_the_empty_hypervisor_has_no_hook_and_the_reference_has_all(briefly):
    pytest.importorskip("z3")
    # All cases of each hook, and all structures, are tried with its exercise and its proof.
    filled = type("Filled", (Empty,), {hook: getattr(Hypervisor, hook) for hook in HOOKS})

    assert [] == checklist(Empty).written
    assert list(HOOKS) == checklist(filled).written
    assert "not attempted" == certify(Empty).kind
    verdict = certify(filled, worlds=("host-event",))
    assert verdict.right
    assert len(HOOKS) == len([found for found in verdict.wide if found.cases])
    assert f"{len({*HOOKS} & {*FOLLOWED})} of {len(HOOKS)} hooks equal" in verdict.values


@pytest.mark.slow
def test_what_is_not_written_yet_is_lent():
    hook = "handle_guest_irq"
    one = type("One", (Empty,), {hook: getattr(Hypervisor, hook)})
    wrong = type("Wrong", (Empty,), {hook: getattr(bugs_on(hook)[0].hypervisor, hook)})

    assert so_far(one, "interrupts").right
    assert (bugs_on(hook)[0].law, hook) == (so_far(wrong).law, so_far(wrong).hook)


def leaves_flags(self, vcpu):
    Hypervisor.pmu_put(self, vcpu)
    self.cpu.msr("PMOVSSET_EL0", vcpu.regs["PMOVSSET_EL0"])


@pytest.mark.slow
def test_the_scene_of_a_project_is_that_of_the_guilty_hook():
    wrong = lent(type("Wrong", (Empty,), {"pmu_put": leaves_flags}))
    scene = WholeScene(certify(wrong, worlds=("small",)), wrong)

    assert "pmu_put" == scene.verdict.hook
    assert "Your pmu_put does it" in scene.headline
    assert "your pmu_put" in scene.hints[0]
    assert scene.pairs
    assert 0 < scene.opens_at() < len(scene.trace)
    assert "<strong><span" in card_html(scene)
    assert "project: not yet" in card_html(scene)


@pytest.mark.slow
def test_where_no_hook_is_guilty_alone_nobody_is_named():
    verdict = replace(
        certify(lent(type("Wrong", (Empty,), {"pmu_put": leaves_flags})), ("small",)), hook=""
    )
    scene = WholeScene(verdict, Empty)

    assert "Your" not in scene.headline
    assert [] == scene.pairs
    assert "it takes two of yours or more" in scene.hints[0]
    assert len(scene.trace) == scene.opens_at()
    assert "project: not yet" in card_html(scene)


@pytest.mark.slow
def test_how_far_a_certificate_is_can_be_heard():
    heard = []
    hooks = type("Mine", (Empty,), {"kick": Hypervisor.kick})
    so_far(hooks, "interrupts", lambda done, seconds: heard.append(list(done)))

    assert heard
    assert sorted(heard, key=len) == heard


def keeps_one(self, overflow):
    if self.host.loaded is None or not self.owns_counters(self.host.loaded):
        self.cpu.msr("PMOVSCLR_EL0", overflow & ~0b10)
        return
    Hypervisor.handle_guest_irq(self, overflow)


@pytest.mark.slow
def test_a_table_that_refuses_a_hook_names_it_and_is_no_attempt_at_its_exercise():
    wrong = type("Wrong", (Empty,), {"handle_guest_irq": keeps_one})
    verdict = so_far(wrong)

    assert "handle_guest_irq" == verdict.accusation.law
    assert ("project", "broken", "handle_guest_irq") == (
        *(verdict.exercise, verdict.kind, verdict.hook),
    )
    assert "Your handle_guest_irq does it" in WholeScene(verdict, wrong).headline
