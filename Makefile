# The kit's commands; each is one line, `make help` lists them.
# Settings are given as `make submission PROFILE=official SUBMITTER=Me`, or by the environment; make
# passes both on to the kit, which knows them all (submission/workspace/settings.py).

PYTHON ?=
VENV   ?= .venv
BIN     = $(VENV)/bin
# settings are data: a recipe quotes each, so that no apostrophe or blank in one is read by the shell
quoted  = '$(subst ','\'',$(1))'
option  = $(if $(2),$(1) $(call quoted,$(2)))
each    = $(foreach word,$(1),$(call quoted,$(word)))
PY      = $(call quoted,$(BIN)/python)
KIT     = $(PY) -m submission
export KIT_MAKE_VARIABLES := $(MAKEOVERRIDES)
OUT     = $(or $(WORKSPACE),out)
GB      = $(call option,--memory,$(MEMORY))
SCRIPTS = docker/engine.sh docker/lock.sh docker/slim.sh docker/entrypoint tools/setup.sh tools/setup_train.sh tools/setup_fleet.sh .ci/run
READY   = $(VENV)/ready-$(shell cat requirements.txt pyproject.toml 2>/dev/null | cksum | cut -d' ' -f1)
MORE    = $(VENV)/more-$(shell cat requirements.txt pyproject.toml requirements-more.txt 2>/dev/null | cksum | cut -d' ' -f1)
TRAIN   = $(VENV)/train-$(shell cat requirements.txt pyproject.toml requirements-train.txt requirements-torch.txt 2>/dev/null | cksum | cut -d' ' -f1)
# of Ray, which never shares an environment with the kit
FLEET_VENV ?= .venv-fleet
FLEET   = $(FLEET_VENV)/ready-$(shell cat requirements-fleet.txt 2>/dev/null | cksum | cut -d' ' -f1)

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help ask setup more submission plan status run image check sign report campaign fleet add-model models data test test-quick lint bench-sut find-qps tune bench-openvino bench-check bench-join bench-features bench-topologies train jpqd score score-model golden dist clean

help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "make %-16s %s\n", $$1, $$2}' Makefile

setup: $(READY)  ## make .venv with pinned dependencies: PYTHON=python3.12 (default: the first supported one)

# with PYTHON given, setup.sh looks whether .venv is of that Python
$(READY): requirements.txt pyproject.toml $(if $(PYTHON),ask)
	@sh tools/setup.sh $(call quoted,$(PYTHON)) $(call quoted,$(VENV)) $(call quoted,$(READY))

more: $(MORE)  ## add what plots, parquet files and tests with ONNX need to .venv

$(MORE): $(READY) requirements-more.txt
	@echo 'adding to .venv what plots, parquet files and ONNX need' >&2
	@$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps \
	  -r requirements-more.txt && touch $(call quoted,$(MORE))

train: $(TRAIN)  ## add what training a JPQD model needs to .venv (torch, transformers)

$(TRAIN): $(READY) requirements-train.txt requirements-torch.txt
	@sh tools/setup_train.sh $(PY) $(call quoted,$(TRAIN))

# the configuration is read before anything large is installed
jpqd: setup  ## train a JPQD model, or resume its training: CONFIG=models/minilm-squad_jpqd-50/jpqd.json JPQD_ARGS='--threads 2'
	@$(KIT) train-jpqd $(call option,--config,$(CONFIG)) $(JPQD_ARGS) --dry-run
	@$(MAKE) --no-print-directory train
	@$(KIT) train-jpqd $(call option,--config,$(CONFIG)) $(JPQD_ARGS)

score-model: setup  ## F1 of a model over all of SQuAD's dev set, without LoadGen: MODEL=…
	@$(KIT) score-model $(call option,,$(MODEL))

score: score-model  ## the same as score-model (the command `score` is for reviewers: it reads a log)

submission: setup  ## fetch, build, measure, score, lay out, check and pack (PROFILE=demo|official|jpqd)
	@$(KIT) run

plan: setup  ## show what `make submission` would run, and why
	@$(KIT) plan

status: setup  ## show what the last run here has come to, or that of MODEL=…, PROFILE=…
	@$(KIT) status

run: setup  ## measure one cell: MODEL=… SCENARIO=Offline|Server MODE=performance|accuracy
	@$(KIT) run-benchmark $(call option,--model,$(MODEL)) $(call option,--scenario,$(SCENARIO)) \
	  $(call option,--mode,$(MODE))

campaign: setup  ## measure on several systems, join their trees: CAMPAIGN=… (a file in measurements/campaigns/)
	@$(KIT) campaign run $(call option,,$(CAMPAIGN))

fleet: $(FLEET)  ## make the environment of the engine ray, for campaigns on several machines (mlperf-kit fleet start)

$(FLEET): requirements-fleet.txt | $(READY)
	@sh tools/setup_fleet.sh $(if $(PYTHON),$(call quoted,$(PYTHON)),$(PY)) $(call quoted,$(FLEET_VENV)) $(call quoted,$(FLEET))

image: setup  ## build the image
	@$(KIT) run image

check: setup  ## check a tree: TREE=… (default: the one that was made, with its profile's waivers)
	@waivers=$(call quoted,$(if $(TREE),,$(OUT)/waivers.json)); [ -e "$$waivers" ] || waivers=; \
	  $(KIT) check --input $(call quoted,$(or $(TREE),$(OUT)/submission)) $${waivers:+--waivers "$$waivers"}

sign: setup  ## sign the tree and its archive by ssh-keygen: KEY=~/.ssh/id_ed25519
	@$(KIT) sign $(call option,--key,$(KEY)) $(call quoted,$(OUT)/submission) $(call quoted,$(OUT))/*.tar.gz

report: more  ## one HTML page (and Markdown) of a tree: TREE=… (default: the one that was made)
	@$(KIT) report $(call option,,$(TREE))

add-model: setup  ## take over a model of your own, and questions: IR=….xml QUESTIONS=….json MODEL=name
	@$(KIT) add-model $(call option,,$(IR)) $(call option,--data,$(QUESTIONS)) $(call option,--name,$(MODEL))

models: setup  ## fetch and rejoin every model of models/
	@$(KIT) fetch-models --all

data: setup  ## fetch SQuAD v1.1 and the vocabulary, or the data set DATA
	@$(KIT) fetch-data $(call quoted,$(or $(DATA),squad))

test: setup  ## run the tests, in about 12 minutes; those that need an engine run where one answers
	@echo 'all tests take about a quarter of an hour on two cores (make test-quick: two minutes)' >&2
	@$(PY) -m pytest $(PYTEST_ARGS)

test-quick: setup  ## run the tests that are done in two minutes: no fuzzing, kills, training, LoadGen or engine
	@$(PY) -m pytest -q -m 'not slow' --docker=never $(PYTEST_ARGS)

lint: setup  ## ruff, mypy strict, import contracts, shellcheck, hadolint
	@bin=$(call quoted,$(BIN)); "$$bin"/ruff check . && "$$bin"/ruff format --check . && "$$bin"/mypy && \
	  "$$bin"/lint-imports && "$$bin"/shellcheck $(SCRIPTS) && "$$bin"/hadolint Dockerfile

bench-sut: setup  ## measure the SUT against the reference implementation: MODELS="…" ROUNDS=3 SAMPLES=400 MEMORY=GB PUBLISHED_STACK=1
	@$(KIT) bench-sut $(call each,$(MODELS)) $(call option,--rounds,$(or $(ROUNDS),3)) \
	  $(call option,--samples,$(or $(SAMPLES),400)) $(GB) $(if $(PUBLISHED_STACK),--published-stack)

find-qps: setup  ## find the highest VALID Server rate: MODEL=… DATA=… WAY=ours|published|published-stack BOUND=130|idle4|stack4 PRECISION=f32|bf16 BUDGET_S=3600 MEMORY=GB
	@$(KIT) find-qps $(call option,,$(MODEL)) $(call option,--way,$(or $(WAY),ours)) \
	  $(call option,--bound,$(or $(BOUND),$(BOUND_MS),130)) \
	  $(call option,--budget,$(BUDGET_S)) $(call option,--precision,$(PRECISION)) $(GB)

tune: setup  ## measure plans here on SQuAD (make data), store the fastest: MODEL=… BUDGET_S=900 MEMORY=GB
	@$(KIT) tune $(call option,,$(MODEL)) $(call option,--budget,$(or $(BUDGET_S),900)) $(GB)

bench-openvino: setup  ## compare versions of OpenVINO here by instruction set, and extend measurements/openvino.json: MODELS="…" ROUNDS=3 SAMPLES=200
	@$(KIT) bench-openvino $(call each,$(MODELS)) $(call option,--rounds,$(ROUNDS)) \
	  $(call option,--samples,$(SAMPLES))

bench-check: setup  ## time the checker on trees (ARCHIVES=…), in turn with the official one (OFFICIAL_CHECKER=…)
	@$(KIT) bench-check $(call option,--archives,$(ARCHIVES)) \
	  $(call option,--official-checker,$(OFFICIAL_CHECKER))

bench-join: setup  ## time rejoining a 2 GB model against reading, hashing and writing it once
	@$(KIT) bench-join

bench-features: data  ## time making and loading features against a plain WordPiece loop
	@$(KIT) bench-features

bench-topologies: setup  ## time the published topologies beside their dense baselines (synthetic weights)
	@$(KIT) bench-topologies

dist: setup  ## build the wheel, the source archive and mlperf-kit.pyz into dist/, reproducibly
	@$(BIN)/python tools/packaging/make_dist.py dist

golden: setup  ## rewrite the expected texts, RULES.md and models/MANIFEST.md after a wanted change
	@$(PY) -m pytest -q tests/unit --golden

clean:  ## remove out/ with all its runs, dist/ and caches; .venv stays, and images (tools/images.py removes them)
	rm -rf out build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
