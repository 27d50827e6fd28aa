# cython: language_level=3, freethreading_compatible=False
"""The two things pyslurm can't do, straight on libslurm: read a queue whole and set SiteFactor 0.

pyslurm neither shows SiteFactor nor asks only for what changed, and it drops a SiteFactor of 0.
Import this after ``pyslurm``, which loads and configures the library: both then share one.
Every call that talks to slurmctld releases the GIL.
"""

from libc.errno cimport errno
from libc.stdint cimport int64_t, uint16_t, uint32_t, uint64_t
from posix.types cimport time_t


cdef extern from *:
    """
    #include <errno.h>
    #include <slurm/slurm.h>
    #include <slurm/slurm_errno.h>

    /* Exported by libslurm, missing in its header. */
    extern char *slurm_job_state_reason_string(uint32_t reason);
    extern int32_t slurm_bit_set_count(bitstr_t *bits);

    /* 26.05 moved the id of a priority record into a step id. */
    #if SLURM_VERSION_NUMBER >= SLURM_VERSION_NUM(26, 5, 0)
    #define SE_FACTORS_ID(record) ((record)->step_id.job_id)
    #else
    #define SE_FACTORS_ID(record) ((record)->job_id)
    #endif
    #define SE_SET_ID(description, id) ((description)->step_id.job_id = (id))
    """
    enum: SLURM_VERSION_NUMBER, SLURM_NO_CHANGE_IN_DATA, NICE_OFFSET
    enum: SHOW_ALL, SHOW_LOCAL
    enum: JOB_STATE_FLAGS, JOB_PENDING, JOB_REVOKED, JOB_COMPLETING
    uint64_t CRON_JOB
    ctypedef struct bitstr_t:
        pass
    ctypedef struct slurm_job_info_t:
        time_t accrue_time
        char *account
        char *admin_comment
        bitstr_t *array_bitmap
        uint32_t array_job_id
        uint32_t array_max_tasks
        uint32_t array_task_id
        char *array_task_str
        uint16_t batch_flag
        uint64_t bitflags
        char *comment
        time_t deadline
        char *dependency
        time_t eligible_time
        time_t end_time
        char *fed_origin_str
        char *fed_siblings_viable_str
        uint32_t het_job_id
        uint32_t job_id
        uint32_t job_state
        char *name
        char *nodes
        uint32_t num_cpus
        uint32_t num_nodes
        uint32_t num_tasks
        char *partition
        uint32_t priority
        char *qos
        uint16_t requeue
        uint16_t restart_cnt
        char *resv_name
        uint32_t site_factor
        time_t start_time
        uint32_t state_reason
        time_t submit_time
        uint32_t time_limit
        char *tres_per_job
        char *tres_per_node
        char *tres_per_task
        char *tres_req_str
        uint32_t user_id
    ctypedef struct job_info_msg_t:
        time_t last_update
        uint32_t record_count
        slurm_job_info_t *job_array
    ctypedef struct list_t:
        pass
    ctypedef struct list_itr_t:
        pass
    ctypedef struct priority_factors_object_t:
        double direct_prio
    ctypedef struct priority_factors_response_msg_t:
        list_t *priority_factors_list
    ctypedef struct job_desc_msg_t:
        uint32_t site_factor

    uint32_t SE_FACTORS_ID(priority_factors_object_t *) nogil
    void SE_SET_ID(job_desc_msg_t *, uint32_t) nogil
    void slurm_init_job_desc_msg(job_desc_msg_t *) nogil
    int slurm_update_job(job_desc_msg_t *) nogil
    char *slurm_job_state_reason_string(uint32_t) nogil
    int slurm_bit_set_count(bitstr_t *) nogil
    char *slurm_strerror(int) nogil
    int slurm_load_jobs(time_t, job_info_msg_t **, uint16_t) nogil
    void slurm_free_job_info_msg(job_info_msg_t *) nogil
    int slurm_load_job_prio(priority_factors_response_msg_t **, uint16_t) nogil
    void slurm_free_priority_factors_response_msg(priority_factors_response_msg_t *) nogil
    list_itr_t *slurm_list_iterator_create(list_t *) nogil
    void *slurm_list_next(list_itr_t *) nogil
    void slurm_list_iterator_destroy(list_itr_t *) nogil


class SlurmRpcError(Exception):
    """Slurm's answer to a call was an error; ``errno`` is Slurm's number for it."""

    def __init__(self, number, text):
        super().__init__(text)
        self.errno = number


cdef object _error():
    """The error of the call just made in this thread."""
    cdef int number = errno
    return SlurmRpcError(number, slurm_strerror(number).decode("utf-8", "replace"))


cdef inline object _text(char *value):
    return "" if value == NULL else value.decode("utf-8", "replace")


def built_for():
    """Return (major, minor) of the Slurm whose headers this was compiled with."""
    return SLURM_VERSION_NUMBER >> 16 & 0xFF, SLURM_VERSION_NUMBER >> 8 & 0xFF


cdef inline object _array_tasks(slurm_job_info_t *job):
    """How many tasks the record stands for; 0 when it belongs to no array."""
    if job.array_bitmap != NULL:
        return slurm_bit_set_count(job.array_bitmap)
    return 1 if job.array_job_id != 0 else 0


cdef tuple _row(slurm_job_info_t *job):
    """One record in the order of :class:`slurm_energy.slurm.rows.Row`.

    A pending job's start and end are backfill's guess and change all the time: they are left out.
    """
    cdef bint pending = (job.job_state & ~JOB_STATE_FLAGS) == JOB_PENDING
    return (
        job.job_id, _text(job.name), job.user_id, _text(job.account), _text(job.partition),
        _text(job.qos), job.job_state & ~JOB_STATE_FLAGS, (job.job_state & JOB_REVOKED) != 0,
        _text(slurm_job_state_reason_string(job.state_reason)), job.submit_time,
        job.eligible_time, job.time_limit, job.num_nodes, job.num_cpus, job.num_tasks,
        _text(job.tres_req_str), _text(job.tres_per_job), _text(job.tres_per_node),
        _text(job.tres_per_task), _text(job.comment), _text(job.admin_comment),
        <int64_t>job.site_factor - <int64_t>NICE_OFFSET, job.priority == 0, job.batch_flag != 0,
        (job.bitflags & CRON_JOB) != 0, _text(job.dependency), _text(job.resv_name), job.deadline,
        _array_tasks(job), job.het_job_id, job.restart_cnt,
        0 if pending else job.start_time, 0 if pending else job.end_time,
        _text(job.fed_origin_str), _text(job.fed_siblings_viable_str), _text(job.nodes),
        job.accrue_time, job.array_max_tasks, (job.job_state & JOB_COMPLETING) != 0,
        job.requeue != 0, job.array_job_id, job.array_task_id, _text(job.array_task_str),
    )


def load_jobs(time_t since):
    """Return (time of the answer, rows), or None when nothing changed after ``since``.

    Only this cluster's own records, whatever FederationParameters says. ``since`` 0 reads all.
    """
    cdef job_info_msg_t *answer = NULL
    cdef int result
    cdef uint32_t index
    with nogil:
        result = slurm_load_jobs(since, &answer, SHOW_ALL | SHOW_LOCAL)
    if result != 0:
        if errno == SLURM_NO_CHANGE_IN_DATA:
            return None
        raise _error()
    try:
        return answer.last_update, [_row(&answer.job_array[index])
                                    for index in range(answer.record_count)]
    finally:
        slurm_free_job_info_msg(answer)


def load_direct():
    """Return {job id: whether somebody set its Priority} of the jobs that are eligible now."""
    cdef priority_factors_response_msg_t *answer = NULL
    cdef list_itr_t *walk
    cdef priority_factors_object_t *factors
    cdef int result
    cdef dict direct = {}
    with nogil:
        result = slurm_load_job_prio(&answer, SHOW_LOCAL)
    if result != 0:
        raise _error()
    if answer == NULL:
        return direct
    if answer.priority_factors_list != NULL:
        walk = slurm_list_iterator_create(answer.priority_factors_list)
        factors = <priority_factors_object_t *>slurm_list_next(walk)
        while factors != NULL:
            direct[SE_FACTORS_ID(factors)] = factors.direct_prio > 0
            factors = <priority_factors_object_t *>slurm_list_next(walk)
        slurm_list_iterator_destroy(walk)
    slurm_free_priority_factors_response_msg(answer)
    return direct


def set_site_factor(uint32_t job_id, int64_t points):
    """Set one pending job's SiteFactor, also to 0. Raises :class:`SlurmRpcError`."""
    cdef job_desc_msg_t description
    cdef int result
    slurm_init_job_desc_msg(&description)
    SE_SET_ID(&description, job_id)
    description.site_factor = <uint32_t>(points + <int64_t>NICE_OFFSET)
    with nogil:
        result = slurm_update_job(&description)
    if result != 0:
        raise _error()
