# cython: boundscheck=False, wraparound=False, cdivision=True
"""The scoring loop, compiled; ``score.score_one`` is its specification.

Each line of the loop is the twin's line, in the same order and in doubles, so results
are equal to the bit (the build forbids fused multiply-adds). Four table look-ups a job
are what it costs: the divisions hide behind them, so nothing is precomputed.
"""

from libc.stdint cimport int32_t, uint8_t, uint16_t

# Two things C can say and Cython cannot: nothing else points at the result, without
# which the compiler must score one job after the other; and a clone of the loop for
# AVX2 is chosen when the module is loaded (1.7 times as fast; AVX-512 adds nothing).
cdef extern from *:
    """
    typedef int32_t *__restrict__ slurm_energy_result;
    #if defined(__x86_64__) && defined(__GLIBC__) && !defined(__clang__)
    __attribute__((target_clones("avx2", "default")))
    #endif
    static void slurm_energy_fill(
        Py_ssize_t, const int32_t *, const uint8_t *, const uint16_t *,
        const double *, const double *, const int32_t *, const double *,
        int32_t, int32_t, int32_t, slurm_energy_result);
    """
    ctypedef int32_t *result_t "slurm_energy_result"


cdef void fill_all "slurm_energy_fill"(
    Py_ssize_t jobs,
    const int32_t *slack,
    const uint8_t *urgency,
    const uint16_t *row,
    const double *horizon,
    const double *urgency_weight,
    const int32_t *band,
    const double *energy,
    int32_t slots,
    int32_t slot_seconds,
    int32_t quantum,
    result_t points,
) noexcept nogil:
    cdef Py_ssize_t job
    cdef int32_t at, left, slot
    cdef double ramp, worth
    for job in range(jobs):
        at = row[job]
        left = max(slack[job], <int32_t>0)
        ramp = 1.0 - min(left / horizon[at], 1.0)
        slot = min(<int32_t>(left / <double>slot_seconds), <int32_t>(slots - 1))
        worth = urgency_weight[at] * urgency[job] / 100.0 + energy[at * slots + slot]
        points[job] = (
            <int32_t>(band[at] * ramp * min(worth, 1.0) / quantum) * quantum
        )


def fill(
    const int32_t[::1] slack,
    const uint8_t[::1] urgency,
    const uint16_t[::1] row,
    const double[::1] horizon,
    const double[::1] urgency_weight,
    const int32_t[::1] band,
    const double[:, ::1] energy,
    int32_t slot_seconds,
    int32_t quantum,
    int32_t[::1] points,
):
    """Every job's points, written into ``points`` without the GIL.

    Nothing is checked here: ``score`` has checked lengths, rows and ranges.
    """
    if slack.shape[0] == 0:
        return
    with nogil:
        fill_all(
            slack.shape[0], &slack[0], &urgency[0], &row[0],
            &horizon[0], &urgency_weight[0], &band[0], &energy[0, 0],
            <int32_t>energy.shape[1], slot_seconds, quantum, &points[0],
        )
