"""HTML as case systems' editors write it, and what a client is to read of it."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.plain_text import plain_text

PAGES = [
    ("Please send the <strong>ER bill</strong>.&nbsp;Thanks", "Please send the ER bill. Thanks"),
    ("<p>Client&#39;s adjuster called back.</p><p>Offer is low.</p>", "Client's adjuster called back.\n\nOffer is low."),
    ("Left voicemail re: treatment.<br>Call again on Friday.", "Left voicemail re: treatment.\nCall again on Friday."),
    ("<div>Records &amp; bills requested.</div><div>Two weeks.</div>", "Records & bills requested.\nTwo weeks."),
    ("Deposition went well", "Deposition went well"),
    ("Dear Dana,\r\n\r\nyour hearing is at 9 &amp; ends at 10.", "Dear Dana,\n\nyour hearing is at 9 & ends at 10."),
    ("plain  text\n\n\n\nnext", "plain text\n\nnext"),
    ("<p>One &amp; two</p><p>three<br>four</p>", "One & two\n\nthree\nfour"),
    ("if x < 5 or y > 3 then call", "if x < 5 or y > 3 then call"),
    ("Bring:<ul><li>your card</li><li>both <i>bills</i></li></ul>Thanks", "Bring:\n\n- your card\n- both bills\n\nThanks"),
    ("<table><tr><td>Mon</td><td>9:00</td></tr><tr><td>Tue</td><td>10:00</td></tr></table>", "Mon 9:00\nTue 10:00"),
    ('See <a href="https://court.example/map">the map</a>.', "See the map (https://court.example/map)."),
    ('<a href="https://court.example/">https://court.example</a>', "https://court.example"),
    ('<a href="javascript:alert(1)">Press here</a> or <a name="x">there</a>', "Press here or there"),
    ("<style>p { color: red }</style><p>Hello</p><script>alert('1')</script>", "Hello"),
    ("<p>  spaced \n  out&nbsp;&nbsp; </p>", "spaced out"),
    ("<p>One</p><p>&nbsp;</p><p>&nbsp;</p><p>Two</p>", "One\n\nTwo"),
    ("<p>Hello<!-- not for the client --> there", "Hello there"),
    ("<b>never closed", "never closed"),
    ("<p>Hi 😀 שלום</p>\x00", "Hi 😀 שלום"),
    ("&lt;b&gt;as written&lt;/b&gt;", "<b>as written</b>"),
    ('<img src="x.png">', ""),
    ("<p>&nbsp;</p><br>", ""),
    ("", ""),
]  # fmt: skip


@pytest.mark.parametrize(("html", "text"), PAGES)
def test_it_reads_as_the_page_would(html: str, text: str) -> None:
    assert plain_text(html) == text


@given(st.text(st.sampled_from("<>/&;#apbr li \n\"'=!-x9"), max_size=60) | st.text(max_size=60))
def test_whatever_comes_is_text_without_edges(html: str) -> None:
    text = plain_text(html)
    assert all(line == line.strip() for line in text.split("\n"))
    assert "\n\n\n" not in text
    assert "\0" not in text


@pytest.mark.parametrize("piece", ["<!--", "<![CDATA[", "<?", "<p>", "<a href='", "</", "&#", "<li>x"])
def test_a_note_that_is_all_tags_is_read_in_no_time(piece: str) -> None:
    began = time.monotonic()
    plain_text(piece * 20_000)
    assert time.monotonic() - began < 2
