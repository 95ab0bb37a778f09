"""Chat: messages to token ids and back, for a model's own tokenizer or one made from a suite.

The tokenizer of a model made from nothing is a byte-level BPE trained on the suite's own prompts
and solutions: fixed phrases become single tokens, numbers stand alone, any text can be encoded.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from assay_datasets import InputError, Message

_ROLES = ("<|system|>", "<|user|>", "<|assistant|>")
_PAD, _END = "<|pad|>", "<|end|>"
_THINK = ("<think>", "</think>")
_ACTION = "\u241f"  # stands for an action where only the template around it is wanted
_TEMPLATE = (
    "{% for message in messages %}<|{{ message.role }}|>{{ message.content }}"
    "{% if message.role == 'assistant' %}<|end|>{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)


class Chat:
    """A tokenizer with the three things the trainer asks of it.

    Attributes:
        tokenizer: the transformers tokenizer underneath.
        pad_id: id used for padding; never attended to.
        stop_ids: ids that end a response.
    """

    def __init__(self, tokenizer: Any) -> None:
        if tokenizer.eos_token_id is None:
            raise InputError("the model's tokenizer has no end-of-sequence token; set eos_token")
        if not tokenizer.chat_template:
            raise InputError("the model's tokenizer has no chat template; set chat_template")
        self.tokenizer = tokenizer
        self.stop_ids: tuple[int, ...] = (int(tokenizer.eos_token_id),)
        pad = tokenizer.pad_token_id
        self.pad_id = int(tokenizer.eos_token_id if pad is None else pad)

    @classmethod
    def load(cls, model_dir: Path) -> Chat:
        """The tokenizer saved in ``model_dir``; nothing is fetched from a hub."""
        from transformers import AutoTokenizer

        try:
            return cls(AutoTokenizer.from_pretrained(model_dir, local_files_only=True))
        except (OSError, ValueError) as error:
            if isinstance(error, InputError):
                raise
            first = str(error).strip().splitlines()[0]
            raise InputError(f"the tokenizer in {model_dir} does not load: {first}") from error

    def save(self, model_dir: Path) -> None:
        self.tokenizer.save_pretrained(model_dir)

    def prompt_ids(self, messages: Sequence[Message]) -> list[int]:
        """Token ids of the conversation, up to where the policy begins to write."""
        text = self.tokenizer.apply_chat_template(
            list(messages), tokenize=False, add_generation_prompt=True
        )
        return list(self.tokenizer.encode(text, add_special_tokens=False))

    def turn_ids(self, messages: Sequence[Message]) -> list[int]:
        """Token ids that follow a finished action: the new messages and the policy's next turn.

        They are what the template writes behind an action and its end token, which the policy wrote
        itself. What it writes before depends on the place of the action, and is not looked at.
        """
        before = [{"role": "user", "content": "a"}, {"role": "assistant", "content": _ACTION}]
        whole = self.tokenizer.apply_chat_template(
            [*before, *messages], tokenize=False, add_generation_prompt=True
        )
        turn = whole.partition(_ACTION)[2].removeprefix(self.tokenizer.eos_token)
        return list(self.tokenizer.encode(turn, add_special_tokens=False))

    def response_ids(self, text: str) -> list[int]:
        """Token ids of a response as the policy would write it, end token included."""
        return [*self.tokenizer.encode(text, add_special_tokens=False), self.stop_ids[0]]

    def text(self, ids: Iterable[int]) -> str:
        """The text of policy tokens, without end and padding tokens."""
        drop = {*self.stop_ids, self.pad_id}
        kept = [i for i in ids if i not in drop]
        return str(self.tokenizer.decode(kept, clean_up_tokenization_spaces=False))


def train_tokenizer(texts: Iterable[str], vocab_size: int) -> Chat:
    """A byte-level BPE tokenizer with a chat template, trained on ``texts``."""
    from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    core = Tokenizer(models.BPE())
    core.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex("</?think>"), "isolated"),
            pre_tokenizers.Digits(individual_digits=False),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    core.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocab_size,
        special_tokens=[_PAD, _END, *_ROLES],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    core.train_from_iterator(texts, trainer)
    core.add_tokens([AddedToken(mark, normalized=False) for mark in _THINK])
    tokenizer = PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=core,
        pad_token=_PAD,
        eos_token=_END,
        clean_up_tokenization_spaces=False,
    )
    tokenizer.chat_template = _TEMPLATE
    return Chat(tokenizer)
