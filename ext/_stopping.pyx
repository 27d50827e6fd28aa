# cython: boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""The loops behind `slurm_energy.decide.stopping`; what they compute is specified there.

States of one moment (work done plus delay used is the same) depend on the next moment's alone, so
a sweep goes backward in time, all states of a moment side by side: two rows of doubles that stay
in the first cache, and arithmetic in the twin's order, so results are equal to the bit.
"""

from libc.math cimport INFINITY
from libc.stdint cimport int16_t, int64_t, uint8_t
from libc.stdlib cimport free, malloc

from cython cimport view

# As in _score.pyx: rows that nothing else points at, and a clone of the loop for AVX2.
cdef extern from *:
    """
    #if defined(__x86_64__) && defined(__GLIBC__) && !defined(__clang__)
    __attribute__((target_clones("avx2", "default")))
    #endif
    static void slurm_energy_moment(
        int low, int high, double now, double dear, double delay,
        const double *__restrict__ still, const double *__restrict__ lost,
        const double *__restrict__ ran, const double *__restrict__ stood,
        double *__restrict__ running, double *__restrict__ stopped,
        uint8_t *__restrict__ goes_on, uint8_t *__restrict__ resumes)
    {
        for (int w = low; w <= high; w++) {
            double on = still[w] * now + ran[w + 1];
            double resumed = on + lost[w] * dear;
            double waited = stood[w] + still[w] * delay;
            goes_on[w] = on <= waited;
            resumes[w] = resumed <= waited;
            running[w] = on <= waited ? on : waited;
            stopped[w] = resumed <= waited ? resumed : waited;
        }
    }
    """
    void moment "slurm_energy_moment"(
        int low, int high, double now, double dear, double delay,
        const double* still, const double* lost, const double* ran, const double* stood,
        double* running, double* stopped, uint8_t* goes_on, uint8_t* resumes,
    ) noexcept nogil


cdef struct Scratch:
    double* still
    double* lost
    double* running
    double* stopped
    uint8_t* go


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
    const double* price, Py_ssize_t known, int slots, int budget, double level, double cost,
    double delay, bint started, Scratch s, double* waiting, double* going
) noexcept nogil:
    """Backward in time; leaves the first state's values, and in `go` what every state does.

    `go[(time * 2 + running) * slots + work]`. `waiting` and `going` are, for the first state, the
    values of waiting a slot and of having run one.
    """
    cdef int width = slots + 2, time, w, low, high
    cdef double now, on, resumed
    cdef double* running
    cdef double* stopped
    cdef double* ran
    cdef double* stood
    cdef uint8_t* goes_on
    cdef uint8_t* resumes
    for w in range(slots):
        s.lost[w] = s.still[w] * cost
    if not started:
        s.lost[0] = 0.0
    for w in range(2 * width):
        s.running[w] = 0.0
        s.stopped[w] = 0.0
    for time in range(slots - 1 + budget, -1, -1):
        running = s.running + (time & 1) * width
        stopped = s.stopped + (time & 1) * width
        ran = s.running + (1 - (time & 1)) * width
        stood = s.stopped + (1 - (time & 1)) * width
        resumes = s.go + 2 * time * slots
        goes_on = resumes + slots
        now = price[time] if time < known else 0.0
        low = max(0, time - budget)
        high = min(slots - 1, time)
        if time == 0:
            waiting[0] = stood[0]
            going[0] = ran[1]
        if low == time - budget:
            on = s.still[low] * now + ran[low + 1]
            resumed = on + s.lost[low] * (level + now)
            goes_on[low] = 1
            resumes[low] = 1
            running[low] = on
            stopped[low] = resumed
            low += 1
        moment(
            low, high, now, level + now, delay, s.still, s.lost, ran, stood, running, stopped,
            goes_on, resumes
        )
        running[slots] = 0.0
        stopped[slots] = 0.0


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
    int64_t[::1] wait,
    const int64_t[::1] order,
):
    """Fill the answers, and add to `load` what the jobs are expected to take, slot by slot.

    `order` has jobs alike but for their budget side by side, the largest budget first. A course
    that uses no more delay than a smaller budget has is the best under that one as well, so one
    sweep serves all budgets from the delay that it used up to its own. Tells how many it took.
    """
    cdef Py_ssize_t jobs = curve.shape[0], i, j, last = -1, largest = 0
    cdef int64_t sweeps = 0
    cdef int used = 0
    cdef Scratch scratch
    cdef int64_t[::1] course = view.array((max(jobs, 1),), sizeof(int64_t), "q")
    cdef int16_t[:, ::1] path = view.array((max(jobs, 1), most + 1), sizeof(int16_t), "h")
    for j in range(jobs):
        largest = max(largest, budget[j])
    scratch.still = <double*>malloc((most + 1) * sizeof(double))
    scratch.lost = <double*>malloc((most + 1) * sizeof(double))
    scratch.running = <double*>malloc(2 * (most + 2) * sizeof(double))
    scratch.stopped = <double*>malloc(2 * (most + 2) * sizeof(double))
    scratch.go = <uint8_t*>malloc(2 * (largest + most + 1) * (most + 1))
    try:
        if not (
            scratch.still and scratch.lost and scratch.running and scratch.stopped and scratch.go
        ):
            raise MemoryError
        with nogil:
            for i in range(jobs):
                j = order[i]
                if last < 0 or budget[j] > budget[last] or budget[j] < used or not (
                    curve[j] == curve[last] and shape[j] == shape[last]
                    and first[j] == first[last] and done[j] == done[last]
                    and running[j] == running[last] and delay[j] == delay[last]
                ):
                    used = one(
                        price, level[curve[j]], alive, curve[j], shape[j], first[j],
                        <int>budget[j], done[j], running[j], delay[j], cost, most, scratch,
                        &at_once[j], &best[j], &later[j], &wait[j], &path[sweeps, 0]
                    )
                    sweeps += 1
                    last = j
                else:
                    at_once[j] = at_once[last]
                    best[j] = best[last]
                    later[j] = later[last] if budget[j] > 0 else INFINITY
                    wait[j] = wait[last]
                course[j] = sweeps - 1
            for j in range(jobs):
                take(
                    alive, shape[j], first[j], done[j], units[j], most, scratch.still,
                    &path[course[j], 0], load
                )
    finally:
        free(scratch.still)
        free(scratch.lost)
        free(scratch.running)
        free(scratch.stopped)
        free(scratch.go)
    return sweeps


cdef int one(
    const double[:, ::1] price, double level, const double[:, ::1] alive, Py_ssize_t curve,
    Py_ssize_t shape, Py_ssize_t first, int budget, double done, bint running, double delay,
    double cost, int most, Scratch scratch, double* at_once, double* best, double* later,
    int64_t* wait, int16_t* path
) noexcept nogil:
    """One job's answer, and in `path` the slot in which it does each part of its work.

    Returns how much delay its answer hangs on: that of the best course after going now, and of the
    best one after waiting.
    """
    cdef Py_ssize_t slots = price.shape[1]
    cdef const double* line = &price[curve, 0] + first
    cdef int length = conditional(alive, shape, done, scratch.still, most)
    cdef bint started = done > 0.0
    cdef double resume = cost * (level + line[0]) if started and not running else 0.0
    cdef double waiting = 0.0, going = 0.0, straight = 0.0
    cdef int w, used
    cdef bint goes
    sweep(
        line, slots - first, length, budget, level, cost, delay, started, scratch, &waiting, &going
    )
    for w in range(length):
        straight = straight + scratch.still[w] * (line[w] if first + w < slots else 0.0)
    at_once[0] = straight
    if started and not running:
        at_once[0] = straight + resume
    best[0] = scratch.running[0] if running else scratch.stopped[0]
    later[0] = INFINITY
    if budget == 0:
        for w in range(length):
            path[w] = w
        wait[0] = 0
        return 0
    later[0] = waiting + delay - line[0] - going
    if started and not running:
        later[0] = later[0] - resume
    goes = scratch.go[running * length]
    # Both courses are walked; the one that is not taken first, so that the other one stays.
    used = walk(scratch.go, length, 0 if goes else 1, path)
    used = max(used, walk(scratch.go, length, 1 if goes else 0, path))
    wait[0] = path[0]
    return used


cdef int walk(const uint8_t* go, int length, int work, int16_t* path) noexcept nogil:
    """The course from the second slot on, after having run (`work` 1) or stood (0) in the first.

    Fills in when each slot of work is done; returns the delay it uses.
    """
    cdef int w = work, time = 1
    cdef bint running = work == 1
    path[0] = 0
    while w < length:
        if go[(2 * time + running) * length + w]:
            path[w] = time
            w += 1
            running = True
        else:
            running = False
        time += 1
    return path[length - 1] - (length - 1)


cdef void take(
    const double[:, ::1] alive, Py_ssize_t shape, Py_ssize_t first, double done, double units,
    int most, double* still, const int16_t* path, double[::1] load
) noexcept nogil:
    """Add to `load` what a job on this course is expected to take."""
    cdef int w, length = conditional(alive, shape, done, still, most)
    for w in range(length):
        if first + path[w] < load.shape[0]:
            load[first + path[w]] += units * still[w]
