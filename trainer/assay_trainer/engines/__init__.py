"""Engines: the samplers that turn the policy's weights into tokens.

The seam (:mod:`.engine`) and what stands behind it. Importing the package imports torch, not
transformers; :class:`~assay_trainer.engines.torch_engine.TorchEngine` is imported from its module.
"""

from assay_trainer.engines.engine import (
    Emission,
    Emissions,
    Engine,
    EngineError,
    Finish,
    Request,
)

__all__ = ["Emission", "Emissions", "Engine", "EngineError", "Finish", "Request"]
