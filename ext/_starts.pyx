# cython: boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""The loop behind `slurm_energy.decide.starts`; what it computes is specified there."""

from libc.math cimport INFINITY
from libc.stdint cimport int64_t


def pick(
    const double[:, ::1] mean,
    const int64_t[::1] line,
    const int64_t[::1] first,
    const int64_t[::1] last,
    const int64_t[::1] kept,
    const double[::1] delay,
    double least_gain,
    int64_t[::1] start,
    double[::1] later,
):
    """Fill start with the cheapest slot of each job, later with what waiting costs beyond now."""
    cdef Py_ssize_t jobs = line.shape[0]
    cdef Py_ssize_t j, s, best
    cdef double cost, least, now
    cdef const double* price
    with nogil:
        for j in range(jobs):
            price = &mean[line[j], 0]
            now = price[first[j]]
            start[j] = first[j]
            later[j] = INFINITY
            if last[j] <= first[j]:
                continue
            best = first[j] + 1
            least = price[best] + delay[j]
            for s in range(first[j] + 2, last[j] + 1):
                cost = price[s] + delay[j] * (s - first[j])
                if cost < least:
                    least = cost
                    best = s
            s = kept[j]
            if first[j] < s <= last[j]:
                cost = price[s] + delay[j] * (s - first[j])
                if cost <= least + least_gain:
                    least = cost
                    best = s
            later[j] = least - now
            if least < now - least_gain:
                start[j] = best
