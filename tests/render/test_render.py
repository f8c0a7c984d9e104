"""Pictures, pages and text of a hit: what is drawn is where it should be, and what comes from files stays data."""

from __future__ import annotations

import io
from fractions import Fraction
from html.parser import HTMLParser
from pathlib import Path

import cv2
import numpy as np
import pytest
from rich.console import Console

from seewhy.errors import VideoNotFound
from seewhy.render.clip import render_clip, shown_span
from seewhy.render.draw import color_of, draw_masks, png
from seewhy.render.notebook import result_fragment
from seewhy.render.page import report_html
from seewhy.render.sheet import WIDTH, contact_sheet
from seewhy.render.stills import Footage, spread, stills
from seewhy.render.text import result_table
from seewhy.types.hit import ConditionVerdict, Evidence, Hit, HitObject, Moment, SearchResult, Verdict
from seewhy.types.masks import encode
from seewhy.types.query import Condition, Query
from seewhy.types.time import Span
from seewhy.types.twin import Label, Observation, Track, Twin
from seewhy.types.video import FrameTime
from seewhy.video.fake import FakeSource, FakeVideo
from seewhy.video.pyav import PyAvSource

PATH = Path("fake.mp4")
RATE = Fraction(12)
COUNT = 24
HOSTILE = '<script>alert("x")</script>.mp4'


def square(frame: int) -> np.ndarray:
    mask = np.zeros((48, 64), bool)
    mask[16:32, frame : frame + 16] = True
    return mask


@pytest.fixture
def footage() -> Footage:
    gray = [np.full((48, 64, 3), 40 + 2 * n, np.uint8) for n in range(COUNT)]
    source = FakeSource({PATH: FakeVideo(gray, RATE)})
    facts = source.probe(PATH)
    sampled = list(range(0, COUNT, 2))
    seen = tuple(
        Observation(frame=n, t=n / 12, x=(n + 8) / 64, y=0.5, box=(0, 0, 1, 1), area=0.08,
                    mask=f"masks.json#/frames/{n}/1") for n in sampled
    )  # fmt: skip
    track = Track(
        id=1, labels=(Label(name="object", score=0.5, source="t@1"),), observations=seen, score=1, source="t@1"
    )
    times = tuple(FrameTime(index=n, pts=n, t=n / 12) for n in sampled)
    twin = Twin(video=facts, frames=times, mask_size=(48, 64), tracks=(track,))
    return Footage(twin, {n: {1: encode(square(n))} for n in sampled}, PATH, source)


def make_hit(footage: Footage, path: str = "fake.mp4", start: float = 0.5, end: float = 1.0) -> Hit:
    verdict = Verdict(
        video=footage.twin.id, relevance=0.9, objects=(1,), judged_by="t@1",
        conditions=(
            ConditionVerdict(condition="c1", answer="yes", score=0.9,
                             evidence=Evidence(tracks=(1,), text="track 1 moves", numbers={"dx": 0.25},
                                               span=Span(start=start, end=end))),
            ConditionVerdict(condition="c2", answer="unknown", score=0.4, evidence=Evidence(text="nobody <b>said</b>")),
        ),
    )  # fmt: skip
    masks = {seen.frame: str(seen.mask) for seen in footage.twin.tracks[0].observations}
    return Hit(
        rank=1, video=footage.twin.id, paths=(path,), score=0.9, coarse_score=0.4, matched=True, duration=2.0,
        moments=(Moment(span=Span(start=start, end=end), score=1, reason="moves"),),
        objects=(HitObject(track=1, category="object", description="an object", masks=masks),), verdict=verdict,
    )  # fmt: skip


def make_result(hit: Hit, *, no_match: bool = False) -> SearchResult:
    conditions = (
        Condition(id="c1", kind="event", text="it moves"),
        Condition(id="c2", kind="free", text="<i>odd</i>", negated=True),
    )
    query = Query(text="does <it> move?", conditions=conditions, not_understood=("odd",), decomposed_by="t@1")
    return SearchResult(query=query, hits=(hit,), no_match=no_match, tau=0.5, gallery=3, seconds={"judge": 0.1})


def test_a_mask_is_tinted_where_it_is_and_nowhere_else() -> None:
    image = np.full((48, 64, 3), 100, np.uint8)
    drawn = draw_masks(image, {1: encode(square(10))}, colors={1: color_of(0)})
    assert (drawn[24, 18] != image[24, 18]).any()
    np.testing.assert_array_equal(drawn[:, 40:], image[:, 40:])
    assert (image == 100).all(), "the picture given is not changed"


def test_a_mask_of_another_resolution_is_scaled() -> None:
    image = np.full((96, 128, 3), 100, np.uint8)
    drawn = draw_masks(image, {1: encode(square(10))})
    assert (drawn[48, 36] != 100).any()
    assert (drawn[48, 90] == 100).all()


def test_the_frames_of_a_hit_are_those_of_its_moment(footage: Footage) -> None:
    hit = make_hit(footage)
    shown = stills(hit, footage, spread(hit, footage.twin, 6), None)
    assert len(shown) == 6
    assert [still.in_moment for still in shown] == [0.5 <= still.time.t < 1.0 for still in shown]
    assert any(still.in_moment for still in shown)


def test_a_contact_sheet_is_a_picture_with_frames_and_reasons(footage: Footage) -> None:
    sheet = contact_sheet(make_hit(footage), footage)
    assert sheet.shape[1] == WIDTH
    assert sheet.dtype == np.uint8
    decoded = cv2.imdecode(np.frombuffer(png(sheet), np.uint8), cv2.IMREAD_COLOR)[..., ::-1]
    np.testing.assert_array_equal(decoded, sheet)
    tint = np.abs(sheet.astype(int) - np.array(color_of(0))).sum(axis=2)
    assert (tint < 60).any(), "the outline of the mask is drawn in its color"


def test_a_sheet_of_a_hit_without_moment_and_objects(footage: Footage) -> None:
    hit = make_hit(footage).model_copy(update={"moments": (), "objects": ()})
    assert contact_sheet(hit, footage).shape[1] == WIDTH


def test_the_clip_has_every_frame_and_its_masks(footage: Footage, tmp_path: Path) -> None:
    out = render_clip(make_hit(footage), footage, tmp_path / "hit.mp4")
    source = PyAvSource()
    facts = source.probe(out)
    frames = list(source.frames(out, facts, rate=60, lines=None, max_frames=None))
    assert len(frames) == COUNT
    assert facts.average_rate == RATE
    for frame in frames[::5]:
        inside = frame.image[24, min(63, (frame.index // 2) * 2 + 8)].astype(int)
        outside = frame.image[4, 60].astype(int)
        assert np.ptp(inside) > np.ptp(outside) + 20, "gray outside, colored inside"


def test_of_a_long_video_the_clip_shows_the_moment(footage: Footage) -> None:
    facts = footage.twin.video.model_copy(update={"duration": 100.0})
    long = footage._replace(twin=footage.twin.model_copy(update={"video": facts}))
    span = shown_span(make_hit(footage, start=50, end=55), long)
    assert (span.start, span.end) == (48, 57)


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.sources: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.sources += [value or "" for name, value in attrs if name in ("src", "href")]


def test_the_page_shows_everything_and_trusts_nothing(footage: Footage) -> None:
    page = report_html([make_result(make_hit(footage, path=f"/videos/{HOSTILE}"))], lambda _: footage)
    parsed = Tags()
    parsed.feed(page)
    assert "script" not in parsed.tags
    assert parsed.tags.count("img") == 4
    assert all(source.startswith("data:image/jpeg;base64,") for source in parsed.sources), "nothing is fetched"
    for text in (
        "does &lt;it&gt; move?",
        "nobody &lt;b&gt;said&lt;/b&gt;",
        "dx 0.25",
        "Not understood: odd",
        "c2 unknown",
    ):
        assert text in page
    assert "No match" not in page


def test_the_page_says_no_match_and_why_there_are_no_pictures(footage: Footage) -> None:
    def gone(hit: Hit) -> Footage:
        raise VideoNotFound("fake.mp4", "the file is gone")

    page = report_html([make_result(make_hit(footage), no_match=True)], gone)
    assert "No match" in page
    assert "No pictures: fake.mp4: the file is gone" in page


def test_the_fragment_for_notebooks(footage: Footage) -> None:
    hit = make_hit(footage, path=HOSTILE)
    fragment = result_fragment(make_result(hit), {hit.video: b"jpeg"})
    assert "<script>" not in fragment
    assert "data:image/jpeg;base64," in fragment
    assert "no picture" in result_fragment(make_result(hit), {hit.video: None})


def test_the_table_prints_users_text_as_it_is(footage: Footage) -> None:
    hit = make_hit(footage, path="[red]x.mp4")
    console = Console(file=io.StringIO(), width=120, force_terminal=False)
    console.print(result_table(make_result(hit, no_match=True)))
    assert isinstance(console.file, io.StringIO)
    text = console.file.getvalue()
    for part in (
        "[red]x.mp4",
        "no match",
        "<i>odd</i> (free, must not hold",
        "not understood: odd",
        "0.5-1.0 s",
        "track 1 moves",
    ):
        assert part in text
    assert "✓?" in text


def test_where_there_is_no_hit_all_say_why(footage: Footage) -> None:
    result = make_result(make_hit(footage), no_match=True).model_copy(update={"hits": (), "gallery": 0, "filtered": 3})
    console = Console(file=io.StringIO(), width=120, force_terminal=False)
    console.print(result_table(result))
    assert isinstance(console.file, io.StringIO)
    text = console.file.getvalue()
    assert "no match: no video of the library passes the filters" in text
    assert "0 of 3 videos, 0.10 s" in text
    assert "No match: no video of the library passes the filters." in report_html([result], lambda _: footage)
    assert "No match: no video of the library passes the filters." in result_fragment(result, {})


def test_the_page_counts_what_was_searched(footage: Footage) -> None:
    result = make_result(make_hit(footage), no_match=True).model_copy(update={"gallery": 1, "filtered": 2})
    page = report_html([result], lambda _: footage)
    assert "No match: of 1 of 3 videos none reaches the threshold of 0.50. The nearest are shown." in page


def test_the_table_prints_how_ids_begin(footage: Footage) -> None:
    hit = make_hit(footage).model_copy(update={"video": "0123456789abcdef" * 2})
    console = Console(file=io.StringIO(), width=80, force_terminal=False)
    console.print(result_table(make_result(hit)))
    assert isinstance(console.file, io.StringIO)
    row = next(line for line in console.file.getvalue().splitlines() if line.lstrip().startswith("1 "))
    assert "  01234567  fake.mp4  " in row


def test_a_narrow_terminal_keeps_the_numbers(footage: Footage) -> None:
    hit = make_hit(footage, path=f"{'long' * 20}.mp4")
    console = Console(file=io.StringIO(), width=60, force_terminal=False)
    console.print(result_table(make_result(hit)))
    assert isinstance(console.file, io.StringIO)
    row = next(line for line in console.file.getvalue().splitlines() if line.lstrip().startswith("1 "))
    assert "0.90" in row
    assert "0.5-1.0 s" in row
    assert "✓?" in row
