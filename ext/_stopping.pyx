# cython: boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""The loops behind `slurm_energy.decide.market.stopping`; what they compute is specified there.

A sweep goes backward in time and answers eight questions side by side, one in each lane of its
registers, so that no number waits for its neighbour's; arithmetic is in the twin's order, so
results are equal to the bit. The questions of a sweep share the moment at which their budgets are
used up, and begin as much later than its first moment as their budgets are smaller than the
largest. A question's chances are 0 beyond its last slot of work, and so are the values there.
"""

from libc.math cimport INFINITY
from libc.stdint cimport int16_t, int64_t, uint8_t, uint64_t, uintptr_t

from cython cimport view

# As in _score.pyx: rows that nothing else points at, and clones of the loop, here for AVX-512 too,
# where a register holds all lanes (-ffp-contract=off: no clone rounds otherwise). One row of
# values is enough: a state reads its own place and the next, then it is written. Whether it goes
# is noted as a bit, WORD states to a number. Courses are followed in all lanes at once too, moment
# by moment: a course is noted as the moments in which it runs.
cdef extern from *:
    """
    #define LANES 8
    #define SHIFT 6
    #define WORD (1 << SHIFT)

    #if defined(__x86_64__) && defined(__GLIBC__) && !defined(__clang__)
    #define CLONES __attribute__((target_clones("avx512f", "avx2", "default")))
    #else
    #define CLONES
    #endif
    CLONES static void slurm_energy_states(
        int count, uint64_t bit, const double *__restrict__ now, const double *__restrict__ dear,
        const double *__restrict__ still, const double *__restrict__ lost,
        const double *__restrict__ patience, double *__restrict__ running,
        double *__restrict__ stopped, uint64_t *__restrict__ goes_on,
        uint64_t *__restrict__ resumes)
    {
        for (int l = 0; l < LANES; l++)
            goes_on[l] = resumes[l] = 0;
        for (int state = 0; state < count; state++, bit += bit) {
            for (int l = 0; l < LANES; l++) {
                double on = still[l] * now[l] + running[l + LANES];
                double resumed = on + lost[l] * dear[l];
                double waited = stopped[l] + patience[l];
                goes_on[l] = on <= waited ? goes_on[l] | bit : goes_on[l];
                resumes[l] = resumed <= waited ? resumes[l] | bit : resumes[l];
                running[l] = waited < on ? waited : on;
                stopped[l] = waited < resumed ? waited : resumed;
            }
            still += LANES, lost += LANES, patience += LANES, running += LANES, stopped += LANES;
        }
    }

    typedef int64_t numbers __attribute__((vector_size(8 * LANES), aligned(8), may_alias));

    CLONES static void slurm_energy_courses(
        int moments, int words, const void *goes, const void *begin, const void *slots,
        const void *running, int64_t otherwise, void *runs_in)
    {
        const numbers *states = goes, first = *(const numbers *)begin;
        const numbers last = *(const numbers *)slots;
        numbers work = first - first, runs = *(const numbers *)running != 0, *into = runs_in;
        for (int64_t moment = 0; moment < moments; moment++, states += 2 * words) {
            numbers so = work - work, bit = work & (WORD - 1), open = first <= moment;
            for (int64_t word = 0; word < words; word++) {
                numbers either = (runs & states[words + word]) | (~runs & states[word]);
                so |= either & (work >> SHIFT == word);
            }
            numbers go = (so >> bit & 1) ^ (otherwise & (first == moment));
            go &= open & (work < last);
            runs = (open & (go != 0)) | (~open & runs);
            work += go;
            into[moment / WORD] |= go << moment % WORD;
        }
    }
    """
    void states "slurm_energy_states"(
        int count, uint64_t bit, const double* now, const double* dear, const double* still,
        const double* lost, const double* patience, double* running, double* stopped,
        uint64_t* goes_on, uint64_t* resumes,
    ) noexcept nogil
    void courses "slurm_energy_courses"(
        int moments, int words, const void* goes, const void* begin, const void* slots,
        const void* running, int64_t otherwise, void* runs_in,
    ) noexcept nogil
    int lowest "__builtin_ctzll"(uint64_t bits) noexcept nogil
    enum: LANES
    enum: WORD


# A column per field, as in Resumables.
cdef struct Jobs:
    const int64_t* curve
    const int64_t* shape
    const int64_t* first
    const int64_t* budget
    const double* done
    const uint8_t* running
    const double* delay


cdef struct Answers:
    double* at_once
    double* best
    double* later
    int64_t* wait


cdef struct Lane:
    # One question, and what the first states of its sweep say: beside its own value, those of
    # standing and of running in its first slot.
    int64_t question
    int64_t kind
    int slots
    int budget
    int begin
    bint running
    bint started
    double level
    double best
    double waiting
    double going


cdef struct Sweep:
    int count
    int budget
    int slots
    int words
    Lane lane[LANES]
    # At [slot of work * LANES + lane]: the chance of going on, times what a stop costs, times the
    # price of waiting; and the price of the best course of what runs, of what is stopped.
    double* still
    double* lost
    double* patience
    double* running
    double* stopped
    # At [moment * LANES + lane].
    double* price
    # At [((moment * 2 + runs) * words + slot / WORD) * LANES + lane], bits by slot of work.
    uint64_t* goes
    # At [moment / WORD * LANES + lane], bits by moment: in which of them a course runs.
    uint64_t* runs_in


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


cdef void sweep(Sweep* s) noexcept nogil:
    """What every state does, backward in time; each lane's first states are noted."""
    cdef int time, low, high, n, w, end, word, latest = 0
    cdef double[LANES] dear
    cdef double* now
    cdef uint64_t* goes
    for w in range((s.slots + 1) * LANES):
        s.running[w] = s.stopped[w] = 0.0
    for n in range(s.count):
        latest = max(latest, s.lane[n].begin)
    for time in range(s.slots - 1 + s.budget, -1, -1):
        now = s.price + time * LANES
        low, high = max(0, time - s.budget), min(s.slots - 1, time)
        for n in range(LANES):
            dear[n] = s.lane[n].level + now[n]
        if low == time - s.budget:  # the budget is used up there: it goes
            for n in range(LANES):
                s.stopped[low * LANES + n] = INFINITY
        while low <= high:
            word = low / WORD
            end = min(high + 1, (word + 1) * WORD)
            w = low * LANES
            goes = s.goes + (time * 2 * s.words + word) * LANES
            states(
                end - low, <uint64_t>1 << (low - word * WORD), now, dear, s.still + w,
                s.lost + w, s.patience + w, s.running + w, s.stopped + w,
                goes + s.words * LANES, goes
            )
            low = end
        if time <= latest + 1:
            note(s, time)


cdef void note(Sweep* s, int time) noexcept nogil:
    """The values of the lanes that begin now or did a moment before."""
    cdef int n
    for n in range(s.count):
        if time == s.lane[n].begin + 1:
            s.lane[n].waiting, s.lane[n].going = s.stopped[n], s.running[LANES + n]
        elif time == s.lane[n].begin:
            s.lane[n].best = s.running[n] if s.lane[n].running else s.stopped[n]


cdef void follow(Sweep* s, bint otherwise) noexcept nogil:
    """All lanes' courses: the best ones, or the best that do otherwise in their first slot."""
    cdef int64_t[LANES] begin, slots, running
    cdef int n, moments = s.slots + s.budget
    for n in range(LANES):
        begin[n], running[n] = s.lane[n].begin, s.lane[n].running
        slots[n] = s.lane[n].slots if n < s.count else 0
    for n in range((moments / WORD + 1) * LANES):
        s.runs_in[n] = 0
    courses(moments, s.words, s.goes, begin, slots, running, otherwise, s.runs_in)


cdef int turn(const Sweep* s, int n, int moment, bint runs) noexcept nogil:
    """The first moment from this one on in which a lane's course runs, or stands."""
    cdef int word = moment / WORD
    cdef uint64_t flip = 0 if runs else ~<uint64_t>0
    cdef uint64_t bits = (s.runs_in[word * LANES + n] ^ flip) >> moment % WORD << moment % WORD
    while bits == 0:
        word += 1
        bits = s.runs_in[word * LANES + n] ^ flip
    return word * WORD + lowest(bits)


cdef int64_t put(const Sweep* s, int n, int16_t* path, int64_t end) noexcept nogil:
    """Put a lane's course behind the others: by run without a stop its first slot of work and the
    delay used by then, and the end of all work. Tells where the next course's place is."""
    cdef const Lane* lane = &s.lane[n]
    cdef int work = 0, moment = lane.begin
    while work < lane.slots:
        moment = turn(s, n, moment, True)
        path[end], path[end + 1] = work, moment - lane.begin - work
        work -= moment
        moment = turn(s, n, moment, False)
        work += moment
        end += 2
    path[end] = work
    return end + 1


cdef void tell(
    const Sweep* s, int n, double cost, double delay, Answers found, Py_ssize_t job,
    Py_ssize_t before
) noexcept nogil:
    """A lane's prices; `before` is the job of the lane before it."""
    cdef Lane lane = s.lane[n]
    cdef const double* price = s.price + lane.begin * LANES + n
    cdef double straight = 0.0, resume = 0.0
    cdef bint resumes = lane.started and not lane.running
    cdef int w
    if resumes:
        resume = cost * (lane.level + price[0])
    if n and s.lane[n - 1].kind == lane.kind:  # no budget changes that
        found.at_once[job] = found.at_once[before]
    else:
        for w in range(lane.slots):
            straight = straight + s.still[w * LANES + n] * price[w * LANES]
        found.at_once[job] = straight + resume if resumes else straight
    found.best[job] = lane.best
    found.later[job] = INFINITY
    if lane.budget > 0:
        found.later[job] = lane.waiting + delay - price[0] - lane.going
        if resumes:
            found.later[job] = found.later[job] - resume


cdef inline void* aligned(void* room) noexcept nogil:
    """The first place from here on where a register's load crosses no line of the cache."""
    cdef uintptr_t width = LANES * sizeof(double)
    return <void*>((<uintptr_t>room + width - 1) / width * width)


cdef inline bint alike(Jobs jobs, Py_ssize_t one, Py_ssize_t other) noexcept nogil:
    """Whether two jobs differ in nothing that decides but their budgets."""
    return (
        jobs.curve[one] == jobs.curve[other] and jobs.shape[one] == jobs.shape[other]
        and jobs.first[one] == jobs.first[other] and jobs.done[one] == jobs.done[other]
        and jobs.running[one] == jobs.running[other] and jobs.delay[one] == jobs.delay[other]
    )


cdef void copied(Answers found, Py_ssize_t source, Py_ssize_t job) noexcept nogil:
    """The one job's answer is the other's too."""
    found.at_once[job] = found.at_once[source]
    found.best[job] = found.best[source]
    found.later[job] = found.later[source]
    found.wait[job] = found.wait[source]


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
    that uses no more delay than a smaller budget has is the best under that one as well, so the
    last answer of a sweep serves all budgets from the delay that it hangs on up to its own. Tells
    how many courses were worked out.
    """
    cdef Py_ssize_t count = curve.shape[0], i, j, before = -1, largest = 0
    cdef int64_t kinds = 0, questions = 0, worked = 0, end = 0, q = 0, served = -1
    cdef int used = 0, n
    cdef Sweep s
    cdef Jobs jobs
    cdef Answers found
    if count == 0:
        return 0
    jobs.curve, jobs.shape, jobs.first, jobs.budget = &curve[0], &shape[0], &first[0], &budget[0]
    jobs.done, jobs.running, jobs.delay = &done[0], &running[0], &delay[0]
    found.at_once, found.best, found.later, found.wait = &at_once[0], &best[0], &later[0], &wait[0]
    for j in range(count):
        largest = max(largest, budget[j])
    s.words = (most - 1) / WORD + 1
    # By job its kind and question, by question a job that asks it and its course. Memory that is
    # never written is never had: of the chances and paths only the first rows are.
    cdef int64_t[:, ::1] number = view.array((4, count), sizeof(int64_t), "q")
    cdef int64_t[::1] kind = number[0], question = number[1], asks = number[2], course = number[3]
    cdef int[::1] length = view.array((count,), sizeof(int), "i")
    cdef double[:, ::1] still = view.array((count, most + 1), sizeof(double), "d")
    cdef int16_t[::1] path = view.array(((count + 1) * 2 * (most + 1),), sizeof(int16_t), "h")
    # Five rows of states, the prices and what is decided, each from a new register's width on.
    cdef Py_ssize_t row = (most + 2) * LANES, moment = (largest + most + 1) * LANES
    cdef double[::1] room = view.array(
        (LANES + 5 * row + moment,), sizeof(double), "d"
    )
    cdef uint64_t[::1] bits = view.array(
        (LANES + (2 * s.words + 1) * moment,), sizeof(uint64_t), "Q"
    )
    room[:] = 0.0
    bits[:] = 0
    s.still = <double*>aligned(&room[0])
    s.lost, s.patience = s.still + row, s.still + 2 * row
    s.running, s.stopped, s.price = s.still + 3 * row, s.still + 4 * row, s.still + 5 * row
    s.goes = <uint64_t*>aligned(&bits[0])
    s.runs_in = s.goes + 2 * s.words * moment
    for n in range(LANES):
        s.lane[n].kind, s.lane[n].level, s.lane[n].begin, s.lane[n].running = -1, 0.0, 0, False
    with nogil:
        for i in range(count):
            j = order[i]
            if i == 0 or not alike(jobs, j, before):
                length[kinds] = conditional(alive, shape[j], done[j], &still[kinds, 0], most)
                kinds += 1
                before = -1
            if before < 0 or budget[j] != budget[before]:
                asks[questions] = j
                questions += 1
            kind[j], question[j] = kinds - 1, questions - 1
            before = j
        while q < questions:
            s.count = s.budget = s.slots = 0
            while q < questions and s.count < LANES:
                j = asks[q]
                if crowded(&s, length[kind[j]], budget[j]):
                    break
                if kind[j] == served and budget[j] >= used:
                    course[q] = course[q - 1]
                    copied(found, asks[q - 1], j)
                    if budget[j] == 0:
                        later[j] = INFINITY
                else:
                    seat(
                        &s, jobs, q, j, kind[j], &still[kind[j], 0], length[kind[j]], most, cost,
                        level[curve[j]]
                    )
                q += 1
            if s.count == 0:  # those that were left are served
                break
            for n in range(s.count):
                j = asks[s.lane[n].question]
                show(&s, n, &price[curve[j], 0] + first[j], price.shape[1] - first[j])
            sweep(&s)
            follow(&s, False)
            for n in range(s.count):
                j = asks[s.lane[n].question]
                tell(&s, n, cost, delay[j], found, j, before)
                before = j
                course[s.lane[n].question] = end
                end = put(&s, n, &path[0], end)
                wait[j] = path[course[s.lane[n].question] + 1]
                served = kind[j]
            worked += s.count
            # What the last lane's answer hangs on: how much delay its course uses, and the best
            # one that does otherwise in the first slot.
            used = path[end - 2]
            if q < questions and kind[asks[q]] == served and budget[asks[q]] >= used:
                follow(&s, True)
                used = max(used, path[put(&s, s.count - 1, &path[0], end) - 2])
        for j in range(count):
            q = question[j]
            if asks[q] != j:
                copied(found, asks[q], j)
            take(first[j], units[j], &still[kind[j], 0], length[kind[j]], &path[course[q]], load)
    return worked


cdef inline bint crowded(const Sweep* s, int slots, int budget) noexcept nogil:
    """Whether a question widens a sweep by more than its lanes left free are worth to the next."""
    cdef int wider = max(s.slots, slots) * (max(s.budget, budget) + 1) - s.slots * (s.budget + 1)
    return s.count > 0 and wider * LANES > slots * (budget + 1) * (LANES - s.count)


cdef void seat(
    Sweep* s, Jobs jobs, int64_t question, Py_ssize_t job, int64_t kind, const double* still,
    int slots, int most, double cost, double level
) noexcept nogil:
    """The next lane is this question's."""
    cdef int n = s.count
    cdef Lane* lane = &s.lane[n]
    cdef int w
    cdef Py_ssize_t at
    if lane.kind != kind:
        lane.kind, lane.slots, lane.level = kind, slots, level
        lane.running, lane.started = jobs.running[job], jobs.done[job] > 0.0
        for w in range(most + 1):
            at = w * LANES + n
            s.still[at] = still[w] if w < slots else 0.0
            s.lost[at] = s.still[at] * cost
            s.patience[at] = s.still[at] * jobs.delay[job]
        if not lane.started:
            s.lost[n] = 0.0
    lane.question, lane.budget = question, jobs.budget[job]
    s.count, s.slots, s.budget = n + 1, max(s.slots, slots), max(s.budget, lane.budget)


cdef void show(Sweep* s, int n, const double* price, Py_ssize_t known) noexcept nogil:
    """The prices that a lane's question meets, from the moment it begins; 0 beyond the known."""
    cdef int time, begin = s.budget - s.lane[n].budget, moments = s.slots + s.budget
    cdef double* shown = s.price + n
    s.lane[n].begin = begin
    for time in range(begin):
        shown[time * LANES] = 0.0
    for time in range(min(known, moments - begin)):
        shown[(begin + time) * LANES] = price[time]
    for time in range(begin + known, moments):
        shown[time * LANES] = 0.0


cdef void take(
    Py_ssize_t first, double units, const double* still, int length, const int16_t* path,
    double[::1] load
) noexcept nogil:
    """Add to `load` what a job on this course is expected to take, run by run."""
    cdef Py_ssize_t end
    while path[0] < length:
        end = min(<Py_ssize_t>path[2], load.shape[0] - first - path[1])
        add(units, still, path[0], end, &load[0] + first + path[1])
        path += 2


cdef inline void add(
    double units, const double* still, Py_ssize_t begin, Py_ssize_t end, double* load
) noexcept nogil:
    """Add `units` of these chances."""
    cdef Py_ssize_t w
    for w in range(begin, end):
        load[w] += units * still[w]
