# cython: boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""The loops behind `slurm_energy.decide.market.starts`; what they compute is specified there."""

from libc.math cimport INFINITY
from libc.stdint cimport int64_t

from cython cimport view

# As in _score.pyx: a row that nothing else points at, and a clone of the loop for AVX2. The inner
# loop goes over starts, so that every start's sum is made in the twin's order.
cdef extern from *:
    """
    #if defined(__x86_64__) && defined(__GLIBC__) && !defined(__clang__)
    __attribute__((target_clones("avx2", "default")))
    #endif
    static void slurm_energy_expected(
        const double *price, Py_ssize_t slots, const double *alive, Py_ssize_t reach,
        double length, Py_ssize_t starts, double *__restrict__ mean)
    {
        for (Py_ssize_t s = 0; s < starts; s++)
            mean[s] = 0.0;
        for (Py_ssize_t k = 0; k < reach && k < slots && alive[k] > 0.0; k++) {
            const double chance = alive[k];
            const Py_ssize_t known = starts < slots - k ? starts : slots - k;
            for (Py_ssize_t s = 0; s < known; s++)
                mean[s] += chance * price[s + k];
        }
        for (Py_ssize_t s = 0; s < starts; s++)
            mean[s] /= length;
    }

    /* Adds to load what units of a shape that start in each slot take. */
    #if defined(__x86_64__) && defined(__GLIBC__) && !defined(__clang__)
    __attribute__((target_clones("avx2", "default")))
    #endif
    static void slurm_energy_taken(
        const double *begun, const double *alive, Py_ssize_t reach, Py_ssize_t slots,
        double *__restrict__ load)
    {
        while (reach > 0 && !(alive[reach - 1] > 0.0))
            reach--;
        for (Py_ssize_t s = 0; s < slots; s++) {
            const double units = begun[s];
            const Py_ssize_t known = reach < slots - s ? reach : slots - s;
            if (units != 0.0)
                for (Py_ssize_t k = 0; k < known; k++)
                    load[s + k] += units * alive[k];
        }
    }
    """
    void taken "slurm_energy_taken"(
        const double* begun, const double* alive, Py_ssize_t reach, Py_ssize_t slots, double* load,
    ) noexcept nogil
    void expected "slurm_energy_expected"(
        const double* price, Py_ssize_t slots, const double* alive, Py_ssize_t reach,
        double length, Py_ssize_t starts, double* mean,
    ) noexcept nogil


def means(
    const double[:, ::1] price,
    const double[:, ::1] alive,
    const int64_t[::1] curve,
    const int64_t[::1] shape,
    const double[::1] length,
    double[:, ::1] mean,
):
    """Fill mean with the expected mean price of each pair's run, start by start."""
    cdef Py_ssize_t pair, starts = mean.shape[1]
    if mean.shape[0] == 0 or starts == 0:
        return
    with nogil:
        for pair in range(curve.shape[0]):
            expected(
                &price[curve[pair], 0], price.shape[1], &alive[shape[pair], 0], alive.shape[1],
                length[pair], starts, &mean[pair, 0]
            )


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
    """Fill start with the cheapest slot of each job, later with what waiting costs beyond now.

    Jobs of a line that may go in the same slot differ only in how far they may look. So the
    cheapest slot as far as each is noted by line, and who may wait longer goes on from there.
    """
    cdef Py_ssize_t jobs = line.shape[0], lines = mean.shape[0], starts = mean.shape[1]
    cdef Py_ssize_t j, s, row, best
    cdef double cost, least, now
    cdef const double* price
    if jobs == 0:
        return
    cdef int64_t[:, ::1] best_until = view.array((lines, starts), sizeof(int64_t), "q")
    cdef int64_t[::1] begins = view.array((lines,), sizeof(int64_t), "q")
    cdef int64_t[::1] reaches = view.array((lines,), sizeof(int64_t), "q")
    cdef double[::1] patience = view.array((lines,), sizeof(double), "d")
    begins[:] = -1
    with nogil:
        for j in range(jobs):
            row = line[j]
            price = &mean[row, 0]
            now = price[first[j]]
            start[j] = first[j]
            later[j] = INFINITY
            if last[j] <= first[j]:
                continue
            if begins[row] != first[j] or patience[row] != delay[j]:
                begins[row], patience[row], reaches[row] = first[j], delay[j], first[j] + 1
                best_until[row, first[j] + 1] = first[j] + 1
            if reaches[row] < last[j]:
                best = best_until[row, reaches[row]]
                least = price[best] + delay[j] * (best - first[j])
                for s in range(reaches[row] + 1, last[j] + 1):
                    cost = price[s] + delay[j] * (s - first[j])
                    if cost < least:
                        least, best = cost, s
                    best_until[row, s] = best
                reaches[row] = last[j]
            best = best_until[row, last[j]]
            least = price[best] + delay[j] * (best - first[j])
            s = kept[j]
            if first[j] < s <= last[j]:
                cost = price[s] + delay[j] * (s - first[j])
                if cost <= least + least_gain:
                    least, best = cost, s
            later[j] = least - now
            if least < now - least_gain:
                start[j] = best


def fill_load(const double[:, ::1] begun, const double[:, ::1] alive, double[::1] load):
    """Add to load what the units in begun (shapes, slots) take from the slots they start in on."""
    cdef Py_ssize_t shape
    if load.shape[0] == 0:
        return
    with nogil:
        for shape in range(begun.shape[0]):
            taken(&begun[shape, 0], &alive[shape, 0], alive.shape[1], load.shape[0], &load[0])
