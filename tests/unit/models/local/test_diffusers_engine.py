"""A diffusers pipeline by weights path: tiny and random, made here, loaded as any other."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from models.deadline import Deadline
from models.errors import InvalidRequest, UnsupportedParameter, WeightsError
from models.images import ImageRequest
from models.local.diffusers_engine import DiffusersEngine
from models.local.diffusers_settings import DiffusersSettings
from tests.contracts.image_contract import CHECKS, Check

pytest.importorskip("diffusers")
SETTINGS = DiffusersSettings(steps=2, size="32x32", largest=64)
DEADLINE_S = 60.0


def write_pipeline(folder: Path) -> None:
    """A Stable Diffusion of a few thousand random weights."""
    import torch
    from diffusers import (
        AutoencoderKL,
        DDIMScheduler,
        StableDiffusionPipeline,
        UNet2DConditionModel,
    )
    from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer

    torch.manual_seed(7)
    words = folder / "words"
    words.mkdir(parents=True)
    letters = [chr(code) for code in range(33, 127)]
    every = ["<|startoftext|>", "<|endoftext|>", *letters, *(f"{one}</w>" for one in letters)]
    vocabulary = {token: number for number, token in enumerate(every)}
    (words / "vocab.json").write_text(json.dumps(vocabulary))
    (words / "merges.txt").write_text("#version: 0.2\n")
    tokenizer = CLIPTokenizer(
        str(words / "vocab.json"), str(words / "merges.txt"), model_max_length=32
    )
    text = CLIPTextConfig(
        vocab_size=len(every), hidden_size=16, intermediate_size=16, num_hidden_layers=1,
        num_attention_heads=2, max_position_embeddings=32, bos_token_id=0, eos_token_id=1,
        pad_token_id=1,
    )  # fmt: skip
    unet = UNet2DConditionModel(
        sample_size=8, in_channels=4, out_channels=4, layers_per_block=1,
        block_out_channels=(8, 16), norm_num_groups=4, cross_attention_dim=16,
        attention_head_dim=4, down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
    )  # fmt: skip
    vae = AutoencoderKL(
        block_out_channels=[8, 16], norm_num_groups=4, latent_channels=4,
        down_block_types=["DownEncoderBlock2D"] * 2, up_block_types=["UpDecoderBlock2D"] * 2,
    )  # fmt: skip
    StableDiffusionPipeline(
        vae=vae, text_encoder=CLIPTextModel(text), tokenizer=tokenizer, unet=unet,
        scheduler=DDIMScheduler(steps_offset=1, clip_sample=False), safety_checker=None,
        feature_extractor=None, image_encoder=None, requires_safety_checker=False,
    ).save_pretrained(folder / "pipeline", safe_serialization=True)  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("weights")
    write_pipeline(made)
    return made / "pipeline"


@pytest.fixture(scope="module")
def engine(folder: Path) -> Iterator[DiffusersEngine]:
    made = DiffusersEngine("painter", folder, SETTINGS)
    yield made
    made.close()


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
async def test_contract(engine: DiffusersEngine, check: Check) -> None:
    await check((engine, {"model": "painter"}))


async def drawn(engine: DiffusersEngine, **fields: object) -> bytes:
    request = ImageRequest(**{"model": "painter", "prompt": "a red lamp"} | fields)  # type: ignore[arg-type]
    job = await engine.submit(request, Deadline.after(DEADLINE_S))
    assert job.made is not None
    return job.made.images[0].data


async def test_a_seed_gives_the_same_picture_and_another_seed_another(
    engine: DiffusersEngine,
) -> None:
    assert await drawn(engine, seed=5) == await drawn(engine, seed=5)
    assert await drawn(engine, seed=5) != await drawn(engine, seed=6)


async def test_the_seed_that_was_drawn_is_told(engine: DiffusersEngine) -> None:
    job = await engine.submit(ImageRequest("painter", "a lamp"), Deadline.after(DEADLINE_S))
    assert job.made is not None
    assert job.made.seed is not None
    assert await drawn(engine, prompt="a lamp", seed=job.made.seed) == job.made.images[0].data


@pytest.mark.parametrize(
    ("fields", "kind", "param"),
    [
        ({"size": "30x32"}, InvalidRequest, "size"),
        ({"size": "128x32"}, InvalidRequest, "size"),
        ({"quality": "high"}, UnsupportedParameter, "quality"),
    ],
    ids=str,
)
async def test_a_wish_it_can_t_grant_is_refused(
    engine: DiffusersEngine, fields: dict[str, str], kind: type[InvalidRequest], param: str
) -> None:
    with pytest.raises(kind) as caught:
        await drawn(engine, **fields)
    assert caught.value.param == param


def test_a_folder_without_a_pipeline_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"model_index\.json"):
        DiffusersEngine("painter", tmp_path, SETTINGS)
    (tmp_path / "model_index.json").write_text('{"_class_name": "StableDiffusionPipeline"}')
    with pytest.raises(WeightsError, match="can't be loaded"):
        DiffusersEngine("painter", tmp_path, SETTINGS)
