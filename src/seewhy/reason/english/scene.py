"""What a question says of the whole picture: setting, light, camera, framing, pace."""

from __future__ import annotations

from typing import NamedTuple

from seewhy.reason.english.patterns import Phrasebook
from seewhy.types.twin import AttributeKind


class SceneFact(NamedTuple):
    attribute: AttributeKind
    value: str
    """in the words of seewhy.twin.looks"""


def _said(attribute: AttributeKind, value: str, *ways: str) -> tuple[str, SceneFact]:
    return "|".join(ways), SceneFact(attribute, value)


_SLOWLY = r"(?: slowly| quickly| smoothly| steadily| gently)*"
_IS = r"(?: (?:is|then|keeps|starts|begins to|starts to))*"
_CAMERA = rf"(?:the |a )?(?:camera|view|viewpoint|shot){_SLOWLY}{_IS}{_SLOWLY}"
_TURN = rf"(?:pan|mov|turn|swing|sweep|travel|track)(?:s|es|ing)?{_SLOWLY}"
_TILT = rf"(?:tilt|mov|pan|turn)(?:s|es|ning|ing)?{_SLOWLY}"
_ZOOM = rf"(?:zoom|push|pull|mov)(?:s|es|ing)?{_SLOWLY}"
_PAN = rf"(?:pans|panning|pan|{_TURN}|moves|sweeps)"
_TO_LEFT = r"(?: from right)?(?: to| to the| towards the| toward the)? left(?:wards?)?"
_TO_RIGHT = r"(?: from left)?(?: to| to the| towards the| toward the)? right(?:wards?)?"
_WITH = r"(?:(?:with|from|by|on|in|filmed with|filmed by|filmed from) )?(?:an? |the )?"
_STILL = r"(?:static|fixed|still|stationary|steady|motionless|locked)"
_SHAKY = r"(?:(?:handheld|hand-held|shaky|wobbly|trembling) )+"
_SHOT = r"(?:camera|shot|view|viewpoint|footage|video|clip)"
_PICTURE = r"(?:scene|picture|video|clip|image|surroundings|room)"
_ROOM = r"(?:an? |the )?(?:house|building|room|kitchen|living room|bedroom|hall|office|gym|shop|store|studio)"
UNCOLORED_GRAY = r"monochrom(?:e|atic)|gr[ae]y-?(?: )?scale|shades of gr[ae]y|b w"
GRAY = rf"(?:black(?:-and-| and | )white|{UNCOLORED_GRAY})"
SEPIA = r"sepia(?:[- ]toned|[- ]tones?)?"
_FILM = r"(?:footage|film|movie|recording|video|clip|picture|image|scene|shot|photo(?:graph)?|version)"
_IN = r"(?:(?:in|an?|the) )*"
_ENDS = r"(?= (?:[.,;:!?]|in|at|on|and|with|by)(?: |$))"

SCENE: Phrasebook[SceneFact] = Phrasebook(
    # a camera that does not move is static: the denial belongs to the phrase
    _said("camera_motion", "static", rf"{_CAMERA} (?:does not|never|not|is not) (?:move|moving|pan|panning|moves)"),
    _said("camera_motion", "static", rf"{_CAMERA}(?: stays| remains)? {_STILL}", rf"{_WITH}{_STILL} {_SHOT}"),
    _said("camera_motion", "pan left", rf"{_CAMERA} {_PAN}{_TO_LEFT}", rf"{_WITH}(?:camera )?pan{_TO_LEFT}"),
    _said("camera_motion", "pan right", rf"{_CAMERA} {_PAN}{_TO_RIGHT}", rf"{_WITH}(?:camera )?pan{_TO_RIGHT}"),
    _said("camera_motion", "pan left", rf"panning{_TO_LEFT}"),
    _said("camera_motion", "pan right", rf"panning{_TO_RIGHT}"),
    _said("camera_motion", "tilt up", rf"{_CAMERA} {_TILT} up(?:wards?)?", r"tilting up"),
    _said("camera_motion", "tilt down", rf"{_CAMERA} {_TILT} down(?:wards?)?", r"tilting down"),
    _said("camera_motion", "zoom in", rf"{_CAMERA} {_ZOOM} (?:in|closer)", rf"{_WITH}(?:slow |quick )?zoom[- ]in"),
    _said("camera_motion", "zoom out", rf"{_CAMERA} {_ZOOM} out", rf"{_WITH}(?:slow |quick )?zoom[- ]out"),
    _said("camera_motion", "zoom in", r"zooming in|zooms in"),
    _said("camera_motion", "zoom out", r"zooming out|zooms out"),
    _said("camera_motion", "pan", rf"{_CAMERA} (?:pans|panning)", rf"{_WITH}panning {_SHOT}"),
    _said("camera_motion", "tilt", rf"{_CAMERA} (?:tilts|tilting)"),
    _said("camera_motion", "zoom", rf"{_CAMERA} (?:zooms|zooming)"),
    _said("camera_motion", "handheld", rf"{_CAMERA} (?:shakes|shaking|shaky|wobbles|handheld|hand-held)"),
    _said("camera_motion", "handheld", rf"{_WITH}{_SHAKY}{_SHOT}"),
    _said("camera_motion", "moving", r"(?:the |a )?camera (?:moves|is moving|travels)", rf"{_WITH}moving camera"),
    # framing
    _said("shot_scale", "close-up", r"(?:(?:in|an?|the|extreme) )*(?:close-ups?|closeup|close up)(?: shot| view)*"),
    _said("shot_scale", "wide", r"(?:(?:in|an?|the|very) )*(?:wide|long|wide-angle|panoramic) (?:shot|view|angle)"),
    _said("shot_scale", "wide", r"(?:(?:filmed|seen|shot|recorded) )?from (?:very )?(?:far away|afar|a distance)"),
    _said("shot_scale", "medium", r"(?:(?:in|a|the) )*medium shot"),
    # time of day and light
    _said("time_of_day", "night", r"(?:at|by|during the|in the) night(?:-?time)?", r"after dark|(?:in )?night-?time"),
    _said("time_of_day", "night", r"(?:a |the )?night(?= (?:scene|shot|video|stroll|sky|street))"),
    _said("time_of_day", "dusk", r"(?:at|by|in|around) (?:dusk|sunset|sundown|dawn|twilight|sunrise)"),
    _said("time_of_day", "day", r"(?:in|by|during) (?:the |broad )?(?:day|daylight|daytime)(?:-?time)?", "daytime"),
    _said("brightness", "dark", rf"(?:in |into )?(?:a |the )?(?:very )?(?:dark|dim|dimly lit|gloomy) {_PICTURE}"),
    _said("brightness", "dark", rf"in the dark|dimly lit|(?:the )?(?:{_PICTURE}|it) is (?:very |rather )?dark"),
    _said("brightness", "bright", rf"(?:in |into )?(?:a |the )?(?:very )?(?:bright|brightly lit|sunlit) {_PICTURE}"),
    _said("brightness", "bright", rf"brightly lit|(?:the )?(?:{_PICTURE}|it) is (?:very |rather )?bright"),
    _said("brightness", "bright", r"in (?:the )?(?:glaring |bright )?(?:sunlight|sunshine)"),
    # colors of the picture; "in black and white" alone may be what somebody wears
    _said("coloring", "black and white", rf"{_IN}{GRAY} {_FILM}", rf"in (?:{UNCOLORED_GRAY})"),
    _said("coloring", "sepia", rf"{_IN}{SEPIA} {_FILM}", rf"in {SEPIA}"),
    # setting
    _said("setting", "outdoor", rf"outdoors|out of doors|in the open(?: air)?|outside(?:{_ENDS}|$)"),
    _said("setting", "outdoor", r"outdoor(?= (?:scene|video|clip|shot|setting))"),
    _said("setting", "indoor", rf"indoors|indoor(?= (?:scene|video|clip|shot|setting))|(?:inside|in) {_ROOM}"),
    # pace
    _said("pace", "fast", rf"(?:(?:a|the) )?(?:fast-paced|fast paced|hectic|action-packed)(?: {_PICTURE})?"),
    _said("pace", "slow", rf"(?:(?:a|the) )?(?:slow-paced|slow paced|unhurried)(?: {_PICTURE})?"),
    _said("pace", "still", rf"nothing (?:at all )?moves|without any (?:motion|movement)|(?:a )?motionless {_PICTURE}"),
)
"""Longer phrases first. A describer with other words for the same is met by seewhy.twin.looks.alike."""
