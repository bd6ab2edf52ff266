"""A shared position opens again; a damaged, foreign or newer text is refused with the reason."""

import pytest

from pmulab.sim.trace import Trace
from pmulab.view import open_shared, player, share
from pmulab.view.sharing import ShareError, _sum


def test_a_shared_position_opens_again(two_guests):
    text = share(two_guests, 40)

    assert (two_guests, 40) == open_shared(text)
    assert 40 == player(*open_shared(text)).index
    assert len(text) < 5000


def test_line_breaks_of_a_mail_do_not_matter(two_guests):
    text = share(two_guests, 2)
    broken = "\n> ".join(text[i : i + 70] for i in range(0, len(text), 70)).replace("> ", " ")

    assert (two_guests, 2) == open_shared(broken)


def test_a_position_outside_the_trace_is_not_shared(two_guests):
    with pytest.raises(IndexError, match="no state 999"):
        share(two_guests, 999)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda text: "", "not a shared position"),
        (lambda text: "hello:1:2:3", "it begins 'hello', not pmulab:1:"),
        (lambda text: text.replace(":1:", ":2:", 1), "shared format 2; .* update pmulab"),
        (lambda text: text.replace(":1:", ":0:", 1), "shared format 0; .* cannot be opened"),
        (lambda text: text.replace(":1:", ":x:", 1), "shared format x"),
        (lambda text: text[:-9], "a part of the shared text is missing"),
        (lambda text: text + "A", "a part of the shared text is missing"),
        (lambda text: f"pmulab:1:{_sum('AAAA')}:AAAA", "damaged"),
        (lambda text: f"pmulab:1:{_sum('é')}:é", "damaged"),
    ],
)
def test_what_cannot_be_opened_is_refused_with_the_reason(change, message):
    with pytest.raises(ShareError, match=message):
        open_shared(change(share(Trace("t", ("host",), {}))))
