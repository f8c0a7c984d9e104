"""Looking closer: single questions to a vision-language model about a part of a video, for refinement.

Each function makes one call, and reads the reply by the same rules as a description's. `span` None stands for the
whole video.
"""

from __future__ import annotations

import hashlib
import time
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import replace

from seewhy.errors import PerceptionError
from seewhy.models.asking import ask
from seewhy.models.language import LanguageModel, Part, Picture, Request, Text
from seewhy.models.prompt import Prompt, load_prompt
from seewhy.perceive.findings import Findings
from seewhy.perceive.hosted.boxes import Box, box_of
from seewhy.perceive.hosted.following import follow_box
from seewhy.perceive.hosted.marks import crop, marked
from seewhy.perceive.hosted.picture import read_texts
from seewhy.perceive.hosted.reading import ObjectReader, Reading
from seewhy.perceive.hosted.replies import Boxed, TextReply, find_reply, look_reply, track_reply
from seewhy.perceive.hosted.showing import choose_frames
from seewhy.perceive.hosted.shown import PROMPT_PACKAGE, caption, captioned, source_name, stretch_line
from seewhy.perceive.hosted.sieve import Sieve, score_of
from seewhy.perceive.hosted.table import track_table, tracks_in
from seewhy.perceive.hosted.together import together
from seewhy.perceive.hosted.wording import quoted, sentences
from seewhy.perceive.seams import Masks
from seewhy.perceive.steps import within
from seewhy.plain import plain
from seewhy.types.time import Span
from seewhy.types.twin import Attribute, Observation, Twin
from seewhy.video.clip import Clip

__all__ = ["Box", "describe_track", "find_box", "look", "read_text", "source_of"]

FRAMES = 6
"""pictures in one call"""
LINES = 480
"""greatest height of a frame that is shown whole, in pixels"""
READING_LINES = 720
"""the same where there is something to read, ..."""
SEARCHING_LINES = 640
"""... or something small to be found"""
CROP_LINES = 448
"""about the height of a picture of one track; it is cut from a frame of at most MOST_LINES"""
MOST_LINES = 1080
MARGIN = 0.25
"""of a track's box that is shown around it: what it touches says what it does"""
LEAST_CROP = 64
"""pixels: less shows nothing"""
MOST_QUESTION = 300
"""characters"""
MOST_ANSWER = 300
"""characters of an answer that are kept, as a note"""
PROMPTS = ("look", "track", "text", "find")


def source_of(model: LanguageModel) -> str:
    """The provenance of what these functions find: ``look:<model>@1-<hash of all their prompts>``."""
    prompts = [_prompt(name) for name in PROMPTS]
    digest = hashlib.sha256(" ".join(prompt.id for prompt in prompts).encode()).hexdigest()[:8]
    return source_name("look", model, f"{max(prompt.version for prompt in prompts)}-{digest}")


def describe_track(
    model: LanguageModel, twin: Twin, masks: Masks, clip: Clip, track: int, span: Span | None, question: str
) -> Findings:
    """What one track is, is like, and does: shown once in the whole picture, then from near.

    Raises:
        ModelError, VideoError: nothing came of it.
        PerceptionError: there is no such track, it is not in view in the span, or the span lies outside the video.
    """
    began = time.perf_counter()
    when = within(twin, span, [track])
    seen = [one for one in twin.track_by_id[track].observations if when.contains(one.t)]
    if not seen:
        raise PerceptionError(f"track {track} of {twin.id} is not in view in {when}; look at another span")
    others = [other for other in tracks_in(twin, when) if other != track]
    prompt = _prompt("track")
    line, table = stretch_line(twin, when), track_table(twin, when, [track, *others])
    request = Request(
        purpose="look",
        subject=f"{twin.id}, track {track}",
        prompt=prompt.id,
        messages=prompt.fill(
            {
                "stretch": line,
                "tracks": table,
                "question": _question(question, track=track),
                "frames": _close_ups(twin, masks, clip, track, _spread(seen, FRAMES - 1)),
            }
        ),
        schema=track_reply(track, others),
        hints={"video": twin.id, "stretch": line, "tracks": table, "question": question, "track": str(track)},
    )
    reply = ask(model, request).value
    sieve = Sieve(twin, when, source_of(model))
    reading = ObjectReader(sieve, [track, *others], []).read(reply.tracks, (), reply.events)
    only = replace(
        reading,
        labels={known: said for known, said in reading.labels.items() if known == track},
        attributes={known: said for known, said in reading.attributes.items() if known == track},
    )
    return _found(only, reply.answer, twin, clip, sieve.source, began)


def look(
    model: LanguageModel, twin: Twin, masks: Masks, clip: Clip, span: Span | None, tracks: Sequence[int], question: str
) -> Findings:
    """What a span shows that bears on a question.

    Args:
        tracks: whom it is about; empty: everyone.

    Raises:
        ModelError, VideoError: nothing came of it.
        PerceptionError: there is no such track, or the span lies outside the video.
    """
    began = time.perf_counter()
    when = within(twin, span, tracks)
    known = sorted({*tracks_in(twin, when), *tracks})
    indices = _frames(twin, when)
    prompt = _prompt("look")
    line, table = stretch_line(twin, when), track_table(twin, when, known)
    frames = clip.exact(indices, LINES)
    about = sorted(set(tracks))
    request = Request(
        purpose="look",
        subject=f"{twin.id}, {when}",
        prompt=prompt.id,
        messages=prompt.fill(
            {
                "stretch": line,
                "tracks": table,
                "question": _question(question, tracks=about),
                "frames": captioned([frames[index] for index in indices], masks, known, about),
            }
        ),
        schema=look_reply(known, indices),
        hints={"video": twin.id, "stretch": line, "tracks": table, "question": question},
    )
    reply = ask(model, request).value
    sieve = Sieve(twin, when, source_of(model))
    reading = ObjectReader(sieve, known, indices).read(reply.tracks, reply.missed, reply.events)
    return _found(reading, reply.answer, twin, clip, sieve.source, began)


def read_text(model: LanguageModel, clip: Clip, twin: Twin, span: Span | None) -> Findings:
    """The writing in the picture.

    Raises:
        ModelError, VideoError: nothing came of it.
        PerceptionError: the span lies outside the video.
    """
    began = time.perf_counter()
    when = within(twin, span)
    prompt = _prompt("text")
    request = Request(
        purpose="look",
        subject=f"{twin.id}, {when}",
        prompt=prompt.id,
        messages=prompt.fill({"frames": _whole(clip, _frames(twin, when), READING_LINES)}),
        schema=TextReply,
        hints={"video": twin.id, "stretch": stretch_line(twin, when)},
    )
    reply = ask(model, request).value
    sieve = Sieve(twin, when, source_of(model))
    texts = read_texts(sieve, reply.texts)
    spent = round(time.perf_counter() - began, 3)
    return Findings(source=sieve.source, texts=texts, notes=_counted(sieve.dropped), seconds=spent)


def find_box(
    model: LanguageModel, clip: Clip, twin: Twin, phrase: str, span: Span | None
) -> list[tuple[int, Box, float]]:
    """Where the things are that a phrase names: (index of a frame that the twin has, box, score), best first.

    Raises:
        ModelError, VideoError: nothing came of it.
        PerceptionError: the span lies outside the video, or the phrase is empty.
    """
    when = within(twin, span)
    wanted = plain(phrase, MOST_QUESTION)
    if not wanted:
        raise PerceptionError("there is nothing to look for: the phrase is empty; say what is to be found")
    indices = _frames(twin, when)
    prompt = _prompt("find")
    request = Request(
        purpose="look",
        subject=f"{twin.id}, {when}",
        prompt=prompt.id,
        messages=prompt.fill({"phrase": quoted({"find": wanted}), "frames": _whole(clip, indices, SEARCHING_LINES)}),
        schema=find_reply(indices),
        hints={"video": twin.id, "stretch": stretch_line(twin, when), "phrase": wanted},
    )
    return _boxes(ask(model, request).value.boxes, indices)


def _boxes(said: Sequence[Boxed], frames: Collection[int]) -> list[tuple[int, Box, float]]:
    found = [(one.frame, box_of(one), score_of(one.confidence)) for one in said if one.frame in frames]
    usable = {(frame, box): score for frame, box, score in found if box is not None and score > 0}
    return sorted(((*where, score) for where, score in usable.items()), key=lambda one: (-one[2], one[0], one[1]))


def _found(reading: Reading, answer: str, twin: Twin, clip: Clip, source: str, began: float) -> Findings:
    """The answer itself is a note: what of it is a fact, the lists beside it say."""
    timed = {
        track: tuple(_momentary(one, reading.span, twin) for one in said) for track, said in reading.attributes.items()
    }
    seen = replace(reading, attributes=timed)
    found = together([seen], twin, source, lambda frame, box, _: follow_box(clip, twin, frame, box))
    said = sentences(answer, MOST_ANSWER)
    notes = (*((f"said: {said}",) if said else ()), *found.notes)
    return replace(found, notes=notes, seconds=round(time.perf_counter() - began, 3))


def _momentary(one: Attribute, span: Span, twin: Twin) -> Attribute:
    """What something is doing or wearing was seen in this span; its color, texture and shape are its own."""
    if one.kind not in ("state", "other") or one.span is not None or span == twin.span:
        return one
    return one.model_copy(update={"span": span})


def _counted(dropped: Counter[str]) -> tuple[str, ...]:
    return tuple(f"{count} {what}" for what, count in sorted(dropped.items()) if count)


def _prompt(name: str) -> Prompt:
    return load_prompt(PROMPT_PACKAGE, name)


def _question(question: str, **about: object) -> str:
    return quoted({"question": plain(question, MOST_QUESTION), **about})


def _frames(twin: Twin, span: Span) -> tuple[int, ...]:
    """What is shown of a span; of one between two frames, the frame nearest to its middle."""
    chosen = choose_frames(twin, span, FRAMES)
    return chosen or (min(twin.frames, key=lambda frame: abs(frame.t - span.middle)).index,)


def _whole(clip: Clip, indices: Sequence[int], lines: int) -> tuple[Part, ...]:
    """Frames with nothing drawn on them."""
    frames = clip.exact(indices, lines)
    return tuple(part for index in indices for part in (Text(caption(frames[index])), Picture(frames[index].image)))


def _spread(seen: Sequence[Observation], most: int) -> list[Observation]:
    """The first, the last, and evenly between."""
    if len(seen) <= most:
        return list(seen)
    return [seen[i * (len(seen) - 1) // (most - 1)] for i in range(most)]


def _close_ups(twin: Twin, masks: Masks, clip: Clip, track: int, seen: Sequence[Observation]) -> tuple[Part, ...]:
    """The frame that shows most of the track, whole and marked; then the track from near, nothing drawn on it."""
    best = max(seen, key=lambda one: (one.area, -one.frame)).frame
    tallest = max(one.box[3] - one.box[1] for one in seen) * (1 + 2 * MARGIN)
    lines = min(max(round(CROP_LINES / max(tallest, CROP_LINES / MOST_LINES)), LINES), MOST_LINES)
    near = clip.exact([one.frame for one in seen], lines)
    whole = clip.exact([best], LINES)[best]
    known = {other: mask for other, mask in sorted(masks.get(best, {}).items()) if other in twin.track_by_id}
    parts: list[Part] = [Text(f"whole picture, {caption(whole)}"), Picture(marked(whole.image, known, (track,)))]
    for one in seen:
        text = f"track {track} from near, {caption(near[one.frame])}"
        parts += [Text(text), Picture(crop(near[one.frame].image, one.box, MARGIN, LEAST_CROP))]
    return tuple(parts)
