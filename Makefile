# The one door for people and CI. `make` alone prints this list.
#   make train ARGS="--without code"      passes ARGS on to `assay train`
#   make test ARGS="tests/envs -k sudoku" passes ARGS on to pytest

.DEFAULT_GOAL := help
.PHONY: help train test lint bench-spark bench-sandbox bench-verifiers soak scorecard fuzz docs lock clean

PYTHON_IN := .venv/bin/python
ARGS ?=

help: ## print this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

train: ## set up, then train the default recipe spark and write its report
	@scripts/setup.sh train
	@.venv/bin/assay train $(ARGS)

test: ## set up, then run every test, one short real training run included
	@scripts/setup.sh train,dev
	@$(PYTHON_IN) -m pytest $(ARGS)

lint: ## ruff (rules and format) and mypy (strict on the public API)
	@scripts/setup.sh train,dev
	@$(PYTHON_IN) -m ruff check .
	@$(PYTHON_IN) -m ruff format --check .
	@$(PYTHON_IN) -m mypy

bench-spark: ## train spark on three seeds and write docs/results/spark.md and .json
	@scripts/setup.sh train
	@$(PYTHON_IN) benchmarks/spark.py $(ARGS)

bench-sandbox: ## CPU per job, throughput and latency beside runsc, nsjail, docker and subprocess
	@scripts/setup.sh train,dev
	@$(PYTHON_IN) benchmarks/sandbox.py --write $(ARGS)

bench-verifiers: ## CPU and latency of the math verifier beside math-verify: make bench-verifiers DATA=DIR
	@scripts/setup.sh train,dev
	@$(PYTHON_IN) benchmarks/verifiers.py $(if $(DATA),--data $(DATA)) --write $(ARGS)

soak: ## 100,000 hostile and honest jobs; fails if anything leaks (about an hour)
	@scripts/setup.sh train,dev
	@$(PYTHON_IN) benchmarks/soak.py $(ARGS)

scorecard: ## every verifier on labelled sets, beside math-verify: make scorecard DATA=DIR
	@scripts/setup.sh train,dev
	@$(PYTHON_IN) scripts/scorecard.py $(DATA) $(ARGS)

fuzz: ## a million mutated responses for every verifier (hours; ARGS="--n 10000" for less)
	@scripts/setup.sh train,dev
	@$(PYTHON_IN) benchmarks/fuzz.py --write $(ARGS)

docs: ## write docs/metrics.md from the trainer's own definitions
	@scripts/setup.sh train
	@$(PYTHON_IN) scripts/docs.py

lock: ## resolve the dependencies anew and write requirements.lock
	@scripts/setup.sh train,dev
	@$(PYTHON_IN) scripts/lock.py

clean: ## remove the environment and caches; runs/ stays
	rm -rf .venv build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -prune -exec rm -rf {} +
