"""What a tracking network remembers, and what it may forget.

SAM 2, EdgeTAM and the tracker in SAM 3 share one memory: of each object in each frame the features of the frame with
its mask in them (large), and a pointer, a summary in one vector. They look at the features of the last few frames and
of the last few that were prompted, at the pointers of some more, and at those of all that were prompted. transformers
keeps everything, pictures and masks at full size included: 12.6 MB for each object and frame of SAM 2.1. Here goes
what the network cannot look at any more, which changes no result.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

MOST_PROMPTED = 4
"""Prompted frames of an object whose features are looked at, the latest, where the model's configuration sets no
limit: SAM 3's tracker, which is SAM 2's, has this one."""

_MASKS = ("pred_masks", "high_res_masks")
"""wanted in their own frame only"""
_FEATURES = ("maskmem_features", "maskmem_pos_enc")


@dataclass(frozen=True, slots=True)
class Reach:
    """How far back a network looks, in frames."""

    features: int
    pointers: int
    prompted: int
    """how many of the prompted frames it looks at, however old they are"""


def limit_reach(config: Any) -> Reach:
    """The reach of a tracking network.

    Args:
        config: of the network; gets a limit of prompted frames where it has none, so that memory and time of a
            session do not grow with how often its objects are set right.
    """
    if config.max_cond_frame_num < 1:
        config.max_cond_frame_num = MOST_PROMPTED
    return Reach(config.num_maskmem - 1, config.max_object_pointers_in_encoder - 1, config.max_cond_frame_num)


def forget(session: Any, frame: int, reach: Reach) -> None:
    """Let go of what will not be looked at after `frame`, the session's last.

    What stays of all frames is the pointer of each prompt, 1 KB.
    """
    for outputs in session.output_dict_per_obj.values():
        prompted, followed = outputs["cond_frame_outputs"], outputs["non_cond_frame_outputs"]
        latest = sorted(prompted)[-reach.prompted :]
        for number, output in prompted.items():
            near = frame - number < reach.features
            _strip(output, _MASKS if number in latest or near else _MASKS + _FEATURES)
            if number == frame:  # so far a part of one tensor for all objects, which it would keep alive
                output.update({name: output[name].clone() for name in _FEATURES if name in output})
        for number in [*followed]:
            age = frame - number
            if age >= reach.features and age >= reach.pointers:
                del followed[number]
            else:
                _strip(followed[number], _MASKS if age < reach.features else _MASKS + _FEATURES)
    for inputs in (session.point_inputs_per_obj, session.mask_inputs_per_obj, session.frames_tracked_per_obj):
        for of_object in inputs.values():
            of_object.clear()
    session.processed_frames.clear()
    session.cache.clear_all()


def remove(session: Any, objects: Collection[int]) -> None:
    """Take objects out of a session; those it does not have are left out."""
    kept = [number for number in session.obj_ids if number not in objects]
    places = [session.obj_id_to_idx(number) for number in kept]
    session._obj_id_to_idx = OrderedDict((number, place) for place, number in enumerate(kept))
    session._obj_idx_to_id = OrderedDict(enumerate(kept))
    session.obj_ids = kept
    for name in ("point_inputs_per_obj", "mask_inputs_per_obj", "output_dict_per_obj", "frames_tracked_per_obj"):
        before = getattr(session, name)
        setattr(session, name, {place: before[old] for place, old in enumerate(places)})


def held(session: Any, besides: Sequence[Any] = ()) -> int:
    """Bytes of the tensors that a session keeps alive, and those of what is held besides, each counted once."""
    storages = {}
    for tensor in _tensors([vars(session), *besides], set()):
        storage = tensor.untyped_storage()
        storages[storage.data_ptr()] = storage.nbytes()
    return sum(storages.values())


def _strip(output: dict[str, Any], names: Collection[str]) -> None:
    for name in names:
        output.pop(name, None)


def _tensors(value: Any, seen: set[int]) -> Iterator[Any]:
    """All tensors within a value: in containers, and in objects of the session's own kind."""
    if id(value) in seen:
        return
    seen.add(id(value))
    if hasattr(value, "untyped_storage"):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _tensors(inner, seen)
    elif isinstance(value, (list, tuple)):
        for inner in value:
            yield from _tensors(inner, seen)
    elif type(value).__module__.startswith("transformers."):
        yield from _tensors(vars(value), seen)
