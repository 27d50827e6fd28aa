-- Stands in for the project's etc/job_submit.lua while that is missing: lets every job through.
function slurm_job_submit() return slurm.SUCCESS end
function slurm_job_modify() return slurm.SUCCESS end
