# Every target sets up what it needs (scripts/setup.py) and does nothing twice.
PYTHON ?= python3
UV := .venv/uv/bin/uv
LOCK := $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-header --no-annotate --no-emit-index-url

# nobody has to compile anything to be a client on these
CLIENT_PLATFORMS := aarch64-apple-darwin $(foreach libc,gnu musl,x86_64-unknown-linux-$(libc) aarch64-unknown-linux-$(libc))

export PATH := $(CURDIR)/.venv/bin:$(CURDIR)/node_modules/.bin:$(PATH)
export ORT_DISABLE_TELEMETRY := 1

.DEFAULT_GOAL := help
.PHONY: help demo up ci test test-deep chaos hostile fuzz-api lint coverage prove mutate plant bench bench-audit bench-client \
	bench-gas bench-history bench-index bench-market bench-mechanism bench-validation bench-watermark \
	models processors snapshot build docs wheel lock clean

help: ## Show the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | while IFS="$$(printf '\t')" read -r name what; do \
		printf '  make %-15s %s\n' "$$name" "$$what"; done

demo: ## Run the whole story of a commission on a local market (ARGS=--keep leaves it running)
	@$(PYTHON) scripts/setup.py demo
	@assay demo $(ARGS)

up: ## Start a local market: chain, storage, contracts, index, validators
	@$(PYTHON) scripts/setup.py demo
	@assay up $(ARGS)

test: ## Run the contract tests and the Python tests (CI=true adds the slow ones)
	@$(PYTHON) scripts/setup.py all
	@python scripts/check.py test

test-deep: ## Run the contract tests with up to 10,000 runs of each fuzz test, and invariants for minutes: within an hour
	@$(PYTHON) scripts/setup.py all
	@python scripts/check.py test-deep

chaos: ## Kill commands and nodes at random moments, and run commands again (ARGS="-k deposit", ASSAY_CHAOS=50)
	@$(PYTHON) scripts/setup.py all
	@ASSAY_CHAOS=$${ASSAY_CHAOS:-10} pytest --quiet tests/e2e/test_chaos.py tests/e2e/test_chaos_local.py \
		tests/integration/test_killed_nodes.py $(ARGS)

hostile: ## Offer every hostile model and data file to a validation node, and an honest model after each
	@$(PYTHON) scripts/setup.py all
	@ASSAY_HOSTILE=1 pytest --quiet tests/unit/validation/test_hostile_inputs.py $(ARGS)

fuzz-api: ## Call the index's read API with whatever its document allows and forbids (ARGS="--max-time 600")
	@$(PYTHON) scripts/setup.py assurance
	@python scripts/fuzz_api.py $(ARGS)

lint: ## Check formatting, lint rules, types, and the contracts with slither
	@$(PYTHON) scripts/setup.py assurance
	@python scripts/check.py lint

ci: ## Run all that continuous integration does: lint, every test, coverage, side by side
	@$(PYTHON) scripts/setup.py assurance
	@python scripts/check.py ci

coverage: ## Branch coverage of the contracts, at least 95 %
	@$(PYTHON) scripts/setup.py all
	@python scripts/coverage.py

prove: ## Prove properties of the contracts for all inputs (halmos)
	@$(PYTHON) scripts/setup.py assurance
	@python scripts/prove.py $(ARGS)

mutate: ## Mutation score of the contracts, at least 90 % each (ARGS="--contract Escrow --lines 90-120")
	@$(PYTHON) scripts/setup.py all
	@python scripts/mutate.py $(ARGS)

plant: ## Plant bugs in the contracts and say which layer of tests catches each (ARGS="--folder audit")
	@$(PYTHON) scripts/setup.py all
	@python scripts/plant.py $(ARGS)

bench: ## Run every benchmark; results go to benchmarks/results/
	@$(PYTHON) scripts/setup.py all
	@set -e; for benchmark in audit client gas history index market mechanism throughput validation watermark; do python "benchmarks/$$benchmark.py"; done

bench-audit: ## Plant defects in models of real data, and say which are found and how many healthy models are accused (ARGS="--minutes 2" for a look)
	@$(PYTHON) scripts/setup.py all
	@python benchmarks/audit.py $(ARGS)

bench-gas: ## Measure the gas of every operation and how it grows, beside other projects'
	@$(PYTHON) scripts/setup.py all
	@python benchmarks/gas.py

bench-client: ## Measure what commands, lists and files cost, each beside its limit
	@$(PYTHON) scripts/setup.py all
	@python benchmarks/client.py

bench-history: ## Measure what a history of a million events costs a validator, and five idle ones
	@$(PYTHON) scripts/setup.py all
	@python benchmarks/history.py

bench-index: ## Measure the index: a rebuild, searches beside reading the chain, how soon something is found
	@$(PYTHON) scripts/setup.py all
	@python benchmarks/index.py

bench-market: ## Measure the model market: from a purchase to the opened model, gas, requests
	@$(PYTHON) scripts/setup.py all
	@python benchmarks/market.py

bench-mechanism: ## Simulate bidding, panels and reputation; fails when a claim of docs/mechanism.md does not hold
	@$(PYTHON) scripts/setup.py all
	@python benchmarks/mechanism.py

bench-validation: ## Measure what an evaluation costs beyond the bare run of its model, each figure beside its limit
	@$(PYTHON) scripts/setup.py all
	@python benchmarks/validation.py

bench-watermark: ## Say which changes a watermark survives, that no false claim holds, and what a licensed teacher is worth
	@$(PYTHON) scripts/setup.py all
	@python benchmarks/watermark.py

processors: ## Score honest and hostile models on five processors, four of them emulated (needs qemu-user)
	@$(PYTHON) scripts/setup.py all
	@PYTHONPATH=tests python tests/processors.py

models: ## Train real models of many kinds and have each judged (ARGS="ResNet Keras" for some)
	@$(PYTHON) scripts/setup.py all
	@PYTHONPATH=tests python tests/train_models.py $(ARGS)

snapshot: ## Record the gas of every operation anew: `make test` fails when one has changed
	@$(PYTHON) scripts/setup.py all
	@forge test --quiet --match-path '*Gas.t.sol' --gas-snapshot-emit true

build: ## Compile the contracts and export their ABIs to the SDK
	@$(PYTHON) scripts/setup.py demo

docs: ## Build the site of the guides, the SDK and the contracts: build/site/index.html
	@$(PYTHON) scripts/setup.py docs
	@python scripts/check.py docs

wheel: ## Build the Python package, dist/assay-….whl
	@$(PYTHON) scripts/setup.py demo
	@$(UV) build --quiet --wheel --build-constraints locks/setup.txt
	@ls dist/*.whl

lock: ## Pin the Python dependencies anew after editing pyproject.toml (UPGRADE=--upgrade takes newer ones)
	@test -x $(UV) || $(PYTHON) scripts/setup.py demo
	$(LOCK) $(UPGRADE) --all-extras --no-emit-package torch --output-file locks/all.txt pyproject.toml
	$(LOCK) --extra local --extra dossier --constraints locks/all.txt \
		--output-file locks/demo.txt pyproject.toml
	$(LOCK) $(UPGRADE) --constraints locks/all.txt --output-file locks/docs.txt pyproject.toml locks/docs.in
	$(LOCK) $(UPGRADE) --output-file locks/setup.txt locks/setup.in
	$(LOCK) $(UPGRADE) --output-file locks/node.txt locks/node.in
	$(LOCK) $(UPGRADE) --output-file locks/tools.txt locks/tools.in
	@for platform in $(CLIENT_PLATFORMS); do \
		echo "the client's wheels for $$platform"; \
		$(UV) pip compile --quiet --only-binary :all: --python-platform $$platform --constraints locks/all.txt \
			pyproject.toml > /dev/null || exit 1; done

clean: ## Remove everything generated; environments stay (delete .venv and node_modules yourself)
	@rm -rf build dist docs/reference client/assay/abi .mypy_cache .ruff_cache .pytest_cache .hypothesis
