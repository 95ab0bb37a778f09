"""What stops a training run that is nobody's bad input.

    RuntimeError
    └── TrainerError        e.g. a gradient that is not finite
        └── WorkerLost      a worker died or hung, and only a checkpoint brings its work back

A stalled scheduler is :class:`assay_trainer.scheduler.SchedulerStalled`, logits that are not finite
are :class:`assay_trainer.engines.EngineError`.
"""


class TrainerError(RuntimeError):
    """The run cannot go on; the message says why and how to mend it."""


class WorkerLost(TrainerError):
    """A worker died or hung and could not be replaced alone.

    A run goes back to its last checkpoint, with new workers; this comes out only where that was
    tried too often, or there is no run (``assay evaluate``).
    """
