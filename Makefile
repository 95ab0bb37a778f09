# The one door for people and CI. `make` alone prints this list.
#   make train ARGS="--without code"      passes ARGS on to `assay train`
#   make test ARGS="tests/envs -k sudoku" passes ARGS on to pytest

.DEFAULT_GOAL := help
.PHONY: help train test vllm test-vllm lint bench-spark bench-game bench-sandbox bench-verifiers \
	bench-judge bench-service bench-generators \
	bench-c3po bench-c3po-reward bench-icepop bench-trainer judge-data audit soak chaos scorecard fuzz docs lock clean

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

vllm: ## make .venv-vllm, an environment with vLLM's CPU build
	@scripts/setup_vllm.sh

test-vllm: vllm ## the engines' tests with vLLM, in that environment, one short training run included
	@.venv-vllm/bin/python -m pytest tests/trainer/engines $(ARGS)

lint: ## ruff (rules and format) and mypy (strict on the public API)
	@scripts/setup.sh train,dev
	@$(PYTHON_IN) -m ruff check .
	@$(PYTHON_IN) -m ruff format --check .
	@$(PYTHON_IN) -m mypy

bench-spark: ## train spark on three seeds and write docs/results/spark.md and .json
	@scripts/setup.sh train
	@$(PYTHON_IN) benchmarks/spark.py $(ARGS)

bench-game: ## train a game of many turns on three seeds and write docs/results/game.md and .json
	@scripts/setup.sh train
	@$(PYTHON_IN) benchmarks/spark.py --recipe game $(ARGS)

bench-sandbox: ## CPU per job, throughput and latency beside runsc, nsjail, docker and subprocess
	@scripts/setup.sh train,dev
	@$(PYTHON_IN) benchmarks/sandbox.py --write $(ARGS)

bench-verifiers: ## CPU and latency of the math verifier beside math-verify: make bench-verifiers DATA=DIR
	@scripts/setup.sh train,dev
	@$(PYTHON_IN) benchmarks/verifiers.py $(if $(DATA),--data $(DATA)) --write $(ARGS)

bench-judge: ## code verdicts beside one subprocess per test: make bench-judge DATA=DIR
	@scripts/setup.sh train,dev
	@$(PYTHON_IN) benchmarks/judge.py $(if $(DATA),--data $(DATA)) --write $(ARGS)

bench-service: ## verdicts over loopback, then overload; ARGS="--peer-python PY" runs OpenEnv beside
	@scripts/setup.sh train,dev
	@$(PYTHON_IN) benchmarks/service.py --write $(ARGS)

bench-generators: ## puzzles made and scored beside reasoning-gym
	@scripts/setup.sh train,dev
	@$(PYTHON_IN) benchmarks/generators.py --write $(ARGS)

bench-c3po: ## C3PO++ beside a synchronous scheduler, simulated and really run (half an hour)
	@scripts/setup.sh train
	@$(PYTHON_IN) benchmarks/c3po.py --write --real-steps 12 $(ARGS)

bench-c3po-reward: ## reward over trained tokens with and without C3PO++, three seeds (an hour)
	@scripts/setup.sh train
	@$(PYTHON_IN) benchmarks/c3po_reward.py --write $(ARGS)

bench-icepop: ## losses under mismatch, cell by cell (hours; ARGS="--minutes 30" for a part)
	@scripts/setup.sh train
	@$(PYTHON_IN) benchmarks/icepop.py --write $(ARGS)

bench-trainer: ## trained tokens/s beside TRL's GRPO trainer: ARGS="--peer-python PY"
	@scripts/setup.sh train
	@$(PYTHON_IN) benchmarks/trainer.py --write $(ARGS)

judge-data: ## every canonical and known-wrong program of the sets, and mutants: make judge-data DATA=DIR
	@scripts/setup.sh train,dev
	@$(PYTHON_IN) scripts/judge_data.py $(DATA) --write $(ARGS)

audit: ## prove every environment over many seeds (ARGS="logic/sudoku --seeds 10" for less)
	@scripts/setup.sh train,dev
	@.venv/bin/assay audit $(ARGS)

soak: ## 100,000 hostile and honest jobs; fails if anything leaks (about an hour)
	@scripts/setup.sh train,dev
	@$(PYTHON_IN) benchmarks/soak.py $(ARGS)

chaos: ## kill training runs at random moments and count what is left (ARGS="--rounds 3" for less)
	@scripts/setup.sh train,dev
	@$(PYTHON_IN) benchmarks/chaos.py --write $(ARGS)

scorecard: ## every verifier on labelled sets, beside math-verify: make scorecard DATA=DIR
	@scripts/setup.sh train,dev
	@$(PYTHON_IN) scripts/scorecard.py $(DATA) $(ARGS)

fuzz: ## a million mutated responses for every verifier (hours; ARGS="--n 10000" for less)
	@scripts/setup.sh train,dev
	@$(PYTHON_IN) benchmarks/fuzz.py --write $(ARGS)

docs: ## write docs/metrics.md and docs/gallery from the code's own definitions
	@scripts/setup.sh train,dev
	@$(PYTHON_IN) scripts/docs.py
	@$(PYTHON_IN) scripts/gallery.py

lock: ## resolve the dependencies anew and write requirements.lock; ARGS=vllm writes vLLM's
	@scripts/setup.sh train,dev
	@$(PYTHON_IN) scripts/lock.py $(ARGS)

clean: ## remove the environment and caches; runs/ stays
	rm -rf .venv .venv-vllm build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -prune -exec rm -rf {} +
