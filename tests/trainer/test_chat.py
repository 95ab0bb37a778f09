"""Chat: any text survives the tokenizer, and the pieces of an episode join to the conversation."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from transformers import PreTrainedTokenizerFast

from assay_datasets import InputError
from assay_trainer.chat import Chat, train_tokenizer

TRAINING = ["countdown 3 7 11", "<think>7 * 3 = 21</think>\n21", "line\nline é 漢", "a ab abc"] * 3
PROMPT = [{"role": "user", "content": "Guess."}]
REPLY = [{"role": "user", "content": "Too low."}]
ACTION = "<think>half of 10</think>\n5"
QWEN_LIKE = (
    "{% for message in messages %}<|{{ message.role }}|>"
    "{% if message.role == 'assistant' and loop.last %}<think></think>{% endif %}"
    "{{ message.content }}<|end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)


@given(st.text())
def test_any_text_comes_back(chat: Chat, text: str) -> None:
    ids = chat.response_ids(text)
    assert ids[-1] in chat.stop_ids
    assert chat.text(ids) == text


@pytest.mark.parametrize("text", ["", " lead", "a , b . c ' s", "x\r\n\ty", "1234 56", ACTION])
def test_no_space_is_cleaned_up(chat: Chat, text: str) -> None:
    assert chat.text(chat.response_ids(text)) == text


@pytest.mark.parametrize("mark", ["<think>", "</think>"])
def test_think_marks_are_single_tokens_wherever_they_stand(chat: Chat, mark: str) -> None:
    [one] = chat.tokenizer.encode(mark, add_special_tokens=False)
    assert one in chat.response_ids(f"a{mark}b")


def test_padding_and_end_are_not_text(chat: Chat) -> None:
    ids = chat.response_ids("21")
    assert chat.text([*ids, chat.pad_id, chat.pad_id]) == "21"
    assert chat.pad_id not in chat.stop_ids


def _fingerprint() -> str:
    tokenizer = train_tokenizer(TRAINING, 320).tokenizer
    return hashlib.sha256(tokenizer.backend_tokenizer.to_str().encode()).hexdigest()


def test_training_gives_the_same_bytes_in_another_process() -> None:
    script = (
        "import importlib.util as u, sys\n"
        "spec = u.spec_from_file_location('t', sys.argv[1])\n"
        "module = u.module_from_spec(spec); spec.loader.exec_module(module)\n"
        "print(module._fingerprint())\n"
    )
    other = subprocess.run(
        [sys.executable, "-c", script, __file__],
        env={**os.environ, "PYTHONHASHSEED": "7", "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert other.stdout.strip() == _fingerprint()


def test_saved_tokenizer_loads_as_it_was(chat: Chat, tmp_path: Path) -> None:
    chat.save(tmp_path)
    again = Chat.load(tmp_path)
    assert again.prompt_ids(PROMPT) == chat.prompt_ids(PROMPT)
    assert again.response_ids(ACTION) == chat.response_ids(ACTION)
    assert again.text(again.response_ids("a , b")) == "a , b"
    assert (again.pad_id, again.stop_ids) == (chat.pad_id, chat.stop_ids)


@pytest.mark.parametrize("template", [None, QWEN_LIKE])
def test_prompt_action_and_turn_join_to_the_whole_conversation(template: str | None) -> None:
    chat = train_tokenizer(TRAINING, 320)
    chat.tokenizer.chat_template = template or chat.tokenizer.chat_template
    joined = chat.prompt_ids(PROMPT) + chat.response_ids(ACTION) + chat.turn_ids(REPLY)
    whole = [*PROMPT, {"role": "assistant", "content": ACTION}, *REPLY]
    assert joined == chat.prompt_ids(whole)


@pytest.mark.parametrize("missing", ["eos_token", "chat_template"])
def test_tokenizer_without_what_training_needs_is_refused(missing: str) -> None:
    core = train_tokenizer(TRAINING, 320).tokenizer.backend_tokenizer
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=core, eos_token="<|end|>")  # noqa: S106
    tokenizer.chat_template = "{{ messages }}"
    setattr(tokenizer, missing, None)
    with pytest.raises(InputError, match=f"set {missing}"):
        Chat(tokenizer)


def test_without_a_padding_token_the_end_pads() -> None:
    core = train_tokenizer(TRAINING, 320).tokenizer.backend_tokenizer
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=core, eos_token="<|end|>")  # noqa: S106
    tokenizer.chat_template = "{{ messages }}"
    chat = Chat(tokenizer)
    assert chat.pad_id == chat.stop_ids[0]


def test_directory_without_a_tokenizer_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"the tokenizer in .* does not load"):
        Chat.load(tmp_path)
