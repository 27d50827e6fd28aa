# cython: boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""The loops behind `slurm_energy.decide.stopping`; what they compute is specified there."""

from libc.stdint cimport int64_t, uint8_t
from libc.math cimport INFINITY
from libc.stdlib cimport free, malloc

cdef int conditional(
    const double[:, ::1] alive, Py_ssize_t shape, double done, double* still, int most
) noexcept nogil:
    """Chance that the run goes on after w more slots, given that it lasted `done`; how many."""
    cdef Py_ssize_t last = alive.shape[1] - 1
    cdef Py_ssize_t whole = <Py_ssize_t>done
    cdef double part = done - whole
    cdef double base = 1.0
    cdef int w = 0
    while w < most and whole + w < last:
        still[w] = alive[shape, whole + w] * (1.0 - part) + alive[shape, whole + w + 1] * part
        if w == 0:
            base = still[0]
            if base <= 1e-9:
                break
        still[w] /= base
        if still[w] < 1e-3:
            break
        w += 1
    if w == 0:
        still[0] = 1.0
        w = 1
    return w


cdef void sweep(
    const double* price, Py_ssize_t known, const double* still, int slots, int budget,
    double level, double cost, double delay, int started, double* value, uint8_t* go
) noexcept nogil:
    """Backward over work done and delay used. Planes: 0 stopped, 1 running; rows: work done."""
    cdef Py_ssize_t row = budget + 1
    cdef Py_ssize_t plane = (slots + 1) * row
    cdef Py_ssize_t at
    cdef int w, d
    cdef double now, on, resumed, waited
    for d in range(budget + 1):
        value[slots * row + d] = 0.0
        value[plane + slots * row + d] = 0.0
    for w in range(slots - 1, -1, -1):
        for d in range(budget, -1, -1):
            now = price[d + w] if d + w < known else 0.0
            at = w * row + d
            on = still[w] * now + value[plane + at + row]
            resumed = on
            if w > 0 or started:
                resumed = on + still[w] * cost * (level + now)
            if d == budget:
                go[at] = 1
                go[plane + at] = 1
                value[at] = resumed
                value[plane + at] = on
                continue
            waited = value[at + 1] + still[w] * delay
            go[plane + at] = on <= waited
            value[plane + at] = on if on <= waited else waited
            go[at] = resumed <= waited
            value[at] = resumed if resumed <= waited else waited


def answer(
    const double[:, ::1] price,
    const double[::1] level,
    const double[:, ::1] alive,
    const int64_t[::1] curve,
    const int64_t[::1] shape,
    const int64_t[::1] first,
    const int64_t[::1] budget,
    const double[::1] done,
    const uint8_t[::1] running,
    const double[::1] units,
    const double[::1] delay,
    double cost,
    int most,
    double[::1] load,
    double[::1] at_once,
    double[::1] best,
    double[::1] later,
    int64_t[::1] go_at,
):
    """Fill the answers, and add to `load` what the jobs are expected to take, slot by slot."""
    cdef Py_ssize_t jobs = curve.shape[0], slots = price.shape[1]
    cdef Py_ssize_t j, row, plane, at, largest = 0
    cdef int w, d, length, free_slots, state
    cdef const double* line
    cdef double here, straight
    for j in range(jobs):
        largest = max(largest, budget[j])
    cdef double* value = <double*>malloc(2 * (largest + 1) * (most + 1) * sizeof(double))
    cdef uint8_t* go = <uint8_t*>malloc(2 * (largest + 1) * (most + 1))
    cdef double* still = <double*>malloc((most + 1) * sizeof(double))
    if value == NULL or go == NULL or still == NULL:
        free(value)
        free(go)
        free(still)
        raise MemoryError
    with nogil:
        for j in range(jobs):
            length = conditional(alive, shape[j], done[j], still, most)
            free_slots = <int>budget[j]
            line = &price[curve[j], 0] + first[j]
            sweep(
                line, slots - first[j], still, length, free_slots, level[curve[j]], cost,
                delay[j], done[j] > 0.0, value, go
            )
            row = free_slots + 1
            plane = (length + 1) * row
            state = running[j]
            straight = 0.0
            for w in range(length):
                here = line[w] if first[j] + w < slots else 0.0
                straight = straight + still[w] * here
            here = line[0]
            at_once[j] = straight
            if not state and done[j] > 0.0:
                at_once[j] = straight + cost * (level[curve[j]] + here)
            best[j] = value[state * plane]
            later[j] = INFINITY
            if free_slots > 0:
                # Going now and still choosing afterwards, against waiting a slot.
                later[j] = value[1] + delay[j] - here - value[plane + row]
                if not state and done[j] > 0.0:
                    later[j] = later[j] - cost * (level[curve[j]] + here)
            go_at[j] = -1
            w = 0
            d = 0
            while w < length:
                at = state * plane + w * row + d
                if go[at]:
                    if go_at[j] < 0:
                        go_at[j] = d
                    if first[j] + d + w < slots:
                        load[first[j] + d + w] += units[j] * still[w]
                    w += 1
                    state = 1
                else:
                    d += 1
                    state = 0
    free(value)
    free(go)
    free(still)
