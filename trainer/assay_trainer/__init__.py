"""The trainer: engines, rollout scheduler, losses, learner. The only room that imports torch."""
