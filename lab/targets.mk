# The laboratory: a real two-cluster Slurm on this machine. SLURM_ENERGY_LAB names the instance.
HOST ?= east
LAB = python3 -m lab

.PHONY: lab-up lab-down lab-status lab-shell lab-purge

lab-up: ## start the two-cluster laboratory, or bring it up to date
	@$(LAB) up

lab-down: ## stop the laboratory; leaves no mount, namespace or process
	@$(LAB) down

lab-status: ## show what runs in the laboratory
	@$(LAB) status

lab-shell: ## open a shell on HOST=east (or west)
	@$(LAB) shell $(HOST)

lab-purge: ## stop the laboratory and remove its caches
	@$(LAB) purge
