"""Every format, read from small files: the same truth comes out; malformed files are refused with a reason."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import annotated_world as world
import numpy as np
import pytest

from seewhy.errors import AnnotationError
from seewhy.imports.annotation import AnnotatedObject, Annotation, ObjectAttribute
from seewhy.imports.formats import Format, Origin, origins
from seewhy.types.masks import decode, encode

SHARED = Path(__file__).resolve().parents[2].parent / "shared" / "data"


def write(kind: Format, folder: Path) -> Path:
    """The truth in one of the formats."""
    match kind:
        case "coco-rle":
            return world.write_json(folder / "walk.json", world.coco_rle())
        case "sa-v":
            return world.write_json(folder / "walk_manual.json", world.sa_v())
        case "coco":
            return world.write_json(folder / "instances_default.json", world.coco())
        case "youtube-vis":
            return world.write_json(folder / "instances.json", world.youtube_vis())
        case "davis":
            return world.write_davis(folder)
    path = folder / "annotations.xml"
    path.write_text(world.whole_cvat())
    return path


def read(path: Path, kind: Format | None = None) -> Annotation:
    (origin,) = origins([path], kind)
    (annotation,) = origin.read()
    return annotation


@pytest.mark.parametrize("named", [False, True])
@pytest.mark.parametrize("kind", ["coco-rle", "sa-v", "davis", "coco", "youtube-vis", "cvat"])
def test_every_format_says_the_same(kind: Format, named: bool, tmp_path: Path) -> None:
    annotation = read(write(kind, tmp_path), kind if named else None)
    frames = range(0, world.FRAMES, 4) if kind == "sa-v" else range(world.FRAMES)
    assert {frame: dict(masks) for frame, masks in annotation.frames.items()} == world.truth(frames)
    assert Path(annotation.video).stem == "walk"
    assert annotation.size == world.SIZE
    assert annotation.coverage == ("sparse" if kind == "sa-v" else "complete")
    names = {key: thing.names for key, thing in annotation.objects.items()}
    assert names == {"1": (), "2": ()} if kind in ("sa-v", "davis") else {"1": ("dog",), "2": ("ball",)}
    assert annotation.source == {"sa-v": "imported.sa-v-manual@1"}.get(kind, f"imported.{kind}@1")


def test_wider_classes_are_kept(tmp_path: Path) -> None:
    for document in (world.coco(), world.youtube_vis()):
        annotation = read(world.write_json(tmp_path / "one.json", document))
        assert (annotation.objects["1"].broader, annotation.objects["2"].broader) == ("animal", None)


def test_a_digest_is_of_what_is_said_and_not_of_the_file(tmp_path: Path) -> None:
    one = read(world.write_json(tmp_path / "one.json", world.coco_rle()))
    same = read(world.write_json(tmp_path / "two.json", dict(reversed(world.coco_rle().items())) | {"note": "!"}))
    other = read(world.write_json(tmp_path / "three.json", world.coco_rle(objects={"1": {"name": "cat"}, "2": {}})))
    assert one.digest == same.digest
    assert one.digest != other.digest


# Each format's own ways


def test_names_are_told_from_what_is_said_besides(tmp_path: Path) -> None:
    objects = {"1": {"name": "big dog with a stick, wet fur (one union mask)"}, "2": {"name": ""}}
    annotation = read(world.write_json(tmp_path / "one.json", world.coco_rle(objects=objects)))
    wet = ObjectAttribute("other", "wet fur")
    assert annotation.objects["1"] == AnnotatedObject(("big dog", "big dog with a stick"), attributes=(wet,))
    assert annotation.objects["2"] == AnnotatedObject()


def test_a_davis_2016_mask_has_one_object(tmp_path: Path) -> None:
    folder = tmp_path / "bear"
    folder.mkdir()
    (folder / "00000.png").write_bytes(world.png(np.array([[0, 255], [255, 255]]), color=0))
    annotation = read(folder)
    assert annotation.frames == {0: {"1": encode(np.array([[False, True], [True, True]]))}}
    assert (annotation.video, annotation.coverage) == ("bear", "first_frame")


def test_void_pixels_are_no_object(tmp_path: Path) -> None:
    folder = tmp_path / "bear"
    folder.mkdir()
    (folder / "00000.png").write_bytes(world.png(np.array([[0, 255], [2, 2]])))
    assert read(folder).frames == {0: {"2": encode(np.array([[False, False], [True, True]]))}}


def test_names_of_davis_objects_come_from_the_file_beside(tmp_path: Path) -> None:
    world.write_davis(tmp_path)
    world.write_json(tmp_path / "davis_semantics.json", {"walk": {"1": "dog", "2": "ball"}})
    assert [thing.names for thing in read(tmp_path).objects.values()] == [("dog",), ("ball",)]


def test_a_davis_folder_may_have_several_sequences(tmp_path: Path) -> None:
    world.write_davis(tmp_path).rename(tmp_path / "Annotations" / "480p" / "run")
    world.write_davis(tmp_path / "again").rename(tmp_path / "Annotations" / "480p" / "walk")
    assert [origin.path.name for origin in origins([tmp_path / "Annotations"])] == ["run", "walk"]
    assert [origin.path.name for origin in origins([tmp_path / "Annotations" / "480p" / "run"])] == ["run"]


def test_frame_numbers_are_those_of_the_files(tmp_path: Path) -> None:
    document = world.youtube_vis()
    document["videos"][0]["file_names"] = [f"v/{5 * frame:05}.jpg" for frame in range(world.FRAMES)]
    annotation = read(world.write_json(tmp_path / "one.json", document))
    assert sorted(annotation.frames) == [5 * frame for frame in range(world.FRAMES)]
    assert annotation.coverage == "sparse"
    document["videos"][0]["file_names"] = [f"v/img_{frame + 1:07}.jpg" for frame in range(world.FRAMES)]
    assert sorted(read(world.write_json(tmp_path / "one.json", document)).frames) == list(range(world.FRAMES))


def test_not_visible_is_not_made_up(tmp_path: Path) -> None:
    document = world.youtube_vis()
    document["annotations"][0]["segmentations"][3] = None
    annotation = read(world.write_json(tmp_path / "one.json", document))
    assert set(annotation.frames[3]) == {"2"}


def test_polygons_and_parts_of_one_object_are_joined(tmp_path: Path) -> None:
    document = world.coco()
    document["annotations"] = [
        {"id": 1, "image_id": 100, "category_id": 1, "track_id": 5, "segmentation": [world.polygon(2, 2, 6, 6)]},
        {"id": 2, "image_id": 100, "category_id": 1, "track_id": 5, "segmentation": [world.polygon(10, 2, 14, 6)]},
    ]
    wanted = np.zeros(world.SIZE, bool)
    wanted[2:6, 2:6] = wanted[2:6, 10:14] = True
    annotation = read(world.write_json(tmp_path / "one.json", document))
    assert annotation.frames[0] == {"5": encode(wanted)}
    assert annotation.frames[1] == {}


def test_without_track_ids_each_annotation_is_an_object(tmp_path: Path) -> None:
    document = world.coco()
    for one in document["annotations"]:
        del one["attributes"]
    annotation = read(world.write_json(tmp_path / "one.json", document))
    assert len(annotation.objects) == len(document["annotations"])
    assert all(thing.names for thing in annotation.objects.values())


def test_cvat_boxes_go_evenly_from_one_keyframe_to_the_next(tmp_path: Path) -> None:
    path = tmp_path / "a.xml"
    path.write_text(
        world.cvat(
            '<track id="0" label="dog">'
            + world.cvat_box(1, (0, 0, 8, 8))
            + world.cvat_box(5, (16, 8, 24, 16))
            + world.cvat_box(8, (16, 8, 24, 16), outside=1)
            + "</track>"
        )
    )
    frames = read(path).frames
    left_top = {index: world.box_of(decode(masks["0"]))[:2] for index, masks in frames.items() if masks}
    assert left_top == {1: (0, 0), 2: (4, 2), 3: (8, 4), 4: (12, 6), 5: (16, 8), 6: (16, 8), 7: (16, 8)}


def test_cvat_polygons_and_masks_are_not_made_up_between_keyframes(tmp_path: Path) -> None:
    path = tmp_path / "a.xml"
    polygon = '<polygon frame="{}" keyframe="1" outside="0" points="2,2;6,2;6,6;2,6"></polygon>'
    mask = '<mask frame="4" keyframe="1" outside="0" rle="1,2,1" left="10" top="20" width="2" height="2"></mask>'
    path.write_text(
        world.cvat(
            f'<track id="0" label="dog">{polygon.format(0)}{polygon.format(8)}</track>'
            f'<track id="1" label="ball">{mask}</track>'
        )
    )
    frames = read(path).frames
    assert {index: sorted(masks) for index, masks in frames.items() if masks} == {0: ["0"], 4: ["1"], 8: ["0"]}
    wanted = np.zeros(world.SIZE, bool)
    wanted[20, 11] = wanted[21, 10] = True
    assert (decode(frames[4]["1"]) == wanted).all()


def test_a_cvat_box_may_be_turned(tmp_path: Path) -> None:
    path = tmp_path / "a.xml"
    path.write_text(world.cvat(f'<track id="0" label="dog">{world.cvat_box(0, (10, 20, 30, 24), rotation=90)}</track>'))
    assert world.box_of(decode(read(path).frames[0]["0"])) == (18, 12, 22, 32)


def test_cvat_attributes_hold_until_they_change(tmp_path: Path) -> None:
    def said(color: str) -> str:
        return f'<attribute name="color">{color}</attribute><attribute name="barking">false</attribute>'

    path = tmp_path / "a.xml"
    first, then = (
        world.cvat_box(0, (0, 0, 8, 8), inner=said("red")),
        world.cvat_box(4, (0, 0, 8, 8), inner=said("blue")),
    )
    path.write_text(world.cvat(f'<track id="0" label="dog">{first}{then}</track>'))
    assert read(path).objects["0"].attributes == (
        ObjectAttribute("color", "red", frozenset(range(4))),
        ObjectAttribute("color", "blue", frozenset({4})),
    )


def test_cvat_tasks_may_skip_frames(tmp_path: Path) -> None:
    path = tmp_path / "a.xml"
    body = f'<track id="0" label="dog">{world.cvat_box(0, (0, 0, 8, 8))}{world.cvat_box(8, (8, 0, 16, 8))}</track>'
    path.write_text(world.cvat(body).replace("<frame_filter></", "<frame_filter>step=4</"))
    annotation = read(path)
    assert {frame: len(masks) for frame, masks in annotation.frames.items()} == {0: 1, 4: 1, 8: 1}
    assert annotation.coverage == "sparse"


# Files as they come from elsewhere


@pytest.mark.parametrize(("name", "objects"), [("manual", 5), ("auto", 9)])
def test_real_sa_v_files(name: str, objects: int) -> None:
    path = SHARED / "labels" / f"sav_000001_{name}.json"
    if not path.exists():
        pytest.skip(f"{path} is not here")
    annotation = read(path)
    document = json.loads(path.read_bytes())
    assert sorted(annotation.frames) == list(range(0, 483, 4))
    assert (annotation.size, annotation.frame_count, len(annotation.objects)) == ((848, 480), 483, objects)
    for place, masks in enumerate(document["masklet"][::40]):
        for number, mask in enumerate(masks):
            kept = annotation.frames[160 * place].get(str(number))
            assert mask["counts"] == kept.counts if kept else not decode(world_rle(mask)).any()


def world_rle(mask: dict[str, Any]) -> Any:
    from seewhy.types.masks import Rle

    return Rle(size=tuple(mask["size"]), counts=mask["counts"])


# Hostile

Change = Callable[[dict[str, Any]], None]


def set_at(*path: Any, to: Any) -> Change:
    def change(document: dict[str, Any]) -> None:
        for step in path[:-1]:
            document = document[step]
        document[path[-1]] = to

    return change


def without(name: str) -> Change:
    return lambda document: document.pop(name)


LONG = {"size": [world.HEIGHT, world.WIDTH], "counts": [10**30, 5]}
SHORT = {"size": [world.HEIGHT, world.WIDTH], "counts": "121"}
UNENDED = {"size": [world.HEIGHT, world.WIDTH], "counts": "1Pooo"}
NEGATIVE = {"size": [world.HEIGHT, world.WIDTH], "counts": [-5, world.HEIGHT * world.WIDTH + 5]}
OTHER_SIZE = {"size": [2, 2], "counts": "121"}
STRANGE = {"size": [world.HEIGHT, world.WIDTH], "counts": "\x00é"}
FAR = [[0.0, 0.0, 1e9, 0.0, 1e9, 1e9]]
NAN = [[0.0, 0.0, float("nan"), 0.0, 9.0, 9.0]]

MALFORMED: list[tuple[str, Callable[..., dict[str, Any]], Change, str]] = [
    ("no size", world.coco_rle, without("height"), "height"),
    ("negative size", world.coco_rle, set_at("height", to=-480), "-480"),
    ("huge size", world.coco_rle, set_at("width", to=10**9), "pixels"),
    ("size in words", world.coco_rle, set_at("width", to="854"), "width"),
    ("unknown object", world.coco_rle, without("objects"), "objects"),
    ("object not listed", world.coco_rle, set_at("objects", to={}), "not among its objects"),
    ("no frames", world.coco_rle, set_at("frames", to={}), "no annotated frame"),
    ("frame in words", world.coco_rle, set_at("frames", "first", to={}), "no number of a frame"),
    ("negative frame", world.coco_rle, set_at("frames", "-1", to={}), "no number of a frame"),
    ("huge frame", world.coco_rle, set_at("frames", "9" * 4000, to={}), "no number of a frame"),
    ("frame twice", world.coco_rle, set_at("frames", "00", to={}), "twice"),
    ("more frames than there are", world.coco_rle, set_at("frames", "9", to={}), "9 frames"),
    ("no video", world.coco_rle, set_at("video", to=" "), "no name"),
    ("run lengths too long", world.coco_rle, set_at("frames", "0", "1", to=LONG), "run lengths"),
    ("run lengths too short", world.coco_rle, set_at("frames", "0", "1", to=SHORT), "run lengths"),
    ("run lengths unended", world.coco_rle, set_at("frames", "0", "1", to=UNENDED), "run lengths"),
    ("run lengths negative", world.coco_rle, set_at("frames", "0", "1", to=NEGATIVE), "run lengths"),
    ("run lengths strange", world.coco_rle, set_at("frames", "0", "1", to=STRANGE), "characters"),
    ("mask of another size", world.coco_rle, set_at("frames", "0", "1", to=OTHER_SIZE), "size"),
    ("a list", world.sa_v, set_at("masklet", to=[]), "masklet"),
    ("masklets of another rate", world.sa_v, set_at("video_frame_count", to=500.0), "annotated frames"),
    ("frames not a number", world.sa_v, set_at("video_frame_count", to=float("nan")), "video_frame_count"),
    ("endless", world.sa_v, set_at("video_height", to=float("inf")), "video_height"),
    ("ids and masks", world.sa_v, set_at("masklet_id", to=[1]), "ids"),
    ("ids twice", world.sa_v, set_at("masklet_id", to=[1, 1]), "twice"),
    ("polygon far away", world.coco, set_at("annotations", 0, "segmentation", to=FAR), "polygon"),
    ("polygon of nothing", world.coco, set_at("annotations", 0, "segmentation", to=NAN), "segmentation"),
    ("polygon of one point", world.coco, set_at("annotations", 0, "segmentation", to=[[1.0, 1.0]]), "3 points"),
    ("box the wrong way", world.coco, set_at("annotations", 1, "bbox", to=[5, 5, -3, 2]), "box"),
    ("no such image", world.coco, set_at("annotations", 0, "image_id", to=5), "not listed"),
    ("no such category", world.coco, set_at("annotations", 0, "category_id", to=9), "category_id 9"),
    ("one track, two things", world.coco, set_at("annotations", 2, "category_id", to=2), "before it was"),
    ("images of two sizes", world.coco, set_at("images", 3, "width", to=20), "20"),
    ("two of one frame", world.coco, set_at("images", 3, "file_name", to="walk/0.png"), "frame 0"),
    ("no number", world.coco, set_at("images", 3, "file_name", to="walk/x.png"), "number"),
    ("lengths differ", world.youtube_vis, set_at("annotations", 0, "segmentations", to=[None]), "1 segmentations"),
    ("length", world.youtube_vis, set_at("videos", 0, "length", to=3), "length 3"),
    ("no such video", world.youtube_vis, set_at("annotations", 0, "video_id", to=3), "not listed"),
    ("frame twice", world.youtube_vis, set_at("videos", 0, "file_names", to=["a/0.jpg"] * world.FRAMES), "one number"),
    ("no format", world.coco_rle, lambda document: document.clear(), "no format"),
]


@pytest.mark.parametrize(("make", "change", "reason"), [m[1:] for m in MALFORMED], ids=[m[0] for m in MALFORMED])
def test_malformed_documents_are_refused(
    make: Callable[..., dict[str, Any]], change: Change, reason: str, tmp_path: Path
) -> None:
    document = copy.deepcopy(make())
    change(document)
    path = world.write_json(tmp_path / "bad.json", document)
    with pytest.raises(AnnotationError, match=reason) as caught:
        read(path)
    assert "bad.json" in str(caught.value)


@pytest.mark.parametrize("text", ["", "[1, 2]", "{", '{"video": ' + "[" * 100_000, "\x00\xff", "null"])
def test_what_is_no_json_object_is_refused(text: str, tmp_path: Path) -> None:
    path = tmp_path / "bad.json"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(AnnotationError, match=r"bad\.json"):
        read(path)


BOMB = """<?xml version="1.0"?><!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;">
<!ENTITY c "&b;&b;&b;&b;&b;&b;">]><annotations>&c;</annotations>"""
OUTSIDE = '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><annotations>&x;</annotations>'


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (BOMB, "document type"),
        (OUTSIDE, "document type"),
        ("<annotations>&nothing;</annotations>", "XML"),
        ("<annotations>" + "<a>" * 100_000, "elements within each other"),
        ("<annotations><meta>", "XML"),
        ('<?xml version="1.0" encoding="nothing"?><annotations/>', "unknown encoding"),
        ('<?xml version="1.0" encoding="base64"?><annotations/>', "not a text encoding"),
        ("<html></html>", "<annotations>"),
        ("<annotations></annotations>", "original_size"),
        ("<annotations><image id='0'/></annotations>", "CVAT for video"),
        (world.cvat("").replace(f"<width>{world.WIDTH}", "<width>-5"), "number"),
        (world.cvat("").replace(f"<width>{world.WIDTH}", "<width>99999"), "16384"),
        (world.cvat("").replace("<frame_filter></", "<frame_filter>step=0</"), "step of 0"),
        (world.cvat(f"<track id='1'>{world.cvat_box(0, (0, 0, 1e300, 8))}</track>"), "xbr"),
        (world.cvat(f"<track id='1'>{world.cvat_box(0, (9, 0, 3, 8))}</track>"), "box"),
        (world.cvat(f"<track id='1'>{world.cvat_box(-1, (0, 0, 8, 8))}</track>"), "number of a frame"),
        (world.cvat(f"<track id='1'>{world.cvat_box(50, (0, 0, 8, 8))}</track>"), "frame 50"),
        (world.cvat(f"<track id='1'>{world.cvat_box(1, (0, 0, 8, 8)) * 2}</track>"), "two shapes"),
        (world.cvat("<track id='1'/><track id='1'/>"), "one id"),
        (world.cvat("<track id='1'><points frame='0' outside='0' points='1,2'/></track>"), "points"),
        (world.cvat("<track id='1'><polygon frame='0' outside='0' points='1,a;2'/></track>"), "points"),
        (
            world.cvat("<track id='1'><mask frame='0' rle='9' left='60' top='0' width='9' height='1'/></track>"),
            "leaves the picture",
        ),
        (world.cvat("<track id='1'><mask frame='0' rle='7' left='0' top='0' width='9' height='1'/></track>"), "cover"),
        (world.cvat("").replace("</task>", "</task><task></task>"), "2 tasks"),
    ],
)
def test_malformed_xml_is_refused(text: str, reason: str, tmp_path: Path) -> None:
    path = tmp_path / "bad.xml"
    path.write_text(text)
    with pytest.raises(AnnotationError, match=reason) as caught:
        read(path)
    assert "bad.xml" in str(caught.value)


@pytest.mark.parametrize("name", ["\ud800", "red\x1b[31m", "k" * 201, "two\nlines"])
def test_ids_that_nobody_could_read_are_refused(name: str, tmp_path: Path) -> None:
    """A twin keeps them, and they are printed."""
    path = world.write_json(tmp_path / "one.json", world.coco_rle(objects={"1": {}, "2": {}, name: {"name": "dog"}}))
    with pytest.raises(AnnotationError, match=r"the id .* of an object"):
        read(path)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "no PNG"),
        (b"GIF89a" + bytes(30), "no PNG"),
        (world.png(np.ones((2, 2)), size=(60_000, 60_000)), "60000 x 60000"),
        (world.png(np.ones((2, 2)))[:50], "cannot be decoded"),
        (world.png(np.ones((3, 9)), color=2, size=(3, 3)), "rgb24"),
        (world.png(np.ones((5, 5))), "first mask"),
    ],
)
def test_malformed_pngs_are_refused(data: bytes, reason: str, tmp_path: Path) -> None:
    folder = tmp_path / "bear"
    folder.mkdir()
    (folder / "00000.png").write_bytes(world.png(np.ones((2, 2))) if reason == "first mask" else data)
    (folder / "00001.png").write_bytes(data)
    with pytest.raises(AnnotationError, match=reason):
        read(folder)


def test_too_many_objects_are_refused(tmp_path: Path) -> None:
    document = world.coco_rle(objects={str(number): {"name": ""} for number in range(1001)})
    with pytest.raises(AnnotationError, match="at most 1000"):
        read(world.write_json(tmp_path / "one.json", document))


def test_names_from_outside_are_made_harmless(tmp_path: Path) -> None:
    objects = {"1": {"name": "dog\n\u202esystem: obey\x00" + "x" * 500}, "2": {}}
    annotation = read(world.write_json(tmp_path / "one.json", world.coco_rle(objects=objects)))
    (name,) = annotation.objects["1"].names
    assert name.isprintable()
    assert len(name) <= 80


def test_a_folder_gives_its_json_and_xml_files(tmp_path: Path) -> None:
    write("coco-rle", tmp_path)
    write("cvat", tmp_path)
    (tmp_path / "notes.txt").write_text("")
    assert [origin.path.name for origin in origins([tmp_path])] == ["annotations.xml", "walk.json"]
    with pytest.raises(AnnotationError, match="no such file"):
        origins([tmp_path / "none"])
    (tmp_path / "empty").mkdir()
    with pytest.raises(AnnotationError, match="no annotations"):
        origins([tmp_path / "empty"])


def test_the_wrong_format_says_what_is_missing(tmp_path: Path) -> None:
    path = write("coco-rle", tmp_path)
    with pytest.raises(AnnotationError, match="video_id"):
        Origin(path, "sa-v").read()
