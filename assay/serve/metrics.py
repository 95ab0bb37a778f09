"""What the server counts, as Prometheus reads it from ``/metrics``.

Four kinds of failure stay apart: what a program or response did wrong is a verdict's reason; what
the sandbox or a worker lost and what no verifier could decide are reasons of ``undecided``; what
was wrong with a request is ``assay_rejected_total``. Labels come from closed lists only, never from
what a client sent.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from assay.serve.errors import ServiceError

if TYPE_CHECKING:
    from assay.serve.service import Service

BY_ID = "task"
"""The label of verdicts on tasks by id."""

Line = dict[str, object]

_SECONDS = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0)


class Metrics:
    """Counters of one service, in a registry of their own."""

    def __init__(self, service: Service) -> None:
        self.registry = CollectorRegistry()
        self.registry.register(_Gauges(service))
        self._known = frozenset({BY_ID, *(each.name for each in service.verifiers())})
        self._verdicts = Counter(
            "assay_verdicts",
            "Verdicts, by verifier, outcome and reason.",
            ("verifier", "outcome", "reason"),
            registry=self.registry,
        )
        self._judging = Histogram(
            "assay_verdict_seconds",
            "Seconds that a verdict took, waiting not included.",
            ("verifier",),
            buckets=_SECONDS,
            registry=self.registry,
        )
        self._errors = Counter(
            "assay_error_lines",
            "Items of a batch that were no request.",
            registry=self.registry,
        )
        self._requests = Counter(
            "assay_requests",
            "HTTP requests, by route and status.",
            ("route", "status"),
            registry=self.registry,
        )
        self._latency = Histogram(
            "assay_request_seconds",
            "Seconds from a request's head to the end of its reply, by route.",
            ("route",),
            buckets=_SECONDS,
            registry=self.registry,
        )
        self._rejected = Counter(
            "assay_rejected",
            "Requests that got no answer, by cause.",
            ("cause",),
            registry=self.registry,
        )
        self._programs = Counter(
            "assay_programs",
            "Programs and cells run for clients, by what came of them.",
            ("status",),
            registry=self.registry,
        )

    def judged(self, verifier: str, line: Line) -> None:
        """Count one verdict line."""
        if "error" in line:
            self._errors.inc()
            return
        name = verifier if verifier in self._known else "unknown"
        self._verdicts.labels(name, line["outcome"], line["reason"]).inc()
        seconds = line["seconds"]
        if isinstance(seconds, float):
            self._judging.labels(name).observe(seconds)

    def ran(self, status: str) -> None:
        self._programs.labels(status).inc()

    def rejected(self, error: ServiceError) -> None:
        self._rejected.labels(error.kind).inc()

    def requested(self, route: str, status: int, seconds: float) -> None:
        """Count one HTTP request; ``route`` is the pattern that matched, never the path."""
        self._requests.labels(route, str(status)).inc()
        self._latency.labels(route).observe(seconds)

    def render(self) -> bytes:
        """The text that Prometheus reads."""
        return generate_latest(self.registry)


class _Gauges:
    """What is read off the service when Prometheus asks."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def describe(self) -> Iterable[Metric]:
        return []

    def collect(self) -> Iterator[Metric]:
        state = self._service.state()
        for name, text, label, values in (
            ("queued_items", "Items waiting, by lane.", "lane", state.waiting),
            ("working_items", "Items in workers, by lane.", "lane", state.working),
            ("sessions", "Open sessions, by kind.", "kind", state.sessions),
            ("workers", "Living workers, by crew.", "crew", state.workers),
            ("worker_bytes", "Memory that a crew's workers hold.", "crew", state.worker_bytes),
        ):
            gauge = GaugeMetricFamily(f"assay_{name}", text, labels=[label])
            for key, value in values.items():
                gauge.add_metric([key], value)
            yield gauge
        died = CounterMetricFamily("assay_workers_died", "Workers lost.", labels=["crew"])
        for crew, count in state.workers_died.items():
            died.add_metric([crew], count)
        yield died
        yield GaugeMetricFamily("assay_draining", "1 while stopping.", value=float(state.draining))
        yield from _sandboxes(state.sandboxes)


_POOL = (
    ("jobs", "Jobs finished."),
    ("sandbox_failed", "Jobs of which nothing can be said."),
    ("depth", "Jobs waiting for a slot."),
    ("in_flight", "Jobs in a slot."),
    ("sessions", "Kept interpreters."),
    ("p50_s", "Median seconds of a job, waiting included."),
    ("p99_s", "99th percentile of the same."),
)


def _sandboxes(stats: dict[str, dict[str, float]]) -> Iterator[Metric]:
    for field, text in _POOL:
        gauge = GaugeMetricFamily(f"assay_sandbox_{field}", text, labels=["template"])
        for template, pool in stats.items():
            gauge.add_metric([template], pool[field])
        yield gauge
