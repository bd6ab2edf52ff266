"""A posting under the laws: found, compiled, judged; what cannot be compiled is named.

`posting.c` is ours, written in a posting's shape, with five planted defects.
"""

import base64
import json
import mailbox
import quopri
import re
from importlib.util import find_spec
from pathlib import Path

import pytest

from pmulab.cli import main
from pmulab.explorer.explorer import Explorer
from pmulab.lab.posting.texts import texts_of
from pmulab.lab.submission.load import InputError
from pmulab.native import build
from pmulab.native.posted import KNOWN, posted_class

POSTING = Path(__file__).with_name("posting.c")
TEXT = POSTING.read_text(encoding="utf-8")
FILE = "arch/arm64/kvm/pmu-direct.c"
needs_parser = pytest.mark.skipif(not find_spec("tree_sitter_c"), reason="no tree-sitter here")
needs_cc = pytest.mark.skipif(not build.compiler(), reason="no C compiler here")
# What each planted defect breaks, by the function that has it.
PLANTED = {
    ("kvm_pmu_put", "host_controls"),
    ("kvm_pmu_put", "own_flags"),
    ("kvm_pmu_apply_event_filter", "own_counts"),
    ("kvm_pmu_handle_guest_irq", "wakes_up"),
    ("kvm_arm_setup_mdcr_el2", "host_untouched"),
}
FAULTLESS = {"kvm_pmu_guest_counter_mask", "kvm_pmu_load", "kvm_pmu_part_overflow_status"}
# Of a world: enough for the short histories.
STATES = 400
UNKNOWN = "	preempt_disable();\n	kvm_pmu_trace_put(vcpu, 3);\n"


def mbox_of(path, *patches):
    """Write a series as `b4 am` does: a mail for each patch."""
    box = mailbox.mbox(path)
    for n, patch in enumerate(patches, 1):
        mail = mailbox.mboxMessage()
        mail["Subject"] = f"[PATCH v1 {n}/{len(patches)}] KVM: arm64: a part of it"
        mail.set_payload(f"Why this is so.\n\n---\n 1 file changed\n\n{patch}-- \n2.50\n")
        box.add(mail)
    box.close()
    return path


def patch(old, new, hunks):
    """Write a patch of one file."""
    head = f"diff --git a/{FILE} b/{FILE}\n--- {old}\n+++ {new}\n"
    return head + "".join(hunks)


def created(text):
    """Write the hunk that makes a whole file."""
    lines = text.rstrip("\n").split("\n")
    return f"@@ -0,0 +1,{len(lines)} @@\n" + "".join(f"+{line}\n" for line in lines)


# ---- reading


def test_a_series_is_read_in_its_order(tmp_path):
    first = patch("/dev/null", f"b/{FILE}", [created("int a;\nint f(void)\n{\n\treturn 1;\n}\n")])
    hunk = "@@ -2,4 +2,5 @@\n int f(void)\n {\n-\treturn 1;\n+\ta = 2;\n+\treturn a;\n }\n"
    second = patch(f"a/{FILE}", f"b/{FILE}", [hunk])
    found = texts_of([str(mbox_of(tmp_path / "v1.mbx", first, second))])

    assert {FILE: "int a;\nint f(void)\n{\n\ta = 2;\n\treturn a;\n}"} == found


def test_of_a_file_that_is_changed_what_the_patch_shows_is_known(tmp_path):
    hunk = "@@ -20,3 +20,4 @@ void g(void)\n void f(void)\n {\n+\tg();\n }\n"
    path = tmp_path / "one.patch"
    path.write_text(patch(f"a/{FILE}", f"b/{FILE}", [hunk]))

    assert {FILE: "\f\n" * 18 + "\fvoid g(void)\nvoid f(void)\n{\n\tg();\n}"} == texts_of(
        [str(path)]
    )


def test_a_series_of_a_tree_is_applied_to_it(tmp_path):
    (tmp_path / FILE).parent.mkdir(parents=True)
    (tmp_path / FILE).write_text("int a;\n\nint f(void)\n{\n\treturn 1;\n}\n")
    path = tmp_path / "one.patch"
    path.write_text(
        patch(f"a/{FILE}", f"b/{FILE}", ["@@ -5,1 +5,1 @@\n-\treturn 1;\n+\treturn 2;\n"])
    )

    assert "return 2;" in texts_of([str(tmp_path), str(path)])[FILE]
    path.write_text(
        patch(f"a/{FILE}", f"b/{FILE}", ["@@ -5,1 +5,1 @@\n-\treturn 3;\n+\treturn 2;\n"])
    )
    with pytest.raises(InputError, match="line 5 does not apply"):
        texts_of([str(tmp_path), str(path)])


def test_lines_keep_their_numbers_where_a_patch_is_missing(tmp_path):
    first = "@@ -20,2 +20,4 @@\n int a;\n+int f(void)\n+{ return a; }\n int b;\n"
    later = "@@ -52,1 +52,2 @@\n { return a; }\n+int c;\n"
    path = tmp_path / "two.patch"
    path.write_text(patch(f"a/{FILE}", f"b/{FILE}", [first, later]))
    lines = texts_of([str(path)])[FILE].split("\n")

    assert "int f(void)" == lines[50] and "int c;" == lines[52] and "int b;" == lines[53]


@pytest.mark.parametrize("how", ["quoted-printable", "base64", "flowed"])
def test_a_mail_is_decoded(how, tmp_path):
    text = patch(
        "/dev/null", f"b/{FILE}", [created("int a = 1;\n\nint f(void)\n{\n\treturn a;\n}\n")]
    )
    head = f"Subject: [PATCH] one\nContent-Transfer-Encoding: {how}\n"
    if how == "flowed":
        text = "\n".join(f" {x}" if x[:1] == " " else x for x in text.split("\n"))
        head = "Subject: [PATCH] one\nContent-Type: text/plain; format=flowed\n"
        text = text.replace("int f(void)", "int \nf(void)")
    elif how == "base64":
        text = base64.encodebytes(text.encode()).decode()
    else:
        text = quopri.encodestring(text.encode(), quotetabs=True).decode()
    path = tmp_path / "one.eml"
    path.write_text(f"{head}\n{text}")

    assert {FILE: "int a = 1;\n\nint f(void)\n{\n\treturn a;\n}"} == texts_of([str(path)])


def test_an_archive_s_thread_is_put_in_order_and_answers_are_left_out(tmp_path):
    first = patch("/dev/null", f"b/{FILE}", [created("int a;\n")])
    second = patch(f"a/{FILE}", f"b/{FILE}", ["@@ -1,1 +1,1 @@\n-int a;\n+int b;\n"])
    answer = patch(f"a/{FILE}", f"b/{FILE}", ["@@ -1,1 +1,1 @@\n-int b;\n+int c;\n"])
    path = mbox_of(tmp_path / "t.mbox", first, second, answer)
    text = path.read_text().replace("[PATCH v1 3/3]", "Re: [PATCH v1 2/3]")
    mails = re.findall(r"^From MAILER.*?(?=^From MAILER|\Z)", text, re.M | re.S)
    path.write_text("".join(reversed(mails)))

    assert {FILE: "int b;"} == texts_of([str(path)])


@needs_parser
def test_what_a_patch_shows_in_part_is_named_and_not_judged(tmp_path):
    from pmulab.lab.posting.functions import Texts

    end = "@@ -90,3 +90,4 @@ void kvm_pmu_put(struct kvm_vcpu *vcpu)\n a;\n+\ti = 1;\n /*\n  * Of\n"
    begin = (
        "@@ -200,3 +201,4 @@\n void kvm_pmu_load(struct kvm_vcpu *vcpu)\n {\n \tint i;\n+\ti = 2;\n"
    )
    whole = "@@ -300,0 +302,4 @@\n+u64 kvm_pmu_hpmn(struct kvm_vcpu *vcpu)\n+{\n+\treturn 1;\n+}\n"
    path = tmp_path / "one.patch"
    path.write_text(patch(f"a/{FILE}", f"b/{FILE}", [end, begin, whole]))
    texts = Texts(texts_of([str(path)]))

    assert ["kvm_pmu_hpmn"] == [one.name for one in texts.hooks()]
    assert [f"kvm_pmu_put() [{FILE}:89]", f"kvm_pmu_load() [{FILE}:201]"] == texts.in_part
    assert {} == texts.others and 302 == texts.hooks()[0].line


@needs_parser
def test_a_header_s_stub_is_not_what_a_function_calls():
    from pmulab.lab.posting.functions import Texts

    stub = "bool kvm_vcpu_pmu_is_partitioned(struct kvm_vcpu *vcpu)\n{\n\treturn false;\n}\n"
    hook = "void kvm_pmu_put(struct kvm_vcpu *vcpu)\n{\n\tkvm_vcpu_pmu_is_partitioned(vcpu);\n}\n"
    for file, needed in (("include/kvm/arm_pmu.h", []), (FILE, ["kvm_vcpu_pmu_is_partitioned"])):
        texts = Texts({file: stub, "pmu.c": hook})
        called = [one.name for one in texts.needs(texts.functions["kvm_pmu_put"])]

        assert [*needed, "kvm_pmu_put"] == called


def test_a_tree_is_asked_for_the_files_that_matter(tmp_path):
    for name in (FILE, "arch/arm64/kvm/other.c"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("int a;\n")

    assert {FILE: "int a;\n"} == texts_of([str(tmp_path)])


@needs_cc
@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["nothing.c"], "no such file"),
        (["empty"], "no file in C"),
        (["x.c", "--shim", "no.h"], "no.h"),
    ],
)
def test_bad_input_is_one_line(words, says, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    Path("x.c").write_text("int a;\n")
    Path("empty").mkdir()

    assert 2 == main(["kernel", *words])
    (line,) = capsys.readouterr().err.splitlines()
    assert says in line


@needs_parser
def test_functions_are_found_with_what_they_need():
    from pmulab.lab.posting.functions import Texts

    texts = Texts({"posting.c": TEXT})
    put = texts.functions["kvm_pmu_put"]

    assert FAULTLESS | {name for name, _ in PLANTED} == {one.name for one in texts.hooks()}
    assert ["on_hardware", "kvm_pmu_put"] == [one.name for one in texts.needs(put)]
    assert TEXT.split("\n")[put.line - 1].startswith("void kvm_pmu_put(")
    assert "PMCR_KEPT" in texts.head([texts.functions["kvm_pmu_load"]])
    assert "" == texts.head([put])


@needs_parser
@pytest.mark.parametrize(
    "text", ["(" * 5000, "int f(" * 500, "\0\x7fELF\n", "#if 1\nvoid f(void)\n{\n"]
)
def test_what_is_hardly_c_has_no_hook(text):
    from pmulab.lab.posting.functions import Texts

    assert [] == Texts({"posting.c": text}).hooks()


# ---- compiling

# What a series says in other words than `kernel.h`, each once; ours.
IN_ITS_WORDS = """
static u64 every_bit(struct kvm *kvm)
{
	u64 all = ARMV8_PMU_CNT_MASK_ALL & ~ARMV8_PMU_CNT_MASK_F;

	return test_bit(KVM_ARCH_FLAG_PARTITION_PMU_ENABLED, &kvm->arch.flags) ? all : 0;
}

void kvm_pmu_put(struct kvm_vcpu *vcpu)
{
	struct arm_pmu *pmu = vcpu->kvm->arch.arm_pmu;
	unsigned long mask = every_bit(vcpu->kvm) & ARMV8_PMU_CNT_MASK_C;
	u8 i;

	if (!pmu_is_partitioned(pmu) || !kvm_vcpu_pmu_is_partitioned(vcpu) ||
		kvm_pmu_get_access(vcpu) == VCPU_PMU_ACCESS_FREE || !kvm_vcpu_pmu_use_fgt(vcpu))
		return;
	for_each_set_bit(i, &mask, ARMPMU_MAX_HWEVENTS)
		__vcpu_assign_sys_reg(vcpu, PMEVCNTR0_EL0 + i, read_pmccntr());
	write_pmovsclr(mask & read_pmovsset() & read_pmintenset());
	write_pmccfiltr(0);
	write_pmcr(read_pmcr() & ~ARMV8_PMU_PMCR_E);
	if (in_nmi())
		irq_work_queue(&vcpu->arch.pmu.overflow_work);
}
"""
UPDATE = """
void kvm_pmu_update_state(struct kvm_vcpu *vcpu)
{
	struct kvm_pmu *pmu = &vcpu->arch.pmu;
	bool level = kvm_pmu_part_overflow_status(vcpu);

	if (pmu->irq_level == level)
		return;
	pmu->irq_level = level;
	if (irqchip_in_kernel(vcpu->kvm))
		WARN_ON(kvm_vgic_inject_irq(vcpu->kvm, vcpu, pmu->irq_num, level, pmu));
}
"""
TAKE = """
void kvm_pmu_set_guest_owned(struct kvm_vcpu *vcpu)
{
	if (!kvm_pmu_is_partitioned(vcpu->kvm) || vcpu_on_unsupported_cpu(vcpu) ||
		vcpu->arch.pmu.access != VCPU_PMU_ACCESS_FREE)
		return;
	vcpu->arch.pmu.access = VCPU_PMU_ACCESS_GUEST_OWNED;
	kvm_arm_setup_mdcr_el2(vcpu);
	kvm_pmu_load(vcpu);
}
"""


def made(text, name):
    """Compile a hook of a text as the command does."""
    from pmulab.lab.posting.functions import Texts

    texts = Texts({"posting.c": text})
    parts = texts.needs(texts.functions[name])
    return posted_class(KNOWN[name], parts, texts.head(parts), "", text)


@needs_cc
@needs_parser
def test_the_words_of_a_series_are_known():
    assert "" == made(IN_ITS_WORDS, "kvm_pmu_put").pmu_put.fault
    # A text's own is not the lab's of that name.
    own = "bool pmu_is_partitioned(struct arm_pmu *pmu)\n{\n\treturn pmu;\n}\n"
    assert "" == made(own + IN_ITS_WORDS, "kvm_pmu_put").pmu_put.fault


@needs_cc
@needs_parser
@pytest.mark.parametrize(
    ("text", "name", "world"),
    [
        (UPDATE, "kvm_pmu_update_state", "migrated"),
        (TAKE, "kvm_pmu_set_guest_owned", "migrated"),
    ],
)
def test_what_it_writes_into_a_structure_is_the_lab_s_at_once(text, name, world):
    hypervisor = made(text, name)

    assert Explorer(world, hypervisor).run(max_states=STATES).holds
    for line in ("pmu->irq_level = level;", "vcpu->arch.pmu.access = VCPU_PMU_ACCESS_GUEST_OWNED;"):
        if line in text:
            wrong = made(text.replace(line, ""), name)
            assert not Explorer(world, wrong).run(max_states=STATES).holds


@needs_cc
@needs_parser
def test_a_register_and_a_field_that_the_lab_has_not_are_named():
    from pmulab.lab.posting.functions import Texts
    from pmulab.lab.posting.judging import missing

    text = "void kvm_pmu_put(struct kvm_vcpu *vcpu)\n{\n\twrite_sysreg(vcpu->arch.x, pmsuper);\n}\n"
    fault = made(text, "kvm_pmu_put").pmu_put.fault
    said = missing(fault, Texts({"posting.c": text}))

    assert ["pmsuper: a system register", "x: a field that no"] == [
        " ".join(one.split()[: len(short.split())])
        for one, short in zip(said, ("a b c d", "a b c d e"))
    ]
    shim = "\n".join(one.partition("example: ")[2] or one.rpartition(": ")[2] for one in said)
    assert shim.count("#define") == 2


# ---- judging


def judged(capsys, *words):
    """Run the command; returns its rows by function."""
    main(["kernel", *words, "--json"])
    return {row["function"]: row for row in json.loads(capsys.readouterr().out)["functions"]}


@needs_cc
@needs_parser
@pytest.mark.slow
def test_the_five_planted_defects_are_found_in_a_series(tmp_path, capsys, monkeypatch):
    # Seven functions together take as long as all of them alone; two have a test below.
    monkeypatch.setattr("pmulab.lab.posting.judging._together", lambda each, ticker: ())
    whole = patch("/dev/null", f"b/{FILE}", [created(TEXT)])
    rows = judged(capsys, str(mbox_of(tmp_path / "v1.mbx", whole)))
    found = {(name, one["law"]) for name, row in rows.items() for one in row["findings"]}

    assert PLANTED <= found
    assert FAULTLESS == {name for name, row in rows.items() if not row["findings"]}
    assert all(one["history"] for row in rows.values() for one in row["findings"])
    assert "put-keeps-control" == rows["kvm_pmu_put"]["nearest"]
    assert rows["kvm_pmu_handle_guest_irq"]["nearest"] in ("sleeps-on", "kick-never-sent")


# What each of two functions leaves to the other: that the flags of the range are cleared.
LEFT_TO_PUT = ("	write_sysreg(mask, pmovsclr_el0);\n	bits", "	bits")
LEFT_TO_LOAD = (
    "	__vcpu_assign_sys_reg(vcpu, PMOVSSET_EL0, flags);\n	write_sysreg(flags, pmovsclr_el0);\n",
    "	__vcpu_rmw_sys_reg(vcpu, PMOVSSET_EL0, |=, flags);\n"
    "	write_sysreg(kvm_pmu_host_pmcr(), pmcr_el0);\n",
)


@needs_cc
@needs_parser
@pytest.mark.parametrize(
    ("changes", "laws"),
    [((LEFT_TO_PUT, LEFT_TO_LOAD), {"own_flags", "irq_level"}), ((LEFT_TO_LOAD,), set())],
)
def test_what_two_functions_break_together_is_told(changes, laws):
    from pmulab.lab.posting.functions import Texts
    from pmulab.lab.posting.judging import Judged, Report, _together
    from pmulab.lab.posting.page import page

    text = TEXT
    for old, new in changes:
        assert text.count(old) == 1
        text = text.replace(old, new)
    texts = Texts({"posting.c": text})
    functions = texts.functions
    # Alone a put that leaves flags is told for itself; here it is as if nothing had been.
    each = [
        Judged(functions[name], KNOWN[name].name, made(text, name), worlds=("small",))
        for name in ("kvm_pmu_load", "kvm_pmu_put")
    ]
    (found,) = _together(each, lambda name: None)

    assert laws == {one.law for one in found.broken}
    assert tuple(each) == found.each
    written = page(Report(each, (found,)), texts, ())
    for name in ("kvm_pmu_load", "kvm_pmu_put") if laws else ():
        said = f"In this history {name}() does not write the hardware's PMOVSSET_EL0."
        assert said in " ".join(written.split())
    assert [] == [line for line in written.splitlines() if len(line) > 72]


# Two defects that break one law, in two worlds.
BOTH = """
void kvm_arm_setup_mdcr_el2(struct kvm_vcpu *vcpu)
{
	u64 bits = MDCR_EL2_TPM | MDCR_EL2_TPMCR | MDCR_EL2_HPME | MDCR_EL2_TDOSA;
	bool here = kvm_pmu_is_partitioned(vcpu->kvm);

	bits |= FIELD_PREP(MDCR_EL2_HPMN, *host_data_ptr(nr_event_counters));
	if (here)
		bits |= MDCR_EL2_HPMD | MDCR_EL2_HCCD;
	here = here && kvm_pmu_get_access(vcpu) == VCPU_PMU_ACCESS_GUEST_OWNED;
	if (here && !vcpu_on_unsupported_cpu(vcpu) && cpus_have_final_cap(ARM64_HAS_FGT)) {
		bits &= ~(u64)(MDCR_EL2_TPM | MDCR_EL2_TPMCR | MDCR_EL2_HPMN);
		bits |= FIELD_PREP(MDCR_EL2_HPMN, vcpu->kvm->arch.nr_pmu_counters);
	}
	vcpu->arch.mdcr_el2 = bits;
	if (has_vhe())
		write_sysreg(vcpu->arch.mdcr_el2, mdcr_el2);
}
"""


@needs_cc
@needs_parser
@pytest.mark.slow
def test_two_defects_that_break_one_law_are_both_told(tmp_path, capsys):
    path = tmp_path / "debug.c"
    path.write_text(BOTH)

    assert 1 == main(["kernel", str(path)])
    page = capsys.readouterr().out
    same = re.findall(r"(\S+)\s+of\s+the\s+gallery\s+does\s+the\s+same", page)
    assert ["free-stops-host", "hpmn-stays"] == same
    assert ["host_untouched"] * 2 == re.findall(r"Breaks (\w+):", page)
    line = BOTH[: BOTH.index("write_sysreg(")].count("\n") + 1
    assert f"The last line that writes MDCR_EL2, debug.c:{line}:" in page


@needs_cc
@needs_parser
@pytest.mark.slow
def test_what_does_not_compile_is_named_with_what_it_needs(tmp_path, capsys):
    path = tmp_path / "posting.c"
    put = TEXT.index("void kvm_pmu_put")
    only = TEXT[: TEXT.index("void kvm_pmu_load")] + TEXT[put : TEXT.index("bool kvm_pmu_part")]
    path.write_text(only.replace("	preempt_disable();\n", UNKNOWN))
    row = judged(capsys, str(path))["kvm_pmu_put"]

    assert not row["compiled"] and "posting.c:" in row["why"]
    (missing,) = row["missing"]
    assert "kvm_pmu_trace_put(): a function of 2 arguments, for what it does" in missing
    shim = tmp_path / "side.h"
    shim.write_text(missing.partition("for example: ")[2] + "\n")
    row = judged(capsys, str(path), "--shim", str(shim))["kvm_pmu_put"]
    assert row["compiled"] and "host_controls" == row["findings"][0]["law"]


@needs_cc
@needs_parser
@pytest.mark.slow
def test_the_page_fits_a_mail_and_names_what_is_known(tmp_path, capsys):
    path = tmp_path / "posting.c"
    path.write_text(TEXT[: TEXT.index("void kvm_pmu_apply")].replace("n - 1", "n"))

    assert 1 == main(["kernel", str(path)])
    page = capsys.readouterr().out
    assert "kvm_pmu_guest_counter_mask()  [posting.c:" in page and "Shortest history" in page
    assert [] == [line for line in page.splitlines() if len(line) > 72]
    path.write_text("int a;\n")
    assert 1 == main(["kernel", str(path)])
    assert "No function in it has the name of a hook" in capsys.readouterr().out
