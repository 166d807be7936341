"""The replay itself: arrivals, replicas that come and go, and a look of the policy now and then."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from router.simulation.policies import Look, Policy
from router.simulation.replica import EngineModel, Job, Replica
from router.simulation.trace import Arrival

LOOK_EVERY_S = 2.0
# Requests that a replica takes in before a gateway keeps the next: as `deployments.app` sets it.
_HELD_PER_SEQUENCE = 2


@dataclass(frozen=True, slots=True)
class Standing:
    """Replicas at one moment: wanted by the policy, and up."""

    at: float
    wanted: int
    up: int


@dataclass(frozen=True, slots=True)
class Replay:
    """What came of it; `replica_seconds` from each one's order to its end, starts included."""

    policy: str
    jobs: Sequence[Job]
    course: Sequence[Standing]
    replica_seconds: float
    engine: EngineModel

    @property
    def gpu_hours(self) -> float:
        """What the replicas took of GPUs."""
        return self.replica_seconds * self.engine.gpus / 3600


def replay(arrivals: Sequence[Arrival], policy: Policy, engine: EngineModel) -> Replay:
    """Play the arrivals through, to the end of the last answer."""
    return _World(policy, engine).run(arrivals)


@dataclass
class _World:
    policy: Policy
    engine: EngineModel
    replicas: list[Replica] = field(default_factory=list)
    queue: deque[Job] = field(default_factory=deque)
    done: list[Job] = field(default_factory=list)
    course: list[Standing] = field(default_factory=list)
    spent: float = 0.0
    wanted: int = 0

    def run(self, arrivals: Sequence[Arrival]) -> Replay:
        self.wanted = self.policy.start()
        self.replicas = [Replica(self.engine, 0.0, 0.0) for _ in range(self.wanted)]
        jobs = [Job(arrival) for arrival in arrivals]
        now, look_at, coming = 0.0, 0.0, deque(jobs)
        while coming or self.queue or any(replica.held for replica in self.replicas):
            now = min(self._times(look_at, coming, now))
            self._advance(now)
            while coming and coming[0].arrival.at <= now:
                self.queue.append(coming.popleft())
            if now >= look_at:
                self._look(now)
                look_at = now + LOOK_EVERY_S
            self._hand_out(now)
        self.spent += sum(now - replica.begun for replica in self.replicas)
        return Replay(self.policy.name, jobs, self.course, self.spent, self.engine)

    def _times(self, look_at: float, coming: deque[Job], now: float) -> Iterator[float]:
        """What may come next; while nothing waits for a replica, it minds its own events."""
        yield look_at
        if coming:
            yield coming[0].arrival.at
        for replica in self.replicas if self.queue else ():
            if replica.ready > now:
                yield replica.ready
            event = replica.next_event()
            if event is not None:
                yield event

    def _advance(self, now: float) -> None:
        for replica in self.replicas:
            self.done.extend(replica.advance(now))
        for replica in [one for one in self.replicas if one.leaving and not one.held]:
            self.replicas.remove(replica)
            self.spent += now - replica.begun

    def _look(self, now: float) -> None:
        up = [one for one in self.replicas if one.ready <= now and not one.leaving]
        loads = [replica.stats() for replica in up]
        self.wanted = self.policy.decide(Look(now, loads, len(self.queue), self.wanted))
        self._follow(now)
        self.course.append(Standing(now, self.wanted, len(up)))

    def _follow(self, now: float) -> None:
        """Start what lacks; let go first what is not up yet, then what has least to do."""
        staying = [one for one in self.replicas if not one.leaving]
        for _ in range(self.wanted - len(staying)):
            self.replicas.append(Replica(self.engine, now, now + self.engine.start_s))
        staying.sort(key=lambda one: (one.ready <= now, one.held))
        for replica in staying[: max(0, len(staying) - self.wanted)]:
            replica.leaving = True

    def _hand_out(self, now: float) -> None:
        """Each request to the replica that holds the fewest."""
        most = _HELD_PER_SEQUENCE * self.engine.sequences
        up = [one for one in self.replicas if one.ready <= now and not one.leaving]
        while self.queue and up:
            least = min(up, key=lambda one: one.held)
            if least.held >= most:
                return
            least.take(self.queue.popleft(), now)
