"""The models that the profile `local` uses, and others that fit in their places: what each is, what it may be used for.

A card pins a model to one commit of its repository on the hub. Where a revision or a SHA-256 stands here, independent
public projects that run the model state the same one; where none is stated, the card has none, and the commit is pinned
when the model is first pulled (see `lock.py`). Models that have no card may be used, too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from seewhy.models.local.places import (
    ACTIONS,
    DEPTH_ANYTHING,
    EDGETAM,
    EMBEDDING,
    GROUNDING_DINO,
    LANGUAGE,
    OWLV2,
    RERANKER,
    SAM2,
    SAM3,
    Place,
)

WEIGHTS_FILE = "model.safetensors"
PERMISSIVE = frozenset({"Apache-2.0", "MIT"})
"""SPDX names of the licenses here that allow commercial use and modification."""


@dataclass(frozen=True, slots=True)
class ModelCard:
    """One model of the hub."""

    id: str
    """owner/name"""
    revision: str | None
    """commit, 40 hexadecimal digits; None: pinned on first pull"""
    license: str
    """SPDX name, or LicenseRef- and the license's own"""
    bytes: int
    """of its *.safetensors; of some only known to 1 %"""
    place: Place
    gated: bool = False
    """True: the hub hands it out to those who have accepted its license there"""
    files: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """file → SHA-256, 64 hexadecimal digits, as far as it is known"""
    other: str = ""
    """class of transformers, where it is not the place's usual one"""

    @property
    def permissive(self) -> bool:
        """Whether its license allows any use, commercial use too."""
        return self.license in PERMISSIVE

    @property
    def architecture(self) -> str:
        """Class of transformers."""
        return self.other or self.place.architecture

    @property
    def setting(self) -> str:
        return self.place.setting

    @property
    def specialist(self) -> str:
        return self.place.specialist


def _weights(sha256: str) -> Mapping[str, str]:
    return MappingProxyType({WEIGHTS_FILE: sha256})


CARDS = (
    ModelCard(
        "facebook/sam2.1-hiera-tiny",
        "de431c4043854a71d8101e17995dfe596bf101a5",
        "Apache-2.0",
        155_908_064,
        SAM2,
        files=_weights("48c14467e5cf9e51870511feb72c89688e82dd74523142c0538b663e193ac2a7"),
    ),
    ModelCard(
        "facebook/sam2.1-hiera-small",
        "ee5bba1d82bb8749febdf90f45e84b687142ba03",
        "Apache-2.0",
        184_305_280,
        SAM2,
        files=_weights("0a4067b11ce1e23d5229203f11c718a823060d15a4b23fa2372a7d4b77cbbc60"),
    ),
    ModelCard(
        "facebook/sam2.1-hiera-base-plus",
        "b7320756a13354e7530a63935656d35b2f91a290",
        "Apache-2.0",
        323_476_296,
        SAM2,
        files=_weights("2012733a0de5d03efd1bba550a2847c4551be9ef2e0d497c83074df66189f780"),
    ),
    ModelCard(
        "facebook/sam2.1-hiera-large",
        "665f8e2ad61cf5f53d65644ff27c8ee525124610",
        "Apache-2.0",
        897_897_416,
        SAM2,
        files=_weights("dc407dce21301fd94abb395c5099b4f2c455fdc8a8f261ac3d0ea6d4cd197230"),
    ),
    ModelCard(
        "yonigozlan/EdgeTAM-hf",
        "c266ce53b3fc00f0f495b583f6a116c4e57f53bb",
        "Apache-2.0",
        55_912_824,
        EDGETAM,
        files=_weights("8858f8e4757b0b96dab8763f296ecffd845efbbbf698f64163cfa20a63d5fff4"),
    ),
    ModelCard(
        "facebook/sam3",
        "3c879f39826c281e95690f02c7821c4de09afae7",
        "LicenseRef-SAM",
        3_439_938_512,
        SAM3,
        gated=True,
        files=_weights("6d06f0a5f84e435071fe6603e61d0b4cc7b40e0d39d487cfd4d67d8cc11cc14a"),
    ),
    ModelCard(
        "google/owlv2-base-patch16-ensemble",
        "cfd3195ba4ea9592eec887ded089f4c08eff231d",
        "Apache-2.0",
        619_918_824,
        OWLV2,
        files=_weights("e1e130b9e404cf91a75ad45644c1da9d7fa5284085eecc864266a6923efb99e7"),
    ),
    ModelCard(
        "google/owlv2-large-patch14-ensemble",
        "95e26936e865f87db1742128404b3c035d47d89d",
        "Apache-2.0",
        1_750_520_144,
        OWLV2,
        files=_weights("d1c2261503c55aaf400667a843a54a5167e3c696334674c4093d6d10f7f40075"),
    ),
    ModelCard(
        "openmmlab-community/mm_grounding_dino_tiny_o365v1_goldg_v3det", None, "Apache-2.0", 692_015_412, GROUNDING_DINO
    ),
    ModelCard("openmmlab-community/mm_grounding_dino_base_all", None, "Apache-2.0", 936_000_000, GROUNDING_DINO),
    ModelCard("openmmlab-community/mm_grounding_dino_large_all", None, "Apache-2.0", 1_376_000_000, GROUNDING_DINO),
    ModelCard(
        "IDEA-Research/grounding-dino-tiny",
        "a2bb814dd30d776dcf7e30523b00659f4f141c71",
        "Apache-2.0",
        689_359_096,
        GROUNDING_DINO,
        files=_weights("1a2412ef99bd74bcd3c2a246fa1e48581f8889a1300c9051974741314fc042f3"),
        other="GroundingDinoForObjectDetection",
    ),
    ModelCard(
        "depth-anything/Depth-Anything-V2-Small-hf",
        "5426e4f0f36572d16453bbda7a8389317b1bef99",
        "Apache-2.0",
        99_173_660,
        DEPTH_ANYTHING,
        files=_weights("3152477ce0d8d6978d76b995120de97cb5b928701fd0f817769f59e249a16b70"),
    ),
    ModelCard(
        "depth-anything/Depth-Anything-V2-Base-hf",
        "b1958afc87fb45a9e3746cb387596094de553ed8",
        "CC-BY-NC-4.0",
        390_000_000,
        DEPTH_ANYTHING,
    ),
    ModelCard(
        "depth-anything/Depth-Anything-V2-Large-hf",
        "7581137eff8d4e94f6e796d3baea0e9fa79b22d2",
        "CC-BY-NC-4.0",
        1_341_322_868,
        DEPTH_ANYTHING,
        files=_weights("4e01e34ed5549b529b70b92d53226bc370f03041977b390d3dde45d47f516cf9"),
    ),
    ModelCard(
        "Qwen/Qwen3-VL-2B-Instruct",
        "89644892e4d85e24eaac8bacfd4f463576704203",
        "Apache-2.0",
        4_255_140_312,
        LANGUAGE,
        files=_weights("7de1838c87a5349b016c26a1c3f7d2bc400a3d485f95ef39a7059ffd734977a0"),
    ),
    ModelCard(
        "Qwen/Qwen3-VL-4B-Instruct", "ebb281ec70b05090aa6165b016eac8ec08e71b17", "Apache-2.0", 8_875_000_000, LANGUAGE
    ),
    ModelCard(
        "Qwen/Qwen3-VL-8B-Instruct", "0c351dd01ed87e9c1b53cbc748cba10e6187ff3b", "Apache-2.0", 17_530_000_000, LANGUAGE
    ),
    ModelCard(
        "Qwen/Qwen2.5-VL-7B-Instruct",
        "cc594898137f460bfe9f0759e9844b3ce807cfb5",
        "Apache-2.0",
        16_580_000_000,
        LANGUAGE,
        other="Qwen2_5_VLForConditionalGeneration",
    ),
    ModelCard(
        "facebook/vjepa2-vitl-fpc16-256-ssv2", "4aa02df83918538fc21cfaf576382fa20e489a80", "MIT", 1_502_018_592, ACTIONS
    ),
    ModelCard(
        "MCG-NJU/videomae-base-finetuned-kinetics",
        "488eb9a0565f257b32866000305c8178965eb9f6",
        "CC-BY-NC-4.0",
        346_000_000,
        ACTIONS,
        other="VideoMAEForVideoClassification",
    ),
    ModelCard(
        "Qwen/Qwen3-VL-Embedding-2B",
        "9f2f7e710d6d81056aa5c0a4f04764fec6bb7bda",
        "Apache-2.0",
        4_255_140_312,
        EMBEDDING,
        files=_weights("c73fa9caeddeb3ff831d46c085a7a5708343248ca777e90f2d486964464509c1"),
    ),
    ModelCard(
        "Qwen/Qwen3-VL-Embedding-8B",
        "2c4565515e0f265c6511776e7193b22c0968ddc7",
        "Apache-2.0",
        16_290_000_000,
        EMBEDDING,
    ),
    ModelCard(
        "Qwen/Qwen3-VL-Reranker-2B",
        "4bd860ac4f15ad1897a214615cccc700f8f71818",
        "Apache-2.0",
        4_255_140_312,
        RERANKER,
        files=_weights("466ec01961061e9d7f804b4fb1625fb6f406106cd1567e026096d4736fa9d5b9"),
    ),
    ModelCard(
        "Qwen/Qwen3-VL-Reranker-8B",
        "b212dc8c91a8164aef1ea2de9c1a867611e75c04",
        "Apache-2.0",
        17_530_000_000,
        RERANKER,
    ),
)
"""Grouped by place, small before large."""

_BY_ID = MappingProxyType({card.id: card for card in CARDS})


def card_of(identity: str) -> ModelCard | None:
    """The card of the model `owner/name`; None: it has none."""
    return _BY_ID.get(identity)
