"""The words of edits of the whole picture, in the short form of edits; those of questions are tried, too."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from seewhy.reason.composing.edits.words import phrase
from seewhy.reason.english.patterns import Phrasebook
from seewhy.reason.english.scene import GRAY, SEPIA, SceneFact
from seewhy.types.twin import AttributeKind

PICTURE = phrase(
    r"(?:(?:the|a|an|its) )?(?:(?:whole|entire) )?(?:picture|scene|video|clip|light|lighting|image|view|shot|room"
    r"|surroundings|background|footage|camera|motion|movement|pace|tempo|action|framing)"
)
CAMERA = phrase("(?:the |a )?camera")


def _scene(kind: AttributeKind, value: str, *ways: str) -> tuple[str, SceneFact]:
    return "|".join(ways), SceneFact(kind, value)


_PAN = r"pan(?:s|ning)?(?: the camera)?(?: to(?: the)?| towards? the)?"
_DUSK = r"(?:dusk|dawn|sunset|sundown|sunrise|twilight|evening)"
_SEEN = r"(?:(?:filmed|seen|shot|watched) )?"
WHOLE: Phrasebook[SceneFact] = Phrasebook(
    _scene(
        "camera_motion",
        "static",
        r"(?:hold|keep) the (?:camera|shot|view) (?:still|steady|fixed|static)",
        r"(?:without|with no|no) (?:any )?camera (?:motion|movement|shake|pan|zoom)",
        r"(?:without|with no|no|no longer|stop) (?:panning|zooming|tilting|shaking)(?: the camera)?",
        r"the camera (?:should )?(?:stands?|stay|rests?|stays|be|stops?)(?: (?:still|fixed|moving|panning|zooming))?",
        r"(?:on|from|with) a tripod|(?:do not|never) (?:pan|zoom|tilt|shake|move the camera)",
    ),
    _scene("camera_motion", "pan left", rf"{_PAN} left(?:wards?)?"),
    _scene("camera_motion", "pan right", rf"{_PAN} right(?:wards?)?"),
    _scene("camera_motion", "tilt up", r"tilt(?:s|ing)?(?: the camera)? up(?:wards?)?"),
    _scene("camera_motion", "tilt down", r"tilt(?:s|ing)?(?: the camera)? down(?:wards?)?"),
    _scene("camera_motion", "zoom in", r"zoom(?:s|ing)?(?: the camera)? in"),
    _scene("camera_motion", "zoom out", r"zoom(?:s|ing)?(?: the camera)? out"),
    _scene("camera_motion", "zoom", r"zoom(?:s|ing)?(?: the camera)?(?= (?:[.,;!?]|and)(?: |$)|$)"),
    _scene("camera_motion", "handheld", r"hand-?held|shakes? (?:the camera|a bit)|(?:a )?shaky(?: (?:camera|shot))?"),
    _scene("time_of_day", "night", r"(?:at |by |in the )?(?:night|night-?time|midnight|moonlight)|nocturnal"),
    _scene("time_of_day", "night", r"after (?:sunset|dark)"),
    _scene("time_of_day", "dusk", rf"(?:at |in the |around )?{_DUSK}"),
    _scene("time_of_day", "day", r"(?:by |in |at |in the )?(?:day|day-?time|(?:broad |full )?daylight|noon)"),
    _scene("brightness", "bright", r"(?:very |really )?bright(?:ly lit)?|brighten (?:it|up|it up)"),
    _scene("brightness", "bright", r"(?:in )?(?:bright |full )?(?:sunlight|sunshine)"),
    _scene("brightness", "dark", r"(?:very |really )?dark|(?:in )?(?:the )?darkness|gloomy|dimly lit|dim"),
    _scene("brightness", "dark", r"darken (?:it|up|it down)"),
    _scene("setting", "indoor", r"in ?doors?|(?:go |come )?inside|under a roof"),
    _scene("setting", "outdoor", r"out ?doors?|(?:go |come )?outside|in the open(?: air)?|in nature"),
    _scene("shot_scale", "close-up", r"(?:in |as )?(?:an? )?(?:extreme )?(?:close-?ups?|close up)(?: shot| view)?"),
    _scene("shot_scale", "close-up", r"(?:from )?(?:very|so|extremely|right up|really) close(?: up)?"),
    _scene("shot_scale", "close-up", r"filling the (?:frame|picture|screen)"),
    _scene("shot_scale", "wide", r"(?:in |as )?(?:an? )?(?:very )?(?:wide|long|panoramic)(?: angle)?(?: shot| view)?"),
    _scene("shot_scale", "wide", rf"{_SEEN}from (?:very )?(?:far(?: away| off)?|afar|(?:a|the) (?:great )?distance)"),
    _scene("shot_scale", "medium", r"(?:in |as )?a medium shot"),
    _scene("pace", "slow", r"(?:in )?slow(?:-| )?mo(?:tion)?|slow(?: it|ed)? down|leisurely|calm|in a calm way"),
    _scene("pace", "fast", r"(?:in )?(?:fast(?:-| )?motion|time-?lapse)|(?:sped|speeded) up|hectic|in a hurry|frantic"),
    _scene(
        "pace", "still", r"(?:nothing|nobody) (?:should )?moves?|frozen|motionless|(?:as )?a still(?: picture| image)?"
    ),
)
"""How it is to be."""

_CONVERT = r"(?:make|turn|render|show|film|shoot|convert|change|set|have|put|display|play)"
_ALL_OF_IT = (
    r"(?:it|this|everything|all of it"
    r"|(?:the |a )?(?:whole |entire )?(?:video|clip|footage|film|movie|picture|image|scene|shot|recording))"
)
_NOW = rf"(?:{_CONVERT} )?(?:{_ALL_OF_IT} )?"
_AS = rf"{_NOW}(?:(?:is|be|should|to|into|in|as|all|with|a|an) )*"
_FILM = r"(?: (?:video|clip|footage|film|movie|picture|image|version|tones?))?"
_END = rf"{_FILM}(?= (?:[.,;:!?()]|and|but|while|with)(?: |$)|$)"
_FULL = r"(?:full |natural )?colou?r"
_PALE = r"(?:muted|pale|faded|dull|washed-out|pastel)"
_STRONG = r"(?:vivid|vibrant|bright|saturated|strong)"
COLORING: Phrasebook[SceneFact] = Phrasebook(
    _scene("coloring", "color", rf"(?:not|no longer) (?:in )?(?:{GRAY}|{SEPIA}){_END}"),
    _scene(
        "coloring", "black and white", rf"{_AS}{GRAY}{_END}", rf"(?:without|no|remove the|drain the) colou?rs?{_END}"
    ),
    _scene("coloring", "sepia", rf"{_AS}{SEPIA}{_END}"),
    _scene("coloring", "color", rf"{_NOW}(?:(?:is|be|should) )*in {_FULL}{_END}", rf"an? {_FULL} (?:video|film){_END}"),
    _scene("coloring", "color", rf"colou?ri[sz]ed?(?: {_ALL_OF_IT})?{_END}"),
    _scene("palette", "colorful", rf"(?:in|with) (?:more )?{_STRONG} colou?rs{_END}"),
    _scene("palette", "muted", rf"(?:in|with) (?:more )?{_PALE} colou?rs{_END}"),
    _scene("palette", "muted", rf"{_NOW}(?:desaturated|less (?:colou?rful|saturated)){_END}"),
)
"""What colors the picture shows, whatever is in it. A thing that is named is what is black and white itself: "a black
and white dog", "the man in black and white"."""

_VIDEO = r"(?: (?:it|things|everything|this|the video))?"
_GO = r"(?:step|go|get|come|move|be|film|shot|seen|filmed|taken|look|stand)(?: it)?(?: from)?(?: much)?"
_NO_THING = r"(?! to (?!it|the (?:camera|action|subject)))"
_LIGHTS = r"(?:the )?(?:lights?|lamps?)"
COMMANDS: Phrasebook[tuple[AttributeKind, int]] = Phrasebook(
    (rf"(?:speed|hurry){_VIDEO} up|hurry", ("pace", 1)),
    (rf"slow{_VIDEO} down|calm (?:it )?down", ("pace", -1)),
    (rf"{_GO} (?:closer|nearer)(?: up)?{_NO_THING}|zoomed in", ("shot_scale", 1)),
    (rf"{_GO} (?:farther|further|wider)(?: (?:away|back|off))?|step back|zoomed out", ("shot_scale", -1)),
    (rf"(?:turn|switch) (?:on|up) {_LIGHTS}|(?:(?:turn|switch|with) )?{_LIGHTS} (?:on|up)", ("brightness", 1)),
    (
        rf"(?:turn|switch) (?:off|out|down) {_LIGHTS}|(?:(?:turn|switch|with) )?{_LIGHTS} (?:off|out|down)",
        ("brightness", -1),
    ),
)
"""What there is to be more or less of."""

OPPOSITE_VIEWS: Mapping[str, str] = MappingProxyType(
    {
        "pan left": "pan right", "pan right": "pan left", "tilt up": "tilt down", "tilt down": "tilt up",
        "zoom in": "zoom out", "zoom out": "zoom in",
    }
)  # fmt: skip
"""Which way the camera goes when it goes the other way."""
