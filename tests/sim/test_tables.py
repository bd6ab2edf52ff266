"""Tables: columns that align, and HTML that cannot be broken by a cell."""

from pmulab.sim.tables import Html, aligned, columns, html_table


def test_a_column_is_as_wide_as_its_widest_cell():
    assert "a    bbb  c\nddd  e" == columns([("a", "bbb", "c"), ("ddd", "e", "")])


def test_the_last_letter_of_the_sides_goes_on():
    assert "a     b    c\naaa  22  333" == columns([("a", "b", "c"), ("aaa", "22", "333")], "<>")


def test_a_row_that_ends_early_has_the_rest_of_the_line():
    rows = [("a", "b", "c"), ("long", "longer than its column"), ("d",)]

    assert ["a     b  c", "long  longer than its column", "d"] == columns(rows).splitlines()


def test_no_rows_are_no_lines():
    assert "" == columns([])


def test_a_row_alone_has_the_widths_that_it_is_given():
    assert "a     1 b" == aligned(("a", "1", "b"), (3, 3, 3), "<><", gap=1)


def test_text_is_escaped_and_html_is_not():
    html = html_table("a < b", ["<i>"], [["<x>", Html("<b>y</b>")]])

    assert (
        "<table><caption>a &lt; b</caption>\n"
        '<thead><tr><th scope="col">&lt;i&gt;</th></tr></thead>\n'
        "<tbody>\n"
        '<tr><th scope="row">&lt;x&gt;</th><td><b>y</b></td></tr>\n'
        "</tbody></table>"
    ) == html


def test_each_cell_has_the_look():
    html = html_table("c", ["t", "u"], [["a", "b"]], 'class="left"')

    assert 5 == html.count(' class="left">')
