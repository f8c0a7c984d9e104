"""The words the rules know. Tables only; what is done with them stands in phrases.py and grammar.py.

What a color, shape or texture word amounts to in a twin (crimson: red) is said by seewhy.twin.vocabulary; here
stands only which words are read as one.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from seewhy.twin.vocabulary import PERSON_WORDS
from seewhy.types.twin import EventName


def _table(lines: str) -> Mapping[str, str]:
    """Lines of ``meaning: word word`` to ``word -> meaning``; ``_`` stands for a space inside a word."""
    table: dict[str, str] = {}
    for line in lines.strip().splitlines():
        meaning, _, words = line.strip().partition(":")
        for word in (meaning, *words.split()):
            table[word.replace("_", " ")] = meaning.replace("_", " ")
    return MappingProxyType(table)


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


COLORS = _words("""
    black blackish jet-black white whitish snow-white ivory red reddish crimson scarlet maroon burgundy ruby
    green greenish emerald lime olive khaki yellow yellowish golden gold blond blonde blue bluish navy azure cyan teal
    turquoise aqua brown brownish chestnut chocolate tan beige purple violet lilac lavender mauve indigo pink pinkish
    rosy magenta fuchsia orange orangey amber gray grey silver silvery greyish grayish
""")
COLORS_THAT_ARE_THINGS = _words("orange lime olive rose violet gold silver ivory chestnut bronze")
"""As the last word of a noun phrase these name a thing ("an orange rolls in")."""

SHADES = _words("light dark pale bright deep vivid neon pastel")
"""Before a color they only shade it ("light blue")."""

SHAPES = _words("""
    round circular spherical disc-shaped ball-shaped square squarish boxy rectangular oblong triangular elongated long
    slender star-shaped oval elliptical egg-shaped cross-shaped ring-shaped diamond-shaped hexagonal pentagonal
    irregular
""")
"""The nouns that name a shape stand in seewhy.twin.vocabulary.SHAPE_NOUNS."""

TEXTURES = _words("""
    plain unpatterned uniform untextured striped stripy stripey banded spotted dotted speckled polka-dotted checkered
    checked chequered checkerboard plaid patterned mottled
""")
TEXTURE_NOUNS = _table("""
    striped: stripe stripes
    dotted: dot dots spot spots speckles polka-dots
    checkered: checks squares checkerboard
""")
"""After "with": "a ball with stripes"."""

SIZES = _words("small little tiny mini minuscule large big huge giant enormous gigantic medium-sized mid-sized")

STATES = _table("""
    stays_still: stationary motionless still unmoving immobile resting parked
    moves: moving
""")
"""Adjectives that say what an event says ("a stationary ball", "is motionless")."""

SUPERLATIVES = _table("""
    largest: biggest
    smallest: tiniest littlest
    leftmost: left-most
    rightmost: right-most
    highest: topmost uppermost
    lowest: bottommost
    nearest: closest frontmost foremost
    farthest: furthest hindmost
    fastest: quickest
    slowest:
    longest:
""")
"""Ending a noun phrase's list of adjectives: "the largest ball"."""

PERSONS = PERSON_WORDS - _words("he she him her who anyone anybody someone somebody face") | _words("""
    kids boys girls adults ladies guys teenagers youngsters pedestrians riders drivers cyclists skaters surfers players
    athletes dancers runners walkers workers students student teacher teachers visitors customers spectators owner
    passer-by passers-by traveler travelers sibling siblings fisherman fishermen biker bikers skier skiers hiker hikers
""")
"""Nouns for a human being. Which sort of human, the embedded profile cannot say; the twin's vocabulary knows that."""

THINGS = _words("""
    dog cat bird horse cow sheep lamb goat camel bear rabbit elephant giraffe zebra lion tiger monkey duck swan chicken
    flamingo fish dolphin animal puppy kitten pony bull hound terrier poodle
    car truck lorry bus van taxi train tram boat ship airplane plane aircraft helicopter bicycle bike motorcycle
    motorbike moped scooter skateboard surfboard kite kart tractor vehicle drone robot automobile
    ball balloon box crate cube bottle cup mug bowl plate basket bag backpack suitcase book chair stool table desk sofa
    couch bed bench lamp door window pillow phone laptop umbrella hat shoe
    apple banana orange tomato lemon lime carrot melon cake flower tree bush toy teddy
    pyramid block ring stick bar
""")
"""Nouns that become a checkable category, in the singular. Other nouns are matched by similarity: what they mean
("a provider of milk") is for a language model to say, and a firm no would be wrong."""

GENERIC_NOUNS = _words("""
    object objects thing things something anything everything item items shape shapes one ones figure figures
    body bodies blob blobs element elements piece pieces other others
""")
"""Say nothing of what it is: any track will do."""

STUFF = _words("""
    ground grass water sky sand snow dirt mud road street path floor wall walls background foreground air sea ocean
    beach field meadow lawn asphalt track surface smoke cloud clouds shade shadow sunlight light hill mountain
    valley forest greenery landscape room house garden park pool river lake pavement sidewalk stage court arena
    pasture lane roundabout crossing circuit corridor coast shore wave waves swell distance corner horizon rain
    way scenery surroundings city town kitchen office studio
""")
"""Regions rather than things: perception makes no tracks of them, so nothing is bound to them."""

FRAME_NOUNS = _words("picture frame image view screen video clip scene shot footage sight film movie recording")
VIEWERS = _words("camera viewer viewers us observer lens spectator me")
PLACES_LEFT = _words("room stage court area field place building house")
"""Leaving or entering one of these is leaving or entering the picture, as far as a camera can tell."""

NUMBERS: Mapping[str, int] = MappingProxyType(
    {
        "zero": 0, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7,
        "eight": 8, "nine": 9, "ten": 10, "eleven": 11, "twelve": 12, "twenty": 20,
    }
)  # fmt: skip
VAGUE_NUMBERS: Mapping[str, int] = MappingProxyType({"several": 3, "many": 5, "multiple": 2, "lots": 5})
"""Read as "at least"."""

DETERMINERS = _words("a an the this these those some any each every his her its their my our your another all both")
INDEFINITE = _words("something someone somebody anything anyone anybody everything everyone everybody")
NOTHING = _words("nothing nobody none")
NEGATIONS = _words("not never neither nor cannot hardly")
PRONOUNS = _words("it he she him itself himself herself they them themselves")
GROUP_PRONOUNS = _words("they them themselves")
RELATIVES = _words("that which who whom whose")
AUXILIARIES = _words("""
    is are was were be been being am has have had having do does did will would can could may might must should
    gets get got getting becomes become became becoming seems looks
""")
SHOWING = FRAME_NOUNS | _words("close-up close-ups closeup shots")
"""What follows "of" after one of these is what is shown."""
BEFORE_DEPARTING = _words("has have had just who that which he she it they")
"""Before "left" these make it the past of "leave"."""
BODY_PARTS = _words("hand hands arm arms leg legs foot feet eye eyes ear ears side half edge corner end wing")
RELATION_WORDS = _words("""
    left right above below under beneath underneath over inside within outside near beside behind between next front
    toward towards along across through around past against among onto upon up down away beyond
""")
ADVERBS = _words("""
    slowly quickly fast rapidly gradually suddenly steadily smoothly calmly gently briefly soon later just then only
    also again once now always ever still already almost nearly quite very really directly straight completely fully
    partly slightly mostly back forth alone neatly closely together
""")
MANNER = ADVERBS - _words("back alone then first later") | _words("ever along around slow on so")
"""Adverbs that may stand between a verb and where it leads."""

MOTION_FOLLOWERS = frozenset(
    {"", ".", ",", ";", "and", "over", "on", "through", "under", "across", "around", "up", "down"}
)
"""What may follow "comes" and "goes" where they mean plain motion."""

MOVING_EVENTS = _words(
    "moves moves_left moves_right moves_up moves_down approaches moves_away passes follows turns grows shrinks"
)
GROWING = _words("larger bigger taller")
SHRINKING = _words("smaller tinier")

DROPPING = _words("like as for of than")
"""What follows one of these is a comparison, a purpose or a part: it is not said to be in the picture."""
PREPOSITIONS = _words(
    "to with on in at of from into onto by under over through along across around past against among off"
)
FRAMING = _words("over across on onto past along around of to")
POSSESSIVES = _words("its his her their my our your")
PERSONAL = _words("he she him himself herself")
EVERYBODY = _words("everyone everybody everything")
"""Say something of all tracks at once, which no predicate does."""
VERB_MARKERS = _words("would could can will may might must should to")
"""What follows one of these is a verb."""
NOT_BEFORE_ACTIONS = _words("like for of by about into than a an")
"""After one of these a verb form is a comparison, a purpose or a noun, not what the subject does."""
JOINING = _words("and but then only first while when after before although though until finally yet so afterwards")
POSITIONS = _words("left right top bottom center centre middle corner above below up down away")
"""Places in the picture: no predicate checks them yet, so a question that names one is told so."""
CLOTHES = _words(
    "shirt t-shirt jacket coat sweater dress trousers clothes top suit hoodie vest uniform shorts hat helmet"
)

FUNCTION_WORDS = _words("""
    a an the this that these those some any each every his her its their my our your another all both and or but so
    as at by for from in into of off on onto out over to up with is are was were be been being am has have had having
    do does did will would can could may might must should it he she him they them who which whom whose what when
    where while there here i we you me us one ones than more most less least too very just also only even yet still
    if because since though although however about such same own again once ever not no never nor neither without
    instead rather first then finally later before after until next last end beginning start during throughout always
    now video clip clips videos scene shot footage picture frame image moment part time show shows find see seen seeing
    looking look want search please get give gets become becomes something someone object thing nothing
""")
"""Alone these carry no content worth a similarity search."""


def state_event(word: str) -> EventName:
    """The event that a state adjective amounts to."""
    return "moves" if STATES[word] == "moves" else "stays_still"
