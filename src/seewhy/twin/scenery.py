"""The sentence about the whole picture: place, light, colors, what the camera does, the pace."""

from __future__ import annotations

from seewhy.types.twin import Attribute, AttributeKind, Component, Twin

SAID = 0.5
"""attributes of the scene with a lower score are not said: a wrong word hurts more than none"""
PALETTE_SAID = 0.3
"""the same for colors of the picture, whose scores are shares"""
MOST_OF_IT = 0.4
"""share of the video that a camera motion lasts, to be what the camera does"""
MOODS = ("colorful", "muted")
"""palette values that are no colors"""
UNCOLORED = ("black and white", "sepia")
"""what a picture is in that shows no colors: those of its palette say nothing then"""

_LIGHT = {
    "day": " in daylight", "night": " at night", "dusk": " at dusk", "dark": " in the dark",
    "bright": " in bright light",
}  # fmt: skip


def scene_component(twin: Twin) -> Component:
    """One sentence; says only what specialists are sure enough of.

    ``an outdoor scene in daylight, mostly green and brown; the handheld camera pans left; slow motion``
    """
    place, setting = _best(twin, "place"), _best(twin, "setting")
    light = _best(twin, "time_of_day") or _best(twin, "brightness")
    noun_phrase = place or f"{setting} scene".strip()
    text = f"{'an' if noun_phrase[0] in 'aeiou' else 'a'} {noun_phrase}{_LIGHT.get(light, '')}{_colors(twin)}"
    pace, scale = _best(twin, "pace"), _best(twin, "shot_scale")
    parts = [
        twin.scene.summary.rstrip(".") if twin.scene.summary else "",
        text,
        camera_phrase(*_camera_motions(twin)),
        f"{pace} motion" if pace in ("slow", "fast") else "",
        f"a {scale} shot" if scale in ("close-up", "wide") else "",
    ]
    return Component(kind="scene", text="; ".join(part for part in parts if part), span=twin.span)


def camera_phrase(*motions: str) -> str:
    """What the camera does, in words; nothing for a camera of which nothing is known.

    >>> camera_phrase("pan left"), camera_phrase("handheld", "pan right", "tilt up")
    ('the camera pans left', 'the handheld camera pans right and tilts up')
    >>> camera_phrase("static"), camera_phrase("handheld"), camera_phrase("")
    ('the camera is still', 'the camera is handheld', '')
    """
    known = [motion for motion in motions if motion]
    turns = [motion.partition(" ") for motion in known if motion.split()[0] in ("pan", "tilt", "zoom")]
    others = [motion for motion in known if motion.split()[0] not in ("pan", "tilt", "zoom", "static")]
    if turns:
        does = " and ".join(f"{verb}s {rest}".strip() for verb, _, rest in turns)
        return f"the {' '.join([*others, 'camera'])} {does}"
    if others:
        return f"the camera is {' and '.join(others)}"
    return "the camera is still" if known else ""


def _camera_motions(twin: Twin) -> list[str]:
    """What the camera does for much of the time, surest and longest first, at most three things."""
    lasting: dict[str, float] = {}
    for attribute in twin.camera.attributes:
        if attribute.kind == "camera_motion" and attribute.score >= SAID:
            lasting[attribute.value] = lasting.get(attribute.value, 0.0) + _weight(attribute, twin)
    whole = MOST_OF_IT * SAID * twin.video.duration
    return sorted((m for m, weight in lasting.items() if weight >= whole), key=lambda m: (-lasting[m], m))[:3]


def _colors(twin: Twin) -> str:
    said = [a.value for a in twin.scene.attributes if a.kind == "palette" and a.score >= PALETTE_SAID]
    colors = [value for value in dict.fromkeys(said) if value not in MOODS][:2]
    mood = next((value for value in said if value in MOODS), "")
    if (coloring := _best(twin, "coloring")) in UNCOLORED:
        return f", in {coloring}"
    return (f", mostly {' and '.join(colors)}" if colors else "") + (f", in {mood} colors" if mood else "")


def _best(twin: Twin, kind: AttributeKind) -> str:
    """The value that is surest and holds longest, or nothing."""
    pace = (twin.tempo.pace,) if twin.tempo.pace else ()
    everything = (*twin.scene.attributes, *twin.camera.attributes, *pace)
    known = [a for a in everything if a.kind == kind and a.score >= SAID]
    return max(known, key=lambda a: (_weight(a, twin), a.value)).value if known else ""


def _weight(attribute: Attribute, twin: Twin) -> float:
    return attribute.score * (attribute.span.duration if attribute.span else twin.video.duration)
