"""What stops a training run that is nobody's bad input.

    RuntimeError
    └── TrainerError        e.g. a gradient that is not finite
        └── WorkerLost      a worker process died; resume from the last checkpoint

A stalled scheduler is :class:`assay_trainer.scheduler.SchedulerStalled`, logits that are not finite
are :class:`assay_trainer.engines.EngineError`.
"""


class TrainerError(RuntimeError):
    """The run cannot go on; the message says why and how to mend it."""


class WorkerLost(TrainerError):
    """A worker process died. Nothing up to the last checkpoint is lost."""
