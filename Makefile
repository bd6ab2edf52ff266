# Everything starts here: `make` lists the targets. Nothing needs to be installed first but Python 3.11+ with its
# venv module; .ci/start makes .venv on the first call and leaves it alone afterwards.
#
# PYTHON=python3.12   the Python that makes .venv            PORT=9000      the port of `make lab`
# ARGS="-k swap -x"   more options for pytest (fast, test)   NO_BROWSER=1   `make lab` opens no browser window

PY := .venv/bin/python
NOTEBOOKS := $(wildcard notebooks/*.ipynb)
# What is written in C has no outputs to compare where nothing compiles it.
IN_C := $(if $(shell command -v cc),,notebooks/14-in-c.ipynb)
# Strict: the committed outputs are compared. The cache plugin is off, for cells have no stable test names.
NBVAL := -p nbval.plugin --nbval --nbval-current-env --nbval-cell-timeout 60 -p no:cacheprovider

# nbconvert's pages would load libraries for widgets and formulas from afar; ours have neither.
NO_LINKS := --HTMLExporter.require_js_url= --HTMLExporter.mathjax_url=

export PYTHON

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

lab: ## Open the notebooks in JupyterLab (makes .venv on the first call)
	@sh .ci/start lab
	@exec $(PY) -m pmulab lab notebooks $(if $(PORT),--port "$(PORT)") $(if $(NO_BROWSER),--no-browser)

# In a folder of its own: in .venv it would put extensions of its own into our JupyterLab.
NBGRADER := nbgrader==0.9.* alembic==1.* mako==1.* rapidfuzz==3.* sqlalchemy==2.* greenlet==3.*

build/nbgrader: | venv
	@$(PY) -m pip install -q --disable-pip-version-check --no-deps --target $@ $(foreach one,$(NBGRADER),"$(one)") \
	    || { rm -rf $@; echo "nbgrader cannot be had: its tests are left out"; }

# In a folder of its own for the same reason: what comes with it is none of ours. Some is there already.
DASK := distributed==2026.* dask==2026.* click==8.* cloudpickle==3.* fsspec==2026.* importlib-metadata==10.* \
    lazy-importer==0.1.* locket==1.* msgpack==1.* partd==1.* tblib==3.* toolz==1.* zict==3.* zipp==4.*

build/dask: | venv
	@$(PY) -m pip install -q --disable-pip-version-check --no-deps --target $@ $(foreach one,$(DASK),"$(one)") \
	    || { rm -rf $@; echo "dask.distributed cannot be had: its tests are left out"; }

# Whoever has nothing left to do steals from the other's end: until then each has files of its own, and keeps
# what they have worked out. Browsers come after that, two at a time: with more they wait for each other.
# The cells of a notebook share a kernel, so they stay together.
test: lint build/nbgrader build/dask ## Run every check: lint, all tests, notebooks, browser (where a Chromium is found)
	@$(PY) -m pytest -rs -n auto --dist worksteal -m "not browser and not thorough" $(ARGS)
	@$(PY) -m pytest -rs -n 2 --dist loadfile -m "browser and not thorough" $(ARGS)
	@$(if $(NOTEBOOKS),PMULAB_PROGRESS=off $(PY) -m pytest -n auto --dist loadscope $(NBVAL) $(filter-out $(IN_C),$(NOTEBOOKS)),echo "no notebooks yet")

thorough: venv build/nbgrader build/dask ## Run every row of the largest tables as well: an hour and more
	@$(PY) -m pytest -rs -n auto --dist worksteal -m "not browser" $(ARGS)
	@$(PY) -m pytest -rs -m "browser and thorough" $(ARGS)

fast: venv ## Run the quick tests only: no browser, no notebooks
	@$(PY) -m pytest -q -m "not slow and not notebook and not browser" $(ARGS)

# A search that is traced may meet its limit in time: the table comes all the same.
coverage: venv ## Count the lines and branches that the tests run, slow ones too: no browser, no notebooks
	@$(PY) -m coverage erase
	-@$(PY) -m coverage run -m pytest -q -m "not notebook and not browser" $(ARGS)
	@$(PY) -m coverage combine -q
	@$(PY) -m coverage json -q -o - | $(PY) .ci/covered.py

lint: venv lint-js ## Check style, format, types and spelling
	@$(PY) -m ruff check --quiet .
	@$(PY) -m ruff format --quiet --check .
	@$(PY) -m mypy --no-error-summary
	@$(PY) -m codespell_lib

format: venv ## Put the code in the house format
	@$(PY) -m ruff check --quiet --fix .
	@$(PY) -m ruff format .

notebooks: venv ## Run the notebooks and store their static outputs
	@$(PY) tests/render_notebooks.py

golden: venv ## Rewrite tests/golden/ from what the code prints now; look at the diff
	@$(PY) -m pytest -q -m "not notebook and not browser" --update-golden

differential: venv ## Search 20,000 random worlds for a guest that notices (ARGS="--runs 500 --seed 3")
	@$(PY) tests/sim/test_differential.py $(ARGS)

wide: venv ## Try 100,000 drawn cases of the unchanged Hypervisor (ARGS="--cases 5000 --seed 9")
	@$(PY) tests/explorer/many.py $(ARGS)

bench: venv ## Measure the model (and QEMU beside it, where it is installed)
	@$(PY) tests/bench/bench_access.py
	@$(PY) tests/bench/bench_switch.py
	@$(PY) tests/bench/bench_explorer.py
	@$(PY) tests/bench/bench_curves.py

mutants: venv ## Judge machine-made mutants of the reference: every one caught, or explained
	@cd tests && PYTHONPATH=. ../$(PY) lab/mutants.py $(ARGS)

package: venv ## Build wheel and sdist, install and try them as a pip user would (needs a Chromium)
	@$(PY) -m pytest -rs -m package tests/package $(ARGS)

site: venv ## Build the lab as a static site in build/site (FROM=DIR/student: a class's copy)
	@$(PY) .ci/lite.py $(if $(FROM),--from "$(FROM)")

# In a folder of its own, as the others: what a page is made with is no part of the lab.
SPHINX := sphinx==9.0.* sphinx-book-theme==1.4.* myst-nb==1.4.* accessible-pygments==0.0.5 alabaster==1.0.* \
    click==8.* docutils==0.22.* imagesize==2.* importlib-metadata==10.* jupyter-cache==1.0.* lazy-importer==0.1.* \
    markdown-it-py==4.* mdit-py-plugins==0.7.* mdurl==0.1.* myst-parser==5.2.* pydata-sphinx-theme==0.20.* \
    roman-numerals==4.* snowballstemmer==3.* sphinxcontrib-applehelp==2.* sphinxcontrib-devhelp==2.* \
    sphinxcontrib-htmlhelp==2.* sphinxcontrib-jsmath==2.* sphinxcontrib-qthelp==2.* \
    sphinxcontrib-serializinghtml==2.* sqlalchemy==2.* tabulate==0.10.* zipp==4.*

build/sphinx: | venv
	@$(PY) -m pip install -q --disable-pip-version-check --no-deps --target $@ $(foreach one,$(SPHINX),"$(one)") \
	    || { rm -rf $@; echo "Sphinx cannot be had: there is no book without it"; exit 1; }

book: build/sphinx ## Build the course as pages that need no Python to be read, in build/book
	@$(PY) .ci/book.py $(if $(SITE),--site "$(SITE)")

hub-check: venv ## Run JupyterHub here with ten learners, print memory and times (needs npm; ARGS="--learners 2")
	@$(PY) .ci/hub.py $(ARGS)

html: venv ## Write the notebooks as pages that need no kernel, in build/html
	@$(PY) -m nbconvert --log-level=ERROR --to html --output-dir build/html $(NO_LINKS) $(NOTEBOOKS)

binder-check: venv ## Ask repo2docker, without building, what Binder would do here
	@PYTHON=$(PY) sh .ci/binder-check

lint-js: venv ## Check the JavaScript with biome and tsc (where Node is, and npm's registry or its cache)
	@$(PY) .ci/js.py lint

bundle: venv ## Join the JavaScript of each widget into pmulab/view/static (needs npm)
	@$(PY) .ci/js.py bundle

bench-ui: venv ## Measure the widgets in JupyterLab, and the book's chapters (needs a Chromium, `make book`)
	@cd tests && ../$(PY) bench/bench_ui.py
	@$(PY) tests/bench/bench_book.py $(ARGS)

browsers-check: venv ## Open book and site in each browser that is here: Chromium, Firefox, WebKitGTK
	@$(PY) .ci/fronts.py $(ARGS)

bench-cluster: build/dask ## Measure what a cluster's scheduler costs (ARGS=1000: so many answers)
	@PYTHONPATH=tests:build/dask $(PY) tests/bench/bench_cluster.py $(ARGS)

clean: ## Remove .venv and all that tests and tools leave behind
	@rm -rf .venv .venv.lock .venv.log build dist *.egg-info .hypothesis .pytest_cache .ruff_cache tests/browser/output
	@find . \( -name __pycache__ -o -name .ipynb_checkpoints \) -prune -exec rm -rf {} +

venv:
	@sh .ci/start lab test kernel

.PHONY: help lab test thorough fast coverage lint format notebooks golden site book hub-check html binder-check differential wide package bench bench-ui browsers-check bench-cluster lint-js bundle mutants clean venv
