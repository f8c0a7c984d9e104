"""The plain way to write after a video, the reference that the fast way is held against and measured against.

Each prompt is given to transformers' own `generate` with the whole video before it, by itself, token by token. States
are caught where the head reads them, which is what the code published with CoVR-R does.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from seewhy.models.local.composed.rows import TEXT, VIDEO
from seewhy.models.local.composed.videos import Talk, Video
from seewhy.models.local.composed.writing import Tongue, Written
from seewhy.models.local.torches import torch_ready


def write_plainly(model: Any, talk: Talk, video: Video, most: int, tongue: Tongue, *, states: bool = True) -> Written:
    """One text, always the likeliest token.

    Args:
        model: Qwen3-VL of transformers, in evaluation mode.
        most: tokens.
        states: keep those in which the tokens were chosen.
    """
    torch = torch_ready()
    tokens = torch.tensor([[*talk.head, *talk.tail]], device=model.device)
    width = model.get_output_embeddings().weight.shape[0]
    caught: list[Any] = []

    def catch(_: Any, given: tuple[Any, ...], __: Any) -> None:
        if states:
            caught.append(given[0][0, -1].float().cpu())

    hook = model.get_output_embeddings().register_forward_hook(catch)
    try:
        with torch.inference_mode():
            made = model.generate(
                input_ids=tokens,
                attention_mask=torch.ones_like(tokens),
                mm_token_type_ids=torch.where(tokens == video.token, VIDEO, TEXT),
                **{name: value.to(model.device) for name, value in video.inputs.items()},
                do_sample=False,
                max_new_tokens=most,
                eos_token_id=sorted(tongue.ends) or None,
                pad_token_id=min(tongue.ends, default=0),
                suppress_tokens=tongue.forbidden(width).nonzero()[:, 0].tolist(),
            )
    finally:
        hook.remove()
    written = made[0, tokens.shape[1] :].tolist()
    whole = bool(written) and written[-1] in tongue.ends
    said = written[:-1] if whole else written
    if not states:
        return Written(tuple(said), None, whole)
    rows = torch.stack(caught[: len(said)]).numpy() if said else np.zeros((0, 1), np.float32)
    return Written(tuple(said), np.asarray(rows, np.float32), whole)
