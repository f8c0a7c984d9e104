"""Conditions as people put them, each with a component sentence that a matching twin would have.

Written by hand for measuring how cosines of matching and of unrelated sentences lie (seewhy.reason.calibrate).
"""

from __future__ import annotations

PAIRS: tuple[tuple[str, str], ...] = (
    ("something to sit on", "a brown wooden chair"),
    ("a four-legged pet", "a small brown dog, moving to the right"),
    ("an animal licking its lips", "a gray cat licking its mouth"),
    ("someone riding a wave", "a person on a surfboard, moving to the left"),
    ("a vehicle for many passengers", "a large red bus"),
    ("a rider clears an obstacle", "the person on a horse jumps over a fence"),
    ("a hot drink is being poured", "the person pours coffee into a cup"),
    ("children jumping on a bed", "two small children jump on the bed"),
    ("a street at night with neon signs", "a city street at night, glowing signs; the camera moves forward"),
    ("traffic seen from above", "a road with many cars seen from a bridge"),
    ("someone plays table tennis", "a person hits a small white ball over a table"),
    ("a machine that sorts fruit", "apples on a conveyor belt"),
    ("a person practicing sign language", "the person makes signs with both hands"),
    ("a long-eared animal eating fruit", "a rabbit eats a piece of watermelon"),
    ("a motorcycle flies through the air", "the motorbike jumps over a dirt hill"),
    ("a car sliding sideways in smoke", "the white car drifts around the corner with smoke"),
    ("students waiting for a lesson", "several people sit at desks in a classroom"),
    ("a man walks along a corridor", "the person in black walks through a hallway"),
    ("marine mammals under water", "four dolphins swim under water"),
    ("a worker in protective clothing", "a person in a yellow vest and a helmet"),
    ("a dog on a skateboard", "the black dog rides on a skateboard"),
    ("someone shakes a pillow", "the person holds a white pillow and shakes it"),
    ("a stuffed animal", "a brown teddy bear"),
    ("a pilot takes off with a paraglider", "the person runs down the slope with a paraglider"),
    ("an animal that gives milk", "a brown cow on a meadow"),
    ("a bird takes off", "the bird flies away"),
    ("shopping in a supermarket", "two people take bottles from a shelf in a store"),
    ("a player hits the ball with a racket", "the tennis player swings at the ball"),
    ("someone is cooking", "the person stirs a pot on a stove"),
    ("snow falls on trees", "a forest in the snow"),
    ("boats in a harbor", "several boats on calm water"),
    ("a person smiles at the camera", "the face of a smiling person"),
    ("an old car parked at the roadside", "a blue vintage car, staying still"),
    ("a crowd at a market", "many people walk between tents"),
    ("two people shake hands", "a person in gray shakes hands with a person in blue"),
    ("an athlete runs a race", "the person runs to the right on a track"),
    ("a child blows out candles", "a small child leans over a cake with candles"),
    ("water running over stones", "a river between rocks"),
    ("a machine moves identical parts", "a robot arm picks up a metal piece"),
    ("a dancer spins", "the person in white turns around, dancing"),
)
