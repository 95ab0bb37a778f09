"""The Task record and what is done to sets of tasks. Imports nothing of ours."""

from assay_datasets.blend import Blend, Share, TaskSpec
from assay_datasets.errors import InputError
from assay_datasets.plugins import add_plugin
from assay_datasets.registry import Registry
from assay_datasets.seeds import derive_random, derive_seed
from assay_datasets.task import Json, Message, Split, Task, canonical_json, content_hash, split_of

__all__ = [
    "Blend",
    "InputError",
    "Json",
    "Message",
    "Registry",
    "Share",
    "Split",
    "Task",
    "TaskSpec",
    "add_plugin",
    "canonical_json",
    "content_hash",
    "derive_random",
    "derive_seed",
    "split_of",
]
