"""Supervision: a worker that is dead, hung or slow is noticed, named and replaced.

Every call to a worker goes through a `Worker` and every answer is waited for in `Call.result`, with
a bound: this is the one place where a death is seen. A worker keeps a `Log` of the calls that made
its state. When its process dies or does not answer in time, a new one is made, the log is played to
it again, and the call that failed is asked again, so whoever waits for the answer sees none of it:

    call ─► Worker ─► actor            Gone, or no answer within ``patience_s``
              │                                       │
              └── Log: open, state, calls since  ─► new actor: the same calls again

The engine repeats the same work on the same weights from the state it had when the iteration began,
which the controller holds a reference to, and must write the same tokens: a digest of them is
compared. A reward worker is given its open episodes and asked for its verdicts again. What cannot
be repeated (a learner rank; tokens that come out otherwise; data that died with its owner; too many
replacements in one step) is :class:`WorkerLost`, and the run goes back to its last checkpoint.

It knows nothing of Ray (see `Wire`) and nothing of what the calls mean but for the two logs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from assay_trainer.errors import TrainerError, WorkerLost
from assay_trainer.recovery_config import RecoveryConfig

_START_S = 600.0
"""In which a new process has to open, however short ``patience_s``: it imports and loads first."""


class Gone(Exception):
    """The process behind an actor is dead or hangs; the message goes on after its name."""


class Late(Exception):
    """No answer yet; the message says of which part of a worker, or nothing."""


class Unstarted(Exception):
    """The process behind an actor could not make it; the message is why. No other will either."""


class DataLost(Exception):
    """An answer or an argument died with the process that owned it."""


class Wire(Protocol):
    """What supervision needs of Ray."""

    def get(self, reference: Any, timeout_s: float) -> Any:
        """The value, or what the call raised, or one of the four errors above."""

    def kill(self, actor: Any) -> None:
        """End the actor's process if it still runs."""


@dataclass
class Watch:
    """How long one waits and how often one replaces, for all workers of a run.

    Attributes:
        wire: to the workers.
        config: the bounds.
        say: is told what happened.
        replaced: workers replaced since the last step was made.
        slow: what was told of slow workers.
    """

    wire: Wire
    config: RecoveryConfig
    say: Callable[[str], object]
    replaced: int = 0
    slow: set[str] = field(default_factory=set)

    def wait(self, call: Call) -> Any:
        """The answer; :class:`Gone` if the worker is dead or too late."""
        slow, patience = self.config.slow_s, self.config.patience_s
        if call.method == "open":
            patience = max(patience, _START_S)
        try:
            return self.wire.get(call.reference, min(slow, patience))
        except Late:
            self._tell_slow(call)
        try:
            return self.wire.get(call.reference, max(0.0, patience - slow))
        except Late as late:
            text = f"{late} hung: no answer to {call.method} in {patience:g} s"
            raise Gone(text.strip()) from None

    def _tell_slow(self, call: Call) -> None:
        """Once for each kind of call: a long step is long every time."""
        what = f"the {call.worker.name} worker is slow: {call.method} takes over"
        if self.config.slow_s < self.config.patience_s and what not in self.slow:
            self.slow.add(what)
            self.say(f"{what} {self.config.slow_s:g} s")


@dataclass(eq=False)
class Call:
    """One call to a worker and the reference to its answer, which a replacement renews.

    Attributes:
        worker, method, args, kwargs: what was asked of whom.
        reference: to the answer.
        life: which of the worker's processes was asked.
        heard: the answer has come.
        mark: what the log wants to remember of it.
    """

    worker: Worker
    method: str
    args: tuple[Any, ...]
    kwargs: dict[str, Any] = field(default_factory=dict)
    reference: Any = None
    life: int = -1
    heard: bool = False
    mark: Any = None

    def result(self) -> Any:
        """Wait for the answer, replacing the worker if need be; :class:`WorkerLost` if in vain."""
        while True:
            try:
                value = self.worker.watch.wait(self)
            except Gone as gone:
                self.worker.replace(self, gone)
            except DataLost as lost:
                name = self.worker.name
                raise WorkerLost(f"the {name} worker was left without data: {lost}") from lost
            except Unstarted as error:
                raise self._cannot_start(str(error)) from error
            except Exception as error:
                cause = getattr(error, "cause", None)  # Ray's, around what is no error of ours
                if self.method != "open" or cause is None:
                    raise
                raise self._cannot_start(f"{type(cause).__name__}: {cause}") from error
            else:
                self.heard = True
                self.worker.log.hear(self, value)
                return value

    def _cannot_start(self, reason: str) -> TrainerError:
        return TrainerError(f"the {self.worker.name} worker cannot start: {reason}")


class Log(Protocol):
    """The calls that made a worker's state."""

    replaceable: bool

    def add(self, call: Call) -> None:
        """A call was made."""

    def hear(self, call: Call, value: Any) -> None:
        """Its answer came."""

    def again(self) -> Sequence[Call]:
        """What to ask a new process, in order: logged calls, or shorter ones in their place."""

    def same(self, call: Call, value: Any) -> bool:
        """Whether the answer to a repeated call is what it was."""


class Worker:
    """One worker: ``worker.method.remote(*args)`` gives a `Call`.

    Args:
        name: what a person reads, e.g. ``engine``.
        spawn: makes its process.
        log: remembers its calls.
        watch: bounds and wire.
    """

    def __init__(self, name: str, spawn: Callable[[], Any], log: Log, watch: Watch) -> None:
        self.name, self.log, self.watch = name, log, watch
        self._spawn = spawn
        self._life = 0
        self.actor = spawn()

    def __getattr__(self, method: str) -> _Method:
        if method.startswith("_"):
            raise AttributeError(method)
        return _Method(self, method)

    def ask(self, method: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Call:
        call = Call(self, method, args, kwargs)
        self._issue(call)
        self.log.add(call)
        return call

    def replace(self, failed: Call, gone: Gone) -> None:
        """Make sure that ``failed`` is being answered by a living process."""
        if failed.life == self._life:
            self._begin_life(gone)
        if failed.life < self._life:  # it was not among what the log played again
            self._issue(failed)

    def _begin_life(self, gone: Gone) -> None:
        reason = f"{self.name} worker {gone}"
        limit = self.watch.config.attempts
        if not self.log.replaceable:
            raise WorkerLost(f"the {reason}")
        if self.watch.replaced >= limit:
            raise WorkerLost(f"the {reason}, after {limit} replacements in one step")
        self.watch.replaced += 1
        self.watch.say(f"the {reason}: replaced, its work is taken up again")
        self.watch.wire.kill(self.actor)
        self.actor = self._spawn()
        self._life += 1
        for call in self.log.again():
            self._issue(call)
            if call.heard:
                self._hear_again(call)

    def _hear_again(self, call: Call) -> None:
        try:
            value = self.watch.wait(call)
        except (Gone, DataLost, Unstarted) as lost:
            text = f"the new {self.name} worker cannot repeat {call.method}: {lost}"
            raise WorkerLost(text) from lost
        if not self.log.same(call, value):
            raise WorkerLost(f"the new {self.name} worker gave {call.method} another answer")

    def _issue(self, call: Call) -> None:
        call.life = self._life
        call.reference = getattr(self.actor, call.method).remote(*call.args, **call.kwargs)


@dataclass(frozen=True)
class _Method:
    worker: Worker
    name: str

    def remote(self, *args: Any, **kwargs: Any) -> Call:
        return self.worker.ask(self.name, args, kwargs)


class NoLog:
    """Of a worker whose state only a checkpoint brings back."""

    replaceable = False

    def add(self, call: Call) -> None:
        """Nothing is kept."""

    def hear(self, call: Call, value: Any) -> None:
        """Nothing is kept."""

    def again(self) -> Sequence[Call]:
        return ()

    def same(self, call: Call, value: Any) -> bool:
        return True


_READS = frozenset({"seconds", "past_actions", "last_actions", "save", "written", "sleep"})
"""Calls to an engine that leave no trace in what it writes."""


class EngineLog:
    """All calls since the state that the engine gave when the iteration began.

    Its ``state`` call is never waited for: an answer to any later call proves that it was answered
    too, and everything before it is let go. That answer, unlike what a worker puts into the object
    store itself, belongs to the controller and outlives the worker.
    """

    replaceable = True

    def __init__(self) -> None:
        self._calls: list[Call] = []
        self._state: Call | None = None  # not known to be answered yet

    def add(self, call: Call) -> None:
        if call.method not in _READS:
            self._calls.append(call)
        if call.method == "state":
            self._state = call

    def hear(self, call: Call, value: Any) -> None:
        if call.method == "advance":
            call.mark = value[0]
        if self._state is not None and call in self._calls[self._calls.index(self._state) :]:
            self._begin_with(self._state)

    def again(self) -> Sequence[Call]:
        return tuple(self._calls)

    def same(self, call: Call, value: Any) -> bool:
        return call.method != "advance" or bool(value[0] == call.mark)

    def _begin_with(self, state: Call) -> None:
        """Let go of what was before a state that is there."""
        place = self._calls.index(state)
        before = self._calls[:place]
        opened = [call for call in before if call.method == "open"]
        weights = [call for call in before if call.method == "load_weights"][-1:]
        held = Call(state.worker, "load_state", (state.reference,), heard=True)
        self._calls = [*opened, *weights, held, *self._calls[place + 1 :]]
        self._state = None


class RewardLog:
    """The episodes that are open on a reward worker, and what was said in them."""

    replaceable = True

    def __init__(self) -> None:
        self._calls: list[Call] = []
        self._open: set[str] = set()

    def add(self, call: Call) -> None:
        if call.method == "forget":
            self._open.difference_update(call.args[0])
            return
        if call.method in ("start", "replay"):
            self._open.update(_uids(call))
        self._calls = [old for old in self._calls if self._matters(old)]
        self._calls.append(call)

    def hear(self, call: Call, value: Any) -> None:
        if call.method == "step":
            self._open.difference_update(outcome.uid for outcome in value[0] if outcome.done)

    def again(self) -> Sequence[Call]:
        return tuple(self._narrowed(call) for call in self._calls if self._matters(call))

    def same(self, call: Call, value: Any) -> bool:
        return True  # what it judges again, or says again, was heard before

    def _matters(self, call: Call) -> bool:
        return not call.heard or call.method == "open" or not self._open.isdisjoint(_uids(call))

    def _narrowed(self, call: Call) -> Call:
        """The call without the episodes that are over; as it is where its answer is waited for."""
        if not call.heard:
            return call
        if call.method == "start":
            [starts] = call.args
            return replace(call, args=([s for s in starts if s.uid in self._open],))
        if call.method == "step":
            uids, texts, places = call.args
            kept = [(u, p) for u, p in zip(uids, places, strict=True) if u in self._open]
            return replace(call, args=([u for u, _ in kept], texts, [p for _, p in kept]))
        return call


def _uids(call: Call) -> Iterator[str]:
    """The episodes that a call to a reward worker is about."""
    if call.method in ("start", "replay"):
        yield from (start.uid for start in call.args[0])
    elif call.method == "step":
        yield from call.args[0]
