"""A quick run of the long proofs: faulty writes and persistent guessers, judged by the bank's own history."""

from __future__ import annotations

import random
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from actions.guard.keys import Keys
from actions.settings import Secret
from tests.proofs import guessing, writes


def test_of_forty_faulty_writes_none_is_told_wrong_or_made_twice(tmp_path: Path) -> None:
    ends, faults = writes.prove(range(40), 7, tmp_path)

    assert faults == {}
    assert ends["CONFIRMED"] > 5


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    faults=st.lists(
        st.builds(
            writes.Fault,
            st.sampled_from(writes.ANSWERS),
            st.booleans(),
            st.floats(0, 90),
            st.sampled_from(["", "before", "after"]),
        ),
        max_size=4,
    ),
    deaths=st.dictionaries(st.integers(1, 15), st.sampled_from(["before", "after"]), max_size=3),
    seed=st.integers(0, 10**6),
)
def test_any_schedule_of_faults_and_deaths_ends_in_truth(
    tmp_path: Path, faults: list[writes.Fault], deaths: dict[int, str], seed: int
) -> None:
    storage = writes.MortalStorage(f"sqlite:///{tmp_path / 'trial.db'}")
    storage.migrate()
    keys = Keys([Secret("a secret that this proof alone uses 1")])
    trial = writes.Trial(seed, random.Random(seed), storage, keys)
    trial.bank.faults, storage.dies_at = [writes.Fault(**vars(each)) for each in faults], dict(deaths)

    found = trial.run()
    storage.close()
    for each in tmp_path.glob("trial.db*"):
        each.unlink()

    assert found == []


def test_a_guesser_with_restarts_and_jumps_of_the_clock_stays_within_the_limits(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'guessing.db'}"

    early, daily, everything = guessing.one_identity(url, 1_800_000_000.0, random.Random(3))

    assert early <= 3
    assert daily == 5
    assert everything <= 10
