"""The cards of the models: well formed, complete, and of one mind with the code."""

from __future__ import annotations

from seewhy.models import registry
from seewhy.models.local import cards
from seewhy.models.local.lock import Reference
from seewhy.models.local.places import PLACES
from seewhy.settings import LocalSettings


def test_cards_are_well_formed() -> None:
    assert len({card.id for card in cards.CARDS}) == len(cards.CARDS)
    for card in cards.CARDS:
        assert Reference.parse(card.id).revision is None
        assert card.revision is None or Reference(card.id, card.revision).commit == card.revision
        assert card.permissive == (card.license in ("Apache-2.0", "MIT"))
        assert card.revision is not None or not card.files
        assert all(len(sha256) == 64 and set(sha256) <= set("0123456789abcdef") for sha256 in card.files.values())
        assert card.bytes > 10_000_000


def test_every_default_has_a_card() -> None:
    defaults = LocalSettings()
    for card_setting in {card.setting for card in cards.CARDS}:
        reference = getattr(defaults, card_setting.removeprefix("local."))
        card = cards.card_of(reference)
        assert card is not None
        assert card.setting == card_setting


def test_every_local_specialist_has_a_place() -> None:
    places = {place.specialist for place in PLACES}
    registered = {name for name in registry.names(registry.SPECIALISTS) if name.startswith("local.")}
    assert registered <= places
    assert {card.place for card in cards.CARDS} == set(PLACES)


def test_classes_are_those_of_transformers() -> None:
    from seewhy.models.local.torches import torch_ready

    torch_ready()
    import transformers

    assert {card.architecture for card in cards.CARDS} <= set(dir(transformers))


def test_thresholds_told_are_those_of_the_code() -> None:
    from seewhy.models.local import places
    from seewhy.perceive.local import actions, following, grid, grounding, owlv2

    for place in (places.SAM2, places.EDGETAM):
        assert f"score {following.LEAST_SCORE}; of a grid's masks {grid.LEAST_QUALITY}" in place.threshold
    assert places.OWLV2.threshold == f"score {owlv2.MIN_SCORE}"
    assert places.GROUNDING_DINO.threshold.startswith(f"score {grounding.MIN_SCORE},")
    assert places.ACTIONS.threshold == f"probability {actions.SURE} to be the one; the {actions.TOP} best are kept"
