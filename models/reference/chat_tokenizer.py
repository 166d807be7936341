"""The reference chat model's tokenizer: byte-level BPE learnt from its own corpus."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from models.reference import chat_mixture

SPECIAL = (
    "<unk>", "<s>", "</s>", "<pad>", "[INST]", "[/INST]", "[SYSTEM_PROMPT]", "[/SYSTEM_PROMPT]",
    "[AVAILABLE_TOOLS]", "[/AVAILABLE_TOOLS]", "[TOOL_CALLS]", "[TOOL_RESULTS]", "[/TOOL_RESULTS]",
    "[THINK]", "[/THINK]", *(f"[REF{number}]" for number in range(10)),
)  # fmt: skip
"""``[REF3]`` is said, unseen, before an answer from passage 3, and ``[REF0]`` before a refusal."""
CITATIONS = tuple(f"[{number}]" for number in range(1, 10))
BOS, EOS, PAD = 1, 2, 3
VOCABULARY = 1408
TEMPLATE = Path(__file__).with_name("chat_template.jinja")


def learn(seed: int = 20, samples: int = 12_000) -> Any:
    """Learn the tokenizer: single digits, one token per citation mark, whole common words.

    Returns a ``tokenizers.Tokenizer``; the same seed gives the same vocabulary.
    """
    from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.BPE(unk_token=None))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(r"\d"), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY - len(CITATIONS),
        special_tokens=list(SPECIAL),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(chat_mixture.texts(seed, samples), trainer)
    tokenizer.add_tokens([AddedToken(mark, normalized=False, rstrip=True) for mark in CITATIONS])
    return tokenizer


def references(tokenizer: Any) -> list[tuple[int, int]]:
    """Pair the id of each unseen reference with that of its citation mark."""
    marks = range(1, len(CITATIONS) + 1)
    return [(tokenizer.token_to_id(f"[REF{n}]"), tokenizer.token_to_id(f"[{n}]")) for n in marks]


def is_reference(ids: Any) -> Any:
    """Mark the ids, of any array type, that are unseen references."""
    first = SPECIAL.index("[REF0]")
    return (ids >= first) & (ids < first + 10)


def is_refusal(ids: Any) -> Any:
    """Mark the ids, of any array type, that say unseen that no passage answers."""
    return ids == SPECIAL.index("[REF0]")


def wrap(tokenizer: Any) -> Any:
    """Give a learnt tokenizer the chat template and the names of its special tokens."""
    from transformers import PreTrainedTokenizerFast

    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        bos_token=SPECIAL[BOS],
        eos_token=SPECIAL[EOS],
        pad_token=SPECIAL[PAD],
        unk_token=SPECIAL[0],
        additional_special_tokens=list(SPECIAL[4:]),
        chat_template=TEMPLATE.read_text(),
        model_max_length=2048,
        clean_up_tokenization_spaces=False,
    )
