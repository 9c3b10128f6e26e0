"""The other end of ``peers.Peer``, run by the Python of the peers: ``peer_worker.py NAME PULSES.npy``.

For every number read, so many repeats of the work; one line of seconds per piece and results.  Knows nothing of crashsim.
"""

import contextlib
import io
import sys
import time
import warnings

import numpy as np

POUNDS = 1 / 0.45359237  # per kg
FOOT = 0.3048  # m


def pycrash(repeats, _):
    """Seconds of a crash of two masses and one spring at 70 mph, velocity change of the first [m/s], steps taken."""
    from pycrash import SDOF_Model, Vehicle

    def vehicle(name, mass, mph):
        return Vehicle(name, {"year": 2000, "weight": mass * POUNDS, "vx_initial": mph, "vy_initial": 0, "omega_z": 0,
                              "brake": 0, "head_angle": 0, "init_x_pos": 0, "init_y_pos": 0, "izz": 1000, "k": 60000.0,
                              "pimpact_x": 5, "pimpact_y": 0})  # fmt: skip

    inputs = {"name": "kei-pickup", "k": 40000.0, "cor": 0.1, "tstop": None}
    first, second = vehicle("kei", 816, 35), vehicle("pickup", 2495, -35)
    begin = time.perf_counter()
    for _ in range(repeats):
        history = SDOF_Model(first, second, model_inputs=inputs).model
    seconds = (time.perf_counter() - begin) / repeats
    return seconds, (history.v1.iloc[0] - history.v1.iloc[-1]) * FOOT, len(history)


def crashmetrics(repeats, pulses):
    """Seconds of a HIC15 of a pulse sampled at 10 kHz [g], and the value of the last one."""
    from crashmetrics.pedestrian import calculate_hic

    t = np.arange(pulses.shape[1]) * 1e-4
    begin = time.perf_counter()
    for i in range(repeats):
        found = calculate_hic(t, pulses[i % len(pulses)], window_ms=15.0)
    return (time.perf_counter() - begin) / repeats, found.value


def main():
    """Answer until the other end hangs up."""
    warnings.simplefilter("ignore")
    work, pulses = {"pycrash": pycrash, "crashmetrics": crashmetrics}[sys.argv[1]], np.load(sys.argv[2])
    for line in sys.stdin:
        with contextlib.redirect_stdout(io.StringIO()):  # pycrash prints
            numbers = work(int(line), pulses)
        print(*numbers, flush=True)


if __name__ == "__main__":
    main()
