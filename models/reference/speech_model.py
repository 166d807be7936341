"""Whisper's network, small and with names of its own state dict, made for training on one core.

Differences from the serving engine's view: any length up to a window may be encoded, so that no
time is spent on silence, and the cross-attention is returned, so that it can be guided.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

TIMESTAMP_COUNT = 1501


@dataclass(frozen=True)
class Shape:
    """Sizes: `vocabulary` counts tokens without timestamps, `frames` encoder steps of a window."""

    vocabulary: int
    width: int = 144
    heads: int = 4
    encoder_layers: int = 4
    decoder_layers: int = 2
    mels: int = 80
    frames: int = 400
    targets: int = 448

    def hugging_face(self, *, start: int, end: int) -> dict[str, Any]:
        """The same sizes as fields of transformers' WhisperConfig."""
        return {
            "vocab_size": self.vocabulary + TIMESTAMP_COUNT,
            "num_mel_bins": self.mels,
            "d_model": self.width,
            "encoder_layers": self.encoder_layers,
            "decoder_layers": self.decoder_layers,
            "encoder_attention_heads": self.heads,
            "decoder_attention_heads": self.heads,
            "encoder_ffn_dim": 4 * self.width,
            "decoder_ffn_dim": 4 * self.width,
            "max_source_positions": self.frames,
            "max_target_positions": self.targets,
            "decoder_start_token_id": start,
            "bos_token_id": end,
            "eos_token_id": end,
            "pad_token_id": end,
            "suppress_tokens": [],
            "begin_suppress_tokens": [],
        }

    def fields(self) -> dict[str, int]:
        """This shape as plain data."""
        return asdict(self)


def sinusoids(length: int, width: int) -> Tensor:
    """Whisper's fixed encoder positions, shape (length, width)."""
    rate = math.log(10_000) / (width // 2 - 1)
    scaled = torch.arange(length)[:, None] * torch.exp(-rate * torch.arange(width // 2))[None]
    return torch.cat([scaled.sin(), scaled.cos()], dim=1)


class Attention(nn.Module):  # type: ignore[misc]
    """Multi-head attention of x over itself or over a source."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.q_proj = nn.Linear(width, width)
        self.k_proj = nn.Linear(width, width, bias=False)
        self.v_proj = nn.Linear(width, width)
        self.out_proj = nn.Linear(width, width)

    def _split(self, x: Tensor) -> Tensor:
        batch, length, width = x.shape
        return x.view(batch, length, self.heads, width // self.heads).transpose(1, 2)

    def _join(self, x: Tensor) -> Tensor:
        return self.out_proj(x.transpose(1, 2).flatten(2))

    def forward(self, x: Tensor, *, causal: bool = False) -> Tensor:
        q, k, v = (self._split(f(x)) for f in (self.q_proj, self.k_proj, self.v_proj))
        return self._join(F.scaled_dot_product_attention(q, k, v, is_causal=causal))

    def look(self, x: Tensor, source: Tensor) -> tuple[Tensor, Tensor]:
        """Attend to a source; also give the weights, shape (batch, heads, targets, frames)."""
        q = self._split(self.q_proj(x))
        k, v = self._split(self.k_proj(source)), self._split(self.v_proj(source))
        weights = (q @ k.transpose(2, 3) / math.sqrt(q.shape[-1])).softmax(-1)
        return self._join(weights @ v), weights


class EncoderLayer(nn.Module):  # type: ignore[misc]
    """Self-attention and a feed-forward net, each normed first."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.self_attn = Attention(width, heads)
        self.self_attn_layer_norm = nn.LayerNorm(width)
        self.fc1 = nn.Linear(width, 4 * width)
        self.fc2 = nn.Linear(4 * width, width)
        self.final_layer_norm = nn.LayerNorm(width)

    def forward(self, x: Tensor, drop: float) -> Tensor:
        x = x + F.dropout(self.self_attn(self.self_attn_layer_norm(x)), drop, self.training)
        wide = F.gelu(self.fc1(self.final_layer_norm(x)))
        return x + F.dropout(self.fc2(wide), drop, self.training)


class DecoderLayer(EncoderLayer):
    """An encoder layer with causal attention and a look at the encoder between its halves."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__(width, heads)
        self.encoder_attn = Attention(width, heads)
        self.encoder_attn_layer_norm = nn.LayerNorm(width)

    def decode(self, x: Tensor, source: Tensor, drop: float) -> tuple[Tensor, Tensor]:
        """One layer of decoding with its cross-attention weights."""
        seen = self.self_attn(self.self_attn_layer_norm(x), causal=True)
        x = x + F.dropout(seen, drop, self.training)
        heard, weights = self.encoder_attn.look(self.encoder_attn_layer_norm(x), source)
        x = x + F.dropout(heard, drop, self.training)
        wide = F.gelu(self.fc1(self.final_layer_norm(x)))
        return x + F.dropout(self.fc2(wide), drop, self.training), weights


class Encoder(nn.Module):  # type: ignore[misc]
    """Features (batch, mels, t) to states (batch, t / 2, width)."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.conv1 = nn.Conv1d(shape.mels, shape.width, 3, padding=1)
        self.conv2 = nn.Conv1d(shape.width, shape.width, 3, stride=2, padding=1)
        self.embed_positions = nn.Embedding(shape.frames, shape.width)
        self.embed_positions.weight.data = sinusoids(shape.frames, shape.width)
        self.embed_positions.requires_grad_(False)
        layers = (EncoderLayer(shape.width, shape.heads) for _ in range(shape.encoder_layers))
        self.layers = nn.ModuleList(layers)
        self.layer_norm = nn.LayerNorm(shape.width)

    def forward(self, features: Tensor, drop: float) -> Tensor:
        x = F.gelu(self.conv2(F.gelu(self.conv1(features)))).transpose(1, 2)
        x = F.dropout(x + self.embed_positions.weight[: x.shape[1]], drop, self.training)
        for layer in self.layers:
            x = layer(x, drop)
        return self.layer_norm(x)


class Decoder(nn.Module):  # type: ignore[misc]
    """Token ids (batch, n) to states (batch, n, width)."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        # One row stands for every timestamp while training; export repeats it.
        self.embed_tokens = nn.Embedding(shape.vocabulary + 1, shape.width)
        self.embed_positions = nn.Embedding(shape.targets, shape.width)
        layers = (DecoderLayer(shape.width, shape.heads) for _ in range(shape.decoder_layers))
        self.layers = nn.ModuleList(layers)
        self.layer_norm = nn.LayerNorm(shape.width)
        nn.init.normal_(self.embed_tokens.weight, std=0.05)
        nn.init.normal_(self.embed_positions.weight, std=0.02)

    def forward(self, ids: Tensor, source: Tensor, drop: float) -> tuple[Tensor, list[Tensor]]:
        x = self.embed_tokens(ids) + self.embed_positions.weight[: ids.shape[1]]
        x = F.dropout(x, drop, self.training)
        looks = []
        for layer in self.layers:
            x, weights = layer.decode(x, source, drop)
            looks.append(weights)
        return self.layer_norm(x), looks


class SpeechModel(nn.Module):  # type: ignore[misc]
    """Encoder, decoder and a letter head over the encoder that only training uses."""

    def __init__(self, shape: Shape, letters: int) -> None:
        super().__init__()
        self.shape = shape
        self.encoder = Encoder(shape)
        self.decoder = Decoder(shape)
        self.letters = nn.Linear(shape.width, letters)

    def logits(self, states: Tensor) -> Tensor:
        """Scores of every token, and last the score of all timestamps together."""
        scores = states @ self.decoder.embed_tokens.weight.T
        share = torch.zeros(scores.shape[-1])
        share[-1] = math.log(TIMESTAMP_COUNT)
        return scores + share

    def greedy(self, features: Tensor, prompt: list[int], end: int, most: int = 80) -> list[int]:
        """Decode one utterance, features (1, mels, t), without a cache."""
        with torch.no_grad():
            source = self.encoder(features, 0.0)
            ids = list(prompt)
            while len(ids) < len(prompt) + most:
                states, _ = self.decoder(torch.tensor([ids]), source, 0.0)
                token = int(self.logits(states[:, -1]).argmax())
                if token == end:
                    break
                ids.append(token)
        return ids[len(prompt) :]
